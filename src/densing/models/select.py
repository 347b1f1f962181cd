"""Which rows of the evidence a model's choices ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.select_reference import SelectionError, ordered, select_reference


@dataclass(frozen=True)
class Selection:
    """Rows of each table that take part in a fit.

    Their order follows from what they say, never from how they came: the same evidence gives
    the same arrays, and so the same draws.
    """

    runs: pd.DataFrame
    checkpoints: pd.DataFrame
    """Every (loss, score) pair: calibration points, and runs that carry an accuracy."""
    held_out_runs: pd.DataFrame
    held_out_checkpoints: pd.DataFrame
    models: pd.DataFrame
    """One row a model, in order of release, with `counted_params`."""
    scores: pd.DataFrame
    """`protocol` is never blank unless the benchmark's baseline is unknown, too."""
    benchmarks: pd.DataFrame
    """Indexed by benchmark."""
    baseline: Mapping[str, str]
    """Protocol of the reference's own checkpoints, by benchmark; blank where unknown."""


def select(evidence: Evidence, choices: Choices) -> Selection:
    """Apply the choices to the tables.

    Raises
    ------
    SelectionError
        Unknown reference or benchmark, a benchmark without runs or (loss, score) pairs to
        fit, or too few models left.
    """
    reference = select_reference(evidence, choices)
    table = reference.benchmarks
    scores, models, baseline = _targets(evidence.catalog, choices, table)
    return Selection(
        runs=reference.runs,
        checkpoints=reference.checkpoints,
        held_out_runs=reference.held_out_runs,
        held_out_checkpoints=reference.held_out_checkpoints,
        models=models,
        scores=scores,
        benchmarks=table,
        baseline=baseline,
    )


def _text(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of words; blank where it is missing."""
    if column not in table:
        return pd.Series(data="", index=table.index, dtype=object)
    values = table[column].astype(object)
    return values.where(values.notna(), "").astype(str).str.strip().astype(object)


def _number(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of numbers; NaN where it is missing."""
    if column not in table:
        return pd.Series(data=float("nan"), index=table.index)
    return table[column].astype(float)


TEXT = ("organization", "family", "architecture", "derived_from", "protocol")
NUMBERS = ("active_params", "embedding_params", "training_tokens", "items")


def _targets(
    catalog: pd.DataFrame, choices: Choices, table: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Scores to fit, their models, and the baseline protocol of each benchmark."""
    scores = catalog[catalog["benchmark"].isin(choices.benchmarks)]
    scores = scores.assign(
        **{column: _text(scores, column) for column in TEXT},
        **{column: _number(scores, column) for column in NUMBERS},
        release_date=pd.to_datetime(scores["release_date"]),
    )
    items = scores["benchmark"].map(table["items"]).astype(float)
    scores["items"] = scores["items"].fillna(items)
    scores["family"] = scores["family"].where(scores["family"] != "", scores["model"])
    if not choices.derived:
        scores = scores[scores["derived_from"] == ""]
    if choices.released_from:
        scores = scores[scores["release_date"] >= pd.Timestamp(choices.released_from)]
    if choices.released_until:
        scores = scores[scores["release_date"] <= pd.Timestamp(choices.released_until)]
    scores = scores[~scores["family"].isin(choices.exclude_families)]
    if choices.tokens == "own":
        scores = scores[scores["training_tokens"].notna()]
    enough = scores.groupby("model")["benchmark"].transform("nunique") >= choices.min_scores
    scores = scores[enough]
    found = _baseline(scores, choices, table)
    at_baseline = scores["protocol"] == ""
    scores["protocol"] = scores["protocol"].where(~at_baseline, scores["benchmark"].map(found))
    scores = ordered(scores, ["release_date", "model", "benchmark"], choices)
    columns = [
        "model", "organization", "family", "release_date", "params", "active_params",
        "embedding_params", "training_tokens", "architecture", "derived_from",
    ]  # fmt: skip
    models = scores[columns].drop_duplicates("model").reset_index(drop=True)
    if len(models) < 3:
        raise SelectionError(
            f"{len(models)} model{'' if len(models) == 1 else 's'} left after the choices "
            f"({_limits(choices)}); a trend needs at least 3"
        )
    models["counted_params"] = counted_params(models, choices)
    models["expert_ratio"] = np.exp(log_experts(models))
    return scores, models, found


def _limits(choices: Choices) -> str:
    """Say which choices leave models out."""
    said = [f"min_scores = {choices.min_scores}", f"benchmarks = {', '.join(choices.benchmarks)}"]
    if choices.tokens == "own":
        said.append("tokens = own")
    for name in ("released_from", "released_until"):
        if day := getattr(choices, name):
            said.append(f"{name} = {day}")
    if choices.exclude_families:
        said.append(f"exclude_families = {', '.join(choices.exclude_families)}")
    return ", ".join(said)


def _baseline(scores: pd.DataFrame, choices: Choices, table: pd.DataFrame) -> dict[str, str]:
    """Protocol of each benchmark that scores are compared under.

    The declared one; where none is declared, the one that most of the scores to fit have
    (none stated counts as one). Where no protocol has most, the baseline stays unknown, blank,
    and every stated protocol has an effect of its own. A score without a protocol is taken to
    be at the baseline.
    """
    declared = _text(table, "protocol")
    baseline = {}
    for name in choices.benchmarks:
        most = scores.loc[scores["benchmark"] == name, "protocol"].mode()
        baseline[name] = str(declared[name]) or (str(most.iloc[0]) if len(most) == 1 else "")
    return baseline


def counted_params(models: pd.DataFrame, choices: Choices) -> pd.Series:
    """Parameters that count under the choice; the total where the finer count is unknown."""
    total = models["params"].astype(float)
    if choices.count == "active":
        return models["active_params"].astype(float).fillna(total)
    if choices.count in ("non-embedding", "experts"):
        total = total - models["embedding_params"].astype(float).fillna(0.0)
    if choices.count == "experts":  # the geometric mean of active and total ones
        return total * np.exp(-0.5 * log_experts(models))
    return total


def log_experts(models: pd.DataFrame) -> np.ndarray:
    """Log of total over active parameters, no embeddings among them, shape (model,).

    Zero for dense models and where the active ones are not known.
    """
    without = models["embedding_params"].astype(float).fillna(0.0)
    total = models["params"].astype(float)
    active = models["active_params"].astype(float).fillna(total)
    return np.log(((total - without) / (active - without)).to_numpy())
