"""A catalog of one's own that grows: new models merged with what is there, cell by cell as text.

Text, so that what stood in the catalog keeps its digits, and a change of a file shows as the lines
that were added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from densing.data.cells import is_blank, plain
from densing.data.checks import MODEL_FACTS, inspect_table
from densing.data.faults import Fault, TableError
from densing.data.reading import load_raw
from densing.data.schemas import columns
from densing.data.shipped import bundled, bundled_file
from densing.data.together import check_against, there_already

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("sources", "benchmarks", "catalog")
"""Tables of a copy, those first that another refers to: in this order they are written."""


@dataclass(frozen=True)
class Grown:
    """What a catalog becomes.

    Attributes
    ----------
    tables
        Tables to write, by kind, all of text.
    added
        The rows that are new: model, benchmark, score and all else.
    there
        How many rows stood in the catalog already, word for word.
    replaced
        Models whose rows of the catalog gave way, and how many rows those were.
    completed
        Facts (model, column) that the catalog left blank and the new rows state.
    left_out
        What the bundled catalog left out on purpose and the new rows bring: one sentence each.
    """

    tables: dict[str, pd.DataFrame]
    added: pd.DataFrame
    there: int
    replaced: dict[str, int]
    completed: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]


def grow(
    table: Path,
    *,
    folder: Path,
    sources: Path | None = None,
    benchmarks: Path | None = None,
    replace: bool = False,
) -> Grown:
    """Merge new models into the tables of a folder, or into the bundled ones where it has none.

    Nothing is written.

    Parameters
    ----------
    table
        New rows in the catalog's form, each with its source.
    folder
        Where the copy is, or will be: catalog.csv, sources.csv, benchmarks.csv.
    sources, benchmarks
        New rows of those tables; they take the place of rows of the same key.
    replace
        Whether models of the table take the place of the catalog's of the same name.

    Raises
    ------
    TableError
        Every fault of every table, all at once.
    """
    faults: list[Fault] = []
    frames, texts = {}, {}
    given = {"sources": sources, "benchmarks": benchmarks}
    for kind in KINDS:
        known = frames["benchmarks"]["benchmark"] if "benchmarks" in frames else None
        frames[kind], texts[kind] = _base(kind, folder, known, faults)
        new = given.get(kind)
        if new is not None:
            frame, text = _read(new, kind, None, faults)
            frames[kind] = _joined(frames[kind], frame, kind.removesuffix("s"))
            texts[kind] = _joined(texts[kind], text, kind.removesuffix("s"))
    catalog, text = frames["catalog"], texts["catalog"]
    own, own_text = _read(table, "catalog", frames["benchmarks"]["benchmark"], faults)
    if any(fault.column in ("model", "benchmark", "score") and fault.problem == "is missing"
           for fault in faults):  # fmt: skip
        raise TableError(faults)
    gone = catalog["model"].isin(own["model"]) if replace else catalog["model"].isna()
    replaced = catalog.loc[gone, "model"].value_counts(sort=False).to_dict()
    catalog, text = catalog[~gone], text[~gone.to_numpy()]
    there = there_already(own, catalog).to_numpy()
    fresh = own[~there]
    keys = set(frames["sources"]["source"].dropna())
    found = check_against(
        fresh, catalog, file=table.name, sources=keys, runs=bundled("reference_runs")
    )
    told = {(fault.file, fault.row, fault.column) for fault in faults}
    faults += [fault for fault in found if (fault.file, fault.row, fault.column) not in told]
    if faults:
        raise TableError(faults)
    texts["catalog"], completed = _completed(text, own_text[~there])
    writes = {
        kind: texts[kind]
        for kind in KINDS
        if kind != "benchmarks" or benchmarks or (folder / "benchmarks.csv").exists()
    }
    return Grown(writes, fresh, int(there.sum()), replaced, completed, tuple(_left_out(fresh)))


def _base(
    kind: str, folder: Path, known: Iterable[str] | None, faults: list[Fault]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table of the copy, typed and as text; the bundled one where the folder has none."""
    path = folder / f"{kind}.csv"
    if path.exists():
        return _read(path, kind, known, faults)
    with bundled_file(kind) as shipped:
        return _read(shipped, kind, known, faults)


def _read(
    path: Path, kind: str, known: Iterable[str] | None, faults: list[Fault]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table of a file, typed and as text of the same shape; its faults are added to `faults`."""
    import pandas as pd

    frame, _, found = inspect_table(path, kind, benchmarks=known)
    faults += found
    raw = load_raw(path, kind, known=frozenset(() if known is None else known))[0].raw
    text = pd.DataFrame([cells for _, cells in raw.rows], columns=frame.columns, dtype=object)
    text = text.map(lambda cell: "" if is_blank(cell) else cell)
    for column in columns(kind):
        if column.name not in text:
            continue
        if column.kind == "date":
            text[column.name] = frame[column.name].dt.strftime("%Y-%m-%d").fillna("").to_numpy()
        if column.kind == "count":
            values = [float(value) for value in frame[column.name]]
            text[column.name] = ["" if value != value else plain(value) for value in values]
        if column.kind == "number" and raw.decimal_comma:
            text[column.name] = text[column.name].str.replace(",", ".")
    return frame, text


def _joined(base: pd.DataFrame, new: pd.DataFrame, key: str) -> pd.DataFrame:
    """Put new rows after the base's, in place of those of the same key."""
    import pandas as pd

    if key not in new or key not in base:
        return base
    return pd.concat([base[~base[key].isin(new[key])], new], ignore_index=True)


def _completed(
    base: pd.DataFrame, new: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[tuple[str, str], ...]]:
    """Append rows, and state a model's facts in all of its rows where one of them does."""
    import pandas as pd

    table = pd.concat([base, new], ignore_index=True).fillna("")
    filled = []
    for model in new["model"].unique():
        rows = table["model"] == model
        for fact in MODEL_FACTS:
            if fact not in table:
                continue
            stated = [value for value in table.loc[rows, fact] if value]
            if stated and len(stated) < rows.sum():
                if any(rows[: len(base)] & (table[fact][: len(base)] == "")):
                    filled.append((model, fact))
                table.loc[rows & (table[fact] == ""), fact] = stated[0]
    return table, tuple(filled)


def _left_out(new: pd.DataFrame) -> Iterable[str]:
    """Say which scores the bundled catalog leaves out, and why."""
    known = bundled("left_out").set_index(["model", "benchmark", "score"])["reason"]
    for row in zip(new["model"], new["benchmark"], new["score"], strict=True):
        if row in known.index:
            reason = known.loc[[row]].iloc[0]
            yield f"{row[0]}, {row[2]:g} on {row[1]}: the bundled catalog leaves it out ({reason})"
