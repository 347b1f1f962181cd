r"""Proper scores of a forecast that is given as draws.

*Coverage*: whether the observation lies inside the equal-tailed interval, from its probability
integral transform. *CRPS*, in the unit of what is forecast, lower is better (Gneiting & Raftery
2007): ``E|X - y| - E|X - X'| / 2``. *Log score*, the log predictive density in nats, higher is
better: the draws' mixture of normals.

A latent quantity, such as a density, is not observed. It is given as draws of its posterior, and
each score is the mean over them: what is expected of the score, given all that is known later.
"""

from typing import Any

import numpy as np

LEVELS = (0.5, 0.8, 0.9, 0.95)


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
