r"""What a growing density is worth: budgets, prices at equal performance, and sizes.

*Hardware*: a fixed budget runs more parameters each year as hardware gets cheaper, and each
parameter does more as density grows; the rates add up. Hardware is no part of a run: its doubling
time of computation per dollar is a declared prior, log-normal.

*Prices*: ``ln price = a_k + c_k logit(score) - f t + error`` over the bundled prices: on benchmark
k a higher score costs more, and at an equal score the price of a typical offer falls by f a year.
The posterior of f is a Bayesian bootstrap over models (Rubin 1981): a model is listed once for
each benchmark, and its rows are drawn together, so that they do not count as independent; no form
of the errors is assumed. It says nothing of the cheapest offer, nor of why prices fall.

*Half the size*: a model of half the size matches another when its density is twice as high.
*Best practice* is the frontier of the day (the typical new model where a run has no frontier).
The month in which it reaches twice a model's density, counted from that model's release, is one
number a draw: both are held against the same reference curves, so that what is not known of those
cancels. Zero says that it was there already; a draw in which it is not reached within five years
of the last release stays, and the interval's end is then open.

*Size that a score takes*: what best practice needs on a day for a score that models of the data's
last year typically reach, so that it lies where there are data. Discrepancies of single models and
a benchmark's own growth are in the interval; a score beyond the reference gives an open end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.data import bundled
from densing.models.dates import DAYS_PER_YEAR, years
from densing.results.future import future
from densing.results.horizon import MOST_YEARS, RequestError, released
from densing.results.interval import PROB, Interval, doubling_months, interval, open_interval
from densing.results.needed import Yardstick
from densing.results.run import log_densities
from densing.text import span

HARDWARE_YEARS = 2.1
"""Median of the prior: computation per dollar doubled every 2.1 years in the paper's source."""
HARDWARE_SPREAD = 0.175
"""Standard deviation of its log: 90 % between 1.6 and 2.8 years about a median of 2.1."""
ESTIMANDS = {"population": "a typical new model", "frontier": "the frontier"}
DRAWS = 2000
LEVELS = ("lower half of the scores", "upper half of the scores")
RECENT_DAYS = 365
COUNT = 8
"""Models of the last year whose half is asked for."""
YEARS = (-1, 0, 1)
"""Years after the last release at which the size that a score takes is asked for."""


def hardware_rate(size: int, *, years: float = HARDWARE_YEARS, seed: int = 1) -> np.ndarray:
    """Draw the growth of computation per dollar from its prior, 1 / year, shape (sample,).

    Raises
    ------
    RequestError
        A doubling time, in years, that is none.
    """
    if not 0.0 < years < 100.0:
        raise RequestError(
            f"--hardware-years must lie between 0 and 100, got {years:g}; 2.1 is usual"
        )
    noise = np.random.default_rng(seed).standard_normal(size)
    return np.log(2.0) / (years * np.exp(HARDWARE_SPREAD * noise))


def density_rates(run: xr.DataTree) -> dict[str, np.ndarray]:
    """Growth of density over the run's dates, 1 / year, shape (sample,), by estimand."""
    found = run["derived"].to_dataset()
    return {k: found[f"{k}_rate"].to_numpy().ravel() for k in ESTIMANDS if f"{k}_rate" in found}


def halving_months(rate: np.ndarray, *, prob: float) -> Interval:
    """Time in months in which what grows, or falls, at `rate` (1 / year, draws) doubles, halves."""
    return doubling_months(interval(rate, prob=prob))


def budget(
    run: xr.DataTree, *, years: float = HARDWARE_YEARS, prob: float = PROB, seed: int = 1
) -> dict[str, Any]:
    """Doubling time, in months, of the effective parameters that one budget buys.

    Returns
    -------
    dict
        `hardware`: the prior's interval; `density` and `together`, by estimand: intervals;
        `factor_per_year`: by estimand, how many times the effective parameters a year later.
    """
    rates = density_rates(run)
    hardware = hardware_rate(next(iter(rates.values())).size, years=years, seed=seed)

    def told(rate: np.ndarray) -> dict[str, Any]:
        return halving_months(rate, prob=prob).as_dict()

    return {
        "hardware_years": {"median": years, "log_spread": HARDWARE_SPREAD},
        "hardware": told(hardware),
        "density": {key: told(rate) for key, rate in rates.items()},
        "together": {key: told(rate + hardware) for key, rate in rates.items()},
        "factor_per_year": {
            key: interval(np.exp(rate + hardware), prob=prob).as_dict()
            for key, rate in rates.items()
        },
    }


def spoken_of(by_estimand: Mapping[str, Any]) -> str:
    """Estimand that is spoken of: the frontier where there is one."""
    return "frontier" if "frontier" in by_estimand else "population"


def budget_words(told: Mapping[str, Any]) -> str:
    """Say how fast the effective parameters of one budget grow."""
    key = spoken_of(told["together"])
    return (
        f"With hardware that doubles every {told['hardware_years']['median']:g} years (a prior: "
        f"{span(told['hardware'], unit=' months', digits=0)}), the effective parameters that one "
        f"budget buys at {ESTIMANDS[key]} double every "
        f"{span(told['together'][key], unit=' months')}; intervals of "
        f"{100 * told['hardware']['prob']:.0f} %. Density does most of it: alone it takes "
        f"{span(told['density'][key], unit=' months')}."
    )


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
    dummy, k = np.eye(len(names))[of], len(names)
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
    own = slopes(dummy * time[:, None])[:, 2 * k :]
    middle = pd.Series(logit).groupby(of).transform("median").to_numpy()
    half = np.column_stack([logit <= middle, logit > middle]) * time[:, None]
    levels = slopes(half)[:, 2 * k :]
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

    def told(rate: np.ndarray) -> dict[str, Any]:
        return halving_months(rate, prob=prob).as_dict()

    return {
        "halving_months": told(found.fall),
        "factor_per_year": interval(np.exp(found.fall), prob=prob).as_dict(),
        "benchmarks": {name: told(own) for name, own in found.by_benchmark.items()},
        "levels": {name: told(own) for name, own in found.by_level.items()},
        "p_faster_than_density": {k: float(np.mean(fall > rate)) for k, rate in rates.items()},
        "p_faster_than_density_and_hardware": {
            k: float(np.mean(fall > rate + hardware)) for k, rate in rates.items()
        },
        "prices": len(found.table), "models": int(found.table["model"].nunique()),
        "from": f"{found.table['date'].min():%Y-%m-%d}",
        "until": f"{found.table['date'].max():%Y-%m-%d}",
    }  # fmt: skip


def price_words(told: Mapping[str, Any]) -> str:
    """Say how fast prices at an equal score halved."""
    key = spoken_of(told["p_faster_than_density"])
    levels = " and ".join(
        f"{span(row, unit=' months')} for the {name}" for name, row in told["levels"].items()
    )
    return (
        f"At an equal score the price of a typical offer halved every "
        f"{span(told['halving_months'], unit=' months')} ({told['prices']} prices of "
        f"{told['models']} models, {told['from']} to {told['until']}), {levels}; that it fell "
        f"faster than the density of {ESTIMANDS[key]} grew has probability "
        f"{told['p_faster_than_density'][key]:.2f}."
    )


def _best_practice(run: xr.DataTree, dates: Any) -> np.ndarray:
    """Log density of the day's best practice at dates, shape (sample, date)."""
    ahead = future(run)
    lines = ahead.lines(ahead.time(dates))
    return lines.get("frontier", lines["population"])


def half_size(run: xr.DataTree, *, count: int = COUNT, prob: float = PROB) -> list[dict[str, Any]]:
    """Months from release until best practice matches a model with half its parameters.

    The `count` densest of the models of the data's last year, the latest first.

    Returns
    -------
    list of dict
        `model`, `release_date`, `params`, `months` (interval; None for an open end),
        `p_at_release`: that best practice could do so on the day of its release.
    """
    data, day, own = run["constant_data"].to_dataset(), released(run), log_densities(run)
    end = day.max() + pd.Timedelta(days=round(MOST_YEARS * DAYS_PER_YEAR))
    days = pd.date_range(day.min(), end, freq="3D")
    best = _best_practice(run, days)
    recent = np.flatnonzero(day > day.max() - pd.Timedelta(days=RECENT_DAYS))
    densest = recent[np.argsort(-np.median(own[:, recent], axis=0))[:count]]
    rows = []
    for i in sorted(densest, key=lambda i: day[i], reverse=True):
        after = np.asarray(days >= day[i])
        there = (best >= own[:, [i]] + np.log(2.0)) & after
        first = np.where(there.any(axis=1), there.argmax(axis=1), -1)
        since = (days - day[i]).days.to_numpy() / DAYS_PER_YEAR * 12
        months = np.where(first >= 0, np.maximum(since[first], 0.0), np.inf)
        rows.append(
            {
                "model": str(data["model"].to_numpy()[i]), "release_date": f"{day[i]:%Y-%m-%d}",
                "params": float(data["counted_params"].to_numpy()[i]),
                "months": open_interval(months, prob=prob).as_dict(),
                "p_at_release": float(np.mean(first == np.argmax(after))),
            }
        )  # fmt: skip
    return rows


def half_size_words(rows: list[dict[str, Any]]) -> str:
    """Say when best practice matches the latest models with half their size."""
    if not rows:
        return ""
    parts = [f"{row['model']} {span(row['months'])}" for row in rows[:3]]
    return (
        "Months from release until best practice matches a model with half its parameters: "
        f"{', '.join(parts)}."
    )


def target_sizes(run: xr.DataTree, *, prob: float = PROB, seed: int = 1) -> list[dict[str, Any]]:
    """Parameters that the last year's median score takes on each benchmark, and when.

    Returns
    -------
    list of dict
        `benchmark`, `score` (proportion, of `models` models), `dates` (YYYY-MM-DD), `params`
        (intervals, one a date; None for an open end), `smallest_seen`: below this size no model
        of the run says what density is.
    """
    data, day = run["constant_data"].to_dataset(), released(run)
    recent = day > day.max() - pd.Timedelta(days=RECENT_DAYS)
    of = data["score_benchmark"].to_numpy().astype(str)
    late = np.asarray(recent)[data["score_model"].to_numpy().astype(int)]
    dates = [day.max() + pd.DateOffset(years=years) for years in YEARS]
    best, time = _best_practice(run, dates), future(run).time(dates)
    rng = np.random.default_rng(seed)
    rows = []
    for name in data["benchmark"].to_numpy().astype(str):
        scores = data["score"].to_numpy()[(of == name) & late]
        if not len(scores):
            continue
        score, yardstick = float(np.median(scores)), Yardstick(run, name)
        needed = yardstick.needed(score, rng)[:, None] - best - yardstick.lead(time)
        with np.errstate(over="ignore"):
            sizes = [open_interval(size, prob=prob).as_dict() for size in np.exp(needed).T]
        rows.append(
            {"benchmark": name, "score": score, "models": len(scores),
             "dates": [f"{when:%Y-%m-%d}" for when in dates], "params": sizes,
             "smallest_seen": float(data["counted_params"].min())}
        )  # fmt: skip
    return rows


def target_size_words(rows: list[dict[str, Any]]) -> str:
    """Say the sizes that a typical score takes on the first benchmark."""
    if not rows:
        return ""
    row = rows[0]
    parts = [
        f"{sized(size)} on {when}" for when, size in zip(row["dates"], row["params"], strict=True)
    ]
    return (
        f"Parameters that best practice needs for {row['score']:.2f} on {row['benchmark']}, the "
        f"median of the last year's models: {', '.join(parts)}."
    )


def sized(told: Mapping[str, Any]) -> str:
    """Interval of a number of parameters, two digits: `2.3B (700M to 9.3B)`."""
    if told["lower"] is None:
        return "no size"

    def parameters(count: float | None) -> str:
        if count is None:
            return "no size"
        scale, unit = (1e9, "B") if count >= 1e9 else (1e6, "M")
        value = float(f"{count / scale:.2g}")
        return f"{value:,.0f}{unit}" if value >= 10 else f"{value:g}{unit}"

    low, middle, high = (parameters(told[key]) for key in ("lower", "median", "upper"))
    return f"{middle} ({low} to {high})"
