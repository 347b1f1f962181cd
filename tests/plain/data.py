"""The evidence of a model in long form, one row an observation: no cells, no sums, no grid.

Rows are those that `densing.models.select` keeps; everything after that is done again here.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.models.declaration import Model
from densing.models.select import select


@dataclass(frozen=True)
class Rows:
    """Observations and where each belongs; logs of sizes and tokens are centred at the runs'."""

    coords: dict[str, list[str]]
    """Names of benchmarks, families, protocols (beside the baselines') and models."""
    facts: dict[str, Any]
    """What the evidence tells the priors, shape (benchmark,) or ()."""
    runs: pd.DataFrame
    """k, n, d, log_loss."""
    checkpoints: pd.DataFrame
    """k, loss, correct, items."""
    scores: pd.DataFrame
    """i (model), k, protocol (0: the benchmark's own), items, y."""
    models: pd.DataFrame
    """time (years since the mean release), era (mean time of the quarter, counted from the first
    release), family, log_params."""
    tokens: float
    """Centred log tokens of the reference, D0."""


def rows(evidence: Evidence, model: Model) -> Rows:
    """Rows for a model with the default structure (all switches on, D0 a number)."""
    choices = model.choices
    assert choices.irreducible
    assert choices.shortfall
    assert choices.families
    assert choices.benchmark_trends
    chosen = select(evidence, choices)
    names = list(choices.benchmarks)
    log_n0, log_dc = (np.log(chosen.runs[name].astype(float)).mean() for name in
                      ("params", "tokens"))  # fmt: skip

    models = chosen.models.set_index("model", drop=False)
    families = sorted(models["family"].unique())
    days = (models["release_date"] - pd.Timestamp("2023-02-24")).dt.days / 365.25

    scores = chosen.scores
    own = scores["protocol"] == scores["benchmark"].map(chosen.baseline)
    protocol = (scores["benchmark"] + ": " + scores["protocol"]).mask(own, "")
    protocols = sorted(set(protocol) - {""})
    assert protocols
    assert len(families) > 1
    half = 0.5 / scores["items"]

    points = chosen.checkpoints
    chance = 0.005 + 0.99 * chosen.benchmarks.loc[names, "chance"].to_numpy(float)
    best = [
        min(0.99, max(t.loc[t["benchmark"] == name, "score"].max() for t in (points, scores)))
        for name in names
    ]

    def per_benchmark(table: pd.DataFrame, how: str) -> np.ndarray:
        logs = [np.log(table.loc[table["benchmark"] == name, "loss"]) for name in names]
        return np.array([getattr(log, how)() for log in logs])

    return Rows(
        coords={"benchmark": names, "family": families, "protocol": protocols,
                "model": models["model"].tolist()},
        facts={
            "mean_log_loss": per_benchmark(chosen.runs, "mean"),
            "log_checkpoint_loss": per_benchmark(points, "median"),
            "chance_logit": np.log(chance / (1 - chance)),
            "chance_spread": (200 * chance * (1 - chance)) ** -0.5,
            "best_score": np.array(best),
            "usual_level": -1.0,
        },
        runs=pd.DataFrame({
            "k": chosen.runs["benchmark"].map(names.index),
            "n": np.log(chosen.runs["params"].astype(float)) - log_n0,
            "d": np.log(chosen.runs["tokens"].astype(float)) - log_dc,
            "log_loss": np.log(chosen.runs["loss"]),
        }),
        checkpoints=pd.DataFrame({
            "k": points["benchmark"].map(names.index), "loss": points["loss"],
            "correct": (points["score"] * points["items"]).round(), "items": points["items"],
        }),
        scores=pd.DataFrame({
            "i": scores["model"].map(models.index.get_loc),
            "k": scores["benchmark"].map(names.index),
            "protocol": protocol.map(["", *protocols].index),
            "items": scores["items"], "y": scores["score"].clip(half, 1 - half),
        }),
        models=pd.DataFrame({
            "time": days - days.mean(),
            "era": (days - days.mean()).groupby((days - days.min()) // 0.25).transform("mean"),
            "family": models["family"].map(families.index),
            "log_params": np.log(models["counted_params"]) - log_n0,
        }),
        tokens=float(np.log(choices.tokens) - log_dc),
    )  # fmt: skip
