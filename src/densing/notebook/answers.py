"""Answers of a run as frames: densities and doubling times."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.notebook.given import as_prob, as_run
from densing.results.density import density_table
from densing.results.estimands import ESTIMANDS
from densing.results.growth import growth
from densing.results.interval import KIND, PROB
from densing.results.run import record


def density(run: xr.DataTree, *, prob: float = PROB) -> pd.DataFrame:
    """Capability density of each model of a run, densest first.

    Draws, with all that models share, are ``run["derived"]["density"]``, of dims (chain, draw,
    model): compare two models there, since their intervals move together.

    Parameters
    ----------
    run
        Of `fit` or `open_run`.
    prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    DataFrame
        One row a model, indexed by name: release_date; params (those that count); density,
        lower, upper; effective_params, effective_lower, effective_upper; p_beyond_reference.
        `attrs` has the interval's prob and kind and the run's verdict.

    Raises
    ------
    TypeError, RunError
        No run of a joint model; the message says what to do.
    """
    run, prob = as_run(run), as_prob(prob)
    rows = [
        {
            "model": row["model"],
            "release_date": pd.Timestamp(row["release_date"]),
            "params": row["params"],
            "density": row["density"]["median"],
            "lower": row["density"]["lower"],
            "upper": row["density"]["upper"],
            "effective_params": row["effective_params"]["median"],
            "effective_lower": row["effective_params"]["lower"],
            "effective_upper": row["effective_params"]["upper"],
            "p_beyond_reference": row["p_beyond_reference"],
        }
        for row in density_table(run, prob=prob)
    ]
    return _labelled(pd.DataFrame(rows).set_index("model"), run, prob)


def doubling_time(run: xr.DataTree, *, prob: float = PROB) -> pd.DataFrame:
    """Doubling time of density in months, for the typical new model and for the frontier.

    The interval is put on the rate and its ends are mapped, so `upper` is infinite where the
    rate's interval includes no growth; where a rate is not positive there is no doubling time (a
    missing value).

    Parameters
    ----------
    run
        Of `fit` or `open_run` (of `densing trend`, too).
    prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    DataFrame
        Rows population and (where the model has one) frontier; columns median, lower, upper
        (months), rate, rate_lower, rate_upper (1 / year) and p_not_growing.

    Raises
    ------
    TypeError, RunError
        No run with a trend; the message says what to do.
    """
    run, prob = as_run(run, kinds=("joint", "trend")), as_prob(prob)
    derived = run["derived"]
    rows = {
        name: months_row(growth(derived[f"{name}_rate"], prob=prob))
        for name in ESTIMANDS
        if f"{name}_rate" in derived
    }
    return _labelled(pd.DataFrame.from_dict(rows, orient="index"), run, prob)


def months_row(answer: Mapping[str, Any]) -> dict[str, float]:
    """Return a growth record as a row of `doubling_time`."""
    rate, months = answer["rate_per_year"], answer["doubling_months"]
    none = float("nan")
    grows = months["lower"] is not None
    return {
        "median": none if months["median"] is None else months["median"],
        "lower": months["lower"] if grows else none,
        "upper": months["upper"] or (np.inf if grows else none),
        "rate": rate["median"],
        "rate_lower": rate["lower"],
        "rate_upper": rate["upper"],
        "p_not_growing": answer["p_not_growing"],
    }


def _labelled(frame: pd.DataFrame, run: xr.DataTree, prob: float) -> pd.DataFrame:
    frame.attrs = {"prob": prob, "kind": KIND, "verdict": record(run, "health")["verdict"]}
    return frame
