r"""Compression against training: derived models beside their originals, in joint draws.

*Ratio*: density of the derived model over its original's. *Against the trend*: the same after each
has been divided by the density of a typical new model of its own day; a derived model comes later,
and a model trained anew on that day would be denser, too. What is not known of the reference
curves is common to both models of a pair and cancels, draw by draw.

It takes a run that keeps derived models: `densing fit --set derived=true --set min_scores=1`.
"""

import re
from typing import Any

import numpy as np
import xarray as xr

from densing.results.future import future
from densing.results.horizon import released
from densing.results.interval import PROB, Interval, interval
from densing.results.run import RunError, log_densities

METHODS = {
    "pruned and distilled": "pruned and distilled", "distilled": "distilled", "pruned": "pruned",
    "up-cycled": "up-cycled to experts", "depth up-scaled": "depth up-scaled",
    "continued": "trained on",
}  # fmt: skip
"""What a `derived_from` begins with, and the method it stands for; the first that fits."""
SMALLER = ("pruned and distilled", "distilled", "pruned")
"""Methods that make a smaller model of a larger one: compression in the narrow sense."""
CURE = "densing fit --set derived=true --set min_scores=1 --out derived.nc"
RELATION = re.compile(r"^(?P<how>.*?) from (?:a larger )?(?P<parent>[^(+]+)")


def compression(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Densities of derived models against their originals.

    Returns
    -------
    dict
        `pairs`: `model`, `parent`, `method`, `ratio`, `against_trend` (intervals of ratios) and
        `p_denser` (than the original), `p_above_trend`; `methods`: by method, the number of pairs
        and the geometric means of both ratios; `share_less_dense`: interval of the share of
        models made smaller (`SMALLER`) that are less dense than their original, None without
        any; `unpaired`: derived models whose original is not in the run, or is not disclosed.

    Raises
    ------
    RunError
        The run has no pair; says what to fit.
    """
    data = run["constant_data"].to_dataset()
    said = data["derived_from"].to_numpy().astype(str) if "derived_from" in data else np.array([])
    if not np.any(said != ""):
        raise RunError(f"the run keeps no derived models: {CURE}")
    names = [str(name) for name in data["model"].to_numpy()]
    pairs, unpaired = [], []
    for child, text in enumerate(said):
        if text:
            parent = parent_of(text, names)
            if parent is None:
                unpaired.append({"model": names[child], "derived_from": str(text)})
            else:
                pairs.append((child, parent, method_of(text)))
    if not pairs:
        raise RunError(f"no derived model of the run has its original beside it: {CURE}")
    own = log_densities(run)
    ahead = future(run)
    above = own - ahead.lines(ahead.time(released(run)))["population"]
    ratio = np.column_stack([own[:, child] - own[:, parent] for child, parent, _ in pairs])
    trend = np.column_stack([above[:, child] - above[:, parent] for child, parent, _ in pairs])
    methods = [method for *_, method in pairs]
    smaller = np.isin(methods, SMALLER)
    return {
        "pairs": [
            {"model": names[child], "parent": names[parent], "method": method,
             **_told(ratio[:, i], trend[:, i], prob)}
            for i, (child, parent, method) in enumerate(pairs)
        ],
        "methods": {
            name: {"pairs": methods.count(name)}
            | _told(_mean(ratio, methods, name), _mean(trend, methods, name), prob)
            for name in dict.fromkeys(methods)
        },
        "share_less_dense": share_below(ratio[:, smaller], prob=prob).as_dict()
        if smaller.any() else None,
        "unpaired": unpaired,
    }  # fmt: skip


def share_below(log_ratio: np.ndarray, *, prob: float = PROB, seed: int = 1) -> Interval:
    """Interval of the share of all such pairs whose ratio is below one.

    Each draw counts its own pairs; the share is Binomial, its prior flat.

    Parameters
    ----------
    log_ratio
        Shape (sample, pair).
    """
    below, count = (log_ratio < 0).sum(axis=1), log_ratio.shape[1]
    rng = np.random.default_rng(seed)
    return interval(rng.beta(1 + below, 1 + count - below), prob=prob)


def _mean(pairs: np.ndarray, methods: list[str], name: str) -> np.ndarray:
    """Mean over the pairs of one method, shape (sample,)."""
    return pairs[:, np.array(methods) == name].mean(axis=1)


def _told(ratio: np.ndarray, trend: np.ndarray, prob: float) -> dict[str, Any]:
    return {
        "ratio": interval(np.exp(ratio), prob=prob).as_dict(),
        "against_trend": interval(np.exp(trend), prob=prob).as_dict(),
        "p_denser": float(np.mean(ratio > 0)), "p_above_trend": float(np.mean(trend > 0)),
    }  # fmt: skip


def method_of(text: str) -> str:
    """Name the method that a `derived_from` speaks of."""
    return next((name for start, name in METHODS.items() if text.startswith(start)), "other")


def parent_of(text: str, names: list[str]) -> int | None:
    """Position of the original that a `derived_from` names; None where the run has none.

    Where the text names a family ("a larger Gemma 2 teacher"), the original is unknown.
    """
    found = RELATION.match(text)
    if found is None:
        return None
    wanted = found["parent"].strip().lower()
    return next((i for i, name in enumerate(names) if name.lower() == wanted), None)
