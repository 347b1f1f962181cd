"""Performance map: from a loss on a benchmark to the score on it.

Scores are proportions over a known number of items: Beta-Binomial, with the over-dispersion
(how far a family's own checkpoints scatter about its map) estimated.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from densing.models.laws import SCORE_MAPS, ScoreMap, score
from densing.models.loss import at
from densing.models.program import Program


class CheckpointData(NamedTuple):
    """Checkpoints with a loss and a score; every array has shape (checkpoint score,)."""

    benchmark: Any
    loss: Any
    correct: Any
    """Items answered correctly (whole number)."""
    items: Any


FULL = 1.0 - 1e-9
"""A ceiling fixed at 1, short of it by what no score can show: a mean of 1 has no variance."""


def performance_map(
    m: Program, data: CheckpointData, *, free_ceiling: bool = True, link: str = "logit"
) -> ScoreMap:
    """Sample the maps and condition on the checkpoints; fields have shape (benchmark,)."""
    xp = m.xp
    floor = xp.expit(m.sample("floor_logit"))
    if free_ceiling:
        best = m.values["best_score"]
        ceiling = best + (1.0 - best) * xp.expit(m.sample("ceiling_logit"))
    else:
        ceiling = 0.0 * floor + FULL
    steepness = xp.exp(m.sample("log_steepness"))
    midpoint = xp.exp(m.sample("log_midpoint"))
    curve = SCORE_MAPS[link](floor, ceiling, steepness, midpoint)
    m.derive("floor", floor, ("benchmark",))
    m.derive("ceiling", ceiling, ("benchmark",))
    m.derive("steepness", steepness, ("benchmark",))
    m.derive("midpoint", midpoint, ("benchmark",))

    mean = score(xp, at(xp, curve, data.benchmark), data.loss)
    precision = m.sample("score_precision")
    m.derive("overdispersion", 1.0 / (1.0 + precision))
    m.observe(
        "correct",
        "beta_binomial",
        {"a": mean * precision, "b": (1.0 - mean) * precision, "n": data.items},
        data.correct,
    )
    return curve


def score_map(values: Mapping[str, Any], *, link: str) -> ScoreMap:
    """Collect performance maps from what `performance_map` derives; arrays of any one shape."""
    return SCORE_MAPS[link](*(np.asarray(values[name]) for name in ScoreMap._fields))
