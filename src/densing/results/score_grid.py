r"""Scores against the log density of their model, draw by draw, with all else as the run has it.

Given a draw of curves, trend and families, models are independent, and each is one-dimensional:
with the residual x about what is expected of its family and date, ``eta = mean + x``,
``x ~ residual`` (see `densing.models.residual`) and ``score_k ~ p(. | eta)`` for each of its
benchmarks. On a grid of x anything about one model is a sum (trapezoid rule: the residual's
density vanishes at both ends).

So each score can be predicted from its model's *other* scores (`left_over`): the density that
predicts it has not seen it, and residuals are not too small by construction. The curves have seen
it: one score among all moves them little, and what it does makes a misfit look smaller, not larger.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from densing.models.ops import numpy_ops
from densing.models.scores import draw_about, score_log_density, score_moments
from densing.models.trend import Trend, residual_density
from densing.results.posterior import RunReplay

STEP = 0.1
"""Of the residuals, ln density: a model's scores together tell it to about that."""
BEYOND = 2.0
"""How far the grid reaches beyond all draws of all residuals, ln density."""


@dataclass(frozen=True)
class ScoreGrid:
    """One draw."""

    points: np.ndarray
    """Residuals, ln density, shape (point,), `STEP` apart."""
    trend: Trend
    """Its residual's distribution at each model's date; `mean` is zero."""
    log_likelihood: np.ndarray
    """Of each score, shape (score_row, point)."""
    mean: np.ndarray
    """Of each score, shape (score_row, point)."""
    variance: np.ndarray

    def log_residual(self, points: np.ndarray) -> np.ndarray:
        """Log density of residuals at `points`, shape (model, point)."""
        density = residual_density(numpy_ops, self.trend, points[None, :])
        return np.broadcast_to(density.log(numpy_ops), (len(self.trend.mean), len(points)))


def score_grids(run: xr.DataTree, *, draws: int) -> Iterator[ScoreGrid]:
    """Yield at most `draws` evenly spaced draws of a joint run."""
    replay = RunReplay(run, draws=draws)
    data, values = run["constant_data"].to_dataset(), replay.m.values
    who = data["score_model"].to_numpy().astype(int)
    line = replay.trend()
    own = values["log_density"] - line.mean
    low, high = np.floor(own.min() - BEYOND), np.ceil(own.max() + BEYOND)
    points = low + STEP * np.arange(round((high - low) / STEP) + 1)
    n = (line.mean + replay.log_sizes())[who]
    rows = replay.rows()
    cell = replay.cells(rows)
    y = data["score"].to_numpy().astype(float)[:, None]
    if cell.score is None:
        y = np.clip(y, 0.5 / rows.items, 1.0 - 0.5 / rows.items)
    for s in range(len(values["overdispersion"])):
        one, at = _one_draw(cell, s), n[:, s, None] + points
        overdispersion = values["overdispersion"][s]
        mean, variance = score_moments(numpy_ops, one, overdispersion, at)
        log_density = score_log_density(numpy_ops, one, overdispersion, at, y)
        fall = None if line.shortfall is None else line.shortfall[:, s]
        residual = Trend(np.zeros(len(line.mean)), line.noise[s], fall, line.form)
        yield ScoreGrid(points, residual, log_density, mean, variance)


def _one_draw(record: Any, s: int) -> Any:
    """One draw of cells: fields (row, 1, draw) or (row, 1, 1) to (row, 1)."""
    fields = []
    for field in record:
        if isinstance(field, tuple):
            fields.append(_one_draw(field, s))
        elif isinstance(field, np.ndarray):
            fields.append(field[..., s if field.shape[-1] > 1 else 0])
        else:
            fields.append(field)
    return type(record)(*fields)


def beta_shapes(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both parameters of the Beta of a mean and a variance."""
    precision = mean * (1.0 - mean) / variance - 1.0
    return mean * precision, (1.0 - mean) * precision


@dataclass(frozen=True)
class LeftOver:
    """One draw; standardised by the predictive distribution's own mean and deviation."""

    difference: np.ndarray
    """Score less its expectation, a proportion, shape (score_row,)."""
    standardised: np.ndarray
    """The same over its standard deviation, shape (score_row,)."""
    replicated: np.ndarray
    """The same of scores drawn anew, shape (replicate, score_row)."""


def left_over(
    grid: ScoreGrid, data: xr.Dataset, rng: np.random.Generator, *, replicates: int,
    tail: float | None = None,
) -> LeftOver:  # fmt: skip
    """Predict every score from the others of its model, in one draw.

    Parameters
    ----------
    data
        The run's `constant_data`: `score`, `score_model`, `score_items`.
    tail
        Degrees of freedom where scores are Student-t; NaN where they are normal, None for Beta.
    """
    who = data["score_model"].to_numpy().astype(int)
    own = np.zeros((len(grid.trend.mean), len(grid.points)))
    np.add.at(own, who, grid.log_likelihood)
    others = own[who] - grid.log_likelihood + grid.log_residual(grid.points)[who]
    weight = np.exp(others - others.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    mean = (weight * grid.mean).sum(axis=1)
    square = (weight * (grid.variance + grid.mean**2)).sum(axis=1)
    deviation = np.sqrt(square - mean**2)
    items = np.maximum(np.rint(data["score_items"].to_numpy()), 1.0)
    rows, below = np.arange(len(who)), np.cumsum(weight, axis=1)
    drawn = np.empty((replicates, len(who)))
    for i in range(replicates):
        at = np.minimum((below < rng.random(len(who))[:, None]).sum(axis=1), below.shape[1] - 1)
        whole = np.rint(items * _draw(rng, grid.mean[rows, at], grid.variance[rows, at], tail))
        drawn[i] = whole / items  # answers are whole: near the floor a score of zero is no rarity
    score = data["score"].to_numpy().astype(float)
    return LeftOver(score - mean, (score - mean) / deviation, (drawn - mean) / deviation)


def _draw(
    rng: np.random.Generator, mean: np.ndarray, variance: np.ndarray, tail: float | None
) -> np.ndarray:
    if tail is None:
        return rng.beta(*beta_shapes(mean, variance))
    known = None if np.isnan(tail) else tail
    return np.clip(draw_about(rng, mean, variance, known), 0.0, 1.0)
