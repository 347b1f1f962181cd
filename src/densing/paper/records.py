"""What the paper's rule, a line through record-setters, finds where nothing grows."""

from typing import NamedTuple

import numpy as np

from densing.results.line import least_squares


class Chance(NamedTuple):
    """Record lines of data without growth; every array has shape (shuffle,)."""

    slope: np.ndarray
    r2: np.ndarray
    tried: int
    """Shuffles, including those with fewer than three records, which have no line."""

    def band(self, *, prob: float = 0.9) -> tuple[float, float]:
        """Equal-tailed range of the slopes."""
        low, high = np.quantile(self.slope, [(1 - prob) / 2, (1 + prob) / 2])
        return float(low), float(high)


def chance_lines(
    day: np.ndarray, value: np.ndarray, *, rng: np.random.Generator, shuffles: int = 4000
) -> Chance:
    """Fit the record line to data that scatter as these do and do not grow.

    The deviations of `value` (log, shape (model,)) from its own straight trend are dealt out
    to the days at random; the records of each deal are fitted as the paper fits them.
    """
    deviation = value - least_squares(day, value)(day)
    days, first = np.unique(np.sort(day), return_index=True)
    dealt = rng.permuted(np.tile(deviation, (shuffles, 1)), axis=1)
    best = np.maximum.reduceat(dealt, first, axis=1)
    before = np.maximum.accumulate(best, axis=1)[:, :-1]
    is_record = np.hstack([np.ones((shuffles, 1), bool), best[:, 1:] > before])
    kept = is_record.sum(axis=1) >= 3
    w, y = is_record[kept].astype(float), best[kept]
    count = w.sum(axis=1, keepdims=True)
    dx = w * (days - (w @ days)[:, None] / count)
    dy = w * (y - (w * y).sum(axis=1, keepdims=True) / count)
    xx, xy, yy = ((a * b).sum(axis=1) for a, b in ((dx, dx), (dx, dy), (dy, dy)))
    return Chance(xy / xx, xy**2 / (xx * yy), shuffles)
