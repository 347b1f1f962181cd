"""From tables and choices to the arrays and coordinates of the joint model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.dates import DAYS_PER_YEAR, EPOCH, trend_span
from densing.models.grid import build_grid
from densing.models.joint import JointData, Switches
from densing.models.reference_layout import (
    checkpoint_data,
    reference_facts,
    run_data,
    runs_centre,
)
from densing.models.score_layout import Scores, lay_out_scores
from densing.models.select import Selection, log_experts, select
from densing.models.shapes import KNOT_NAMES
from densing.models.trend import TrendData

USUAL_LEVEL = -1.0
"""Log density around which a family's typical model is expected (prior `level`)."""
GRID_STEP = 0.15
"""Spacing of the integration grid in ln parameters; checked after each fit (`health`)."""
FINER = 2.0 / 3.0
"""Factor on the integration grid's step where a run proves it too coarse: the error falls with
the eighth power of the step or so."""
LONGER = 3.0
"""By how much a grid is made longer at either end, ln parameters, where a run proves it short."""
GRID_MARGIN = (9.0, 7.0)
"""How far the grid reaches below the smallest and above the largest model; checked, too."""


@dataclass(frozen=True)
class Layout:
    """Arrays, coordinates and facts of one joint model."""

    data: JointData
    coords: Mapping[str, list[str]]
    """Names along each dimension: benchmark, family, protocol, model, knot."""
    facts: Mapping[str, Any]
    """What priors may refer to by name."""
    models: pd.DataFrame
    """One row a target model: release_date, params, family and what else is known."""
    scores: pd.DataFrame
    """The scores that are fitted, one row each, with `cell`."""
    laid_scores: Scores
    """The same laid out: cells, statistics, and their exact rows."""
    selection: Selection
    switches: Switches
    """Structure of the program: the choices, less what the data have no levels for."""
    centre: Mapping[str, float]
    """`log_params` and `log_tokens` of the runs' centre (natural logs), `time` of the mean
    release date (years since 2023-02-24); `first`, `last` and `changepoint` of the trend's span
    (years since the mean date)."""

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        return {dim: len(names) for dim, names in self.coords.items()}


def lay_out(
    evidence: Evidence, choices: Choices, *, grid_step: float = GRID_STEP, grid_more: float = 0.0
) -> Layout:
    """Select the evidence a model asks for and lay it out as arrays.

    Parameters
    ----------
    grid_step
        Spacing of the integration grid.
    grid_more
        How much further than `GRID_MARGIN` the grid reaches at either end.
    """
    chosen = select(evidence, choices)
    names = list(choices.benchmarks)
    index = {name: position for position, name in enumerate(names)}
    centre = runs_centre(chosen.runs)

    models = chosen.models
    time = (models["release_date"] - EPOCH).dt.days / DAYS_PER_YEAR
    span = trend_span(models["release_date"], choices)
    mean_time = float(time.mean())
    families = sorted(models["family"].unique())
    time = (time - time.mean()).to_numpy(float)
    scores = lay_out_scores(
        chosen.scores, choices, index=index, baseline=chosen.baseline, models=models, time=time,
        log_tokens=centre["log_tokens"],
    )  # fmt: skip
    log_params = np.log(models["counted_params"].to_numpy(float)) - centre["log_params"]
    experts = choices.count == "experts" and bool(log_experts(models).any())
    data = JointData(
        runs=run_data(chosen.runs, names, centre),
        checkpoints=checkpoint_data(chosen.checkpoints, names),
        scores=scores.data,
        models=TrendData(
            time=time,
            family=models["family"].map({f: i for i, f in enumerate(families)}).to_numpy(),
            span=np.asarray(span),
        ),
        log_params=log_params,
        grid=build_grid(
            log_params.min() - GRID_MARGIN[0] - grid_more,
            log_params.max() + GRID_MARGIN[1] + grid_more,
            grid_step,
        ),
        since=scores.since,
        log_experts=log_experts(models) if experts else None,
    )
    return Layout(
        data=data,
        coords={
            "benchmark": names,
            "family": families,
            "protocol": scores.protocols,
            "model": models["model"].tolist(),
            "knot": KNOT_NAMES,
        },
        facts=_facts(chosen, names),
        models=models,
        scores=scores.table,
        laid_scores=scores,
        selection=chosen,
        switches=choices.switches._replace(
            families=choices.families and len(families) > 1,
            protocols=len(scores.protocols) > 0,
            experts=experts,
        ),
        centre=centre | {"time": mean_time} | span._asdict(),
    )


def _facts(chosen: Selection, names: list[str]) -> dict[str, Any]:
    """Facts of the evidence that priors refer to, with the dims that `prior.FACTS` gives."""
    scored = (chosen.checkpoints, chosen.scores)
    seen = pd.concat([table[["benchmark", "score"]] for table in scored])
    usual = {"usual_level": np.asarray(USUAL_LEVEL)}
    return reference_facts(chosen, names, seen) | usual
