"""Record-setters, and a straight line by least squares with its posterior under a flat prior.

With normal errors of unknown variance and a prior flat in slope, intercept and log variance,
the posterior of the slope is Student's t about the least-squares slope (Gelman et al., *Bayesian
Data Analysis*, 3rd ed., 14.2): the same ends as the classical interval, in closed form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from densing.results.interval import PROB, Interval


@dataclass(frozen=True)
class Line:
    """``y = intercept + slope x`` and what its uncertainty rests on."""

    slope: float
    intercept: float
    r2: float
    count: int
    centre: float
    """Mean of x."""
    spread: float
    """Sum of squares of x about its mean."""
    noise: float
    """Residual standard deviation, `count - 2` degrees of freedom."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Height at `x`, same shape."""
        return self.intercept + self.slope * np.asarray(x)

    @property
    def slope_error(self) -> float:
        """Standard error of the slope."""
        return self.noise / float(np.sqrt(self.spread))

    def slope_interval(self, *, prob: float = PROB) -> Interval:
        """Equal-tailed posterior interval of the slope."""
        half = stats.t.ppf(0.5 + prob / 2, self.count - 2) * self.slope_error
        return Interval(self.slope, float(self.slope - half), float(self.slope + half), prob)

    def band(self, x: np.ndarray, *, prob: float = PROB) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends of the posterior interval of the height at `x`, each of its shape."""
        share = 1 / self.count + (np.asarray(x) - self.centre) ** 2 / self.spread
        half = stats.t.ppf(0.5 + prob / 2, self.count - 2) * self.noise * np.sqrt(share)
        return self(x) - half, self(x) + half

    def slopes(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draws of the slope, shape (count,)."""
        return self.slope + self.slope_error * rng.standard_t(self.count - 2, count)


def least_squares(x: np.ndarray, y: np.ndarray) -> Line:
    """Fit a line to points, shape (point,).

    Raises
    ------
    ValueError
        Fewer than three points, or all at one x: a line has no error then.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(x) < 3 or np.ptp(x) == 0:
        raise ValueError(f"a line with an error needs three points at two dates, got {len(x)}")
    dx, dy = x - x.mean(), y - y.mean()
    spread = float(dx @ dx)
    slope = float(dx @ dy) / spread
    rest = dy - slope * dx
    squares = float(rest @ rest)
    total = float(dy @ dy)
    return Line(
        slope=slope, intercept=float(y.mean() - slope * x.mean()),
        r2=1.0 - squares / total if total > 0 else 1.0, count=len(x), centre=float(x.mean()),
        spread=spread, noise=float(np.sqrt(squares / (len(x) - 2))),
    )  # fmt: skip


def record_setters(time: Any, value: np.ndarray) -> np.ndarray:
    """Positions of the strict record-setters in order of time, shape (record,).

    A value counts when it exceeds every earlier one: a tie is no record, and of one day's values
    only the highest can be one.

    Parameters
    ----------
    time, value
        Anything that sorts, for example dates or days; and numbers, shape (model,).
    """
    best, found = -np.inf, []
    for i in np.lexsort((-value, time)):
        if value[i] > best:
            best = value[i]
            found.append(i)
    return np.asarray(found, int)
