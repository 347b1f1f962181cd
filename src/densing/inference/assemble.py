"""From draws to a run: a DataTree in ArviZ's groups, with dims, coords, units and names."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing import __version__
from densing.inference.draws import Draws
from densing.inference.nuts import Statistics
from densing.inference.settings import Settings
from densing.models.declaration import Model
from densing.models.families import SIZE
from densing.models.family_layout import FamilyLayout
from densing.models.layout import Layout
from densing.models.prior import Prior
from densing.models.problem import Problem
from densing.results.health import examine
from densing.results.run import FORMAT
from densing.results.variables import DERIVED, DERIVED_PARAMETERS

PACKAGES = ("densing", "jax", "numpyro", "arviz", "xarray", "numpy")
ENGINE_PACKAGES = {"pymc": ("pymc", "pytensor"), "nutpie": ("pymc", "pytensor", "nutpie")}
"""What another engine adds to `PACKAGES`."""

COLUMN_UNITS = {"name": "name", "time": "year"}
"""Of the columns of a component's data; 1 for the others."""


def labelled(
    values: Mapping[str, np.ndarray], priors: Mapping[str, Prior], coords: Mapping[str, Any]
) -> xr.Dataset:
    """Parameters of shape (chain, draw, ...) with the dims and units they were declared with."""
    variables = {}
    for name, array in values.items():
        if name in priors:
            prior = priors[name]
            dims, attrs = prior.dims, {"units": prior.unit, "long_name": name.replace("_", " ")}
        else:
            spec = DERIVED_PARAMETERS.get(name) or DERIVED[name]
            dims, attrs = spec.dims, {"units": spec.units, "long_name": spec.long_name}
        variables[name] = (("chain", "draw", *dims), array, attrs)
    used = {dim for dims, *_ in variables.values() for dim in dims}
    chains, draws = next(iter(values.values())).shape[:2]
    return xr.Dataset(
        variables,
        coords=numbered(chains, draws)
        | {dim: list(names) for dim, names in coords.items() if dim in used},
    )


def unlabelled(values: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Quantities of shape (chain, draw, ...) with dims of their own: for diagnostics alone."""
    return xr.Dataset(
        {
            name: (("chain", "draw", *(f"{name} {i}" for i in range(value.ndim - 2))), value)
            for name, value in values.items()
        }
    )


def labelled_posterior(problem: Problem, sampled: Draws) -> xr.Dataset:
    """Label the parameters and derived quantities of a problem."""
    return labelled(sampled.values, problem.priors, problem.coords)


def run(
    kind: str,
    problem: Problem,
    sampled: Draws,
    posterior: xr.Dataset,
    groups: Mapping[str, xr.Dataset],
    *,
    model: Model,
    settings: Settings,
    seed: int,
    checks: Mapping[str, float] | None = None,
    **more: Any,
) -> xr.DataTree:
    """Put a run together: posterior, statistics of the sampler, `groups`, records and verdict.

    Parameters
    ----------
    kind
        Joint, reference, loss or trend.
    posterior
        As `labelled_posterior` makes it of `sampled`.
    groups
        The other groups by path.
    checks
        What else the verdict heeds (`results.health.examine`).
    more
        Attributes beside those that every run has.
    """
    stats = sample_stats(sampled.statistics)
    health = examine(
        posterior, stats, gradient_evaluations=sampled.gradient_evaluations,
        first_divergences=sampled.first_divergences, **(checks or {}),
    )  # fmt: skip
    tree = xr.DataTree.from_dict({"/posterior": posterior, "/sample_stats": stats, **groups})
    tree.attrs = attributes(
        kind=kind, model=model, engine=settings.engine, settings=settings.model_dump(), seed=seed,
        health=health.as_dict(sampled.seconds), centre=dict(problem.centre), **more,
    )  # fmt: skip
    return tree


def columns(data: pd.DataFrame) -> xr.Dataset:
    """Rows of a component's data, dimension `row`."""
    return xr.Dataset(
        {
            str(column): (
                ("row",),
                data[column].to_numpy(object if column == "name" else float),
                {"units": COLUMN_UNITS.get(str(column), "1"), "long_name": column},
            )
            for column in data
        }
    )


def sample_stats(statistics: Statistics) -> xr.Dataset:
    """NUTS statistics under ArviZ's names."""
    units = {"energy": "nats", "lp": "nats", "n_steps": "gradient evaluations"}
    return xr.Dataset(
        {
            name: (("chain", "draw"), array, {"units": units.get(name, "1"), "long_name": name})
            for name, array in statistics._asdict().items()
        },
        coords=numbered(*statistics.lp.shape),
    )


def numbered(chains: int, draws: int) -> dict[str, range]:
    """Coordinates of chains and draws; ArviZ matches a run's groups by them."""
    return {"chain": range(chains), "draw": range(draws)}


def predicted_scores(scores: np.ndarray) -> xr.Dataset:
    """Predicted scores of shape (chain, draw, score_row)."""
    attrs = {"units": "proportion", "long_name": "score, predicted"}
    return xr.Dataset(
        {"score": (("chain", "draw", "score_row"), scores.astype(np.float32), attrs)},
        coords=numbered(*scores.shape[:2]),
    )


def observed_data(layout: Layout) -> xr.Dataset:
    """Collect what was conditioned on: scores, losses and checkpoints' right answers."""
    rows = {
        "score": ("score_row", layout.scores["score"].to_numpy(float), "proportion"),
        "log_loss": ("run_row", layout.data.runs.log_loss, "ln loss"),
        "correct": ("checkpoint_row", layout.data.checkpoints.correct, "items"),
    }
    return xr.Dataset(
        {
            name: ((dim,), values, {"units": units, "long_name": name.replace("_", " ")})
            for name, (dim, values, units) in rows.items()
        }
    )


MODEL_COLUMNS = {
    "release_date": ("release_date", "date"), "params": ("params", "parameters"),
    "counted_params": ("counted_params", "parameters"),
    "active_params": ("active_params", "parameters"),
    "training_tokens": ("training_tokens", "tokens"),
    "family": ("model_family", "name"), "organization": ("organization", "name"),
    "architecture": ("architecture", "name"), "derived_from": ("derived_from", "name"),
    "expert_ratio": ("expert_ratio", "1"),
}  # fmt: skip
"""Columns of the models that a run keeps, their names there and units."""


def table_columns(
    dim: str, table: pd.DataFrame, columns: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """Variables of a dataset from columns of a table, with their names and units."""
    out: dict[str, Any] = {}
    for column, (name, unit) in columns.items():
        values = table[column] if column in table else pd.Series([None] * len(table))
        if values.dtype.kind in "OTU" or column.endswith("_date"):
            if column.endswith("_date"):
                values = pd.to_datetime(values).dt.strftime("%Y-%m-%d")
            array = values.astype(object).where(values.notna(), "").astype(str).to_numpy(str)
            array = array.astype(object)
        else:
            array = values.to_numpy(float)
        attrs = {"units": unit, "long_name": name.replace("_", " ")}
        out[name] = ((dim,), array, attrs)
    return out


def constant_data(layout: Layout) -> xr.Dataset:
    """Everything of the evidence that figures and tables need, by row."""
    chosen = layout.selection
    out: dict[str, Any] = {}

    def add(dim: str, table: pd.DataFrame, columns: Mapping[str, tuple[str, str]]) -> None:
        out.update(table_columns(dim, table, columns))

    add("model", layout.models, MODEL_COLUMNS)
    add("score_row", layout.scores, {
        "model_index": ("score_model", "index"), "cell": ("score_cell", "index"),
        "benchmark": ("score_benchmark", "name"), "protocol_name": ("score_protocol", "name"),
        "score": ("score", "proportion"), "items": ("score_items", "items"),
        "reference_tokens": ("score_tokens", "tokens"), "source": ("score_source", "name"),
    })  # fmt: skip
    for dim, prefix, table in (
        ("run_row", "run", chosen.runs), ("held_out_run_row", "held_out_run", chosen.held_out_runs),
    ):  # fmt: skip
        add(dim, table, {
            "run": (f"{prefix}_name", "name"), "benchmark": (f"{prefix}_benchmark", "name"),
            "params": (f"{prefix}_params", "parameters"), "tokens": (f"{prefix}_tokens", "tokens"),
            "loss": (f"{prefix}_loss", "loss"),
        })  # fmt: skip
    for dim, prefix, table in (
        ("checkpoint_row", "checkpoint", chosen.checkpoints),
        ("held_out_checkpoint_row", "held_out_checkpoint", chosen.held_out_checkpoints),
    ):
        add(dim, table, {
            "checkpoint": (f"{prefix}_name", "name"),
            "benchmark": (f"{prefix}_benchmark", "name"), "loss": (f"{prefix}_loss", "loss"),
            "score": (f"{prefix}_score", "proportion"), "items": (f"{prefix}_items", "items"),
        })  # fmt: skip
    table = chosen.benchmarks.loc[layout.coords["benchmark"]]
    add("benchmark", table, {
        "chance": ("chance", "proportion"), "items": ("benchmark_items", "items"),
    })  # fmt: skip
    coords = {dim: list(layout.coords[dim]) for dim in ("model", "benchmark")}
    return xr.Dataset(out, coords=coords)


def attributes(*, kind: str, model: Model, engine: str = "numpyro", **more: Any) -> dict[str, Any]:
    """Root attributes of a run of a `kind` (joint, loss, trend); records are JSON."""
    packages = (*PACKAGES, *ENGINE_PACKAGES.get(engine, ()))
    return {
        "densing_format": FORMAT,
        "densing_version": __version__,
        "kind": kind,
        "engine": engine,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model.model_dump_json(),
        "versions": json.dumps({name: version(name) for name in packages}),
        **{key: v if isinstance(v, int | str) else json.dumps(v) for key, v in more.items()},
    }


def family_sizes(posterior: xr.Dataset, layout: FamilyLayout) -> np.ndarray:
    """Parameters that count, (chain, draw, model): between the active and all of them."""
    active, total = layout.data.log_active, layout.data.log_total
    if "expert_weight" not in posterior:
        return np.broadcast_to(SIZE * np.exp(total), (*posterior["rate"].shape, len(total)))
    weight = posterior["expert_weight"].to_numpy()[..., None]
    return SIZE * np.exp((1.0 - weight) * active + weight * total)


def family_data(layout: FamilyLayout) -> xr.Dataset:
    """Everything of the evidence that figures and tables of a families run need, by row."""
    models, scores = layout.models, layout.scores
    counted = SIZE * np.exp(0.5 * (layout.data.log_active + layout.data.log_total))
    counted = models.assign(
        counted_params=counted,
        expert_ratio=np.exp(layout.data.log_total - layout.data.log_active),
    )
    table = layout.benchmarks
    out = table_columns(
        "model",
        counted,
        MODEL_COLUMNS
        | {
            "release": ("model_release", "name"),
            "embedding_params": ("embedding_params", "parameters"),
        },
    )
    out |= table_columns("score_row", scores, {
        "model_index": ("score_model", "index"), "benchmark": ("score_benchmark", "name"),
        "protocol": ("score_protocol", "name"), "score": ("score", "proportion"),
        "edge": ("score_edge", "1"), "source": ("score_source", "name"),
    })  # fmt: skip
    out |= table_columns("benchmark", table, {
        "chance": ("chance", "proportion"), "items": ("benchmark_items", "items"),
        "type": ("benchmark_type", "name"), "protocol": ("benchmark_protocol", "name"),
    })  # fmt: skip
    coords = {dim: list(layout.coords[dim]) for dim in ("model", "benchmark")}
    return xr.Dataset(out, coords=coords)
