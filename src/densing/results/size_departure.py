r"""How far the models of one size stand off the trend, and whether that is more than scatter.

A *departure* b shifts what is expected of some models: ``x ~ residual(. - b)``. Given a draw of
everything else, its posterior is one-dimensional, with the prior ``b ~ Normal(0, ln 2)`` (a factor
of two either way), and so is the evidence for it against ``b = 0``. Both are averaged over the
run's draws; these took b to be zero, so that what is said here is rather too cautious.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from densing.models.ops import numpy_ops
from densing.results.interval import PROB, Interval
from densing.results.score_grid import STEP, ScoreGrid

FACTOR = 2.0
"""By which densities of one size may well lie off the trend: one standard deviation a priori."""
REACH = 30
"""Departures are looked for up to so many steps of `STEP` on either side: a factor of 20."""
SHIFTS = STEP * np.arange(-REACH, REACH + 1)
_PRIOR = np.exp(-0.5 * (SHIFTS / np.log(FACTOR)) ** 2)
PRIOR = _PRIOR / _PRIOR.sum()


def log_evidence(grid: ScoreGrid, who: np.ndarray) -> np.ndarray:
    """Log-likelihood of each model's scores at each of `SHIFTS`, shape (model, shift).

    Parameters
    ----------
    who
        Position of each score's model, shape (score_row,).
    """
    own = np.zeros((len(grid.trend.mean), len(grid.points)))
    np.add.at(own, who, grid.log_likelihood)
    top = own.max(axis=1, keepdims=True)
    reach = STEP * np.arange(-REACH, len(grid.points) + REACH) + grid.points[0]
    prior = np.exp(grid.log_residual(reach))
    # Row j of the windows is the residual's density at the points less the j-th shift.
    windows = np.lib.stride_tricks.sliding_window_view(prior, len(grid.points), axis=1)[:, ::-1]
    found = np.einsum("msp,mp->ms", windows, np.exp(own - top))
    return np.log(np.maximum(found, 1e-300)) + top + numpy_ops.log(STEP)


def departure(evidence: np.ndarray, *, prob: float = PROB) -> Mapping[str, Any]:
    """Read the departure of some models off draws of their summed `log_evidence`.

    Parameters
    ----------
    evidence
        Shape (sample, shift).

    Returns
    -------
    dict
        `ratio`: interval of ``exp(b)``, density over the trend's; `p_denser`, that it is above
        one; `p_departs`, that it is not one, where both are as likely beforehand.
    """
    weight = np.exp(evidence - evidence.max(axis=1, keepdims=True)) * PRIOR
    factor = weight.sum(axis=1) / (weight[:, REACH] / PRIOR[REACH])
    posterior = (weight / weight.sum(axis=1, keepdims=True)).mean(axis=0)
    below = np.concatenate([[0.0], np.cumsum(posterior)])
    edges = np.append(SHIFTS - 0.5 * STEP, SHIFTS[-1] + 0.5 * STEP)
    levels = [(1 - prob) / 2, 0.5, (1 + prob) / 2]
    low, middle, high = (float(v) for v in np.exp(np.interp(levels, below, edges)))
    return {
        "ratio": Interval(middle, low, high, prob).as_dict(),
        "p_denser": float(1.0 - np.interp(0.0, edges, below)),
        "p_departs": float(np.mean(factor / (1.0 + factor))),
    }
