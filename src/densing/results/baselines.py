"""Naive forecasts of a new model's log density: what a forecaster has to beat.

Each works on the median densities that were known at the origin, and predicts with Student's t as
usual; their scatter contains the error of those densities, so none is added.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

HALF_YEAR = 0.5
FEWEST = 3
"""A straight line with fewer points has no residual."""


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
    """Least-squares line through all models, with its predictive interval."""
    n = len(time)
    if n < FEWEST or np.ptp(time) == 0:
        return None
    centre = time - time.mean()
    slope = centre @ value / (centre @ centre)
    residual = value - value.mean() - slope * centre
    sigma = np.sqrt(residual @ residual / (n - 2))
    ahead = at - time.mean()
    scale = sigma * np.sqrt(1 + 1 / n + ahead**2 / (centre @ centre))
    return Student(n - 2, value.mean() + slope * ahead, scale)


def line_of_records(time: np.ndarray, value: np.ndarray, *, at: np.ndarray) -> Student | None:
    """Least-squares line through the record holders alone, as the law was published."""
    best, top = [], -np.inf
    for i in np.lexsort((-value, time)):
        if value[i] > top:
            best.append(i)
            top = value[i]
    return line(time[best], value[best], at=at)
