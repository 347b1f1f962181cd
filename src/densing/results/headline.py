"""The answer of a run: both estimands, their intervals and whether to trust them."""

from typing import Any

import xarray as xr

from densing.results.freshness import freshness
from densing.results.growth import growth
from densing.results.interval import PROB, Interval
from densing.results.run import record
from densing.results.shape_summary import shape_summary


def summary(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Return the contract's `summary` object; `frontier` is None for a symmetric residual."""
    derived = run["derived"]
    model = record(run, "model")
    return {
        "population": growth(derived["population_rate"], prob=prob),
        "frontier": growth(derived["frontier_rate"], prob=prob)
        if "frontier_rate" in derived
        else None,
        **shape_summary(run, prob=prob),
        "benchmarks": benchmark_growth(run, prob=prob),
        "diagnostics": record(run, "health"),
        "models": int(run.attrs["models"]),
        "scores": int(run.attrs["scores"]),
        "newest": freshness(run),
        "reference": model["choices"]["reference"],
        "model": model["name"],
        "choices": model["choices"],
        "evidence_hash": run.attrs["evidence_hash"],
        "seed": int(run.attrs["seed"]),
        "versions": record(run, "versions"),
    }


def benchmark_growth(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any] | None:
    """Growth of the typical model on each benchmark; None where all share one trend."""
    derived = run["derived"]
    if "benchmark_rate" not in derived:
        return None
    rates = derived["benchmark_rate"]
    return {
        str(name): growth(rates.sel(benchmark=name).to_numpy(), prob=prob)
        for name in rates["benchmark"].to_numpy()
    }


def trustworthy(run: xr.DataTree) -> bool:
    """Whether the run's diagnostics passed."""
    return record(run, "health")["verdict"] == "trustworthy"


def by_benchmark(growths: dict[str, Any]) -> str:
    """Say the median doubling times of the benchmarks, fastest first."""
    ordered = sorted(growths.items(), key=lambda row: -row[1]["rate_per_year"]["median"])
    told = [
        f"{name} {'no doubling' if (m := g['doubling_months']['median']) is None else f'{m:.1f}'}"
        for name, g in ordered
    ]
    return "By benchmark, months to double: " + ", ".join(told)


def as_interval(record: dict[str, Any]) -> Interval:
    """Interval back from its contract object."""
    return Interval(**record)
