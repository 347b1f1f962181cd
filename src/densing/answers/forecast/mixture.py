"""Runs of several shapes of the trend as one: draws of each in proportion to its weight.

What the runs share (densities, laws, residuals) stands in the mixed run's posterior; each draw
keeps the line of the run it comes from. So a forecast of the mixture, its milestones included, is
the forecast of any run, and the form of the trend is part of its uncertainty.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from densing.answers.compare import compared
from densing.results.backtested import AVERAGED
from densing.results.future import Future, future
from densing.results.run import RunError, chosen, record, trustworthy

ONE_KIND = (
    ("link", "logit"), ("likelihood", "beta"), ("contamination", False), ("count", ""),
    ("shortfall_form", "exponential"),
)  # fmt: skip
"""Choices that a forecast takes from its run, and what runs without them have."""


def mix(runs: Mapping[str, xr.DataTree]) -> tuple[xr.DataTree, Future, dict[str, float]]:
    """Average runs of the joint model by their stacking weights (see `compare`).

    Returns
    -------
    run
        Posterior of what all runs have, one chain; what figures need of `derived`; the evidence
        of the first run. Its `health` is not trustworthy unless all runs are; `averaged` names
        the models of all runs, whatever their weights.
    future
        The runs' lines, in the order of its draws.
    weights
        By name; runs that are not trustworthy have none and take no part.

    Raises
    ------
    RunError
        Runs that cannot be compared, none to be trusted, a frontier in some but not in all, or
        other choices that an average cannot mix.
    """
    rows = compared(runs)["runs"]
    weights = {row["name"]: row["weight"] for row in rows if row["weight"] is not None}
    if not weights:
        raise RunError("none of these runs can be weighed: see `densing compare` for the reasons")
    if len({"shortfall" in runs[name]["posterior"] for name in weights}) > 1:
        raise RunError("some of these runs have a frontier and some have none: mix one kind")
    apart = [
        key for key, usual in ONE_KIND if len({chosen(runs[n], key, usual) for n in weights}) > 1
    ]
    if apart:
        raise RunError(
            f"these runs differ in {', '.join(apart)}, which an average has but one of: mix runs "
            "that agree in it"
        )
    size = max(runs[name]["posterior"]["rate"].size for name in weights)
    counts = shares(np.asarray(list(weights.values())), size)
    taken = {
        name: np.linspace(0, runs[name]["posterior"]["rate"].size - 1, count).astype(int)
        for name, count in zip(weights, counts, strict=True)
        if count
    }
    groups = {}
    for group in ("posterior", "derived"):
        parts = [_flat(runs[name][group], index) for name, index in taken.items()]
        common = [name for name in parts[0] if all(name in part for part in parts)]
        joined = xr.concat([part[common] for part in parts], dim="draw")
        groups[group] = joined.expand_dims(chain=[0])
    first = runs[next(iter(taken))]
    mixed = xr.DataTree.from_dict(
        {f"/{name}": data for name, data in groups.items()}
        | {"/constant_data": first["constant_data"].to_dataset()}
    )
    mixed.attrs = first.attrs | {
        "health": json.dumps(_health(runs)),
        AVERAGED: json.dumps([record(run, "model") for run in runs.values()]),
    }
    futures = [future(runs[name]) for name in taken]
    pieces = (
        piece.taken(index)
        for own, index in zip(futures, taken.values(), strict=True) for piece in own.pieces
    )  # fmt: skip
    return mixed, replace(futures[0], pieces=tuple(pieces)), weights


def shares(weights: np.ndarray, size: int) -> np.ndarray:
    """Whole numbers in proportion to weights that add up to `size` (largest remainders)."""
    exact = weights / weights.sum() * size
    counts = np.floor(exact).astype(int)
    rest = np.argsort(counts - exact, kind="stable")[: size - counts.sum()]
    counts[rest] += 1
    return counts


def _flat(group: Any, index: np.ndarray) -> xr.Dataset:
    """Draws by their flat index, dims (draw, ...); lines by date are left out."""
    data = group.to_dataset() if isinstance(group, xr.DataTree) else group
    out = {}
    for name, values in data.data_vars.items():
        if "date" in values.dims:
            continue
        ordered = values.transpose("chain", "draw", ...)
        array = ordered.to_numpy()
        flat = array.reshape(-1, *array.shape[2:])[index]
        out[str(name)] = (("draw", *ordered.dims[2:]), flat)
    dims = {dim for dims, _ in out.values() for dim in dims} - {"draw"}
    return xr.Dataset(out, {dim: data[dim] for dim in dims if dim in data.coords})


def _health(runs: Mapping[str, xr.DataTree]) -> dict[str, Any]:
    reasons = [
        f"{name}: {reason}"
        for name, run in runs.items() for reason in record(run, "health")["reasons"]
    ]  # fmt: skip
    good = all(trustworthy(run) for run in runs.values())
    return {"verdict": "trustworthy" if good else "not trustworthy", "reasons": reasons}
