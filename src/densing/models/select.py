"""Which rows of the evidence a model's choices ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices


class SelectionError(ValueError):
    """The choices leave nothing to fit; the message says which and what there is."""


@dataclass(frozen=True)
class Selection:
    """Rows of each table that take part in a fit."""

    runs: pd.DataFrame
    checkpoints: pd.DataFrame
    """Every (loss, score) pair: calibration points, and runs that carry an accuracy."""
    held_out_runs: pd.DataFrame
    held_out_checkpoints: pd.DataFrame
    models: pd.DataFrame
    """One row a model, in order of release, with `counted_params`."""
    scores: pd.DataFrame
    benchmarks: pd.DataFrame
    """Indexed by benchmark."""
    baseline: Mapping[str, str]
    """Protocol of the reference's own checkpoints, by benchmark."""


def select(evidence: Evidence, choices: Choices) -> Selection:
    """Apply the choices to the tables.

    Raises
    ------
    SelectionError
        Unknown reference or benchmark, or too few models left.
    """
    runs = evidence.reference_runs
    references = sorted(runs["reference"].unique())
    if choices.reference not in references:
        raise SelectionError(
            f"unknown reference {choices.reference!r}; known: {', '.join(references)}"
        )
    runs = runs[runs["reference"] == choices.reference]
    missing = [name for name in choices.benchmarks if name not in set(runs["benchmark"])]
    if missing:
        raise SelectionError(
            f"reference {choices.reference!r} has no runs on {', '.join(missing)}; "
            f"it has: {', '.join(sorted(runs['benchmark'].unique()))}"
        )
    runs = runs[runs["benchmark"].isin(choices.benchmarks)]
    runs = runs.assign(held_out=_flag(runs, "held_out"))
    table = evidence.benchmarks.set_index("benchmark")
    checkpoints = _checkpoints(evidence, runs, choices, table)
    scoreless = sorted(set(choices.benchmarks) - set(checkpoints["benchmark"]))
    if scoreless:
        raise SelectionError(
            f"reference {choices.reference!r} has no (loss, score) pairs on "
            f"{', '.join(scoreless)}: add calibration points or drop the benchmark"
        )
    kept, kept_points = runs["held_out"], checkpoints["held_out"]
    if choices.held_out:
        kept, kept_points = kept & False, kept_points & False
    scores, models = _targets(evidence.catalog, choices, table)
    return Selection(
        runs=runs[~kept],
        checkpoints=checkpoints[~kept_points],
        held_out_runs=runs[kept],
        held_out_checkpoints=checkpoints[kept_points],
        models=models,
        scores=scores,
        benchmarks=table,
        baseline=table["protocol"].fillna("").to_dict() if "protocol" in table else {},
    )


def _checkpoints(
    evidence: Evidence, runs: pd.DataFrame, choices: Choices, table: pd.DataFrame
) -> pd.DataFrame:
    points = evidence.calibration_points
    points = points[
        (points["reference"] == choices.reference) & points["benchmark"].isin(choices.benchmarks)
    ]
    scored = runs[runs["accuracy"].notna()] if "accuracy" in runs else runs.iloc[:0]
    scored = scored.rename(columns={"run": "checkpoint", "accuracy": "score"})
    columns = ["checkpoint", "benchmark", "loss", "score", "items", "held_out"]
    both = pd.concat(
        [t.reindex(columns=columns) for t in (points, scored) if len(t)], ignore_index=True
    )
    both["items"] = both["items"].fillna(both["benchmark"].map(table["items"])).astype(float)
    return both.assign(held_out=_flag(both, "held_out"))


def _flag(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of true and false; false where it is missing."""
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column].astype("boolean").fillna(value=False).astype(bool)


def _targets(
    catalog: pd.DataFrame, choices: Choices, table: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores = catalog[catalog["benchmark"].isin(choices.benchmarks)].copy()
    for column in ("family", "organization", "derived_from", "protocol", "architecture"):
        if column not in scores:
            scores[column] = None
    for column in ("active_params", "embedding_params", "training_tokens", "items"):
        if column not in scores:
            scores[column] = float("nan")
    scores["release_date"] = pd.to_datetime(scores["release_date"])
    scores["items"] = scores["items"].fillna(scores["benchmark"].map(table["items"])).astype(float)
    baseline = scores["benchmark"].map(table["protocol"]) if "protocol" in table else ""
    scores["protocol"] = scores["protocol"].where(scores["protocol"].notna(), baseline)
    scores["family"] = scores["family"].where(scores["family"].notna(), scores["model"])
    if not choices.derived:
        scores = scores[scores["derived_from"].isna() | (scores["derived_from"] == "")]
    if choices.released_from:
        scores = scores[scores["release_date"] >= pd.Timestamp(choices.released_from)]
    if choices.released_until:
        scores = scores[scores["release_date"] <= pd.Timestamp(choices.released_until)]
    scores = scores[~scores["family"].isin(choices.exclude_families)]
    if choices.tokens == "own":
        scores = scores[scores["training_tokens"].notna()]
    enough = scores.groupby("model")["benchmark"].transform("nunique") >= choices.min_scores
    scores = scores[enough].reset_index(drop=True)
    columns = [
        "model", "organization", "family", "release_date", "params", "active_params",
        "embedding_params", "training_tokens", "architecture", "derived_from",
    ]  # fmt: skip
    models = scores[columns].drop_duplicates("model")
    models = models.sort_values(["release_date", "model"]).reset_index(drop=True)
    if len(models) < 3:
        raise SelectionError(
            f"{len(models)} models left after the choices (min_scores = {choices.min_scores}, "
            f"benchmarks = {', '.join(choices.benchmarks)}); a trend needs at least 3"
        )
    models["counted_params"] = counted_params(models, choices)
    return scores, models


def counted_params(models: pd.DataFrame, choices: Choices) -> pd.Series:
    """Parameters that count under the choice; the total where the finer count is unknown."""
    total = models["params"].astype(float)
    if choices.count == "active":
        return models["active_params"].astype(float).fillna(total)
    if choices.count == "non-embedding":
        return total - models["embedding_params"].astype(float).fillna(0.0)
    return total
