"""The four tables a fit rests on, kept together and validated together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from densing.data.checks import HORIZON, inspect_table, read_as, same_models
from densing.data.faults import Fault, TableError
from densing.data.reading import require_table
from densing.data.shipped import EVIDENCE_VERSION, bundled
from densing.data.together import ALL, check_together

if TYPE_CHECKING:
    import pandas as pd

    Table = str | Path | pd.DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """Everything a fit reads.

    Attributes
    ----------
    reference_runs
        One row a run and benchmark: params, tokens, loss [, accuracy].
    calibration_points
        One row a checkpoint and benchmark: loss, score.
    catalog
        One row a model and benchmark: release_date, params, score and facts of the model.
    benchmarks
        One row a benchmark: items, chance, baseline protocol.
    added
        Names of the models that one added to the catalog (`load_evidence(models=...)`).
    version
        Version of the bundled evidence, and which tables of one's own stand beside or in place
        of it: `2026.12`, `2026.12, with own models`.
    read_as
        What of each table of one's own was read as what, and which of its models the catalog has
        by another name: a sentence each.
    """

    reference_runs: pd.DataFrame
    calibration_points: pd.DataFrame
    catalog: pd.DataFrame
    benchmarks: pd.DataFrame
    added: tuple[str, ...] = ()
    version: str = "own tables"
    read_as: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 of the content, whatever the order of rows and columns."""
        return self._digest(ALL)

    @property
    def reference_hash(self) -> str:
        """SHA-256 of the reference families' tables alone."""
        return self._digest(("reference_runs", "calibration_points"))

    def _digest(self, names: Iterable[str]) -> str:
        digest = hashlib.sha256()
        for name in names:
            digest.update(f"[{name}]\n".encode())
            digest.update(_canonical(getattr(self, name)).encode())
        return digest.hexdigest()

    @property
    def references(self) -> list[str]:
        """Names of the reference families."""
        return sorted(self.reference_runs["reference"].unique())

    def __repr__(self) -> str:
        return (
            f"Evidence({len(self.catalog)} scores of {self.catalog['model'].nunique()} models, "
            f"{len(self.reference_runs)} losses of {', '.join(self.references)}, "
            f"{len(self.calibration_points)} calibration points, "
            f"{len(self.benchmarks)} benchmarks)"
        )

    def _repr_html_(self) -> str:
        rows = [f"<tr><th>{name}</th><td>{len(getattr(self, name))} rows</td></tr>" for name in ALL]
        own = f"<p>added: {escape(', '.join(self.added))}</p>" if self.added else ""
        return f"<p>{escape(repr(self))}</p>{own}<table>{''.join(rows)}</table>"


def load_evidence(
    *,
    reference_runs: Table | None = None,
    calibration_points: Table | None = None,
    catalog: Table | None = None,
    benchmarks: Table | None = None,
    models: Table | None = None,
    horizon: timedelta = HORIZON,
) -> Evidence:
    """Load the bundled evidence, or tables of one's own in its place.

    Reference runs, calibration points and catalog replace the bundled table of that kind;
    benchmarks are added to the bundled ones and override those of the same name; models (a table
    in the catalog's form) are added to the catalog and take the place of models of the same
    name. With reference
    runs of one's own, bundled calibration points of other references fall away. A benchmark
    without a row in the benchmarks table takes its items from the rows that use it, and 0 as
    its chance level.

    Parameters
    ----------
    reference_runs, calibration_points, catalog, benchmarks, models
        A file or a frame each; None for the bundled table.
    horizon
        How far beyond today a date may lie.

    Raises
    ------
    TableError
        Every fault of every table, all at once.
    TypeError
        Neither the name of a file nor a frame.
    """
    given: dict[str, Table] = {
        kind: table
        for kind, table in {
            "benchmarks": benchmarks,
            "reference_runs": reference_runs,
            "calibration_points": calibration_points,
            "catalog": catalog,
            "models": models,
        }.items()
        if table is not None
    }
    for kind, table in given.items():
        require_table(table, kind)
    tables = {kind: bundled(kind) for kind in ALL}
    added: tuple[str, ...] = ()
    known = set(tables["benchmarks"]["benchmark"])
    files = {k: Path(t).name for k, t in given.items() if isinstance(t, str | Path)}
    faults: list[Fault] = []
    told: list[str] = []
    for kind, table in given.items():
        try:
            form = "catalog" if kind == "models" else kind
            frame, _, found = inspect_table(
                table, form, benchmarks=known, horizon=horizon, name=kind
            )
        except TableError as error:
            faults += error.faults
            continue
        faults += found
        told.append(f"{files.get(kind, kind)} read as {read_as(frame)}")
        if kind == "benchmarks" and "benchmark" in frame:
            known |= set(frame["benchmark"].dropna())
            frame = _extended(tables[kind], frame)
        if kind == "models":
            added = tuple(dict.fromkeys(frame["model"])) if "model" in frame else ()
            kind, frame = "catalog", _joined(tables["catalog"], frame)
        tables[kind] = frame
    if "reference_runs" in given and "calibration_points" not in given and not faults:
        points = tables["calibration_points"]
        own = set(tables["reference_runs"]["reference"])
        tables["calibration_points"] = points[points["reference"].isin(own)]
    if given and not faults:
        faults += check_together(tables, files=files, given=given)
    if faults:
        raise TableError(faults)
    tables["benchmarks"] = _completed(tables)
    ready = {kind: table.reset_index(drop=True) for kind, table in tables.items()}
    own = f", with own {', '.join(kind.replace('_', ' ') for kind in given)}" if given else ""
    return Evidence(**ready, added=added, version=EVIDENCE_VERSION + own, read_as=tuple(told))


def _canonical(table: pd.DataFrame) -> str:
    """Text of a table that does not depend on the order of its rows and columns."""
    names = sorted(table.columns)
    columns = []
    for name in names:
        values = table[name]
        if values.dtype.kind in "iuf":
            columns.append(["" if v != v else format(float(v), ".12g") for v in values])
        elif values.dtype.kind == "M":
            columns.append(values.dt.strftime("%Y-%m-%d").fillna("").tolist())
        else:
            columns.append(["" if v is None or v != v else str(v) for v in values.astype(object)])
    rows = sorted("\x1f".join(row) for row in zip(*columns, strict=True))
    return "\x1f".join(names) + "\n" + "\n".join(rows) + "\n"


def _joined(catalog: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Add models to a catalog; they take the place of those of the same name or weights."""
    import pandas as pd

    if "model" not in own or "model" not in catalog:
        return catalog
    same = {there for there, _ in same_models(own, catalog).values()}
    kept = catalog[~catalog["model"].isin([*own["model"], *same])]
    columns = [*catalog.columns, *(name for name in own.columns if name not in catalog)]
    own = own.reindex(columns=columns).astype(
        {name: kept[name].dtype for name in catalog if kept[name].dtype.kind not in "iub"}
    )
    return pd.concat([kept, own], ignore_index=True)


def _extended(base: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Put one's own benchmarks in place of, or after, the bundled ones."""
    import pandas as pd

    kept = base[~base["benchmark"].isin(own["benchmark"])]
    return pd.concat([kept, own], ignore_index=True)


def _completed(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give a row to each benchmark that another table uses and none describes."""
    import pandas as pd

    table = tables["benchmarks"]
    known, rows = set(table["benchmark"]), []
    for kind in ("reference_runs", "calibration_points", "catalog"):
        frame = tables[kind]
        if "items" not in frame:
            continue
        for name, items in frame.groupby("benchmark")["items"]:
            if name not in known and items.notna().any():
                known.add(name)
                about = "not described: chance taken as 0"
                rows.append((name, int(items.dropna().iloc[0]), 0.0, about))
    if not rows:
        return table
    more = pd.DataFrame(rows, columns=["benchmark", "items", "chance", "description"])
    return pd.concat([table, more], ignore_index=True)
