"""What a run would say under another posterior near its own: its draws, reweighted.

Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024), by ArviZ. The
shape k of the weights' tail says whether that can be believed; beyond the limit there is no
number here, only the advice to refit.
"""

from typing import Any, NamedTuple

import numpy as np

from densing.results.health import MAX_PARETO_K
from densing.results.interval import PROB, Interval, doubling_months

EQUAL = 1e-12
"""Log ratios that differ by less are equal: what is left is rounding, and has no tail."""


class Weights(NamedTuple):
    """Importance weights of a run's draws."""

    values: np.ndarray
    """Sum to one, shape (chain, draw)."""
    pareto_k: float
    """Shape of the tail; NaN where the draws were too few to tell."""
    limit: float
    """Largest k that can be believed with so many draws."""

    @property
    def reliable(self) -> bool:
        """Whether the weighted draws stand for the other posterior."""
        return bool(self.pareto_k <= self.limit)


def reweight(log_ratio: np.ndarray) -> Weights:
    """Smoothed weights from the log of the other density over the run's own.

    Parameters
    ----------
    log_ratio
        Up to a constant, shape (chain, draw).
    """
    # Imported here: it brings ArviZ's converters, and with them an engine where there is one.
    from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]

    arviz: Any = array_stats  # its types are those of its defaults
    limit = min(MAX_PARETO_K, 1.0 - 1.0 / np.log10(log_ratio.size))
    if np.ptp(log_ratio) < EQUAL:
        return Weights(np.full(log_ratio.shape, 1.0 / log_ratio.size), -np.inf, limit)
    ratio = np.exp(log_ratio - log_ratio.max())
    efficiency = float(
        np.asarray(arviz.ess(ratio, chain_axis=0, draw_axis=1, method="mean", relative=True))
    )
    log_weights, k = arviz.psislw(-log_ratio, r_eff=min(efficiency, 1.0), axis=(0, 1))
    weights = np.exp(np.asarray(log_weights))
    return Weights(weights / weights.sum(), float(np.asarray(k)), limit)


def smoothed(log_ratio: np.ndarray) -> Weights:
    """Smoothed weights of independent draws, shape (draw,), without ArviZ and its converters.

    The same algorithm as `reweight` with an efficiency of one: a generalized Pareto distribution
    is fitted to the largest weights (Zhang & Stephens 2009), which become its quantiles.
    """
    size = len(log_ratio)
    limit = min(MAX_PARETO_K, 1.0 - 1.0 / np.log10(size))
    log_weight = log_ratio - log_ratio.max()
    tail, k = int(np.ceil(min(0.2 * size, 3.0 * np.sqrt(size)))), -np.inf
    order = np.argsort(log_weight)
    cut = log_weight[order[-tail - 1]]
    if tail > FEWEST_IN_TAIL and cut < -EQUAL:
        excess = np.exp(log_weight[order[-tail:]]) - np.exp(cut)
        k, sigma = pareto_fit(excess)
        share = (np.arange(tail) + 0.5) / tail
        quantile = sigma * (np.expm1(-k * np.log1p(-share)) / k if k else -np.log1p(-share))
        log_weight[order[-tail:]] = np.minimum(np.log(np.exp(cut) + quantile), 0.0)
    weight = np.exp(log_weight)
    return Weights(weight / weight.sum(), float(k), limit)


FEWEST_IN_TAIL = 4
"""So many weights have no tail to fit."""


def pareto_fit(excess: np.ndarray) -> tuple[float, float]:
    """Shape k and scale of a generalized Pareto distribution, of sorted values above zero.

    The empirical Bayes estimate of Zhang & Stephens (2009), k drawn to 1/2 by a prior that weighs
    as ten values, as in Pareto-smoothed importance sampling.
    """
    n = len(excess)
    count = 30 + int(np.sqrt(n))
    b = 1.0 - np.sqrt(count / (np.arange(1, count + 1) - 0.5))
    b = b / (3.0 * excess[int(n / 4 + 0.5) - 1]) + 1.0 / excess[-1]
    k = np.mean(np.log1p(-b[:, None] * excess), axis=1)
    height = n * (np.log(-b / k) - k - 1.0)
    weight = np.exp(height - height.max())
    best = np.sum(b * weight) / np.sum(weight)
    shape = float(np.mean(np.log1p(-best * excess)))
    return (n * shape + 5.0) / (n + 10.0), -shape / best


def weighted_interval(draws: Any, weights: np.ndarray, *, prob: float = PROB) -> Interval:
    """Interval of scalar draws under weights of the same shape."""
    low, middle, high = np.quantile(
        np.ravel(draws), [(1 - prob) / 2, 0.5, (1 + prob) / 2],
        weights=np.ravel(weights), method="inverted_cdf",
    )  # fmt: skip
    return Interval(float(middle), float(low), float(high), prob)


def weighted_growth(draws: Any, weights: np.ndarray, *, prob: float = PROB) -> dict[str, Any]:
    """Growth record of a rate (`headline.growth`) under weights, both of shape (chain, draw)."""
    rate = weighted_interval(draws, weights, prob=prob)
    return {
        "rate_per_year": rate.as_dict(),
        "doubling_months": doubling_months(rate).as_dict(),
        "p_not_growing": float(np.sum(weights * (np.asarray(draws) <= 0))),
    }
