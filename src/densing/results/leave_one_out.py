"""Leave-one-out predictive density of a run's observations, and how runs rank by it; by ArviZ."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.results.run import RunError
from densing.results.stacking import bootstrapped_weights

TERMS = {"joint": ("scores", "model"), "trend": ("values", "row")}
"""Of each kind of run: the likelihood that is left out, and its dimension."""


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
        name: {"elpd_diff": 0.0, "dse": 0.0, "stacking": 1.0, "weight": 1.0} for name in found
    }
    if len(found) > 1:
        from arviz_stats import compare  # pyright: ignore[reportPrivateImportUsage]

        order = compare(dict(found), method="stacking", round_to="none").to_dict("index")
        pointwise = np.column_stack([np.ravel(loo.elpd_i.to_numpy()) for loo in found.values()])
        for (name, row), weight in zip(table.items(), bootstrapped_weights(pointwise), strict=True):
            row |= {key: float(order[name][key]) for key in ("elpd_diff", "dse")}
            row |= {"stacking": float(order[name]["weight"]), "weight": float(weight)}
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
