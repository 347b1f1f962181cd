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


def own_effects(
    rng: np.random.Generator, state: State, data: FamilyData, family: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the effects of new models, each of a new release.

    Parameters
    ----------
    family
        Index of each model's family among those of the fit, -1 for a new one, shape (model,).

    Returns
    -------
    mean (model, benchmark), covariance (model, benchmark, benchmark)
    """
    slope = state.curves.slope
    levels = state.levels
    model, release, new = (
        level.covariance(numpy_ops, slope)
        for level in (levels.model, levels.release, levels.family)
    )
    apart = levels.tail * rng.standard_normal(len(family)) + levels.drift * data.time
    odd = np.exp(2.0 * apart)
    release = odd[:, None, None] * release
    known = family >= 0
    mean = np.where(known[:, None], state.family_mean[family], 0.0)
    above = np.where(known[:, None, None], state.family_covariance[family], new)
    stranger = (data.protocol < 0) * state.protocol_spread**2
    return mean, above + release + model + stranger[:, :, None] * np.eye(slope.shape[0])


def reported(
    rng: np.random.Generator, state: State, z: np.ndarray, data: FamilyData, noisy: bool = True
) -> np.ndarray:
    """Scores as they would be reported at logits `z`, (model, benchmark): sampled and noisy."""
    of = state.curves
    p = of.floor + (of.ceiling - of.floor) * expit(z)
    if not noisy:
        return p
    spread = np.sqrt(p * (1.0 - p) / data.items + state.noise**2)
    return np.clip(p + spread * rng.standard_normal(p.shape), 0.0, 1.0)


def predict_nothing(
    found: list[State], data: FamilyData, family: np.ndarray, *, seed: int = 1, copies: int = 2
) -> np.ndarray:
    """Scores expected of models from size, date and family alone: (draw, model, benchmark)."""
    rng = np.random.default_rng(seed)
    out = []
    for state in found:
        mean, covariance = own_effects(rng, state, data, family)
        root = np.linalg.cholesky(covariance + 1e-10 * np.eye(covariance.shape[-1]))
        for _ in range(copies):
            own = mean + np.einsum("mkl,ml->mk", root, rng.standard_normal(mean.shape))
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
    models, size = score.shape
    out = np.full((len(found), models, size), np.nan)
    for d, state in enumerate(found):
        mean, covariance = own_effects(rng, state, data, family)
        z, precision = measured(state, score, data)
        for k in range(size):
            others = precision.copy()
            others[:, k] = 0.0
            m, v = conditioned(mean, covariance, z - state.mean, others)
            own = m[:, k] + np.sqrt(v[:, k, k]) * rng.standard_normal(models)
            logits = state.mean.copy()
            logits[:, k] += own
            out[d, :, k] = reported(rng, state, logits, data)[:, k]
    return out


def measured(state: State, score: np.ndarray, data: FamilyData) -> tuple[np.ndarray, np.ndarray]:
    """Logits of reported scores and their precision, (model, benchmark); 0 where there is none.

    A score at an edge is taken at the edge with a logit's spread of `EDGE_NOISE`.
    """
    of = state.curves
    share = (score - of.floor) / (of.ceiling - of.floor)
    inside = np.clip(share, 0.03, 0.985)
    z = np.log(inside) - np.log1p(-inside)
    variance = score * (1.0 - score) / data.items + state.noise**2
    own = variance / ((of.ceiling - of.floor) * inside * (1.0 - inside)) ** 2
    own = own + np.where(inside == share, 0.0, EDGE_NOISE**2)
    there = np.isfinite(score)
    return np.where(there, z, 0.0), np.where(there, 1.0 / np.where(there, own, 1.0), 0.0)


def conditioned(
    mean: np.ndarray, covariance: np.ndarray, z: np.ndarray, precision: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of effects given measured logits `z` less their means."""
    eye = np.eye(mean.shape[1])
    gain = covariance @ np.linalg.inv(eye + (precision[:, :, None] * eye) @ covariance)
    after = mean + np.einsum("mkl,ml->mk", gain, precision * (z - mean))
    return after, covariance - gain @ (precision[:, :, None] * eye) @ covariance
