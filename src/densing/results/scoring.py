r"""Proper scores of a forecast that is given as draws; and naive forecasts, to be beaten.

*Coverage*: whether the observation lies inside the equal-tailed interval, from its probability
integral transform. *CRPS*, in the unit of what is forecast, lower is better (Gneiting & Raftery
2007): ``E|X - y| - E|X - X'| / 2``. *Log score*, the log predictive density in nats, higher is
better: the draws' mixture of normals.

A latent quantity, such as a density, is not observed. It is given as draws of its posterior, and
each score is the mean over them: what is expected of the score, given all that is known later.

The naive forecasts of a new model's log density work on the median densities that were known at
the origin, and predict with Student's t as usual; their scatter contains the error of those
densities, so none is added.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from densing.results.line import least_squares, record_setters

LEVELS = (0.5, 0.8, 0.9, 0.95)
HALF_YEAR = 0.5
FEWEST = 3
"""Values of a half-year that have a scatter worth the name."""


def pit(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Probability integral transform: (sample, case) draws and (case,) observations."""
    return np.mean(draws <= observed, axis=0)


def pit_of_latent(draws: np.ndarray, latent: np.ndarray) -> np.ndarray:
    """Probability integral transform of each draw of latent outcomes.

    Parameters
    ----------
    draws
        The forecast, shape (sample, case).
    latent
        Draws of the outcomes, shape (draw, case).

    Returns
    -------
    numpy.ndarray
        Shape (draw, case).
    """
    ordered = np.sort(draws, axis=0)
    return np.column_stack(
        [np.searchsorted(own, seen, "right") / len(draws)
         for own, seen in zip(ordered.T, latent.T, strict=True)]
    )  # fmt: skip


def covered(transform: np.ndarray, level: float) -> np.ndarray:
    """Whether each case lies inside its equal-tailed interval, shape of `transform`."""
    return np.abs(np.asarray(transform) - 0.5) <= level / 2


def crps(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of draws (sample, case), shape (case,)."""
    n = len(draws)
    ordered = np.sort(draws, axis=0)
    weight = (2.0 * np.arange(1, n + 1) - n - 1)[:, None]
    spread = 2.0 * np.sum(weight * ordered, axis=0) / n**2
    return np.mean(np.abs(draws - observed), axis=0) - 0.5 * spread


def log_score(draws: np.ndarray, observed: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Log of the mean over draws of Normal(observed; draw, error), shape (case,), nats."""
    z = (observed - draws) / error
    terms = -0.5 * z**2 - np.log(error) - 0.5 * np.log(2 * np.pi)
    top = terms.max(axis=0)
    return top + np.log(np.mean(np.exp(terms - top), axis=0))


def crps_of_latent(draws: np.ndarray, latent: np.ndarray) -> np.ndarray:
    """Mean of `crps` over draws (draw, case) of latent outcomes, shape (case,)."""
    return np.mean([crps(draws, seen) for seen in latent], axis=0)


def log_score_of_latent(draws: np.ndarray, latent: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Mean of `log_score` over draws (draw, case) of latent outcomes, shape (case,)."""
    return np.mean([log_score(draws, seen, width) for seen in latent], axis=0)


def kernel_width(draws: np.ndarray) -> np.ndarray:
    """Silverman's width of a normal kernel, shape (case,)."""
    return 1.06 * draws.std(axis=0) * len(draws) ** -0.2


def shares_inside(transform: np.ndarray) -> dict[str, np.ndarray]:
    """By level, the share of transforms (draw, case) inside the interval, shape (case,)."""
    return {f"{level:g}": covered(transform, level).mean(axis=0) for level in LEVELS}


def clustered(inside: np.ndarray, batch: np.ndarray) -> dict[str, Any]:
    """Share of cases covered, with a standard error over batches, not over cases.

    `inside` may be a share for each case, too.
    """
    share = float(np.mean(inside))
    off = np.asarray(inside, float) - share
    sums = np.asarray([off[batch == name].sum() for name in dict.fromkeys(batch)])
    return {"share": share, "se": float(np.sqrt(np.sum(sums**2)) / len(inside))}


class Student(NamedTuple):
    """Predictive distribution of each case; every field has shape (case,) or is a scalar."""

    df: float
    loc: np.ndarray
    scale: np.ndarray

    def draws(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw from it, shape (sample, case)."""
        return self.loc + self.scale * rng.standard_t(self.df, (count, len(self.loc)))

    def pit(self, observed: np.ndarray) -> np.ndarray:
        """Probability integral transform, shape (case,)."""
        return stats.t.cdf(observed, self.df, self.loc, self.scale)

    def log_score(self, observed: np.ndarray) -> np.ndarray:
        """Log predictive density in nats, shape (case,)."""
        return stats.t.logpdf(observed, self.df, self.loc, self.scale)


def last_value(time: np.ndarray, value: np.ndarray, *, origin: float, at: np.ndarray) -> (
    Student | None
):  # fmt: skip
    """No growth: mean and scatter of the half-year before the origin; None with fewer than 3."""
    recent = value[time > origin - HALF_YEAR]
    n = len(recent)
    if n < FEWEST:
        return None
    scale = np.std(recent, ddof=1) * np.sqrt(1 + 1 / n)
    return Student(n - 1, np.full(len(at), recent.mean()), np.full(len(at), scale))


def line(time: np.ndarray, value: np.ndarray, *, at: np.ndarray) -> Student | None:
    """Least-squares line with its predictive interval; None where a line has no error."""
    try:
        fitted = least_squares(time, value)
    except ValueError:
        return None
    share = 1 / fitted.count + (at - fitted.centre) ** 2 / fitted.spread
    return Student(fitted.count - 2, fitted(at), fitted.noise * np.sqrt(1 + share))


def line_of_records(time: np.ndarray, value: np.ndarray, *, at: np.ndarray) -> Student | None:
    """Least-squares line through the record holders alone, as the law was published."""
    best = record_setters(time, value)
    return line(time[best], value[best], at=at)
