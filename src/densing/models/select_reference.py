"""Which rows of the evidence make the reference family that a model's choices name."""

from dataclasses import dataclass, replace

import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.declaration import Model


class SelectionError(ValueError):
    """The choices leave nothing to fit; the message says which and what there is."""


@dataclass(frozen=True)
class ReferenceSelection:
    """Rows of the reference family, in an order that follows from what they say."""

    runs: pd.DataFrame
    checkpoints: pd.DataFrame
    """Every (loss, score) pair: calibration points, and runs that carry an accuracy."""
    held_out_runs: pd.DataFrame
    held_out_checkpoints: pd.DataFrame
    benchmarks: pd.DataFrame
    """Indexed by benchmark."""


def select_reference(evidence: Evidence, choices: Choices) -> ReferenceSelection:
    """Apply the choices to the reference's tables.

    Raises
    ------
    SelectionError
        Unknown reference or benchmark, or a benchmark without runs or (loss, score) pairs to
        fit.
    """
    runs = evidence.reference_runs
    references = sorted(runs["reference"].unique())
    if choices.reference not in references:
        raise SelectionError(
            f"unknown reference {choices.reference!r}; known: {', '.join(references)}"
        )
    runs = runs[runs["reference"] == choices.reference]
    table = evidence.benchmarks.set_index("benchmark")
    has = f"it has: {', '.join(sorted(runs['benchmark'].unique()))}"
    _require(choices, runs["benchmark"], f"no runs on {{}}; {has}")
    undescribed = [name for name in choices.benchmarks if name not in table.index]
    if undescribed:
        raise SelectionError(
            f"no row in the benchmarks table for {', '.join(undescribed)}: add benchmark, items "
            "and chance"
        )
    runs = runs[runs["benchmark"].isin(choices.benchmarks)]
    runs = runs.assign(held_out=_flag(runs, "held_out"))
    checkpoints = _checkpoints(evidence, runs, choices, table)
    pairs = "no (loss, score) pairs on {}: add calibration points or drop the benchmark"
    _require(choices, checkpoints["benchmark"], pairs)
    runs = ordered(runs, ["benchmark", "params", "tokens"], choices)
    checkpoints = ordered(checkpoints, ["benchmark", "loss"], choices)
    kept, kept_points = ~runs["held_out"], ~checkpoints["held_out"]
    if choices.held_out:
        kept, kept_points = kept | True, kept_points | True
    cure = "set held_out = true to fit them, or drop the benchmark"
    _require(choices, runs.loc[kept, "benchmark"], f"held-out runs alone on {{}}: {cure}")
    pairs = f"held-out (loss, score) pairs alone on {{}}: {cure}"
    _require(choices, checkpoints.loc[kept_points, "benchmark"], pairs)
    return ReferenceSelection(
        runs=runs[kept],
        checkpoints=checkpoints[kept_points],
        held_out_runs=runs[~kept],
        held_out_checkpoints=checkpoints[~kept_points],
        benchmarks=table,
    )


def hold_out_above(evidence: Evidence, reference: str, params: float) -> Evidence:
    """Hold out the reference's runs of more than `params` parameters, and none else."""
    runs = evidence.reference_runs
    ours = runs["reference"] == reference
    flag = _flag(runs, "held_out").where(~ours, runs["params"] > params)
    return replace(evidence, reference_runs=runs.assign(held_out=flag))


def on_all(model: Model, evidence: Evidence) -> Model:
    """Choose every benchmark that held-out runs of the model's reference carry, if there is any."""
    runs = evidence.reference_runs
    held_out = runs[(runs["reference"] == model.choices.reference) & _flag(runs, "held_out")]
    names = tuple(dict.fromkeys(held_out["benchmark"]))
    return model.choose(benchmarks=names) if names else model


def _require(choices: Choices, present: pd.Series, lack: str) -> None:
    """Raise for the chosen benchmarks that are not `present`; `lack` has a place for them."""
    missing = [name for name in choices.benchmarks if name not in set(present)]
    if missing:
        raise SelectionError(
            f"reference {choices.reference!r} has {lack.format(', '.join(missing))}"
        )


def ordered(table: pd.DataFrame, keys: list[str], choices: Choices) -> pd.DataFrame:
    """Sort rows by `keys` (benchmarks as chosen), then by all else they say."""
    rank = {name: position for position, name in enumerate(choices.benchmarks)}
    table = table.reset_index(drop=True)
    by = {key: table[key].map(rank) if key == "benchmark" else table[key] for key in keys}
    by |= {name: table[name].astype(str) for name in sorted(set(table.columns) - set(keys))}
    order = pd.DataFrame(by).sort_values(list(by), kind="stable").index
    return table.loc[order].reset_index(drop=True)


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
    parts = [t.reindex(columns=columns) for t in (points, scored)]
    both = pd.concat([t for t in parts if len(t)] or parts[:1], ignore_index=True)
    both["items"] = both["items"].fillna(both["benchmark"].map(table["items"])).astype(float)
    return both.assign(held_out=_flag(both, "held_out"))


def _flag(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of true and false; false where it is missing."""
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column].astype("boolean").fillna(value=False).astype(bool)
