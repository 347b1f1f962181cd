r"""Scores against the log density of their model, draw by draw, with all else as the run has it.

Given a draw of curves, trend and families, models are independent, and each is one-dimensional:
with the residual x about what is expected of its family and date, ``eta = mean + x``,
``x ~ residual`` (see `densing.models.residual`) and ``score_k ~ p(. | eta)`` for each of its
benchmarks. On a grid of x anything about one model is a sum (trapezoid rule: the residual's
density vanishes at both ends).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from densing.models import likelihoods
from densing.models.laws import log_loss
from densing.models.ops import numpy_ops
from densing.models.targets import moments
from densing.models.trend import Trend, residual_density
from densing.results.curves import loss_curve, score_map, thinned
from densing.results.future import future
from densing.results.horizon import released
from densing.results.late import late_shift
from densing.results.lead import leads, model_times
from densing.results.predict import each, position, protocol_shift
from densing.results.run import chosen, log_densities, record
from densing.results.shortfall import mean_shortfall
from densing.results.sizes import run_log_sizes

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
    data, posterior = run["constant_data"].to_dataset(), run["posterior"]
    who = data["score_model"].to_numpy().astype(int)
    of = position(data, data["score_benchmark"])
    expected, noise, shortfall = _trend(run, draws=draws)
    own = thinned(run, ["log_density"], draws=draws)["log_density"] - expected
    low, high = np.floor(own.min() - BEYOND), np.ceil(own.max() + BEYOND)
    points = low + STEP * np.arange(round((high - low) / STEP) + 1)
    centre = record(run, "centre")
    n = (expected + run_log_sizes(run, draws=draws) - centre["log_params"])[:, who]
    n = n + leads(run, of, model_times(run)[who], draws=draws)
    d = np.log(data["score_tokens"].to_numpy()) - centre["log_tokens"]
    shift = protocol_shift(run, draws=draws)
    shift = shift + late_shift(run, of, data["release_date"].to_numpy()[who], draws=draws)
    shift = np.broadcast_to(shift, n.shape)
    losses, maps = each(loss_curve(run, draws=draws), of), each(score_map(run, draws=draws), of)
    kept = thinned(run, ["discrepancy", "score_precision"], draws=draws)
    tail = thinned(run, ["score_tail"], draws=draws)["score_tail"] if "score_tail" in posterior \
        else None  # fmt: skip
    items = data["score_items"].to_numpy()
    y = np.clip(data["score"].to_numpy().astype(float), 0.5 / items, 1.0 - 0.5 / items)
    form = chosen(run, "shortfall_form", "exponential")
    beta = chosen(run, "likelihood", "beta") == "beta"
    for s in range(len(expected)):
        loss = type(losses)(*(field[s][:, None] for field in losses))
        curve = type(maps)(*(field[s][:, None] for field in maps))
        at = np.exp(log_loss(numpy_ops, loss, n[s][:, None] + points, d[:, None]))
        mean, variance = moments(
            numpy_ops, curve, at, kept["discrepancy"][s, of][:, None], shift[s][:, None],
            items[:, None], 1.0 / (1.0 + kept["score_precision"][s]),
        )  # fmt: skip
        if beta:
            a, b = beta_shapes(mean, variance)
            log_density = (a - 1) * np.log(y)[:, None] + (b - 1) * np.log1p(-y)[:, None]
            log_density = log_density - numpy_ops.betaln(a, b)
        else:
            log_density = likelihoods.log_density(
                numpy_ops, data["score"].to_numpy()[:, None], mean, variance,
                None if tail is None else tail[s],
            )  # fmt: skip
        line = Trend(
            np.zeros(expected.shape[1]), noise[s], None if shortfall is None else shortfall[s], form
        )  # fmt: skip
        yield ScoreGrid(points, line, log_density, mean, variance)


def beta_shapes(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both parameters of the Beta of a mean and a variance."""
    precision = mean * (1.0 - mean) / variance - 1.0
    return mean * precision, (1.0 - mean) * precision


def _trend(run: xr.DataTree, *, draws: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Collect expected log density, noise and shortfall: (sample, model), (sample,), as first."""
    ahead = future(run)
    time = ahead.time(released(run))
    kept = np.linspace(0, ahead.size - 1, min(draws, ahead.size)).astype(int)  # as `thinned`
    expected = ahead.lines(time)["population"][kept] + family_effects(run)[kept]
    theta, drift = ahead.draws("shortfall"), ahead.draws("shortfall_drift")
    noise = ahead.draws("scatter" if theta is None else "noise")
    assert noise is not None
    if theta is None or drift is None:
        return expected, noise[kept], None
    fall = mean_shortfall(theta[:, None], drift[:, None], time, ahead.window)
    return expected, noise[kept], fall[kept]


def family_effects(run: xr.DataTree) -> np.ndarray:
    """Effect of each model's family, ln density, shape (sample, model); zero without families."""
    if "family_effect" not in run["posterior"]:
        return np.zeros(log_densities(run).shape)
    effect = run["posterior"]["family_effect"].transpose("chain", "draw", "family")
    known = {str(name): i for i, name in enumerate(effect["family"].to_numpy())}
    of = [known[str(name)] for name in run["constant_data"]["model_family"].to_numpy()]
    return effect.to_numpy().reshape(-1, len(known))[:, of]
