"""What the evidence covers: models and scores by half-year, type, benchmark, protocol, family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from densing.data.shipped import bundled

if TYPE_CHECKING:
    import pandas as pd

FEWEST_SCORES = 2
"""Benchmarks on which a model is scored, to be counted."""

BY = ("half-year", "type", "benchmark", "protocol", "family", "release")
"""What `coverage` counts by, after `all`."""


def counted(
    catalog: pd.DataFrame | None = None, benchmarks: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Rows of a catalog that stand for the field: base models that are not derived.

    Means of several benchmarks are no scores of their own, and a model needs `FEWEST_SCORES`.

    Parameters
    ----------
    catalog, benchmarks
        Tables in those forms; None for the bundled ones.

    Returns
    -------
    DataFrame
        Rows of the catalog with `type` (of the benchmark) and `half-year` (2024H1).
    """
    catalog = bundled("catalog") if catalog is None else catalog
    benchmarks = bundled("benchmarks") if benchmarks is None else benchmarks
    kinds = benchmarks.set_index("benchmark")["type"]
    rows = catalog.assign(type=catalog["benchmark"].map(kinds).fillna("not said"))
    rows = rows[rows["derived_from"].isna() & (rows["type"] != "mean of several")]
    day = rows["release_date"].dt
    half = day.year.astype(str) + "H" + ((day.month + 5) // 6).astype(str)
    enough = rows.groupby("model")["benchmark"].transform("nunique") >= FEWEST_SCORES
    return rows.assign(**{"half-year": half})[enough]


def coverage(
    catalog: pd.DataFrame | None = None, benchmarks: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Count what the field's rows of a catalog (see `counted`) cover.

    Returns
    -------
    DataFrame
        One row a group: by (`all` or one of `BY`), value (of the group; a protocol has its
        benchmark before it), models, scores, families, effective_families (Kish: the square of
        the sum over the sum of squares of models a family), first and last (release dates).
    """
    import pandas as pd

    rows = counted(catalog, benchmarks)
    rows = rows.assign(all="", protocol=rows["benchmark"] + ": " + rows["protocol"].fillna(""))
    told = []
    for by in ("all", *BY):
        for value, group in rows.groupby(by, sort=by not in ("family", "release")):
            models = group.drop_duplicates("model")
            sizes = models["family"].fillna(models["model"]).value_counts()
            told.append(
                {
                    "by": by, "value": value, "models": len(models), "scores": len(group),
                    "families": len(sizes),
                    "effective_families": round(sizes.sum() ** 2 / (sizes**2).sum(), 2),
                    "first": f"{models['release_date'].min():%Y-%m-%d}",
                    "last": f"{models['release_date'].max():%Y-%m-%d}",
                }
            )  # fmt: skip
    return pd.DataFrame(told)
