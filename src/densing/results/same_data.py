"""Do runs rest on the same observations? Where they do not, what the difference is."""

from collections.abc import Mapping
from itertools import pairwise

import xarray as xr

from densing.results.run import RunError

ROWS = {
    "joint": {
        "models": ("model", "release_date", "model_family"),
        "scores": ("score_of", "score_benchmark", "score", "score_items"),
        "runs of the reference": ("run_name", "run_benchmark", "run_params", "run_tokens",
                                  "run_loss"),
        "checkpoints of the reference": ("checkpoint_name", "checkpoint_benchmark",
                                         "checkpoint_loss", "checkpoint_score",
                                         "checkpoint_items"),
    },
    "trend": {"values": ("time", "value", "error")},
}  # fmt: skip
"""Of each kind of run: its tables of observations and what makes a row."""
TOLD = 3
"""Rows that a difference names."""


def check_same_data(runs: Mapping[str, xr.DataTree]) -> None:
    """Raise `RunError` unless all runs, by name, were conditioned on the same observations."""
    kinds = {name: run.attrs.get("kind", "joint") for name, run in runs.items()}
    foreign = [f"{name} is a run of `densing {kind}`" for name, kind in kinds.items()
               if kind not in ROWS]  # fmt: skip
    if foreign:
        raise RunError(
            "; ".join(foreign) + ": only runs of `densing fit` or of `densing trend` have trends "
            "to compare"
        )
    faults = []
    for (one, first), (two, second) in pairwise(runs.items()):
        if kinds[one] != kinds[two]:
            faults.append(f"{one} is a {kinds[one]} run and {two} a {kinds[two]} run")
            continue
        faults += [f"{one} and {two} differ in {what}" for what in differences(first, second)]
    if faults:
        raise RunError(
            "these runs do not rest on the same observations, so their predictive densities "
            "cannot be compared:\n  " + "\n  ".join(faults) + "\nfit each model to the same "
            "tables, under the same choices of benchmarks, models and reference"
        )


def differences(one: xr.DataTree, two: xr.DataTree) -> list[str]:
    """Say which rows of which table only one of two runs of a kind has; empty where none."""
    told = []
    for table, columns in ROWS[one.attrs.get("kind", "joint")].items():
        first, second = _rows(one, columns), _rows(two, columns)
        if sorted(first) == sorted(second):
            continue
        only = [sorted(set(first) - set(second)), sorted(set(second) - set(first))]
        parts = [
            f"{len(rows)} only in the {which} ({_named(rows)})"
            for which, rows in zip(("first", "second"), only, strict=True)
            if rows
        ]
        told.append(f"{table}: " + (", ".join(parts) or "the same row a different number of times"))
    return told


def _rows(run: xr.DataTree, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    data = run["constant_data"].to_dataset()
    if "score_of" in columns:
        of = data["model"].to_numpy()[data["score_model"].to_numpy().astype(int)]
        data = data.assign(score_of=("score_row", of))
    values = [data[column].to_numpy() for column in columns]
    return [tuple(_text(cell) for cell in row) for row in zip(*values, strict=True)]


def _text(cell: object) -> str:
    return f"{cell:.9g}" if isinstance(cell, float) else str(cell)


def _named(rows: list[tuple[str, ...]]) -> str:
    first = [" ".join(row[:2]) for row in rows[:TOLD]]
    return ", ".join(first) + (", ..." if len(rows) > TOLD else "")
