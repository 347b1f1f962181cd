"""The reference family alone: its curves fitted without a single target model."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.data import Evidence
from densing.inference import assemble, engines
from densing.inference.news import Listener
from densing.inference.settings import Settings, load_settings
from densing.models.declaration import Model
from densing.models.program import Program
from densing.models.reference import reference
from densing.models.reference_layout import ReferenceLayout, lay_out_reference
from densing.models.select_reference import SelectionError
from densing.results.health import examine

HELD_OUT = {
    "params": "parameters", "tokens": "tokens", "loss": "loss", "accuracy": "proportion",
    "items": "items",
}  # fmt: skip
"""Numbers of a held-out run and their units."""


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
    layout = lay_out_reference(evidence, model.choices)
    held_out = _held_out(layout, model)
    choices = model.choices

    def program(m: Program, data: Any) -> None:
        reference(
            m, data.runs, data.checkpoints, irreducible=choices.irreducible,
            free_ceiling=choices.free_ceiling, link=choices.link,
        )  # fmt: skip

    sampled = engines.sample(
        program, layout.data, priors=model.priors,
        sizes={"benchmark": len(layout.coords["benchmark"])}, facts=layout.facts,
        coords=layout.coords, settings=settings, seed=seed, listen=listen,
    )  # fmt: skip
    posterior = assemble.labelled(sampled.values, model.priors, layout.coords)
    stats = assemble.sample_stats(sampled.statistics)
    health = examine(
        posterior, stats, gradient_evaluations=sampled.gradient_evaluations,
        first_divergences=sampled.first_divergences,
    )  # fmt: skip
    run = xr.DataTree.from_dict(
        {"/posterior": posterior, "/sample_stats": stats, "/constant_data": held_out}
    )
    run.attrs = assemble.attributes(
        kind="reference", model=model, engine=settings.engine, evidence_hash=evidence.hash,
        centre=dict(layout.centre), settings=settings.model_dump(), seed=seed,
        health=health.as_dict(sampled.seconds), runs=layout.selection.runs["run"].nunique(),
    )  # fmt: skip
    return run


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
