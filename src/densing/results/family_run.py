"""A saved families run: its layout and draws, and what it expects of models it has not seen."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from densing.data import bundled
from densing.data.checks import same_models
from densing.models.choices import FamilyChoices
from densing.models.families import SIZE, FamilyData, growth
from densing.models.family_layout import (
    FamilyLayout,
    lay_out_families,
    lay_out_new,
    with_releases,
)
from densing.models.family_predict import State, conditioned, own_effects, replay, states
from densing.results.posterior import flat
from densing.results.run import RunError, record

DRAWS = 400
"""Draws of a run that answers about new models use."""

COLUMNS = {
    "model_family": "family", "model_release": "release", "release_date": "release_date",
    "params": "params", "active_params": "active_params", "embedding_params": "embedding_params",
    "training_tokens": "training_tokens", "organization": "organization",
    "architecture": "architecture", "derived_from": "derived_from",
}  # fmt: skip
"""Variables of a run's models and the columns of the catalogue that they came from."""


def is_families(run: xr.DataTree) -> bool:
    """Whether the run is of the families model."""
    return record(run, "model")["choices"].get("form") == "families"


def choices_of(run: xr.DataTree) -> FamilyChoices:
    """Choices of a families run."""
    return FamilyChoices.model_validate(record(run, "model")["choices"])


def scores_of(run: xr.DataTree) -> pd.DataFrame:
    """Rows of the catalogue that were fitted."""
    data = run["constant_data"].to_dataset()
    models = pd.DataFrame({new: data[old].to_numpy() for old, new in COLUMNS.items()})
    models["model"] = data["model"].to_numpy().astype(str)
    models["release_date"] = pd.to_datetime(models["release_date"])
    rows = models.iloc[data["score_model"].to_numpy().astype(int)].reset_index(drop=True)
    return rows.assign(
        benchmark=data["score_benchmark"].to_numpy().astype(str),
        score=data["score"].to_numpy().astype(float),
        protocol=data["score_protocol"].to_numpy().astype(str),
    )


def layout_of(run: xr.DataTree) -> FamilyLayout:
    """Arrays of the fit, laid out once more from what the run keeps."""
    data = run["constant_data"].to_dataset()
    benchmarks = pd.DataFrame(
        {
            "items": data["benchmark_items"].to_numpy().astype(float),
            "chance": data["chance"].to_numpy().astype(float),
            "type": data["benchmark_type"].to_numpy().astype(str),
            "protocol": data["benchmark_protocol"].to_numpy().astype(str),
        },
        index=pd.Index(data["benchmark"].to_numpy().astype(str), name="benchmark"),
    )
    return lay_out_families(scores_of(run), benchmarks, choices_of(run))


def scored(layout: FamilyLayout) -> np.ndarray:
    """Scores that were fitted, shape (model, benchmark), NaN where there is none."""
    out = np.full(layout.data.score.shape, np.nan)
    rows = layout.scores
    out[rows["model_index"], rows["benchmark_index"]] = rows["score"]
    return out


def draws_of(run: xr.DataTree, draws: int | None) -> dict[str, np.ndarray]:
    """Parameters of a run at evenly spaced draws, shape (draw, ...)."""
    return {str(k): flat(v, draws) for k, v in run["posterior"].data_vars.items()}


class NewModels(NamedTuple):
    """Models laid out along a run that has not seen them."""

    states: list[State]
    """One a draw."""
    values: list[dict[str, Any]]
    """Parameters and facts, one a draw."""
    data: FamilyData
    family: np.ndarray
    """Index of each model's family among those of the run, -1 for a new one, shape (model,)."""
    score: np.ndarray
    """Reported scores, shape (model, benchmark), NaN where there is none."""
    models: pd.DataFrame
    """One row a model in order of release."""
    layout: FamilyLayout


def new_models(run: xr.DataTree, catalog: pd.DataFrame, *, draws: int | None = DRAWS) -> NewModels:
    """Lay models out that a run has not seen; nothing is fitted.

    Parameters
    ----------
    catalog
        Rows in the catalogue's form.
    draws
        Draws of the run to use, evenly spaced; all of them for None.

    Raises
    ------
    RunError
        No row has a score on a benchmark of the run.
    """
    layout = layout_of(run)
    if not catalog["benchmark"].isin(layout.coords["benchmark"]).any():
        raise RunError(
            "none of these models has a score on a benchmark of the run: "
            f"{', '.join(layout.coords['benchmark'])}"
        )
    data, family, score, models = lay_out_new(with_releases(catalog), layout)
    found = draws_of(run, draws)
    values = [
        {**layout.facts, **{name: value[i] for name, value in found.items()}}
        for i in range(len(found["rate"]))
    ]
    laid = states(found, layout.facts, layout.data, data, layout.switches)
    return NewModels(laid, values, data, family, score, models, layout)


def seen(run: xr.DataTree, rows: pd.DataFrame) -> dict[str, str]:
    """Find models of a table that a run was fitted to: their names, each with that in the run.

    By name, and by weights, or size, date and scores, of the bundled models of the run.
    """
    fitted = set(map(str, run["derived"]["model"].to_numpy()))
    there = bundled("catalog")
    twins = same_models(rows, there[there["model"].isin(fitted)])
    named = {name: name for name in rows["model"].unique() if name in fitted}
    return named | {name: other for name, (other, _) in twins.items()}


class NewDensities(NamedTuple):
    """Densities of new models, each by itself; arrays have shape (draw, model)."""

    log_density: np.ndarray
    log_params: np.ndarray
    """ln of the parameters that count."""
    log_weight: np.ndarray
    """Log density of the model's scores, nats: with these weights the draws stand for the
    posterior that has seen them."""
    models: pd.DataFrame
    scores: np.ndarray
    """Number of scores, shape (model,)."""


def new_densities(
    run: xr.DataTree, catalog: pd.DataFrame, *, draws: int | None = DRAWS, seed: int = 1
) -> NewDensities:
    """Densities of models that a run has not seen, given their scores, without a new fit.

    Given a draw of curves and spreads a model's effects are Gaussian, and its scores condition
    them in closed form; what its scores say of curves and spreads is in the draws' weights.
    """
    new = new_models(run, catalog, draws=draws)
    rng = np.random.default_rng(seed)
    level = flat(run["posterior"]["level"], draws)
    density, params, weight = [], [], []
    for i, (state, values) in enumerate(zip(new.states, new.values, strict=True)):
        own = own_effects(rng, state, new.data, new.family)
        told = conditioned(own, state, new.score, new.data)
        typical = growth(replay(values), new.data, new.layout.switches).mean(axis=1)
        within = float(values.get("within_family_slope", 0.0)) * new.data.since_mean
        shared = told.mean + np.sqrt(told.variance) * rng.standard_normal(len(told.mean))
        density.append(typical + within + shared + level[i])
        of = float(values.get("expert_weight", 1.0))
        params.append((1.0 - of) * new.data.log_active + of * new.data.log_total + np.log(SIZE))
        weight.append(told.log_density)
    count = np.isfinite(new.score).sum(axis=1)
    return NewDensities(*map(np.array, (density, params, weight)), new.models, count)
