"""Did growth change: over time, at an unknown date, and from older to newer benchmarks.

A run whose trend has a changepoint answers itself. A straight one is reweighted (`changepoint`);
where its draws do not stand for the model with a changepoint there is no number, only the command
that makes one. Runs of other shapes have no such date.

A model that was tuned to old benchmarks, or that has seen them, would gain on these more than on
new ones; so would one whose makers simply care for other things now. The rates alone cannot tell.
These benchmarks' rates are one thing, those of newer and older benchmarks in general another: there
each group is a sample, whose benchmarks scatter by the run's own spread of such rates.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import gaussian_kde

from densing.data import bundled
from densing.results.acceleration import acceleration, date_interval, eras, ratio_interval
from densing.results.corollaries.changepoint import (
    ImportanceChangepoint,
    importance_changepoint,
    run_priors,
)
from densing.results.future import future
from densing.results.horizon import released
from densing.results.interval import PROB, interval
from densing.results.run import record
from densing.results.shortfall import gap_growth
from densing.results.trend_curve import curve_of

CHATGPT = "2022-11-30"
"""Its release, after which growth is said to have been faster."""
CURE = "densing fit --model changepoint --out changepoint.nc"


def change_of_growth(
    run: xr.DataTree, *, given: xr.DataTree | None = None, prob: float = PROB, seed: int = 1
) -> dict[str, Any]:
    """Slopes before and after a changepoint, and their ratio.

    Parameters
    ----------
    given
        Run with a changepoint that is asked instead.

    Returns
    -------
    dict
        `source`: "run", "given", "reweighted" or None where there is no answer; then `changepoint`,
        `population`, `frontier` (`acceleration.acceleration`; None without) and `bayes_factor`, of
        the bend against the straight line; `pareto_k`, `limit` of a reweighted run; `shape` of the
        run; `chatgpt`: its `date` and how many models of the run are `older`.
    """
    asked = run if given is None else given
    days = released(asked)
    told: dict[str, Any] = {
        "source": None, "shape": curve_of(asked).shape, "changepoint": None, "population": None,
        "frontier": None, "bayes_factor": None, "pareto_k": None, "limit": None,
        "chatgpt": {"date": CHATGPT, "older": int((days < np.datetime64(CHATGPT)).sum()),
                    "first": f"{days.min():%Y-%m-%d}"},
    }  # fmt: skip
    if (own := acceleration(asked, prob=prob)) is not None:
        factor = _savage_dickey(asked)
        return told | own | {"source": "run" if given is None else "given", "bayes_factor": factor}
    if told["shape"] != "linear":
        return told
    found = importance_changepoint(asked, seed=seed)
    told |= {"pareto_k": found.pareto_k, "limit": found.limit}
    if not found.pareto_k <= found.limit:
        return told
    return told | _slopes(asked, found, prob) | {
        "source": "reweighted", "bayes_factor": found.bayes_factor,
    }  # fmt: skip


def _slopes(run: xr.DataTree, found: ImportanceChangepoint, prob: float) -> dict[str, Any]:
    """Both estimands, as `acceleration`: the frontier adds the growth of its distance."""
    ahead, frontier = future(run), None
    theta, drift = ahead.draws("shortfall"), ahead.draws("shortfall_drift")
    if theta is not None and drift is not None:
        time, theta, drift = ahead.time(released(run)), theta[found.draw], drift[found.draw]
        first, last = time.min(), time.max()
        frontier = eras(
            found.before + gap_growth(theta, drift, first, found.corner),
            found.after + gap_growth(theta, drift, found.corner, last), prob=prob,
        )  # fmt: skip
    corner = found.corner + float(record(run, "centre")["time"])
    return {
        "changepoint": date_interval(corner, prob=prob),
        "population": eras(found.before, found.after, prob=prob), "frontier": frontier,
    }  # fmt: skip


def _savage_dickey(run: xr.DataTree) -> float:
    """Evidence for a bend over that for none: prior over posterior density of no change."""
    change = run["posterior"]["slope_change"].to_numpy().ravel()
    if np.ptp(change) == 0.0:
        return float("nan")
    prior = np.exp(run_priors(run)["slope_change"](np.zeros(1)))
    return float(prior[0] / gaussian_kde(change)(0.0)[0])


def benchmark_age(run: xr.DataTree, *, prob: float = PROB, seed: int = 1) -> dict[str, Any] | None:
    """Growth of a typical new model on newer benchmarks over that on older ones.

    Returns
    -------
    dict or None
        `older`, `newer`: `benchmarks` (name and `released`), and `rate_per_year`, the interval of
        their mean growth; the middle one of an odd number belongs to neither. `ratio` of the
        means and `p_newer_faster`; `in_general`, `p_newer_faster_in_general`: the same of the kinds
        of benchmarks that these are samples of; `per_year`: interval of the least-squares slope of
        the rates over all release dates, 1 / year a year. None where all share one trend, or are
        of one date.
    """
    if "benchmark_rate" not in run["derived"] or "drift_spread" not in run["posterior"]:
        return None
    rates = run["derived"]["benchmark_rate"].transpose("chain", "draw", "benchmark")
    days = bundled("benchmarks").set_index("benchmark")["released"]
    names = [str(n) for n in rates["benchmark"].to_numpy() if pd.notna(days.get(str(n)))]
    names = sorted(names, key=lambda name: pd.Timestamp(days[name]))
    when = pd.DatetimeIndex([days[name] for name in names])
    if when.nunique() < 2:
        return None
    drawn = rates.sel(benchmark=names).to_numpy().reshape(-1, len(names))
    half = len(names) // 2
    groups = {"older": slice(0, half), "newer": slice(len(names) - half, len(names))}
    mean = {key: drawn[:, part].mean(axis=1) for key, part in groups.items()}
    spread = run["posterior"]["drift_spread"].to_numpy().ravel()
    noise = np.random.default_rng(seed).standard_normal((2, len(spread))) * spread / np.sqrt(half)
    kind = {key: mean[key] + own for key, own in zip(groups, noise, strict=True)}
    age = np.asarray((when - when.mean()).days, float) / 365.25
    return {
        **{
            key: {
                "benchmarks": [
                    {"name": name, "released": f"{day:%Y-%m-%d}"}
                    for name, day in zip(names[part], when[part], strict=True)
                ],
                "rate_per_year": interval(mean[key], prob=prob).as_dict(),
            }
            for key, part in groups.items()
        },
        "ratio": ratio_interval(mean["newer"], mean["older"], prob=prob),
        "p_newer_faster": float(np.mean(mean["newer"] > mean["older"])),
        "in_general": ratio_interval(kind["newer"], kind["older"], prob=prob),
        "p_newer_faster_in_general": float(np.mean(kind["newer"] > kind["older"])),
        "per_year": interval(drawn @ age / (age @ age), prob=prob).as_dict(),
        "count": len(names), "from": f"{when[0]:%Y}", "until": f"{when[-1]:%Y}",
    }  # fmt: skip


def change_words(told: Mapping[str, Any]) -> str:
    """Say whether growth changed at an unknown date, where from, and what of ChatGPT."""
    return f"{_change(told)} {_chatgpt(told['chatgpt'])}"


def _change(told: Mapping[str, Any]) -> str:
    cure = f"`{CURE}`, then --bent changepoint.nc"
    if told["source"] is None:
        why = (
            f"this run's trend has the shape {told['shape']!r}, without a date of change"
            if told["pareto_k"] is None else
            f"this run's draws do not stand for a bent trend (Pareto k {told['pareto_k']:.2f}, "
            f"above {told['limit']:.2f})"
        )  # fmt: skip
        return f"Whether growth changed takes a fit of its own, since {why}: {cure}."
    date, key = told["changepoint"], "frontier" if told["frontier"] else "population"
    when = (
        f"on {date['median']}" if date["lower"] == date["upper"] else
        f"at an unknown date ({date['median']}, {date['lower']} to {date['upper']})"
    )  # fmt: skip
    typical = told["population"]
    text = (
        f"Growth of a typical new model after a change {when} is {ratio(typical['ratio'])} times "
        f"growth before it; it is faster with probability {typical['p_acceleration']:.2f}"
    )
    if key == "frontier":
        text += f" (frontier: {ratio(told[key]['ratio'])}, {told[key]['p_acceleration']:.2f})"
    text += (
        f". The scores are {told['bayes_factor']:.2g} times as likely under a bend as under a "
        "straight line."
    )
    if told["source"] == "reweighted":
        text += (
            f" So say the straight run's draws, reweighted (Pareto k {told['pareto_k']:.2f}); a "
            f"fit of its own: {cure}."
        )
    return text


def _chatgpt(told: Mapping[str, Any]) -> str:
    older = told["older"]
    has = f"{older} models are" if older > 1 else "One model is" if older else "No model is"
    return (
        f"{has} older than ChatGPT ({told['date']}): what changed then is asked of the paper's "
        "densities on MMLU by `densing reproduce`."
    )


def age_words(told: Mapping[str, Any] | None) -> str:
    """Say how growth on newer benchmarks compares; nothing without such a comparison."""
    if told is None:
        return ""
    names = {
        key: ", ".join(row["name"] for row in told[key]["benchmarks"]) for key in ("newer", "older")
    }
    return (
        f"On the newer benchmarks ({names['newer']}) density grew {ratio(told['ratio'])} times as "
        f"fast as on the older ones ({names['older']}). As samples of newer and older benchmarks "
        f"they say {ratio(told['in_general'])}, faster with probability "
        f"{told['p_newer_faster_in_general']:.2f}: {told['count']} benchmarks of {told['from']} to "
        f"{told['until']}, which differ in more than age, hardly answer the question, and of "
        "contamination they say nothing."
    )


def ratio(told: Mapping[str, Any]) -> str:
    """`1.24 (0.57 to 2.45)`; an end that is not bounded is said to be so."""
    low, middle, high = (
        none if told[key] is None else f"{told[key]:.2f}"
        for key, none in (("lower", "not bounded"), ("median", "no number of"),
                          ("upper", "not bounded"))
    )  # fmt: skip
    return f"{middle} ({low} to {high})"
