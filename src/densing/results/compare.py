"""Which model predicts a model it has not seen, and an average of them by stacking.

Leave-one-out by Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry 2017), by ArviZ, of
all scores of a model together, its density integrated out; of each value for a run of `densing
trend`. An observation whose Pareto k is beyond the limit in any run has no number without a refit:
it is left aside in all of them, and named. A run that is not trustworthy is listed but takes no
part: its weight is None.

Leaving one model out asks how well a shape fills in a gap between known models. It does not ask
how well it forecasts: for that there is the back-test.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.results.compare_words import sentence
from densing.results.derive import end_rates
from densing.results.growth import growth
from densing.results.headline import trustworthy
from densing.results.interval import PROB
from densing.results.leave_one_out import leave_one_out, log_likelihood, ranked
from densing.results.reweighting import MAX_PARETO_K, weighted_growth
from densing.results.run import RunError, record
from densing.results.same_data import check_same_data
from densing.results.shape_summary import shape_summary
from densing.results.trend_curve import curve_of

ENOUGH = 0.5
"""Share of the observations that must be reliable in all runs for a comparison."""
RATES = ("population", "frontier")


def compare(runs: Mapping[str, xr.DataTree], *, prob: float = PROB) -> dict[str, Any]:
    """Compare runs of different models on the same observations.

    Parameters
    ----------
    runs
        At least two, by a name for each.

    Returns
    -------
    dict
        `runs`: one record for each, best first: `name`, `model`, `trustworthy`, `reasons`;
        `elpd`, `se` (over observations), `mcse` (of the draws), `p_loo`; `elpd_diff` and `dse`
        against the best, `stacking` (plain stacking's weight) and `weight` (see `stacking`);
        `worst_pareto_k`; growth records `population` and `frontier`, and what `shape_summary`
        tells. What is not known of a run is None. `stacked`: growth of the average by `weight`,
        None where fewer than two runs are trustworthy. `of` (models, values), `observations`,
        `compared`: how many there are and how many were compared; `left_aside`: names and
        largest `pareto_k` of the others, beyond `limit`. `sentence`; `trustworthy`, whether all
        runs are.

    Raises
    ------
    RunError
        Fewer than two runs, observations that differ, or a run without pointwise likelihoods.
    """
    if len(runs) < 2:
        raise RunError("compare needs at least two runs: fit another model (`densing models`)")
    check_same_data(runs)
    terms = {name: log_likelihood(name, run) for name, run in runs.items()}
    good = {name: term for name, term in terms.items() if trustworthy(runs[name])}
    first = {name: leave_one_out(term) for name, term in terms.items()}
    worst = np.asarray([first[name].pareto_k.to_numpy() for name in good or first]).max(axis=0)
    limit = min([MAX_PARETO_K, *(float(loo.good_k) for loo in first.values())])
    kept = np.flatnonzero(worst <= limit)
    enough = len(kept) >= max(2, ENOUGH * len(worst))
    found = (
        {name: leave_one_out(term.isel(obs=kept)) for name, term in good.items()} if enough else {}
    )
    told = ranked(found, {name: good[name].isel(obs=kept) for name in found})
    rows = [
        _answer(name, run, first[name], told.get(name), prob) for name, run in runs.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: -np.inf if row["elpd"] is None else row["elpd"], reverse=True)
    kind = next(iter(runs.values())).attrs.get("kind", "joint")
    names = _names(next(iter(runs.values())), kind)
    return {
        "runs": rows,
        "stacked": stacked(runs, {row["name"]: row["weight"] for row in rows}, prob=prob),
        "of": "models" if kind == "joint" else "values",
        "observations": len(worst), "compared": len(kept),
        "left_aside": [
            {"name": names[i], "pareto_k": float(worst[i])}
            for i in np.argsort(-worst) if worst[i] > limit
        ],
        "limit": limit, "trustworthy": all(row["trustworthy"] for row in rows),
        "sentence": sentence(rows, enough=enough),
    }  # fmt: skip


def _names(run: xr.DataTree, kind: str) -> list[str]:
    data = run["constant_data"]
    if kind == "joint":
        return [str(name) for name in data["model"].to_numpy()]
    return [str(name) for name in data["name"].to_numpy()]


NUMBERS = ("elpd", "se", "mcse", "p_loo", "elpd_diff", "dse", "stacking", "weight")


def _answer(
    name: str, run: xr.DataTree, loo: Any, told: Mapping[str, float] | None, prob: float
) -> dict[str, Any]:
    derived = run["derived"]
    rates = {
        key: growth(derived[f"{key}_rate"], prob=prob) if f"{key}_rate" in derived else None
        for key in RATES
    }
    return {
        "name": name, "model": record(run, "model")["name"], "trustworthy": trustworthy(run),
        "reasons": record(run, "health")["reasons"],
        **{key: None if told is None else told[key] for key in NUMBERS},
        "worst_pareto_k": float(loo.pareto_k.max()), **rates, **shape_summary(run, prob=prob),
    }  # fmt: skip


def stacked(
    runs: Mapping[str, xr.DataTree], weights: Mapping[str, float | None], *, prob: float = PROB
) -> dict[str, Any] | None:
    """Growth of the weighted average of runs: mean over the dates, and at the last of them.

    Returns
    -------
    dict or None
        `population`, `frontier` and `at_end` with both; a frontier is None unless every run
        with a weight has one. None where fewer than two runs have weights.
    """
    parts = {name: weight for name, weight in weights.items() if weight is not None}
    if len(parts) < 2:
        return None
    rates: dict[str, dict[str, np.ndarray]] = {}
    for name in parts:
        derived, posterior = runs[name]["derived"], runs[name]["posterior"].to_dataset()
        means = {f"{key}_rate": derived[f"{key}_rate"].to_numpy() for key in RATES
                 if f"{key}_rate" in derived}  # fmt: skip
        rates[name] = means | end_rates(posterior, curve_of(runs[name]))

    def average(rate: str) -> dict[str, Any] | None:
        if not all(rate in own for own in rates.values()):
            return None
        draws = [rates[name][rate].ravel() for name in parts]
        each = [np.full(len(d), w / len(d)) for d, w in zip(draws, parts.values(), strict=True)]
        total = np.concatenate(each)
        return weighted_growth(np.concatenate(draws), total / total.sum(), prob=prob)

    told = {key: average(f"{key}_rate") for key in RATES}
    return {**told, "at_end": {key: average(f"{key}_rate_at_end") for key in RATES}}
