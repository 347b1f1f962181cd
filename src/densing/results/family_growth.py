"""What a families run says of growth, in its two windows."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from densing.results.family_draws import SINCE
from densing.results.family_run import choices_of
from densing.results.interval import PROB, Interval, growth, interval


class Both(NamedTuple):
    """Growth records (`results.interval.growth`) of the two windows."""

    since: dict[str, Any]
    """Mean growth from the first date of the window to the last date with evidence."""
    now: dict[str, Any]
    """Slope at the last date with evidence."""


@dataclass(frozen=True)
class Windows:
    """Growth of log density in a families run, always with its window."""

    since: str
    """First date of the long window."""
    now: str
    """Last date with evidence."""
    population: Both
    """Of a typical release, over all benchmarks."""
    frontier: Both
    """Of the best of `best_of` releases."""
    best_of: int
    lead: Interval
    """How many times as dense the best of `best_of` releases is as the typical one, now."""
    types: dict[str, Both]
    """By type of benchmark, fastest first."""
    benchmarks: dict[str, Both]
    """By benchmark, in the order of their types, then fastest first."""
    type_of: dict[str, str]
    new_benchmark: dict[str, Any]
    """Since the first date, on a benchmark like these that was not asked."""
    p_slower: float
    """Posterior probability that a typical release grows more slowly now than since then."""
    releases: int
    families: int
    effective_families: float
    """Kish's effective number: of families that had equally many releases."""


def windows(run: xr.DataTree, *, prob: float = PROB) -> Windows:
    """Growth of a families run by type and benchmark, since 2023 and now."""
    derived, data = run["derived"].to_dataset(), run["constant_data"].to_dataset()

    def both(since: str, now: str, **at: str) -> Both:
        return Both(*(growth(derived[k].sel(at).to_numpy(), prob=prob) for k in (since, now)))

    def fastest(found: dict[str, Both]) -> dict[str, Both]:
        return dict(sorted(found.items(), key=lambda r: -r[1].since["rate_per_year"]["median"]))

    dates = pd.DatetimeIndex(data["release_date"].to_numpy().astype(str))
    names, kinds = (data[k].to_numpy().astype(str) for k in ("benchmark", "benchmark_type"))
    type_of = dict(zip(names.tolist(), kinds.tolist(), strict=True))
    types = fastest(
        {
            str(kind): both("type_rate_since", "type_rate_at_end", type=str(kind))
            for kind in derived["type"].to_numpy()
        }
    )
    each = fastest(
        {name: both("benchmark_rate", "benchmark_rate_at_end", benchmark=name) for name in type_of}
    )
    release = data["model_release"].to_numpy().astype(str)
    home = pd.Series(data["model_family"].to_numpy().astype(str), release)
    count = home[~home.index.duplicated()].value_counts().to_numpy(float)
    slower = derived["population_rate_at_end"] < derived["population_rate"]
    lead = derived["frontier"] - derived["population"]
    return Windows(
        since=f"{max(SINCE, dates.min()):%Y-%m-%d}", now=f"{dates.max():%Y-%m-%d}",
        population=both("population_rate", "population_rate_at_end"),
        frontier=both("frontier_rate", "frontier_rate_at_end"), best_of=choices_of(run).best_of,
        lead=interval(np.exp(lead.isel(date=-1)), prob=prob),
        types=types, type_of=type_of,
        benchmarks={
            name: told for kind in types for name, told in each.items() if type_of[name] == kind
        },
        new_benchmark=growth(derived["new_benchmark_rate"].to_numpy(), prob=prob),
        p_slower=float(slower.mean()), releases=int(count.sum()), families=len(count),
        effective_families=float(count.sum() ** 2 / np.sum(count**2)),
    )  # fmt: skip
