"""Leave-one-out prediction of runs on the same observations, by ArviZ, and weights to average them.

Stacking (Yao, Vehtari, Simpson & Gelman 2018) takes the weights whose average has the highest
leave-one-out log predictive density. Between models that predict alike that optimum is at the
mercy of single observations and of Monte Carlo error: two fits of *one* model may get 1 and 0. So
the weights are the mean of stacking's over Bayesian bootstraps (Rubin 1981) of the observations, as
is usual for pseudo-BMA; with much evidence both are the same.
"""

import warnings
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr

from densing.results.run import RunError
from densing.text import cut

TERMS = {"joint": ("scores", "model"), "trend": ("values", "row")}
"""Of each kind of run: the likelihood that is left out, and its dimension."""
ROWS = {
    "joint": {
        "models": ("model", "release_date", "model_family"),
        "scores": ("score_of", "score_benchmark", "score", "score_items"),
        "runs of the reference": ("run_name", "run_benchmark", "run_params", "run_tokens",
                                  "run_loss"),
        "checkpoints of the reference": ("checkpoint_name", "checkpoint_benchmark",
                                         "checkpoint_loss", "checkpoint_score",
                                         "checkpoint_items"),
    },
    "trend": {"values": ("time", "value", "error")},
}  # fmt: skip
"""Of each kind of run: its tables of observations and what makes a row."""
NAMED = 3
"""Rows that a difference names."""
BOOTSTRAPS = 400
ITERATIONS, TOLERANCE = 2000, 1e-5
"""Most steps of expectation-maximisation, and the change of a weight in one that ends them."""


# ---- the same observations? --------------------------------------------------------------------


def check_same_data(runs: Mapping[str, xr.DataTree]) -> None:
    """Raise `RunError` unless all runs, by name, were conditioned on the same observations."""
    kinds = {name: run.attrs.get("kind", "joint") for name, run in runs.items()}
    foreign = [f"{name} is a run of `densing {kind}`" for name, kind in kinds.items()
               if kind not in ROWS]  # fmt: skip
    if foreign:
        raise RunError(
            "; ".join(foreign) + ": only runs of `densing fit` or of `densing trend` have trends "
            "to compare"
        )
    faults = []
    for (one, first), (two, second) in pairwise(runs.items()):
        if kinds[one] != kinds[two]:
            faults.append(f"{one} is a {kinds[one]} run and {two} a {kinds[two]} run")
            continue
        faults += [f"{one} and {two} differ in {what}" for what in differences(first, second)]
    if faults:
        raise RunError(
            "these runs do not rest on the same observations, so their predictive densities "
            "cannot be compared:\n  " + "\n  ".join(faults) + "\nfit each model to the same "
            "tables, under the same choices of benchmarks, models and reference"
        )


def differences(one: xr.DataTree, two: xr.DataTree) -> list[str]:
    """Say which rows of which table only one of two runs of a kind has; empty where none."""
    found = []
    for table, columns in ROWS[one.attrs.get("kind", "joint")].items():
        first, second = _rows(one, columns), _rows(two, columns)
        only = {"first": sorted(first - second), "second": sorted(second - first)}
        parts = [
            f"{len(rows)} only in the {which} ({cut([' '.join(r[:2]) for r in rows], NAMED)})"
            for which, rows in only.items() if rows
        ]  # fmt: skip
        found += [f"{table}: {', '.join(parts)}"] if parts else []
    return found


def _rows(run: xr.DataTree, columns: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    """Rows of a table of observations, each as text, and how often each is there."""
    data = run["constant_data"].to_dataset()
    if "score_of" in columns:
        of = data["model"].to_numpy()[data["score_model"].to_numpy().astype(int)]
        data = data.assign(score_of=("score_row", of))
    cells = [
        [f"{cell:.9g}" if isinstance(cell, float) else str(cell) for cell in data[name].to_numpy()]
        for name in columns
    ]
    return Counter(zip(*cells, strict=True))


# ---- leaving out -------------------------------------------------------------------------------


def log_likelihood(name: str, run: xr.DataTree) -> xr.DataArray:
    """Pointwise log-likelihood, dims (chain, draw, obs)."""
    variable, dim = TERMS[run.attrs.get("kind", "joint")]
    if "log_likelihood" not in run.children or variable not in run["log_likelihood"]:
        raise RunError(f"{name}: no pointwise log-likelihood in this run; make it again")
    found = run["log_likelihood"][variable].transpose("chain", "draw", dim)
    return xr.DataArray(found.to_numpy(), dims=("chain", "draw", "obs"))


def leave_one_out(term: xr.DataArray) -> Any:
    """PSIS-LOO of log-likelihoods with dims (chain, draw, obs): ArviZ's record, pointwise."""
    # Imported here: it takes a second, and brings an engine where there is one.
    from arviz_stats import loo  # pyright: ignore[reportPrivateImportUsage]

    tree = xr.DataTree.from_dict(
        {
            # ArviZ asks for a posterior, and takes its number of draws.
            "/posterior": xr.Dataset({"any": term.isel(obs=0)}),
            "/log_likelihood": xr.Dataset({"y": term}),
        }
    )
    with warnings.catch_warnings():  # Pareto k is told with the answer
        warnings.filterwarnings("ignore", "Estimated shape parameter")
        return loo(tree, var_name="y", pointwise=True)


def ranked(
    found: Mapping[str, Any], terms: Mapping[str, xr.DataArray]
) -> dict[str, dict[str, float]]:
    """Numbers of the runs that are compared, by name; a single one has all the weight."""
    table: dict[str, dict[str, float]] = {
        name: {"elpd_diff": 0.0, "dse": 0.0, "weight": 1.0} for name in found
    }
    if len(found) > 1:
        from arviz_stats import compare  # pyright: ignore[reportPrivateImportUsage]

        order = compare(dict(found), method="stacking", round_to="none").to_dict("index")
        pointwise = np.column_stack([np.ravel(loo.elpd_i.to_numpy()) for loo in found.values()])
        for (name, row), weight in zip(table.items(), bootstrapped_weights(pointwise), strict=True):
            row |= {key: float(order[name][key]) for key in ("elpd_diff", "dse")}
            row["weight"] = float(weight)
    for name, loo in found.items():
        table[name] |= {
            "elpd": float(loo.elpd), "se": float(loo.se), "p_loo": float(loo.p),
            "mcse": monte_carlo_error(terms[name], loo),
        }  # fmt: skip
    return table


def monte_carlo_error(term: xr.DataArray, loo: Any) -> float:
    """Monte Carlo standard error of `elpd`, nats: of the weighted means of likelihoods, in logs.

    Parameters
    ----------
    term
        Log-likelihoods, dims (chain, draw, obs).
    loo
        ArviZ's answer for them, with its smoothed weights.
    """
    from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]

    log_weights = loo.log_weights.transpose("chain", "draw", "obs").to_numpy()
    likelihood = np.exp(term.to_numpy() - term.to_numpy().max((0, 1)))
    weights = np.exp(log_weights - log_weights.max((0, 1)))
    weights = weights / weights.sum((0, 1))
    mean = (weights * likelihood).sum((0, 1))
    squares = (weights**2 * (likelihood - mean) ** 2).sum((0, 1)) / mean**2
    arviz: Any = array_stats  # its types are those of its defaults
    efficiency = np.asarray(
        arviz.ess(weights, chain_axis=0, draw_axis=1, method="mean", relative=True)
    )
    return float(np.sqrt(np.sum(squares / np.minimum(efficiency, 1.0))))


# ---- weights -----------------------------------------------------------------------------------


def stacking_weights(log_density: np.ndarray, importance: np.ndarray | None = None) -> np.ndarray:
    """Weights that maximise the mean log density of the weighted average.

    Parameters
    ----------
    log_density
        Leave-one-out log predictive densities, shape (observation, model).
    importance
        Of the observations, shape (observation,) or (..., observation), sums to one; equal where
        None.

    Returns
    -------
    numpy.ndarray
        Shape (model,) or (..., model), sums to one.
    """
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    count, models = density.shape
    v = np.full(count, 1.0 / count) if importance is None else importance
    weights = np.full((*v.shape[:-1], models), 1.0 / models)
    for _ in range(ITERATIONS):  # of a mixture whose parts are known: each step goes up
        mixture = weights @ density.T
        before, weights = weights, weights * ((v / mixture) @ density)
        if np.max(np.abs(weights - before)) < TOLERANCE:
            break
    return weights / weights.sum(axis=-1, keepdims=True)


def bootstrapped_weights(log_density: np.ndarray, *, seed: int = 1) -> np.ndarray:
    """Mean stacking weights over Bayesian bootstraps of the observations, shape (model,)."""
    rng = np.random.default_rng(seed)
    v = rng.dirichlet(np.ones(len(log_density)), BOOTSTRAPS)
    return stacking_weights(log_density, v).mean(axis=0)
