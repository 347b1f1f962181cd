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


def trustworthy(run: xr.DataTree) -> bool:
    """Whether the run's diagnostics passed."""
    return record(run, "health")["verdict"] == "trustworthy"


def as_interval(record: dict[str, Any]) -> Interval:
    """Interval back from its contract object."""
    return Interval(**record)
