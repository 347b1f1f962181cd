"""Scores drawn about their expectation as a run's likelihood has it."""

from typing import Any

import numpy as np
import xarray as xr

from densing.models import likelihoods
from densing.models.laws import ScoreMap, score
from densing.models.ops import numpy_ops
from densing.models.targets import moments
from densing.results.curves import thinned
from densing.results.run import chosen


def draw_scores(
    run: xr.DataTree,
    rng: np.random.Generator,
    maps: ScoreMap,
    log_loss: np.ndarray,
    deviation: tuple[np.ndarray, np.ndarray],
    shift: Any,
    items: np.ndarray,
) -> np.ndarray:
    """Scores of models at a known log loss, each with a discrepancy of its own.

    By the run's own likelihood: the discrepancy and then a Beta-Binomial, or a normal or
    Student-t of the mean and variance that these give, held to [0, 1].

    Parameters
    ----------
    maps
        Of each row, fields of shape (sample, row); everything else broadcasts to that.
    deviation
        Discrepancies, as their standard deviation and a standard normal draw.
    """
    draws, (tau, noise) = len(maps.floor), deviation
    if chosen(run, "likelihood", "beta") == "beta":
        loss = np.exp(log_loss + tau * noise)
        mean = score(numpy_ops, maps, loss, shift)
        return beta_binomial(rng, mean, precision(run, draws=draws), items)
    own = 1.0 / (1.0 + precision(run, draws=draws))
    mean, variance = moments(numpy_ops, maps, np.exp(log_loss), tau, shift, items, own)
    tail = None
    if "score_tail" in run["posterior"]:
        tail = thinned(run, ["score_tail"], draws=draws)["score_tail"][:, None]
    return np.clip(likelihoods.draw(rng, mean, variance, tail), 0.0, 1.0)


def precision(run: xr.DataTree, *, draws: int) -> np.ndarray:
    """Precision of the Beta that scores scatter with, shape (sample, 1)."""
    return thinned(run, ["score_precision"], draws=draws)["score_precision"][:, None]


def beta_binomial(
    rng: np.random.Generator, mean: np.ndarray, precision: np.ndarray, items: np.ndarray
) -> np.ndarray:
    """Proportions of correct items with the given mean; shape of `mean` (sample, row)."""
    inner = np.clip(mean, 1e-9, 1 - 1e-9)
    chance = rng.beta(inner * precision, (1.0 - inner) * precision)
    whole = np.maximum(np.rint(items), 1).astype(np.int64)
    return rng.binomial(whole, chance) / whole
