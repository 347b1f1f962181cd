"""How a reported score scatters about its expectation, where that is no Beta.

The default's Beta is an exponential family: all scores of a cell enter as two sums
(`targets.score_coefficients`). A normal and a Student-t of the same mean and variance do not know
that a score lies between 0 and 1; the Student-t forgives a score that is simply wrong. Each score
is then a cell of its own.
"""

from typing import Any, Literal

import numpy as np

from densing.models.ops import LOG_SQRT_2PI

LikelihoodName = Literal["beta", "normal", "student-t"]


def log_density(xp: Any, score: Any, mean: Any, variance: Any, tail: Any = None) -> Any:
    """Log density of a score, shape of the arguments together.

    Parameters
    ----------
    score
        As reported, a proportion.
    mean, variance
        Of the score; under a Student-t the variance is its squared scale.
    tail
        Degrees of freedom of the Student-t; None for the normal.
    """
    square = (score - mean) ** 2 / variance
    log_scale = 0.5 * xp.log(variance)
    if tail is None:
        return -0.5 * square - log_scale - LOG_SQRT_2PI
    norm = xp.betaln(0.5 * tail, 0.0 * tail + 0.5) + 0.5 * xp.log(tail)
    return -0.5 * (tail + 1.0) * xp.log(1.0 + square / tail) - norm - log_scale


def draw(
    rng: np.random.Generator, mean: np.ndarray, variance: np.ndarray, tail: Any = None
) -> np.ndarray:
    """Scores drawn from such a density, beyond 0 and 1 too; arguments as in `log_density`."""
    if tail is None:
        noise = rng.standard_normal(mean.shape)
    else:
        noise = rng.standard_t(np.broadcast_to(tail, mean.shape))
    return mean + np.sqrt(variance) * noise
