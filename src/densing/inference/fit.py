"""From evidence and a declared model to a run: the joint model, or one of its parts alone."""

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.data import Evidence
from densing.inference import assemble, engines
from densing.inference.draws import Draws
from densing.inference.ladders import ladder_curves
from densing.inference.news import Listener, Progress
from densing.inference.replay import pointwise
from densing.inference.settings import Settings, load_settings
from densing.inference.targets import TargetDraws, draw_targets
from densing.models.declaration import Model, load_model, of_ladder
from densing.models.family_layout import lay_out_families, select_scores
from densing.models.ladder_level import reference_level
from densing.models.layout import (
    FINER,
    GRID_STEP,
    LONGER,
    Layout,
    ReferenceLayout,
    lay_out,
    lay_out_reference,
)
from densing.models.prior_draws import prior_draws
from densing.models.problem import (
    Problem,
    families_problem,
    in_own_units,
    joint_problem,
    loss_problem,
    reference_problem,
    trend_problem,
)
from densing.models.select import SelectionError
from densing.models.shapes import Span
from densing.results.derive import derived, end_rates, frontier_rate, label, trend_dates
from densing.results.family_draws import derived_values
from densing.results.health import MAX_EDGE_MASS, MAX_INTEGRATION_ERROR
from densing.results.log_prior import log_prior
from densing.results.predict import predict_scores
from densing.results.trend_curve import Curve

PRIOR_DRAWS = 500
"""Draws from the prior that go into a run."""
TRIES = 3
"""Grids that a fit tries."""
HELD_OUT = {
    "params": "parameters", "tokens": "tokens", "loss": "loss", "accuracy": "proportion",
    "items": "items",
}  # fmt: skip
"""Numbers of a held-out run of a reference and their units."""


def fit(
    evidence: Evidence,
    *,
    model: Model | None = None,
    settings: Settings | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """Sample the joint posterior of `model` given `evidence`.

    Parameters
    ----------
    evidence
        Validated tables (`load_evidence`).
    model, settings
        Declared model and sampler recipe, which names the engine; the defaults where None.
    seed
        Same seed, same machine: same draws.
    listen
        Called with `Progress`, from several threads.

    Returns
    -------
    xarray.DataTree
        Groups posterior, posterior_predictive, prior, prior_predictive, derived, sample_stats,
        log_likelihood, log_prior, observed_data and constant_data; whether it may be trusted is
        in the attribute `health` (see `results.health`).

    Raises
    ------
    SelectionError
        The choices leave nothing to fit.
    DeclarationError
        The recipe's engine is not installed.
    """
    model, settings = model or load_model(), settings or load_settings()
    engines.require(settings)
    if model.choices.form == "families":
        return fit_families(evidence, model=model, settings=settings, seed=seed, listen=listen)
    layout, problem, sampled, targets = _sampled(
        evidence, model, settings, seed=seed, listen=listen
    )
    began = perf_counter()
    shape = sampled.statistics.lp.shape

    def by_chain(array: np.ndarray) -> np.ndarray:
        return array.reshape(*shape, *array.shape[1:])

    sampled = replace(
        sampled, values={**sampled.values, "log_density": by_chain(targets.log_density)}
    )
    posterior = assemble.labelled_posterior(problem, sampled)
    likelihood = {name: by_chain(array) for name, array in targets.log_likelihood.items()}
    prior = prior_draws(problem, layout, draws=PRIOR_DRAWS, seed=seed)
    groups = {
        "/prior": assemble.labelled(
            {name: value[None] for name, value in prior.values.items()}, model.priors, layout.coords
        ),
        "/prior_predictive": assemble.predicted_scores(prior.scores[None]),
        "/observed_data": assemble.observed_data(layout),
        "/derived": derived(posterior, layout, seed=seed),
        "/log_likelihood": log_likelihood(likelihood, layout),
        "/log_prior": log_prior(posterior, model.priors, layout.facts),
        "/constant_data": assemble.constant_data(layout),
    }
    seconds = sampled.seconds | {"derive": round(perf_counter() - began, 2)}
    run = assemble.run(
        "joint", problem, replace(sampled, seconds=seconds), posterior, groups, model=model,
        settings=settings, seed=seed, evidence_hash=evidence.hash,
        evidence_version=evidence.version,
        checks={"integration_error": targets.typical_error, "edge_mass": targets.worst_edge},
        models=len(layout.models), scores=len(layout.scores), grid_step=layout.data.grid.step,
    )  # fmt: skip
    predicted = predict_scores(run, seed=seed, draws=int(np.prod(shape)))["predicted"].to_numpy()
    run["posterior_predictive"] = xr.DataTree(assemble.predicted_scores(by_chain(predicted)))
    return run


def _sampled(
    evidence: Evidence, model: Model, settings: Settings, *, seed: int, listen: Listener | None
) -> tuple[Layout, Problem, Draws, TargetDraws]:
    """Sample on a grid that is fine and long enough: where the first is not, on better ones.

    Sharp curves (little scatter of a benchmark about its law) make integrands narrow, scores near
    floor or ceiling make them long; how much is known from the posterior only. What the tries
    before cost is added.
    """
    spent, seconds, step, more = 0, {}, GRID_STEP, 0.0
    for left in reversed(range(TRIES)):
        layout = lay_out(evidence, model.choices, grid_step=step, grid_more=more)
        problem = joint_problem(layout, model)
        sampled = engines.sample(problem, settings=settings, seed=seed, listen=listen)
        flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
        targets = draw_targets(flat, layout.data, layout.facts, layout.switches, seed=seed)
        spent += sampled.gradient_evaluations
        seconds = {k: round(v + seconds.get(k, 0.0), 2) for k, v in sampled.seconds.items()}
        coarse = targets.typical_error > MAX_INTEGRATION_ERROR
        short = targets.worst_edge > MAX_EDGE_MASS
        if not left or not (coarse or short):
            break
        step, more = step * (FINER if coarse else 1.0), more + (LONGER if short else 0.0)
    sampled = replace(sampled, gradient_evaluations=spent, seconds=seconds)
    return layout, problem, sampled, targets


def log_likelihood(terms: dict[str, np.ndarray], layout: Layout) -> xr.Dataset:
    """Pointwise log-likelihoods; `scores` is of all of a model's scores together.

    With `log_prior` they add up to the joint log density.
    """
    dims = {
        "scores": "model", "log_loss": "run_row", "correct": "checkpoint_row",
        "checkpoints": "checkpoint_row",
    }  # fmt: skip
    return xr.Dataset(
        {
            name: (
                ("chain", "draw", dims[name]), array,
                {"units": "nats", "long_name": f"log-likelihood of {name}"},
            )
            for name, array in terms.items()
        },
        coords={"model": layout.coords["model"]} | assemble.numbered(*terms["scores"].shape[:2]),
    )  # fmt: skip


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
        Columns params, tokens, loss and, where there are several laws, benchmark; rows marked
        held_out are not fitted.

    Returns
    -------
    xarray.DataTree
        Groups posterior, derived (the law un-centred: ``E + A N^-alpha + B D^-beta``),
        sample_stats and constant_data.
    """
    model, settings = model or load_model("ladder"), settings or load_settings()
    if "held_out" in runs:
        runs = runs[~runs["held_out"].astype(bool)]
    problem = loss_problem(runs, of_ladder(model, "a loss law"))
    sampled = engines.sample(problem, settings=settings, seed=seed, listen=listen)
    posterior = assemble.labelled_posterior(problem, sampled)
    groups = {
        "/derived": _classical(posterior, problem.centre),
        "/constant_data": assemble.columns(runs[["params", "tokens", "loss"]]),
    }
    return assemble.run(
        "loss", problem, sampled, posterior, groups, model=model, settings=settings,
        seed=seed, runs=len(runs),
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
    settings = settings or load_settings()
    model = of_ladder(model or load_model("ladder"), "a trend").choose(shortfall=shortfall)
    table = table.sort_values("date", kind="stable").reset_index(drop=True)
    model = in_own_units(model, table)
    problem = trend_problem(table, model)
    sampled = engines.sample(problem, settings=settings, seed=seed, listen=listen)
    posterior, data, shape = (
        assemble.labelled_posterior(problem, sampled),
        problem.data,
        model.choices.shape,
    )
    derived = {"population_rate": posterior["rate"].to_numpy()}
    if shortfall:
        derived["frontier_rate"] = frontier_rate(posterior, data.time[[0, -1]])
    if shape != "linear":
        span = Span(*(problem.centre[name] for name in Span._fields))
        derived |= end_rates(posterior, Curve(shape, span))
    names = (table["name"] if "name" in table else pd.Series(table.index)).astype(str)
    rows = table[["value"]].assign(error=data.error, time=data.time, name=names)
    values = pointwise(problem.program, data, sampled.values, "values")
    attrs = {"units": "nats", "long_name": "log-likelihood of values"}
    groups = {
        "/derived": xr.Dataset({k: label(k, v, {}) for k, v in derived.items()}),
        "/constant_data": assemble.columns(rows),
        "/log_likelihood": xr.Dataset({"values": (("chain", "draw", "row"), values, attrs)}),
    }
    return assemble.run(
        "trend", problem, sampled, posterior, groups, model=model, settings=settings,
        seed=seed, values=len(table),
    )  # fmt: skip


def fit_reference(
    evidence: Evidence,
    *,
    model: Model,
    settings: Settings | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """Posterior of the reference's loss laws and performance maps, held-out rows left out.

    Parameters
    ----------
    evidence
        Validated tables; of the catalog nothing is used.
    model
        Its choices name the reference and the benchmarks.

    Returns
    -------
    xarray.DataTree
        Groups posterior, sample_stats and constant_data: the held-out runs that carry a loss
        and an accuracy, dimension `held_out_row`.

    Raises
    ------
    SelectionError
        Nothing to fit, or no held-out run with loss and accuracy.
    """
    settings = settings or load_settings()
    layout = lay_out_reference(evidence, of_ladder(model, "a self-check").choices)
    held_out, problem = _held_out(layout, model), reference_problem(layout, model)
    sampled = engines.sample(problem, settings=settings, seed=seed, listen=listen)
    posterior = assemble.labelled_posterior(problem, sampled)
    return assemble.run(
        "reference", problem, sampled, posterior, {"/constant_data": held_out}, model=model,
        settings=settings, seed=seed, evidence_hash=evidence.hash,
        evidence_version=evidence.version, runs=layout.selection.runs["run"].nunique(),
    )  # fmt: skip


def _held_out(layout: ReferenceLayout, model: Model) -> xr.Dataset:
    rows = layout.selection.held_out_runs
    rows = rows[rows["accuracy"].notna()] if "accuracy" in rows else rows.iloc[:0]
    if rows.empty:
        raise SelectionError(
            f"reference {model.choices.reference!r} has no held-out run with loss and accuracy on "
            f"{', '.join(model.choices.benchmarks)}: mark runs held_out in the table, hold out "
            "the largest with --above PARAMS, or take another reference"
        )
    items = rows["items"] if "items" in rows else pd.Series(np.nan, index=rows.index)
    known = rows["benchmark"].map(layout.selection.benchmarks["items"])
    rows = rows.assign(items=items.fillna(known)).sort_values(["params", "tokens", "benchmark"])
    out: dict[str, Any] = {
        name: (("held_out_row",), rows[name].to_numpy(float), {"units": units, "long_name": name})
        for name, units in HELD_OUT.items()
    }
    for name, column in (("run", "run"), ("task", "benchmark")):
        values = rows[column].astype(str).to_numpy(object)
        out[name] = (("held_out_row",), values, {"units": "name", "long_name": column})
    return xr.Dataset(out, coords={"benchmark": layout.coords["benchmark"]})


__all__ = ["Progress", "fit", "fit_loss", "fit_reference", "fit_trend"]


def fit_families(
    evidence: Evidence,
    *,
    model: Model,
    settings: Settings,
    seed: int,
    listen: Listener | None = None,
) -> xr.DataTree:
    """Sample the posterior of families as yardsticks (`models.families`); see `fit`."""
    choices = model.choices
    scores = select_scores(evidence, choices)
    layout = lay_out_families(scores, evidence.benchmarks.set_index("benchmark"), choices)
    ladder = ladder_curves(evidence, choices, seed=seed, listen=listen)
    problem = families_problem(layout, model)
    sampled = engines.sample(problem, settings=settings, seed=seed, listen=listen)
    began = perf_counter()
    shape = sampled.statistics.lp.shape
    flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
    level = reference_level(
        np.random.default_rng(seed), ladder, choices.tokens, flat, layout.coords["benchmark"],
        layout.data.floor,
    )  # fmt: skip
    dates = trend_dates(layout.models["release_date"])
    found = derived_values(
        flat, layout, layout.facts, dates, level=level, count=choices.best_of, seed=seed
    )

    def by_chain(array: np.ndarray) -> np.ndarray:
        return array.reshape(*shape, *array.shape[1:])

    likelihood = by_chain(found.pop("log_likelihood"))
    log_density = by_chain(found.pop("log_density"))
    scatter = np.hypot(sampled.values["release_spread"], sampled.values["model_spread"])
    more = {"level": by_chain(-level), "scatter": scatter, "log_density": log_density}
    sampled = replace(sampled, values={**sampled.values, **more})
    posterior = assemble.labelled_posterior(problem, sampled)
    coords = {
        "model": layout.coords["model"], "benchmark": layout.coords["benchmark"],
        "type": layout.coords["type"], "date": dates.to_numpy(),
    }  # fmt: skip
    derived = {name: label(name, by_chain(value), coords) for name, value in found.items()}
    sizes = np.log(assemble.family_sizes(posterior, layout))
    for name, value in (
        ("density", np.exp(log_density)), ("effective_params", np.exp(log_density + sizes)),
        ("beyond_reference", np.zeros_like(log_density)),
    ):  # fmt: skip
        derived[name] = label(name, value, coords)
    attrs = {"units": "nats", "long_name": "log-likelihood of a family's scores"}
    groups = {
        "/derived": xr.Dataset(derived),
        "/log_prior": log_prior(posterior, model.priors, layout.facts),
        "/log_likelihood": xr.Dataset(
            {"families": (("chain", "draw", "family"), likelihood, attrs)},
            coords={"family": layout.coords["family"]} | assemble.numbered(*shape),
        ),
        "/constant_data": assemble.family_data(layout),
    }
    seconds = sampled.seconds | {"derive": round(perf_counter() - began, 2)}
    return assemble.run(
        "joint", problem, replace(sampled, seconds=seconds), posterior, groups, model=model,
        settings=settings, seed=seed, evidence_hash=evidence.hash,
        evidence_version=evidence.version, models=len(layout.models), scores=len(layout.scores),
    )  # fmt: skip
