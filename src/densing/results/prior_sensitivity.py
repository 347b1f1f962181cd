"""How much the priors, and how much the evidence, move the answer.

Power-scaling (Kallioinen, Paananen, Buerkner & Vehtari 2024): raise the priors, or the
likelihood, to a power near one and measure how far a posterior moves (cumulative
Jensen-Shannon distance per doubling of the power), from the run's own draws. Only priors that a
person chose are scaled, not the pooling that is part of the model (`log_prior.top_level`).
"""

from typing import Any

import numpy as np
import xarray as xr

from densing.models.declaration import Model
from densing.results.growth import growth
from densing.results.health import scalars
from densing.results.interval import PROB
from densing.results.log_prior import top_level
from densing.results.reweighting import reweight, weighted_growth
from densing.results.run import RunError, record

THRESHOLD = 0.05
"""A prior above it is informative, a likelihood below it says little: the paper's rule of thumb."""
STEP = 0.01
WEAKER, STRONGER = 0.8, 1.25
"""Powers at which the growth itself is told; 0.8 makes a normal prior 12 % wider."""
RATES = ("population", "frontier")
SHOWN = 10


def prior_sensitivity(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Power-scaling of a run's priors and likelihood.

    Returns
    -------
    dict
        `threshold`; for `population` and `frontier` (None where the run has none) `growth`,
        `prior` and `likelihood` (sensitivities), `diagnosis`, `likelihoods` (sensitivity to
        each part of the evidence), `priors` (to each chosen prior, largest first) and `weaker`
        and `stronger` (`growth` under all chosen priors to the power 0.8 and 1.25, with
        `pareto_k`; None where that needs a refit); `parameters`: the ten scalars that the priors
        move most, with `name`, `prior`, `likelihood`, `diagnosis`; `diagnostics` of the run.

    Raises
    ------
    RunError
        The run has no log prior densities.
    """
    priors, likelihoods = terms(run)
    all_priors, all_likelihoods = sum(priors.values()), sum(likelihoods.values())
    answer: dict[str, Any] = {"threshold": THRESHOLD}
    for name in RATES:
        variable = f"{name}_rate"
        if variable not in run["derived"]:
            answer[name] = None
            continue
        draws = run["derived"][variable].transpose("chain", "draw").to_numpy()
        single = {k: sensitivity(draws, v) for k, v in priors.items()}
        answer[name] = _row(draws, all_priors, all_likelihoods) | {
            "growth": growth(draws, prob=prob),
            "likelihoods": {k: sensitivity(draws, v) for k, v in likelihoods.items()},
            "priors": dict(sorted(single.items(), key=lambda item: -item[1])),
            "weaker": _scaled(draws, all_priors, WEAKER, prob),
            "stronger": _scaled(draws, all_priors, STRONGER, prob),
        }
    rows: list[dict[str, Any]] = [
        {"name": name} | _row(draws, all_priors, all_likelihoods)
        for name, draws in scalars(run["posterior"].to_dataset())
    ]
    answer["parameters"] = sorted(rows, key=lambda row: -row["prior"])[:SHOWN]
    answer["diagnostics"] = record(run, "health")
    return answer


def terms(run: xr.DataTree) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Log density of each chosen prior and of each part of the evidence, shape (chain, draw)."""
    if "log_prior" not in run.children:
        raise RunError(
            "this run has no log prior densities: make it again with this version's "
            "`densing fit` or `densing report`"
        )
    chosen = top_level(Model.model_validate(record(run, "model")).priors)

    def summed(group: str, names: Any) -> dict[str, np.ndarray]:
        data = run[group]
        return {
            str(name): data[name]
            .sum([d for d in data[name].dims if d not in ("chain", "draw")])
            .transpose("chain", "draw")
            .to_numpy()
            for name in names
        }

    return (
        summed("log_prior", [name for name in chosen if name in run["log_prior"]]),
        summed("log_likelihood", run["log_likelihood"].data_vars),
    )


def sensitivity(draws: np.ndarray, log_density: Any) -> float:
    """Distance that a scalar's posterior moves for each doubling of a term's power.

    Parameters
    ----------
    draws, log_density
        The scalar, and the log density of the term that is scaled, shape (chain, draw).
    """
    # Imported here: it brings ArviZ's converters, and with them an engine where there is one.
    from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]

    arviz: Any = array_stats  # its types are those of its defaults
    if np.ptp(draws) == 0.0 or np.ptp(log_density) == 0.0:
        return 0.0
    powers = (1.0 - STEP, 1.0 + STEP)
    # Weights on the draws' scale: where a term's log density is steep they must not overflow.
    try:
        logs = [arviz.power_scale_lw(log_density, alpha=a, axis=(0, 1)) for a in powers]
    except ValueError:  # a term at its bound in most draws: weights are bounded, none to smooth
        logs = [(a - 1.0) * (log_density - np.max(log_density)) for a in powers]
    lower, upper = (np.exp(w - np.max(w)) for w in logs)
    return float(
        arviz.power_scale_sense(
            draws, lower / lower.sum(), upper / upper.sum(), *powers, chain_axis=0, draw_axis=1
        )
    )


def diagnose(prior: float, likelihood: float) -> str:
    """Say what two sensitivities mean."""
    if prior >= THRESHOLD and likelihood >= THRESHOLD:
        return "the priors and the evidence both move it: they may disagree"
    if prior >= THRESHOLD:
        return "the priors move it, the evidence hardly does"
    if likelihood >= THRESHOLD:
        return "the evidence decides"
    return "neither moves it alone"


def _row(draws: np.ndarray, prior: Any, likelihood: Any) -> dict[str, Any]:
    found = sensitivity(draws, prior), sensitivity(draws, likelihood)
    return {"prior": found[0], "likelihood": found[1], "diagnosis": diagnose(*found)}


def _scaled(draws: np.ndarray, prior: Any, power: float, prob: float) -> dict[str, Any]:
    weights = reweight((power - 1.0) * prior)
    told = weighted_growth(draws, weights.values, prob=prob) if weights.reliable else None
    return {"power": power, "pareto_k": weights.pareto_k, "growth": told}
