"""What must hold within one table, by kind, and between the four tables of an evidence."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from densing.data.cells import plain
from densing.data.faults import Fault, at
from densing.data.shipped import bundled

if TYPE_CHECKING:
    import pandas as pd

    Check = Callable[[pd.DataFrame, str, frozenset[str]], Iterator[Fault]]

MODEL_FACTS = (
    "hub_id", "organization", "family", "release", "release_date", "date_precision", "params",
    "active_params", "embedding_params", "training_tokens", "architecture", "derived_from",
    "cot_mid_training",
)  # fmt: skip
"""Columns of the catalog that belong to the model, not to the score."""

REQUIRED = frozenset({"params", "release_date", "tokens"})
"""Facts whose blanks are reported as such."""

FEWEST_SIZES, FEWEST_DURATIONS, FEWEST_RUNS = 3, 3, 8
"""What a loss law in size and tokens needs at the least."""


ITEMS = "add a column 'items', or a row to the benchmarks table"
ITEMS_AND_RUNS = (
    "drop these rows, or give a reference's runs on it (--reference) and its number of items (a "
    "column 'items', or --benchmarks)"
)
"""What becomes of a benchmark nothing is known of: a model's score on it needs runs, too."""


def _unknown_benchmarks(
    frame: pd.DataFrame,
    file: str,
    known: frozenset[str],
    *,
    among: str | None = None,
    cure: str = ITEMS,
) -> Iterator[Fault]:
    """Benchmarks nothing is known of, in rows that carry a score but no number of items."""
    lost = ~frame["benchmark"].isin(known) & frame["benchmark"].notna()
    if "items" in frame:
        lost &= frame["items"].isna()
    if among is not None:
        lost &= frame[among].notna() if among in frame else False
    for row, name in frame.loc[lost, "benchmark"].items():
        close = difflib.get_close_matches(
            name.lower(), [k.lower() for k in sorted(known)], n=1, cutoff=0.7
        )
        meant = next((k for k in sorted(known) if close and k.lower() == close[0]), None)
        hint = f"did you mean {meant!r}? otherwise " if meant else ""
        yield at(file, row, "benchmark", name, "is an unknown benchmark", hint + cure)


def _differing(frame: pd.DataFrame, file: str, owner: str, facts: Iterable[str]) -> Iterator[Fault]:
    """Facts that one owner states in two ways: the first row that departs from its first."""
    for fact in facts:
        if fact not in frame:
            continue
        known = frame[frame[fact].notna()] if fact in REQUIRED else frame
        for name, values in known.groupby(owner, sort=False)[fact]:
            texts = [written(value) for value in values]
            other = next((i for i, text in enumerate(texts) if text != texts[0]), None)
            if other is not None:
                problem = f"differs from row {values.index[0]} of {owner} {name!r} ({texts[0]})"
                cure = "state it alike in every row"
                yield at(file, values.index[other], fact, texts[other], problem, cure)


def written(value: object) -> str:
    """Write a value as a table has it."""
    if value is None or value != value:
        return "blank"
    if isinstance(value, float):
        return plain(value)
    return str(value).removesuffix(" 00:00:00")


def _catalog(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    yield from _unknown_benchmarks(frame, file, known, cure=ITEMS_AND_RUNS)
    yield from _differing(frame, file, "model", MODEL_FACTS)
    if "embedding_params" in frame:
        wrong = frame[frame["embedding_params"] >= frame["params"]]
        for row, value, size in _parts(wrong, "embedding_params"):
            problem = f"is not below params ({plain(size)})"
            cure = "params counts all parameters, embeddings included"
            yield at(file, row, "embedding_params", plain(value), problem, cure)
    if "active_params" in frame:
        wrong = frame[frame["active_params"] > frame["params"]]
        for row, value, size in _parts(wrong, "active_params"):
            problem = f"exceeds params ({plain(size)})"
            cure = "params counts all parameters, active ones included"
            yield at(file, row, "active_params", plain(value), problem, cure)


def _parts(rows: pd.DataFrame, part: str) -> Iterator[tuple[Hashable, float, float]]:
    """Row, part and whole of each row."""
    return zip(rows.index, rows[part], rows["params"], strict=True)


def _reference_runs(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    yield from _unknown_benchmarks(frame, file, known, among="accuracy")
    named = frame.assign(run=frame["reference"].astype(str) + " " + frame["run"].astype(str))
    yield from _differing(named, file, "run", ("params", "tokens"))
    runs = frame[~frame["held_out"]] if "held_out" in frame else frame
    for (reference, benchmark), group in runs.groupby(["reference", "benchmark"], sort=False):
        yield from _too_few(group, file, f"reference {reference!r} on {benchmark!r}")


def _too_few(group: pd.DataFrame, file: str, what: str) -> Iterator[Fault]:
    """Report runs that cannot identify a loss law in size and tokens."""
    if group[["params", "tokens"]].isna().to_numpy().any():
        return  # cells that could not be read are reported already
    have = (group["params"].nunique(), group["tokens"].nunique(), len(group))
    need = (FEWEST_SIZES, FEWEST_DURATIONS, FEWEST_RUNS)
    if any(h < n for h, n in zip(have, need, strict=True)):
        problem = (
            f"{what} has {have[2]} runs of {have[0]} sizes and {have[1]} numbers of tokens, "
            "too few for a loss law"
        )
        cure = f"give at least {need[2]} runs, {need[0]} sizes and {need[1]} numbers of tokens"
        yield Fault(file, None, None, None, problem, cure)


def _calibration(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    yield from _unknown_benchmarks(frame, file, known)


def _losses(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    del known
    groups = frame.groupby("benchmark", sort=False) if "benchmark" in frame else [("", frame)]
    for name, group in groups:
        yield from _too_few(group, file, f"{name!r}" if name else "the table")


def _trend(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    del known
    for end, beyond, side in (("lower", "gt", "above"), ("upper", "lt", "below")):
        if end not in frame:
            continue
        wrong = getattr(frame[end], beyond)(frame["value"])
        for row, value in frame.loc[wrong, end].items():
            yield at(file, row, end, plain(value), f"lies {side} the value", "swap or correct it")
    for one, other in (("lower", "upper"), ("upper", "lower")):
        if one in frame:
            lost = frame[other].isna() if other in frame else frame[one].notna()
            for row in frame.index[frame[one].notna() & lost]:
                yield at(file, row, other, None, f"is blank where {one} is given", "give both")


def _nothing_more(frame: pd.DataFrame, file: str, known: frozenset[str]) -> Iterator[Fault]:
    del frame, file, known
    return iter(())


CHECKS: dict[str, Check] = {
    "catalog": _catalog,
    "reference_runs": _reference_runs,
    "calibration_points": _calibration,
    "benchmarks": _nothing_more,
    "sources": _nothing_more,
    "trend": _trend,
    "losses": _losses,
}

ALL = ("reference_runs", "calibration_points", "catalog", "benchmarks")

"""Tables of an evidence."""


def check_together(
    tables: Mapping[str, pd.DataFrame],
    *,
    files: Mapping[str, str] | None = None,
    given: Collection[str] = ALL,
) -> list[Fault]:
    """Find what does not fit between the four tables of an evidence.

    Parameters
    ----------
    tables
        reference_runs, calibration_points, catalog and benchmarks, each typed.
    files
        Name of each table in the faults; its kind by default.
    given
        Tables the user gave: only these are held to account for their own rows, since a user's
        reference need not cover every benchmark of the bundled catalog.
    """
    names = {kind: kind for kind in ALL} | dict(files or {})
    runs, points = tables["reference_runs"], tables["calibration_points"]
    return [
        *(without_runs(tables["catalog"], runs, names["catalog"]) if "catalog" in given else ()),
        *(_no_reference(points, runs, names) if "calibration_points" in given else ()),
        *(_no_scores(runs, points, names["reference_runs"]) if "reference_runs" in given else ()),
        *_nothing_in_common(tables["catalog"], runs, names["catalog"]),
    ]


def without_runs(catalog: pd.DataFrame, runs: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Benchmarks of the catalog that no reference was run on, and that are not bundled either.

    A bundled benchmark may stand in a catalog without runs: models that take their exchange rate
    from releases of several sizes read it, those that need a reference pass it over.
    """
    known = set(runs["benchmark"])
    for benchmark, rows in catalog.groupby("benchmark", sort=False):
        if benchmark not in known | set(bundled("benchmarks")["benchmark"]):
            problem = f"has no reference runs ({len(rows)} rows of the catalog)"
            cure = f"drop these rows or add runs; runs exist on {', '.join(sorted(known))}"
            row = _row(rows)
            yield Fault(file, row, "benchmark", str(benchmark), problem, cure)


def _no_reference(
    points: pd.DataFrame, runs: pd.DataFrame, names: Mapping[str, str]
) -> Iterator[Fault]:
    """Calibration points of a reference or benchmark that has no runs."""
    known = set(zip(runs["reference"], runs["benchmark"], strict=True))
    for (reference, benchmark), rows in points.groupby(["reference", "benchmark"], sort=False):
        if (reference, benchmark) not in known:
            problem = f"has calibration points on {benchmark} but no runs"
            cure = f"add runs to {names['reference_runs']}, or drop these rows"
            file = names["calibration_points"]
            yield Fault(file, _row(rows), "reference", str(reference), problem, cure)


def _no_scores(runs: pd.DataFrame, points: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Report references whose losses nothing links to scores."""
    scored = runs[runs["accuracy"].notna()] if "accuracy" in runs else runs.iloc[:0]
    linked = set(points["reference"]) | set(scored["reference"])
    for reference, rows in runs.groupby("reference", sort=False):
        if reference not in linked:
            problem = "has losses but no scores, so no loss can be read as a score"
            cure = "give calibration points for it, or a column 'accuracy'"
            yield Fault(file, _row(rows), "reference", str(reference), problem, cure)


def _nothing_in_common(catalog: pd.DataFrame, runs: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Catalog and references that share no benchmark at all."""
    have, known = set(catalog["benchmark"]), set(runs["benchmark"])
    if not have & known:
        problem = f"shares no benchmark with the reference runs ({', '.join(sorted(known))})"
        yield Fault(file, None, "benchmark", None, problem, "give scores on one of them")


def _row(rows: pd.DataFrame) -> int | None:
    """First row of a group, where the index is row numbers of a file."""
    from densing.data.reading import ROW

    return int(rows.index[0]) if rows.index.name == ROW else None
