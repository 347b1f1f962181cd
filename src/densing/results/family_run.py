"""A saved families run: its layout and draws, and what it expects of models it has not seen."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.choices import FamilyChoices
from densing.models.family_layout import FamilyLayout, lay_out_families, lay_out_new
from densing.models.family_predict import State, states
from densing.results.posterior import flat
from densing.results.run import record

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


def draws_of(run: xr.DataTree, draws: int | None) -> dict[str, np.ndarray]:
    """Parameters of a run at evenly spaced draws, shape (draw, ...)."""
    return {str(k): flat(v, draws) for k, v in run["posterior"].data_vars.items()}


def new_models(
    run: xr.DataTree, catalog: pd.DataFrame, *, draws: int | None
) -> tuple[list[State], Any, np.ndarray, np.ndarray, pd.DataFrame, FamilyLayout]:
    """What predictions of models need: states, data, families, scores, models, layout.

    Parameters
    ----------
    catalog
        Rows in the catalogue's form.
    """
    layout = layout_of(run)
    data, family, score, models = lay_out_new(catalog, layout)
    found = states(draws_of(run, draws), layout.facts, layout.data, data, layout.switches)
    return found, data, family, score, models, layout
