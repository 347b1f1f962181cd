"""Checks that need more than one table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from densing.data.faults import Fault
from densing.data.shipped import bundled

if TYPE_CHECKING:
    import pandas as pd

ALL = ("reference_runs", "calibration_points", "catalog", "benchmarks")


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
