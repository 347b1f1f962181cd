r"""Effective parameters that a score takes: the reference's laws, read from score to size.

With ``q = (s - floor) / (ceiling - floor)``, a score s asks for the loss
``L = midpoint (1 - (logit q - shift) / steepness)`` (or another link for the logit), and that loss,
for a model whose loss departs by the factor ``exp(delta)`` from what its density implies, for the
reference size N with

``A (N/N0)^-alpha = L exp(-delta) - L(infinity, D0)``.

A score at or above the ceiling, and a loss at or below what the family has at infinite size, ask
for infinitely many parameters; a score at or below the floor for none. Both are answers, draw by
draw: nothing is dropped.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.laws import LINKS, LossCurve, ScoreMap, link_of, log_loss_at_infinite_size
from densing.models.ops import draws_ops
from densing.models.scores import benchmark_effect
from densing.results.posterior import RunReplay


def log_size_for_score(
    curve: LossCurve, maps: ScoreMap, score: Any, *, d: float, shift: Any, deviation: Any
) -> np.ndarray:
    """Centred log effective parameters that reach `score`; infinite as the module says.

    Parameters
    ----------
    curve, maps
        Draws of one benchmark, or of each score's, fields of shape (sample, ...).
    score
        Proportion; broadcast.
    d
        Centred log reference tokens D0.
    shift
        Effect of the protocol that the score is under, logits; broadcast.
    deviation
        Log of the factor by which the model's loss departs; broadcast.
    """
    share = (score - maps.floor) / (maps.ceiling - maps.floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = LINKS[link_of(maps)].forward(share) - shift
        loss = maps.midpoint * (1.0 - logit / maps.steepness) * np.exp(-deviation)
        room = loss - np.exp(log_loss_at_infinite_size(np, curve, d))
        n = (curve.log_size_term - np.log(room)) / curve.alpha
    n = np.where(room > 0, n, np.inf)
    return np.where(share >= 1, np.inf, np.where(share <= 0, -np.inf, n))


class Yardstick:
    """Draws of one benchmark's laws in a run, flat over chains: for models to come."""

    def __init__(self, run: xr.DataTree, benchmark: str, *, protocol: str = "") -> None:
        replay = RunReplay(run)
        tokens = np.median(run["constant_data"]["score_tokens"].to_numpy())
        # A day after all others, for what only later models have; the benchmark's own level and
        # growth are added by date (`lead`).
        rows = replay.described(
            [benchmark], protocol=[protocol], items=[1.0], tokens=[tokens],
            day=pd.DatetimeIndex([pd.Timestamp.max.normalize()]),
        )  # fmt: skip
        values = replay.m.values
        self.index = int(rows.benchmark[0])
        self.trends = [values.pop(name, None) for name in ("offset", "drift")]
        cell = replay.cells(rows)
        size = len(values["rate"])
        self.curve = LossCurve(*(field[0, 0] for field in cell.loss))
        self.maps = type(cell.map)(*(field[0, 0] for field in cell.map))
        self.spread, self.d = cell.discrepancy[0, 0], float(cell.d[0, 0, 0])
        self.shift = np.broadcast_to(cell.shift[0, 0], (size,))
        self.log_params = float(replay.centre["log_params"])

    def needed(self, score: float, rng: np.random.Generator, *, slots: int = 0) -> np.ndarray:
        """Log effective parameters for `score`, each time with a discrepancy of its own.

        Shape (sample,), or (sample, slots) for many models.
        """
        columns = (slice(None),) + (None,) * (slots > 0)
        shape = (len(self.spread), slots) if slots else (len(self.spread),)
        curve = LossCurve(*(field[columns] for field in self.curve))
        maps = type(self.maps)(*(field[columns] for field in self.maps))
        deviation = self.spread[columns] * rng.standard_normal(shape)
        n = log_size_for_score(
            curve, maps, score, d=self.d, shift=self.shift[columns], deviation=deviation
        )
        return n + self.log_params

    def lead(self, time: np.ndarray, part: slice = slice(None)) -> Any:
        """How far ahead of the common trend the benchmark stands, (sample, time) or zero.

        Parameters
        ----------
        time
            Years since the mean release date, shape (time,) or (sample, time).
        part
            Samples that are asked about.
        """
        offset, drift = self.trends
        if offset is None or drift is None:
            return 0.0
        own, at = np.full(time.shape[-1], self.index), time.T if time.ndim > 1 else time[:, None]
        return benchmark_effect(draws_ops, offset[:, part], drift[:, part], own, at).T

    def outside(self, score: float) -> tuple[float, float]:
        """Probabilities that `score` lies at or above the ceiling, and at or below the floor."""
        return float(np.mean(score >= self.maps.ceiling)), float(np.mean(score <= self.maps.floor))
