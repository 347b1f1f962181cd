"""The answers of a component's own run: a loss law, a trend."""

from typing import Any

import xarray as xr

from densing.results.growth import growth
from densing.results.interval import PROB, interval
from densing.results.run import record
from densing.results.shape_summary import shape_summary

LAW = ("irreducible_loss", "size_coefficient", "alpha", "data_coefficient", "beta")
NOISE = ("loss_noise", "loss_tail")


def loss_summary(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Return the contract's `loss` object: parameters of ``E + A N^-alpha + B D^-beta``.

    With one law `parameters` maps names to intervals; with several it maps each benchmark to
    such a record.
    """
    tables = (run["posterior"], run["derived"])
    names = [str(name) for name in run["posterior"]["benchmark"].to_numpy()]

    def law(position: int) -> dict[str, Any]:
        out = {}
        for name in LAW + NOISE:
            values = next(table[name] for table in tables if name in table)
            at = values.isel(benchmark=position) if "benchmark" in values.dims else values
            out[name] = interval(at, prob=prob).as_dict()
        return out

    laws = {name: law(position) for position, name in enumerate(names)}
    return {
        "parameters": laws[names[0]] if len(names) == 1 else laws,
        "runs": int(run.attrs["runs"]),
        **_common(run),
    }


def trend_summary(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Return the contract's `trend` object."""
    derived = run["derived"]
    frontier = derived.get("frontier_rate")
    return {
        "population": growth(derived["population_rate"], prob=prob),
        "frontier": None if frontier is None else growth(frontier, prob=prob),
        **shape_summary(run, prob=prob),
        "values": int(run.attrs["values"]),
        **_common(run),
    }


def _common(run: xr.DataTree) -> dict[str, Any]:
    return {
        "diagnostics": record(run, "health"),
        "seed": int(run.attrs["seed"]),
        "versions": record(run, "versions"),
    }
