"""From tables and choices to arrays, coordinates and facts: the reference, scores, all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.dates import DAYS_PER_YEAR, EPOCH, trend_span
from densing.models.grid import build_grid
from densing.models.joint import JointData, Switches
from densing.models.loss import RunData
from densing.models.performance import CheckpointData
from densing.models.scores import ScoreData
from densing.models.select import (
    ReferenceSelection,
    Selection,
    log_experts,
    select,
    select_reference,
)
from densing.models.shapes import KNOT_NAMES
from densing.models.trend import TrendData

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


UNBOUNDED_TOKENS = 1e60
TEST_TASK_SINCE = pd.Timestamp("2023-11-01")
"""From when on models train on the tasks they are tested on (arXiv 2407.07890)."""
ERA = 0.25
"""Years within which a benchmark does not drift: a quarter, counted from the first release."""


@dataclass(frozen=True)
class Scores:
    """The scores that are fitted: as a table, as statistics, and each for itself."""

    table: pd.DataFrame
    """One row a score, with `model_index`, `cell`, `protocol_name` and `reference_tokens`."""
    data: ScoreData
    """Sufficient statistics by model and cell."""
    rows: ScoreData
    """One cell a score, at its model's own date, in the table's order; no statistics."""
    since: np.ndarray
    """`JointData.since`, shape (model, benchmark)."""
    protocols: list[str]
    """Protocols that are not their benchmark's baseline."""


def lay_out_scores(
    scores: pd.DataFrame,
    choices: Choices,
    *,
    index: Mapping[str, int],
    baseline: Mapping[str, str],
    models: pd.DataFrame,
    time: np.ndarray,
    log_tokens: float,
) -> Scores:
    """Lay the chosen scores out.

    Parameters
    ----------
    index
        Position of each benchmark.
    baseline
        Each benchmark's own protocol.
    time
        Years since the mean release date, shape (model,).
    log_tokens
        Centre of the log tokens.
    """
    scores = scores.copy()
    position = {name: i for i, name in enumerate(models["model"])}
    scores["model_index"] = scores["model"].map(position)
    if choices.tokens == "own":
        own = models.set_index("model")["training_tokens"]
        scores["reference_tokens"] = scores["model"].map(own).astype(float)
    else:
        count = UNBOUNDED_TOKENS if choices.tokens == "infinite" else choices.tokens
        scores["reference_tokens"] = float(count)
    other = scores["protocol"] != scores["benchmark"].map(baseline)
    scores["protocol_name"] = (scores["benchmark"] + ": " + scores["protocol"]).where(other, "")
    protocols = sorted(set(scores["protocol_name"]) - {""})
    number = {"": 0} | {name: i + 1 for i, name in enumerate(protocols)}
    moves = choices.switches.benchmark_trends
    eras = era_times(time) if moves else np.zeros(len(models))
    who = scores["model_index"].to_numpy()
    scores["era_time"] = eras[who]
    keys = ["benchmark", "protocol_name", "items", "reference_tokens", "era_time"]
    alone = choices.likelihood != "beta"
    if alone:  # no sums to enter by: each score is its own cell
        scores["row"] = np.arange(len(scores))
        keys.append("row")
    if choices.contamination:
        scores["late"] = (scores["release_date"] >= TEST_TASK_SINCE).astype(float)
        keys.append("late")
    kept = [*keys, "score"] if alone else keys
    cells = scores[kept].drop_duplicates().reset_index(drop=True)
    cells["cell"] = cells.index
    scores = scores.merge(cells[[*keys, "cell"]], on=keys, how="left")

    def described(table: pd.DataFrame, at: np.ndarray) -> ScoreData:
        return ScoreData(
            log_score=None, log_miss=None, count=None,
            benchmark=table["benchmark"].map(index).to_numpy(),
            protocol=table["protocol_name"].map(number).to_numpy(),
            items=table["items"].to_numpy(float),
            d=np.log(table["reference_tokens"].to_numpy(float)) - log_tokens,
            time=at,
            score=table["score"].to_numpy(float) if alone else None,
            late=table["late"].to_numpy() if choices.contamination else None,
        )  # fmt: skip

    data = described(cells, cells["era_time"].to_numpy(float))
    data = data._replace(**sufficient(scores, (len(models), len(cells))))
    has = np.zeros((len(models), len(index)))
    has[who, scores["benchmark"].map(index).to_numpy()] = 1.0
    since = (time - eras if moves else 0.0 * time)[:, None] * has / has.sum(axis=1, keepdims=True)
    return Scores(scores, data, described(scores, time[who]), since, protocols)


def sufficient(scores: pd.DataFrame, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Sufficient statistics; a score of 0 or 1 moves half an item inwards."""
    half = 0.5 / scores["items"].to_numpy(float)
    y = np.clip(scores["score"].to_numpy(float), half, 1.0 - half)
    at = (scores["model_index"].to_numpy(), scores["cell"].to_numpy())
    out = {name: np.zeros(shape) for name in ("log_score", "log_miss", "count")}
    for values, term in zip(out.values(), (np.log(y), np.log1p(-y), 1.0), strict=True):
        np.add.at(values, at, term)
    return out


def era_times(time: np.ndarray) -> np.ndarray:
    """Mean date of the models of each model's quarter, shape (model,).

    Benchmarks drift apart from one quarter to the next and not within: curves are evaluated
    per cell, so one date for many models is what keeps them few. Within a quarter benchmarks
    move apart by a small part of a discrepancy (what they move together is heeded: see
    `joint.drift_within`).

    Parameters
    ----------
    time
        Years, shape (model,).
    """
    era = np.floor((time - time.min()) / ERA + 1e-9).astype(int)
    return (np.bincount(era, time) / np.maximum(np.bincount(era), 1))[era]


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
