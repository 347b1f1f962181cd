"""One component alone: a loss law on any runs, a trend on any dated values."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm

from densing.inference import assemble, engines
from densing.inference.draws import Draws
from densing.inference.news import Listener
from densing.inference.replay import pointwise
from densing.inference.settings import Settings, load_settings
from densing.models.dates import EPOCH, trend_span, years
from densing.models.declaration import Model, load_model
from densing.models.loss import RunData, loss_law
from densing.models.program import Program
from densing.models.shapes import KNOT_NAMES, KNOTS
from densing.models.trend import DatedData, dated_trend
from densing.results.derive import end_rates, frontier_rate, label
from densing.results.health import examine
from densing.results.trend_curve import Curve

UNITS = {"name": "name", "time": "year"}
"""Of the columns of a component's data; 1 for the others."""


def fit_loss(
    runs: pd.DataFrame,
    *,
    model: Model | None = None,
    settings: Settings | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """Posterior of the loss law of any table of runs.

    Parameters
    ----------
    runs
        Columns params, tokens, loss and, where there are several laws, benchmark.

    Returns
    -------
    xarray.DataTree
        Groups posterior, derived (the law un-centred: ``E + A N^-alpha + B D^-beta``),
        sample_stats and constant_data.
    """
    model, settings = model or load_model(), settings or load_settings()
    runs = runs.assign(benchmark=runs["benchmark"] if "benchmark" in runs else "loss")
    names = list(dict.fromkeys(runs["benchmark"]))
    log_n, log_d = np.log(runs["params"].to_numpy(float)), np.log(runs["tokens"].to_numpy(float))
    log_loss = np.log(runs["loss"].to_numpy(float))
    index = runs["benchmark"].map({name: i for i, name in enumerate(names)}).to_numpy()
    centre = {"log_params": float(log_n.mean()), "log_tokens": float(log_d.mean())}
    data = RunData(index, log_n - centre["log_params"], log_d - centre["log_tokens"], log_loss)
    mean_log_loss = np.asarray([log_loss[index == i].mean() for i in range(len(names))])
    irreducible = model.choices.irreducible

    def program(m: Program, data: Any) -> None:
        loss_law(m, data, irreducible=irreducible)

    coords = {"benchmark": names}
    sampled = engines.sample(
        program, data, priors=model.priors, sizes={"benchmark": len(names)},
        facts={"mean_log_loss": mean_log_loss}, coords=coords, settings=settings, seed=seed,
        listen=listen,
    )  # fmt: skip
    posterior = assemble.labelled(sampled.values, model.priors, coords)
    return _run(
        "loss", posterior, _classical(posterior, centre), runs[["params", "tokens", "loss"]],
        sampled, model, settings, seed, centre=centre, runs=len(runs),
    )  # fmt: skip


def _classical(posterior: xr.Dataset, centre: Mapping[str, float]) -> xr.Dataset:
    """Coefficients A and B of the un-centred law."""
    out = {}
    for name, term, exponent, where in (
        ("size_coefficient", "size_term", "alpha", "log_params"),
        ("data_coefficient", "data_term", "beta", "log_tokens"),
    ):
        values = posterior[term] * np.exp(posterior[exponent] * centre[where])
        unit = "params" if where == "log_params" else "tokens"
        out[name] = values.assign_attrs(
            units=f"loss * {unit}^{exponent}", long_name=f"coefficient of the {unit} term"
        )
    return xr.Dataset(out)


def fit_trend(
    table: pd.DataFrame,
    *,
    shortfall: bool = True,
    model: Model | None = None,
    settings: Settings | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """Posterior of the exponential trend of any dated positive values.

    Parameters
    ----------
    table
        Columns name, date, value and, where values carry an uncertainty, either lower, upper
        (and prob, default 0.9) or se (of the value).
    shortfall
        Skewed residual with a frontier; otherwise normal, population only.
    model
        Its choice `shape` bends the trend (`models.shapes`).

    Raises
    ------
    SelectionError
        The shape asks for a changepoint where there are no dates.
    """
    model, settings = model or load_model(), settings or load_settings()
    table = table.sort_values("date", kind="stable").reset_index(drop=True)
    log_value = np.log(table["value"].to_numpy(float))
    dates = pd.to_datetime(table["date"])
    time = years(dates)
    model = model.choose(shortfall=shortfall)
    shape, span = model.choices.shape, trend_span(dates, model.choices)
    form = model.choices.shortfall_form
    centre = {"time": float(time.mean()), "epoch": str(EPOCH.date())} | span._asdict()
    error = measurement_error(table)
    data = DatedData(time - time.mean(), log_value, error, np.asarray(span))

    def program(m: Program, data: Any) -> None:
        dated_trend(m, data, shortfall=shortfall, shape=shape, form=form)

    sampled = engines.sample(
        program, data, priors=model.priors, sizes={"knot": KNOTS},
        facts={"usual_level": np.asarray(log_value.mean())},
        coords={"knot": KNOT_NAMES}, settings=settings, seed=seed, listen=listen,
    )  # fmt: skip
    posterior = assemble.labelled(sampled.values, model.priors, {"knot": KNOT_NAMES})
    derived = {"population_rate": posterior["rate"].to_numpy()}
    if shortfall:
        derived["frontier_rate"] = frontier_rate(posterior, (time - time.mean())[[0, -1]])
    if shape != "linear":
        derived |= end_rates(posterior, Curve(shape, span))
    rates = xr.Dataset({k: label(k, v, {}) for k, v in derived.items()})
    names = (table["name"] if "name" in table else pd.Series(table.index)).astype(str)
    rows = table[["value"]].assign(error=error, time=time - time.mean(), name=names)
    run = _run(
        "trend", posterior, rates, rows, sampled, model, settings, seed, centre=centre,
        values=len(table),
    )  # fmt: skip
    values = pointwise(program, data, sampled.values, "values")
    attrs = {"units": "nats", "long_name": "log-likelihood of values"}
    likelihood = xr.Dataset({"values": (("chain", "draw", "row"), values, attrs)})
    run["log_likelihood"] = xr.DataTree(likelihood)
    return run


def measurement_error(table: pd.DataFrame) -> np.ndarray:
    """Return the standard error of each log value, shape (value,); zero where none is given."""
    if "se" in table:
        return (table["se"] / table["value"]).fillna(0.0).to_numpy(float)
    if "lower" in table and "upper" in table:
        prob = table["prob"].fillna(0.9).to_numpy(float) if "prob" in table else 0.9
        ratio = (table["upper"] / table["lower"]).to_numpy(float)
        error = np.log(ratio) / (2.0 * norm.ppf(0.5 + prob / 2.0))
        return np.where(np.isnan(error), 0.0, error)
    return np.zeros(len(table))


def _run(
    kind: str,
    posterior: xr.Dataset,
    derived: xr.Dataset,
    data: pd.DataFrame,
    sampled: Draws,
    model: Model,
    settings: Settings,
    seed: int,
    **more: Any,
) -> xr.DataTree:
    stats = assemble.sample_stats(sampled.statistics)
    health = examine(
        posterior, stats, gradient_evaluations=sampled.gradient_evaluations,
        first_divergences=sampled.first_divergences,
    )  # fmt: skip
    rows = {
        column: (
            ("row",),
            data[column].to_numpy(object if column == "name" else float),
            {"units": UNITS.get(str(column), "1"), "long_name": column},
        )
        for column in data
    }
    run = xr.DataTree.from_dict(
        {
            "/posterior": posterior,
            "/derived": derived,
            "/sample_stats": stats,
            "/constant_data": xr.Dataset(rows),
        }
    )
    run.attrs = assemble.attributes(
        kind=kind, model=model, engine=settings.engine, settings=settings.model_dump(), seed=seed,
        health=health.as_dict(sampled.seconds), **more,
    )  # fmt: skip
    return run
