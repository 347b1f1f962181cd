"""Scores that a fitted families model expects of models, known or new.

Given a draw of slopes and spreads, effects are Gaussian: what the fitted scores say of a family is
a message of `nested`, and a new model's scores condition its own effects in closed form. So no new
model needs a new fit, and effects that were integrated out are drawn exactly.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from densing.models import nested
from densing.models.families import (
    EDGE_NOISE,
    Curves,
    FamilyData,
    FamilySwitches,
    expected_logits,
    measurements,
)
from densing.models.family_layout import edges
from densing.models.ops import numpy_ops
from densing.models.program import Replay


class State(NamedTuple):
    """One draw of everything that scores depend on."""

    curves: Curves
    levels: nested.Levels
    mean: np.ndarray
    """Mean logits of the models asked for, shape (model, benchmark)."""
    noise: np.ndarray
    """Standard deviation of a report, shape (benchmark,)."""
    protocol_spread: float
    """Standard deviation of a protocol that the fit does not know, logits."""
    family_mean: np.ndarray
    """Mean effects of families, shape (family, benchmark)."""
    family_covariance: np.ndarray
    """Shape (family, benchmark, benchmark)."""


def replay(values: Mapping[str, Any]) -> Replay:
    """One draw, replayed on plain NumPy arrays."""
    m = Replay(values)
    m.xp = numpy_ops
    return m


def states(
    draws: Mapping[str, np.ndarray],
    facts: Mapping[str, Any],
    fitted: FamilyData,
    asked: FamilyData,
    switches: FamilySwitches,
) -> list[State]:
    """One `State` a draw.

    Parameters
    ----------
    draws
        Parameters by name, shape (draw, ...).
    fitted, asked
        Data of the fit, and of the models whose scores are asked for (their scores are not
        used).
    """
    out = []
    for i in range(len(next(iter(draws.values())))):
        values = {**facts, **{name: value[i] for name, value in draws.items()}}
        m = replay(values)
        mean, curves, levels = expected_logits(m, fitted, switches)
        z, precision, _ = measurements(m, fitted, switches, curves)
        of_families = nested.to_families(
            numpy_ops, z - mean, precision, fitted.tree, curves.slope, levels
        )
        prior = np.linalg.inv(levels.family.covariance(numpy_ops, curves.slope))
        covariance = np.linalg.inv(of_families.precision + prior)
        centre = np.einsum("fkl,fl->fk", covariance, of_families.shift)
        known = asked._replace(protocol=np.maximum(asked.protocol, 0))
        new = expected_logits(replay(values), known, switches)[0]
        apart = float(values.get("protocol_spread", 0.0))
        noise = m.values["report_noise"]
        out.append(State(curves, levels, new, noise, apart, centre, covariance))
    return out


class Own(NamedTuple):
    """Effects of new models, each of a new release, before their scores are seen; one draw."""

    mean: np.ndarray
    """Shape (model, benchmark)."""
    covariance: np.ndarray
    """Shape (model, benchmark, benchmark)."""
    shared_mean: np.ndarray
    """Of the shift of log density that all benchmarks share, shape (model,)."""
    shared_covariance: np.ndarray
    """Of that shift with the effects, shape (model, benchmark)."""
    shared_variance: np.ndarray
    """Shape (model,)."""


def own_effects(
    rng: np.random.Generator, state: State, data: FamilyData, family: np.ndarray
) -> Own:
    """Effects of new models, each of a new release.

    Parameters
    ----------
    family
        Index of each model's family among those of the fit, -1 for a new one, shape (model,).
    """
    slope, levels = state.curves.slope, state.levels
    model, release, new = (
        level.covariance(numpy_ops, slope)
        for level in (levels.model, levels.release, levels.family)
    )
    apart = levels.tail * rng.standard_normal(len(family)) + levels.drift * data.time
    odd = np.exp(2.0 * apart)
    known = family >= 0
    mean = np.where(known[:, None], state.family_mean[family], 0.0)
    above = np.where(known[:, None, None], state.family_covariance[family], new)
    stranger = (data.protocol < 0) * state.protocol_spread**2
    covariance = above + odd[:, None, None] * release + model
    # A family's shared part given its effects: their weighted sum, and what that leaves open.
    weight = slope / levels.family.residual**2
    certainty = levels.family.spread**-2 + np.sum(weight * slope)
    weight = weight / certainty
    below = odd * levels.release.spread**2 + levels.model.spread**2
    shared = above @ weight
    return Own(
        mean, covariance + stranger[:, :, None] * np.eye(len(slope)), mean @ weight,
        shared + below[:, None] * slope, shared @ weight + 1.0 / certainty + below,
    )  # fmt: skip


def reported(
    rng: np.random.Generator,
    state: State,
    z: np.ndarray,
    data: FamilyData,
    noise: np.ndarray | None = None,
) -> np.ndarray:
    """Scores as they would be reported at logits `z`, (model, benchmark): sampled and noisy.

    `noise`, in standard deviations of a report, is drawn where None.
    """
    of = state.curves
    p = of.floor + (of.ceiling - of.floor) * expit(z)
    spread = np.sqrt(p * (1.0 - p) / data.items + state.noise**2)
    noise = rng.standard_normal(p.shape) if noise is None else noise
    return np.clip(p + spread * noise, 0.0, 1.0)


def predict_nothing(
    found: list[State], data: FamilyData, family: np.ndarray, *, seed: int = 1, copies: int = 2
) -> np.ndarray:
    """Scores expected of models from size, date and family alone: (draw, model, benchmark)."""
    rng = np.random.default_rng(seed)
    out = []
    for state in found:
        effects = own_effects(rng, state, data, family)
        size = effects.covariance.shape[-1]
        root = np.linalg.cholesky(effects.covariance + 1e-10 * np.eye(size))
        for _ in range(copies):
            noise = rng.standard_normal(effects.mean.shape)
            own = effects.mean + np.einsum("mkl,ml->mk", root, noise)
            out.append(reported(rng, state, state.mean + own, data))
    return np.array(out)


def predict_others(
    found: list[State], data: FamilyData, family: np.ndarray, score: np.ndarray, *, seed: int = 1
) -> np.ndarray:
    """Each score expected from the model's other scores: (draw, model, benchmark).

    Parameters
    ----------
    score
        Reported scores, shape (model, benchmark), NaN where there is none.
    """
    rng = np.random.default_rng(seed)
    out = []
    for state in found:
        own = own_effects(rng, state, data, family)
        z, precision, _ = measured(state, own, score, data)
        logits, noise = left_out(rng, state.mean + own.mean, own.covariance, z, precision)
        out.append(reported(rng, state, logits, data, noise))
    return np.array(out)


def left_out(
    rng: np.random.Generator, mean: np.ndarray, covariance: np.ndarray, z: np.ndarray,
    precision: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Draw each logit and its report's noise given the model's other scores, (model, benchmark).

    What is left of each measured logit after the others are known has covariance
    ``D^-1 P D^-1``, with P the precision matrix of all measured logits and D its diagonal: drawn
    with it, errors of a model's predictions belong together as those of its scores do, so that
    their average has its own right error. Where there is no score, nothing
    is left out and the logit is NaN.

    Parameters
    ----------
    mean, covariance
        Of the logits, (model, benchmark) and (model, benchmark, benchmark).
    z, precision
        Measured logits and their precision, 0 where there is none.

    Returns
    -------
    tuple
        Logits, and noise in standard deviations of a report.
    """
    there, eye = precision > 0.0, np.eye(mean.shape[1])
    variance = 1.0 / np.where(there, precision, UNKNOWN)
    inverse = np.linalg.inv(covariance + variance[:, :, None] * eye)
    own = np.diagonal(inverse, axis1=1, axis2=2)
    off = np.where(there, z, mean) - mean
    centre = mean + off - np.einsum("mkl,ml->mk", inverse, off) / own
    # Numbers with the covariance P: their root times white noise, over the diagonal.
    white = rng.standard_normal(mean.shape)
    error = np.einsum("mkl,ml->mk", np.linalg.cholesky(inverse), white) / own
    # Of that error a part is the report's, the rest the model's.
    share = np.minimum(variance * own, 1.0)
    noise = share * error + np.sqrt(variance * (1.0 - share)) * rng.standard_normal(mean.shape)
    logits = np.where(there, centre + error - noise, np.nan)
    return logits, noise / np.sqrt(variance)


UNKNOWN = 1e-6
"""Precision of a score that there is none of."""


class Measured(NamedTuple):
    """Logits that reported scores measure; fields of shape (model, benchmark)."""

    logit: np.ndarray
    precision: np.ndarray
    """0 where there is no score."""
    log_scale: np.ndarray
    """Log of the score's density over that of the measured logit, nats."""


def measured(state: State, own: Own, score: np.ndarray, data: FamilyData) -> Measured:
    """Return the logits that reported scores measure, one draw.

    Away from the edges the measurement is normal. A score at an edge says only that its logit lies
    somewhere beyond: the normal measurement that stands for it makes the same of what is expected
    of the model without it, in mean and variance, as the score itself.

    Parameters
    ----------
    score
        Reported scores, shape (model, benchmark), NaN where there is none.
    """
    of, there = state.curves, np.isfinite(score)
    reach = of.ceiling - of.floor
    share = np.clip(np.where(there, (score - of.floor) / reach, 0.5), *INSIDE)
    z = np.log(share) - np.log1p(-share)
    steep = reach * share * (1.0 - share)
    variance = np.where(there, score * (1.0 - score) / data.items + state.noise**2, 1.0)
    precision = np.where(there, steep**2 / variance, 0.0)
    log_scale = np.where(there, -np.log(steep), 0.0)
    edge = np.nonzero(there & edges(score, data.items, data.floor))
    if len(edge[0]):
        z[edge], precision[edge], log_scale[edge] = _at_edge(state, own, score, data, edge)
    return Measured(np.where(there, z, 0.0), precision, log_scale)


INSIDE = (1e-3, 1.0 - 1e-3)
"""Shares of a benchmark's range that have a logit to speak of."""
NODES = np.linspace(-6.0, 6.0, 61)
"""Where the logit of a score at an edge is looked at, in standard deviations."""
VAGUE = 1e-4
"""Precision of a measurement at least: no score makes less certain."""


def _at_edge(
    state: State, own: Own, score: np.ndarray, data: FamilyData, edge: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return normal measurements that stand for scores at an edge, and their log scale; (edge,)."""
    of, column = state.curves, edge[1]
    centre = (state.mean + own.mean)[edge]
    wide = own.covariance[edge[0], column, column] + EDGE_NOISE**2
    z = centre[:, None] + np.sqrt(wide)[:, None] * NODES
    floor, ceiling = of.floor[column, None], of.ceiling[column, None]
    p = floor + (ceiling - floor) * expit(z)
    spread = p * (1.0 - p) / data.items[column, None] + state.noise[column, None] ** 2
    log = -0.5 * (NODES**2 + np.log(spread) + (score[edge][:, None] - p) ** 2 / spread)
    top = log.max(axis=1, keepdims=True)
    weight = np.exp(log - top)
    total = weight.sum(axis=1)
    mean = np.sum(weight * z, axis=1) / total
    variance = np.sum(weight * (z - mean[:, None]) ** 2, axis=1) / total
    # Densities up to 1 / sqrt(2 pi) for each score, as in `conditioned`.
    height = top[:, 0] + np.log(total * (NODES[1] - NODES[0])) - 0.5 * np.log(2.0 * np.pi)
    precision = np.maximum(1.0 / variance - 1.0 / wide, VAGUE)
    logit = centre + (mean - centre) * (1.0 / wide + precision) / precision
    both = wide + 1.0 / precision
    scale = height + 0.5 * (np.log(both) + (logit - centre) ** 2 / both)
    return logit, 1.0 / (1.0 / precision + EDGE_NOISE**2), scale


class Conditioned(NamedTuple):
    """What a model's scores say of the log density that they share; shapes (model,)."""

    mean: np.ndarray
    variance: np.ndarray
    log_density: np.ndarray
    """Log density of the scores, nats."""


def conditioned(own: Own, state: State, score: np.ndarray, data: FamilyData) -> Conditioned:
    """Condition the shared part of new models' effects on their scores, one draw.

    Parameters
    ----------
    score
        Reported scores, shape (model, benchmark), NaN where there is none.
    """
    z, precision, log_scale = measured(state, own, score, data)
    there = precision > 0.0
    off = np.where(there, z - state.mean - own.mean, 0.0)
    gained = np.eye(score.shape[1]) + precision[:, :, None] * own.covariance
    sides = np.stack([precision * off, precision * own.shared_covariance], axis=-1)
    solved = np.linalg.solve(gained, sides)
    mean = own.shared_mean + np.sum(own.shared_covariance * solved[..., 0], axis=1)
    variance = own.shared_variance - np.sum(own.shared_covariance * solved[..., 1], axis=1)
    each = 0.5 * np.log(np.where(there, precision, 1.0)) + log_scale
    total = np.sum(each, axis=1) - 0.5 * np.sum(off * solved[..., 0], axis=1)
    return Conditioned(mean, variance, total - 0.5 * np.linalg.slogdet(gained)[1])
