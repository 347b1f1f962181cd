"""The answer of a run: both estimands, their intervals and whether to trust them."""

from typing import Any

import numpy as np
import xarray as xr

from densing.results.freshness import freshness
from densing.results.interval import PROB, Interval, doubling_months, interval
from densing.results.run import record


def growth(draws: Any, *, prob: float = PROB) -> dict[str, Any]:
    """Rate, doubling time and probability of no growth from draws of a rate (1 / year)."""
    rate = interval(draws, prob=prob)
    return {
        "rate_per_year": rate.as_dict(),
        "doubling_months": doubling_months(rate).as_dict(),
        "p_not_growing": float(np.mean(np.asarray(draws) <= 0)),
    }


def summary(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Return the contract's `summary` object; `frontier` is None for a symmetric residual."""
    derived = run["derived"]
    model = record(run, "model")
    return {
        "population": growth(derived["population_rate"], prob=prob),
        "frontier": growth(derived["frontier_rate"], prob=prob)
        if "frontier_rate" in derived
        else None,
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


def sentence(answer: dict[str, Any], estimand: str) -> str:
    """Say a growth record in words."""
    months = answer["doubling_months"]
    percent = f"{100 * months['prob']:.0f} % {months['kind']} interval"
    if months["lower"] is None:
        body = "does not grow"
    elif months["upper"] is None:
        middle = "" if months["median"] is None else f" about every {months['median']:.1f} months"
        body = f"doubles{middle} ({percent} {months['lower']:.1f} months to not bounded above)"
    else:
        body = (
            f"doubles every {months['median']:.1f} months "
            f"({percent} {months['lower']:.1f} to {months['upper']:.1f})"
        )
    doubt = answer["p_not_growing"]
    return f"{estimand} {body}" + (f"; P(no growth) = {doubt:.2f}" if doubt >= 0.005 else "")


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
