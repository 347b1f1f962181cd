"""Where the truth lies among posterior draws: ranks, coverage, and what uniform ranks look like."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

KEPT = 100
"""Draws that a rank is taken among, spread evenly over all: nearly independent."""
PROBS = (0.5, 0.8, 0.9, 0.95)
FALSE_ALARM = 0.01
"""Probability that ranks of a calibrated model, all quantities of a case together, raise one."""
SIMULATIONS = 20_000


class Place(NamedTuple):
    """Where a truth lies among draws of its posterior."""

    share: float
    """Share of all draws below it."""
    rank: float
    """Its randomised rank among `KEPT` draws, as a number in (0, 1): uniform if calibrated."""


def place(draws: np.ndarray, truth: float, rng: np.random.Generator) -> Place:
    """Place `truth` among `draws` (any shape, chains first)."""
    flat = np.asarray(draws).ravel()
    kept = flat[np.linspace(0, flat.size - 1, min(KEPT, flat.size)).round().astype(int)]
    rank = (np.sum(kept < truth) + rng.random() * (1 + np.sum(kept == truth))) / (kept.size + 1)
    return Place(float(np.mean(flat < truth)), float(rank))


def covered(shares: np.ndarray, prob: float) -> np.ndarray:
    """Whether equal-tailed intervals of probability `prob` hold truths at these shares."""
    return np.abs(np.asarray(shares) - 0.5) <= prob / 2.0


def standard_error(prob: float, worlds: int) -> float:
    """Binomial standard error of a nominal coverage."""
    return float(np.sqrt(prob * (1.0 - prob) / worlds))


class Band(NamedTuple):
    """Simultaneous band of the empirical distribution of uniform ranks."""

    at: np.ndarray
    """Where it is evaluated, shape (point,)."""
    lower: np.ndarray
    upper: np.ndarray


@cache
def band(worlds: int, *, quantities: int, seed: int = 1) -> Band:
    """Return the band that the ranks of all quantities stay in but for `FALSE_ALARM`.

    Pointwise binomial bands, widened by simulation until they hold everywhere at once
    (Sailynoja, Buerkner & Vehtari 2022, as in ArviZ), and further for the number of quantities
    (Bonferroni).
    """
    from arviz_stats.ecdf_utils import get_pointwise_confidence_band, simulate_confidence_bands

    at = np.arange(1, worlds) / worlds
    rng = np.random.default_rng(seed)
    simultaneous = 1.0 - FALSE_ALARM / quantities
    pointwise = simulate_confidence_bands(worlds, 1, at, simultaneous, SIMULATIONS, rng)
    return Band(at, *get_pointwise_confidence_band(pointwise, worlds, at))


def ecdf(ranks: Sequence[float] | np.ndarray, at: np.ndarray) -> np.ndarray:
    """Empirical distribution function of `ranks`, shape of `at`."""
    return np.searchsorted(np.sort(ranks), at, side="right") / len(ranks)


def assess(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Coverage and uniformity of every quantity over worlds.

    Parameters
    ----------
    records
        One a world, with `share` and `rank` by quantity.

    Returns
    -------
    dict
        By quantity: `coverage` (by probability), `outside` (largest excess of the ranks'
        distribution over the band, negative within) and `uniform`.
    """
    names = list(records[0]["rank"])
    limits = band(len(records), quantities=len(names))
    out = {}
    for name in names:
        shares = np.asarray([r["share"][name] for r in records])
        found = ecdf([r["rank"][name] for r in records], limits.at)
        outside = float(np.max(np.maximum(limits.lower - found, found - limits.upper)))
        out[name] = {
            "coverage": {f"{p:g}": float(np.mean(covered(shares, p))) for p in PROBS},
            "outside": outside,
            "uniform": bool(outside <= 0.0),
        }
    return out
