"""Arrays and facts of the reference family, for the joint model and for the reference alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.loss import RunData
from densing.models.performance import CheckpointData
from densing.models.select_reference import ReferenceSelection, select_reference

FLOOR_ITEMS = 200.0
"""How many items the floor's prior is worth."""


class ReferenceData(NamedTuple):
    """What the reference alone is conditioned on."""

    runs: RunData
    checkpoints: CheckpointData


@dataclass(frozen=True)
class ReferenceLayout:
    """Arrays, coordinates and facts of a reference alone."""

    data: ReferenceData
    coords: Mapping[str, list[str]]
    facts: Mapping[str, Any]
    selection: ReferenceSelection
    centre: Mapping[str, float]
    """`log_params` and `log_tokens` of the runs' centre (natural logs)."""


def lay_out_reference(evidence: Evidence, choices: Choices) -> ReferenceLayout:
    """Select the reference that a model's choices name, and lay it out as arrays."""
    chosen = select_reference(evidence, choices)
    names = list(choices.benchmarks)
    centre = runs_centre(chosen.runs)
    points = chosen.checkpoints
    return ReferenceLayout(
        data=ReferenceData(run_data(chosen.runs, names, centre), checkpoint_data(points, names)),
        coords={"benchmark": names},
        facts=reference_facts(chosen, names, points[["benchmark", "score"]]),
        selection=chosen,
        centre=centre,
    )


def runs_centre(runs: pd.DataFrame) -> dict[str, float]:
    """Log geometric means of the runs: `log_params` and `log_tokens`."""
    return {f"log_{name}": float(np.log(runs[name]).mean()) for name in ("params", "tokens")}


def run_data(runs: pd.DataFrame, names: list[str], centre: Mapping[str, float]) -> RunData:
    """Arrays of the runs, centred."""
    return RunData(
        benchmark=positions(runs, names),
        n=np.log(runs["params"].to_numpy(float)) - centre["log_params"],
        d=np.log(runs["tokens"].to_numpy(float)) - centre["log_tokens"],
        log_loss=np.log(runs["loss"].to_numpy(float)),
    )


def checkpoint_data(points: pd.DataFrame, names: list[str]) -> CheckpointData:
    """Arrays of the (loss, score) pairs."""
    return CheckpointData(
        benchmark=positions(points, names),
        loss=points["loss"].to_numpy(float),
        correct=np.rint((points["score"] * points["items"]).to_numpy(float)),
        items=points["items"].to_numpy(float),
    )


def positions(table: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Index of each row's benchmark among `names`."""
    return table["benchmark"].map({name: i for i, name in enumerate(names)}).to_numpy()


def reference_facts(chosen: Any, names: list[str], seen: pd.DataFrame) -> dict[str, Any]:
    """Facts that the priors of the reference refer to, each of shape (benchmark,).

    Parameters
    ----------
    chosen
        `runs`, `checkpoints` and `benchmarks` of a selection.
    seen
        Benchmark and score of everything that is fitted: no ceiling lies below.
    """
    chance = chosen.benchmarks.loc[names, "chance"].to_numpy(float)
    floor = 0.005 + 0.99 * chance
    runs, checkpoints = (
        table.assign(log_loss=np.log(table["loss"])).groupby("benchmark")["log_loss"]
        for table in (chosen.runs, chosen.checkpoints)
    )
    best = seen.groupby("benchmark")["score"].max().clip(upper=0.99)
    return {
        "mean_log_loss": runs.mean()[names].to_numpy(float),
        "log_checkpoint_loss": checkpoints.median()[names].to_numpy(float),
        "chance_logit": np.log(floor / (1.0 - floor)),
        "chance_spread": 1.0 / np.sqrt(FLOOR_ITEMS * floor * (1.0 - floor)),
        "best_score": best[names].to_numpy(float),
    }
