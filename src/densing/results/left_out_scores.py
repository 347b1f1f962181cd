"""Each score predicted from its model's other scores: what is left over, and what chance leaves.

The density that predicts a score has not seen it (`predict.predict_scores` asks a density that
has), so that residuals are not too small by construction. The curves have: one score among all
moves them little, and what it does makes a misfit look smaller, not larger.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from densing.models import likelihoods
from densing.results.score_grid import ScoreGrid, beta_shapes


@dataclass(frozen=True)
class LeftOver:
    """One draw; standardised by the predictive distribution's own mean and deviation."""

    difference: np.ndarray
    """Score less its expectation, a proportion, shape (score_row,)."""
    standardised: np.ndarray
    """The same over its standard deviation, shape (score_row,)."""
    replicated: np.ndarray
    """The same of scores drawn anew, shape (replicate, score_row)."""


def left_over(
    grid: ScoreGrid, data: xr.Dataset, rng: np.random.Generator, *, replicates: int,
    tail: float | None = None,
) -> LeftOver:  # fmt: skip
    """Predict every score from the others of its model, in one draw.

    Parameters
    ----------
    data
        The run's `constant_data`: `score`, `score_model`, `score_items`.
    tail
        Degrees of freedom where scores are Student-t; NaN where they are normal, None for Beta.
    """
    who = data["score_model"].to_numpy().astype(int)
    own = np.zeros((len(grid.trend.mean), len(grid.points)))
    np.add.at(own, who, grid.log_likelihood)
    others = own[who] - grid.log_likelihood + grid.log_residual(grid.points)[who]
    weight = np.exp(others - others.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    mean = (weight * grid.mean).sum(axis=1)
    square = (weight * (grid.variance + grid.mean**2)).sum(axis=1)
    deviation = np.sqrt(square - mean**2)
    items = np.maximum(np.rint(data["score_items"].to_numpy()), 1.0)
    rows, below = np.arange(len(who)), np.cumsum(weight, axis=1)
    drawn = np.empty((replicates, len(who)))
    for i in range(replicates):
        at = np.minimum((below < rng.random(len(who))[:, None]).sum(axis=1), below.shape[1] - 1)
        whole = np.rint(items * _draw(rng, grid.mean[rows, at], grid.variance[rows, at], tail))
        drawn[i] = whole / items  # answers are whole: near the floor a score of zero is no rarity
    score = data["score"].to_numpy().astype(float)
    return LeftOver(score - mean, (score - mean) / deviation, (drawn - mean) / deviation)


def _draw(
    rng: np.random.Generator, mean: np.ndarray, variance: np.ndarray, tail: float | None
) -> np.ndarray:
    if tail is None:
        return rng.beta(*beta_shapes(mean, variance))
    known = None if np.isnan(tail) else tail
    return np.clip(likelihoods.draw(rng, mean, variance, known), 0.0, 1.0)
