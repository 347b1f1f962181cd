"""From the table of scores to cells, sufficient statistics and one row a score."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from densing.models.choices import Choices
from densing.models.targets import ScoreData

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
