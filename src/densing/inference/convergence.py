"""When draws suffice: the verdict's thresholds, passed with a margin."""

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from densing.results.health import MAX_RHAT, MIN_ESS, STOP_MARGIN, effective


def converged(
    values: Mapping[str, np.ndarray], *, max_rhat: float = MAX_RHAT, min_ess: float = MIN_ESS
) -> bool:
    """Whether draws of all quantities, (chain, draw, ...), pass the verdict with a margin.

    The margin is for what is only computed afterwards, and for the luck of stopping early.
    Effective draws are not counted where none are asked for (`min_ess` 0).
    """
    every = np.concatenate([v.reshape(*v.shape[:2], -1) for v in values.values()], axis=2)
    if not np.isfinite(every).all():
        return False
    every = every[..., np.any(every != every[:1, :1], axis=(0, 1))]  # of constants all is known
    if not every.size:
        return True
    if len(every) > 1 and not np.all(rank_rhat(every) - 1.0 <= (max_rhat - 1.0) / STOP_MARGIN):
        return False
    needed = STOP_MARGIN * min_ess
    return needed <= 0.0 or all(
        min(effective(every[..., i])) >= needed for i in range(every.shape[2])
    )


def rank_rhat(draws: np.ndarray) -> np.ndarray:
    """R-hat of many scalars at once, shape (chain, draw, scalar) to (scalar,).

    The larger one of the rank-normalised split R-hat and the folded one (Vehtari et al. 2021), as
    ArviZ has it for one scalar after the other.
    """
    half = draws.shape[1] // 2
    halves = np.concatenate([draws[:, :half], draws[:, -half:]])
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))
    return np.fmax(_split_rhat(halves), _split_rhat(folded))  # two values fold to one: no number


def _split_rhat(halves: np.ndarray) -> np.ndarray:
    """R-hat of the normal scores of half chains, shape (half chain, draw, scalar)."""
    flat = halves.reshape(-1, halves.shape[2])
    z = ndtri((rankdata(flat, axis=0) - 0.375) / (len(flat) + 0.25)).reshape(halves.shape)
    between = z.mean(axis=1).var(axis=0, ddof=1)
    within = z.var(axis=1, ddof=1).mean(axis=0)
    draws = halves.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):  # chains that stand still
        return np.sqrt(between / within + (draws - 1) / draws)
