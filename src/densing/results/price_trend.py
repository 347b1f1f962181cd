r"""Price of inference at equal performance: how fast it halves.

``ln price = a_k + c_k logit(score) - f t + error`` over the bundled prices: on benchmark k a higher
score costs more, and at an equal score the price of a typical offer falls by f a year. The
posterior of f is a Bayesian bootstrap over models (Rubin 1981): a model is listed once for each
benchmark, and its rows are drawn together, so that they do not count as independent; no form of
the errors is assumed. It says nothing of the cheapest offer, nor of why prices fall.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from densing.data import bundled
from densing.models.dates import years
from densing.results.budget import halving_months
from densing.results.interval import PROB, interval

DRAWS = 2000
LEVELS = ("lower half of the scores", "upper half of the scores")


@dataclass(frozen=True, eq=False)
class PriceTrend:
    """Draws of the fall of prices, and the prices at equal performance."""

    table: pd.DataFrame
    """The prices; `price_at_equal_score` is moved to its benchmark's mean score."""
    fall: np.ndarray
    """1 / year, shape (sample,)."""
    by_benchmark: dict[str, np.ndarray]
    by_level: dict[str, np.ndarray]
    """Each half of the scores, by their benchmark's median."""
    line: np.ndarray
    """Log price at equal score at `days`, shape (sample, day)."""
    days: pd.DatetimeIndex


def price_trend(table: pd.DataFrame | None = None, *, seed: int = 1) -> PriceTrend:
    """Draw the fall of prices at equal performance.

    Parameters
    ----------
    table
        model, date, benchmark, score (proportion), usd_per_million_tokens; the bundled prices
        where None.
    """
    table = (bundled("prices") if table is None else table).reset_index(drop=True)
    time = years(table["date"])
    time = time - time.mean()
    price = np.log(table["usd_per_million_tokens"].to_numpy(float))
    inner = np.clip(table["score"].to_numpy(float), 1e-3, 1 - 1e-3)
    logit = np.log(inner) - np.log1p(-inner)
    names, of = np.unique(table["benchmark"].to_numpy(str), return_inverse=True)
    dummy = np.eye(len(names))[of]
    centred = logit - (logit @ dummy / dummy.sum(axis=0))[of]
    base = np.column_stack([dummy, dummy * centred[:, None]])
    _, who = np.unique(table["model"].to_numpy(str), return_inverse=True)
    weights = np.random.default_rng(seed).standard_exponential((DRAWS, who.max() + 1))[:, who]

    def slopes(parts: np.ndarray) -> np.ndarray:
        """Coefficients on columns (row, part), after those of the base; (sample, base + part)."""
        x = np.column_stack([base, parts])
        gram = np.einsum("sr,ri,rj->sij", weights, x, x, optimize=True)
        return np.linalg.solve(gram, ((weights * price) @ x)[..., None])[..., 0]

    common = slopes(time[:, None])
    own = slopes(dummy * time[:, None])[:, base.shape[1] :]
    middle = pd.Series(logit).groupby(of).transform("median").to_numpy()
    half = np.column_stack([logit <= middle, logit > middle]) * time[:, None]
    levels = slopes(half)[:, base.shape[1] :]
    k = len(names)
    level = (common[:, :k] @ dummy.mean(axis=0))[:, None]
    days = pd.date_range(table["date"].min(), table["date"].max(), periods=40)
    at = years(days) - years(table["date"]).mean()
    typical = np.median(common, axis=0)
    equal = price - base[:, k:] @ typical[k : 2 * k] - dummy @ typical[:k]
    return PriceTrend(
        table=table.assign(price_at_equal_score=np.exp(equal + np.median(level))),
        fall=-common[:, -1],
        by_benchmark={str(name): -own[:, i] for i, name in enumerate(names)},
        by_level={name: -levels[:, i] for i, name in enumerate(LEVELS)},
        line=level + common[:, -1:] * at, days=days,
    )  # fmt: skip


def price_answer(
    found: PriceTrend,
    rates: dict[str, np.ndarray],
    hardware: np.ndarray,
    *,
    prob: float = PROB,
    seed: int = 1,
) -> dict[str, Any]:
    """Halving times in months, and whether prices fall faster than density and hardware say.

    Parameters
    ----------
    rates, hardware
        Growth of density by estimand, and of computation per dollar, 1 / year, (sample,).
    """
    fall = np.random.default_rng(seed).choice(found.fall, hardware.size)
    return {
        "halving_months": halving_months(found.fall, prob=prob).as_dict(),
        "factor_per_year": interval(np.exp(found.fall), prob=prob).as_dict(),
        "benchmarks": {
            name: halving_months(own, prob=prob).as_dict()
            for name, own in found.by_benchmark.items()
        },
        "levels": {
            name: halving_months(own, prob=prob).as_dict() for name, own in found.by_level.items()
        },
        "p_faster_than_density": {k: float(np.mean(fall > rate)) for k, rate in rates.items()},
        "p_faster_than_density_and_hardware": {
            k: float(np.mean(fall > rate + hardware)) for k, rate in rates.items()
        },
        "prices": len(found.table), "models": int(found.table["model"].nunique()),
        "from": f"{found.table['date'].min():%Y-%m-%d}",
        "until": f"{found.table['date'].max():%Y-%m-%d}",
    }  # fmt: skip
