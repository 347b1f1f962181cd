"""Which models, and which families, the answer hangs on.

Leave-one-out: the posterior without a model's scores is the run's, reweighted by one over their
likelihood (`reweighting`). A model's density is integrated out of that likelihood, so the weights
concern shared parameters alone and behave better than score by score. A family is left out with
all of its models. Everything else stays: dates and their window, the other models, the priors
and what the evidence tells them. Where the weights cannot be believed, a refit tells (`refits`),
if the run holds one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.results.growth import growth
from densing.results.interval import PROB
from densing.results.refits import Key, Refit, refits
from densing.results.reweighting import Weights, reweight, weighted_growth
from densing.results.run import RunError, record

RATES = ("population", "frontier")


def influence(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Answer with everything, and without each model and each family.

    Returns
    -------
    dict
        `population`, `frontier` (growth records of the whole run), `loo` (see `loo`), `models`
        and `families`: one record for each, the most influential first, with `name`, `models`
        (how many are left out), `pareto_k`, `reliable` (whether weights tell), `refit` (how it
        was made and judged; None where weights tell or the run holds none), `population`,
        `frontier` (growth records, by weights or by the refit; None with neither) and `shift`,
        the larger change of the two median rates in standard deviations of the whole
        posterior's. Those that need a refit come before all others. `diagnostics` is the run's.

    Raises
    ------
    RunError
        The run has no scores of models.
    """
    scores = log_scores(run)
    rates = {name: run["derived"][f"{name}_rate"].transpose("chain", "draw").to_numpy()
             for name in RATES if f"{name}_rate" in run["derived"]}  # fmt: skip
    names = [str(name) for name in run["constant_data"]["model"].to_numpy()]
    families = np.asarray([str(f) for f in run["constant_data"]["model_family"].to_numpy()])
    alone = {name: [i] for i, name in enumerate(names)}
    together = {name: np.flatnonzero(families == name).tolist() for name in sorted(set(families))}
    weights = {name: reweight(-scores[..., i].sum(-1)) for name, i in alone.items()}
    kept = refits(run)

    def without(key: Key, count: int, of: Weights) -> dict[str, Any]:
        refit = None if of.reliable else kept.get(key)
        return _without(key[1], count, of, refit, rates, prob)

    return {
        "population": growth(rates["population"], prob=prob),
        "frontier": growth(rates["frontier"], prob=prob) if "frontier" in rates else None,
        "loo": loo(scores, weights),
        "models": _ranked(without(("model", name), 1, weights[name]) for name in alone),
        "families": _ranked(
            without(("family", name), len(i), reweight(-scores[..., i].sum(-1)))
            for name, i in together.items()
        ),
        "diagnostics": record(run, "health"),
    }


def log_scores(run: xr.DataTree) -> np.ndarray:
    """Log-likelihood of each model's scores together, shape (chain, draw, model)."""
    if "log_likelihood" not in run.children or "scores" not in run["log_likelihood"]:
        raise RunError(
            "this run has no scores of models to leave out: give a run of `densing fit` or "
            "`densing report`"
        )
    return run["log_likelihood"]["scores"].transpose("chain", "draw", "model").to_numpy()


def loo(scores: np.ndarray, weights: Mapping[str, Weights]) -> dict[str, Any]:
    """Estimate the log predictive density of a model's scores, given all other models.

    Parameters
    ----------
    scores
        Log-likelihoods, shape (chain, draw, model).
    weights
        Of leaving each model out, in the order of `scores`.

    Returns
    -------
    dict
        `elpd`, `se` (over models), `p_loo` (effective parameters), `limit` of Pareto k and
        `flagged`: name and `pareto_k` of the models beyond it, for which `elpd` is too good.
    """
    top = scores.max(axis=(0, 1))
    within = np.log(np.mean(np.exp(scores - top), axis=(0, 1))) + top
    left_out = np.asarray(
        [
            np.log(np.sum(w.values * np.exp(scores[..., i] - top[i]))) + top[i]
            for i, w in enumerate(weights.values())
        ]
    )
    flagged = [(name, w.pareto_k) for name, w in weights.items() if not w.reliable]
    return {
        "elpd": float(left_out.sum()),
        "se": float(np.sqrt(len(left_out) * np.var(left_out))),
        "p_loo": float(np.sum(within - left_out)),
        "limit": next(iter(weights.values())).limit,
        "flagged": [
            {"model": name, "pareto_k": k} for name, k in sorted(flagged, key=lambda f: -f[1])
        ],
    }


def _without(
    name: str,
    count: int,
    weights: Weights,
    refit: Refit | None,
    rates: Mapping[str, np.ndarray],
    prob: float,
) -> dict[str, Any]:
    answers: dict[str, Any] = dict.fromkeys(RATES)
    if weights.reliable:
        answers |= {k: weighted_growth(v, weights.values, prob=prob) for k, v in rates.items()}
    elif refit is not None:
        answers |= {k: refit.growth(k, prob=prob) for k in rates if k in refit.quantiles}
    shifts = [
        (answers[k]["rate_per_year"]["median"] - float(np.median(v))) / float(np.std(v))
        for k, v in rates.items()
        if answers[k] is not None
    ]
    return {
        "name": name, "models": count, "pareto_k": weights.pareto_k, "reliable": weights.reliable,
        "refit": refit and refit.as_dict(), **answers,
        "shift": max(shifts, key=abs) if shifts else None,
    }  # fmt: skip


def _ranked(rows: Any) -> list[dict[str, Any]]:
    """Those that need a refit first, then by the size of the shift."""
    return sorted(
        rows,
        key=lambda row: (0, -row["pareto_k"]) if row["shift"] is None else (1, -abs(row["shift"])),
    )
