r"""Proper scores of a forecast that is given as draws.

*Coverage*: whether the observation lies inside the equal-tailed interval, from its probability
integral transform. *CRPS*, in the unit of what is forecast, lower is better (Gneiting & Raftery
2007): ``E|X - y| - E|X - X'| / 2``. *Log score*, the log predictive density in nats, higher is
better: the draws' mixture of normals with the observation's own standard error.
"""

from typing import Any

import numpy as np

LEVELS = (0.5, 0.8, 0.9, 0.95)


def pit(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Probability integral transform: (sample, case) draws and (case,) observations."""
    return np.mean(draws <= observed, axis=0)


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


def clustered(inside: np.ndarray, batch: np.ndarray) -> dict[str, Any]:
    """Share of cases covered, with a standard error over batches, not over cases."""
    share = float(np.mean(inside))
    off = np.asarray(inside, float) - share
    sums = np.asarray([off[batch == name].sum() for name in dict.fromkeys(batch)])
    return {"share": share, "se": float(np.sqrt(np.sum(sums**2)) / len(inside))}
