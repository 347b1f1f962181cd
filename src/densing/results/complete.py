"""Whether a run file holds what its answers are made from."""

import json
from typing import Any

import pandas as pd
import xarray as xr

VARIABLES = {
    "joint": {
        "posterior": ("rate", "log_density"),
        "derived": ("density", "effective_params", "beyond_reference", "population_rate"),
        "sample_stats": ("diverging",),
        "constant_data": ("release_date", "params", "counted_params", "score", "score_model"),
    },
    "loss": {"posterior": ("alpha", "beta"), "derived": ("size_coefficient",)},
    "trend": {"posterior": ("rate",), "derived": ("population_rate",)},
}
"""By kind of run and group: what a part of a run, or a run of another making, would lack."""

RECORDS = {
    "model": ("name", "choices", "priors"), "health": ("verdict", "reasons"), "versions": (),
    "settings": (), "centre": (),
}  # fmt: skip
"""Attributes that are kept as JSON objects, and the keys they must have."""


def lacks(run: xr.DataTree) -> list[str]:
    """Name what is missing in a run or cannot be read; empty for a run that is whole.

    A run that does not say its kind, or one that is not known here, passes.
    """
    kind = run.attrs.get("kind")
    if kind not in VARIABLES:
        return []
    found = []
    for group, names in VARIABLES[kind].items():
        if group not in run.children:
            found.append(f"group {group}")
            continue
        found += [f"{group}/{name}" for name in names if name not in run[group]]
    found += [
        f"attribute {name}" for name, keys in RECORDS.items() if not _holds(run.attrs, name, keys)
    ]
    if not str(run.attrs.get("seed", "")).isdigit():
        found.append("attribute seed")
    if pd.isna(pd.to_datetime(str(run.attrs.get("created")), format="ISO8601", errors="coerce")):
        found.append("attribute created")
    if kind == "joint" and not run.attrs.get("evidence_hash"):
        found.append("attribute evidence_hash")
    return found


def _holds(attributes: Any, name: str, keys: tuple[str, ...]) -> bool:
    """Whether an attribute is a JSON object with these keys."""
    try:
        content = json.loads(attributes[name])
    except (KeyError, TypeError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and all(key in content for key in keys)
