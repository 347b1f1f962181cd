"""Effects of families, releases and models, drawn exactly, and what people ask of a families run.

Effects were integrated out while sampling (`models.nested`): given a draw of everything else they
are Gaussian, and are drawn from the root of the tree down.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from densing.models import nested
from densing.models.dates import years
from densing.models.families import (
    FamilyData,
    FamilySwitches,
    expected_logits,
    growth,
    measurements,
)
from densing.models.family_layout import FamilyLayout
from densing.models.family_predict import replay
from densing.models.ops import numpy_ops

SINCE = pd.Timestamp("2023-01-01")
"""From when on growth is told: the year in which open models came to be released each week."""
REPLICATES = 200
"""Sets of releases whose best one the frontier is the mean of."""


class Effects(NamedTuple):
    """One draw of everything that was integrated out."""

    shared: np.ndarray
    """Log density of a model beyond that of a typical release of its date, shape (model,)."""
    log_likelihood: np.ndarray
    """Of each family's scores, shape (family,)."""


def draw_effects(
    rng: np.random.Generator, values: Mapping[str, Any], data: FamilyData, switches: FamilySwitches
) -> Effects:
    """Draw the effects of one draw of the parameters, `values`."""
    m = replay(values)
    mean, of, levels = expected_logits(m, data, switches)
    z, precision, _ = measurements(m, data, switches, of)
    z, b, xp, tree = z - mean, of.slope, numpy_ops, data.tree
    of_models = nested.from_measurements(xp, z, precision, b, levels.model)
    of_releases = of_models.summed(xp, tree.release, len(tree.family))
    release = levels.release.covariance(xp, b)
    up = nested.upwards(xp, of_releases, release, levels.scale)
    of_families = up.summed(xp, tree.family, len(tree.families))
    family = levels.family.covariance(xp, b)
    root = nested.upwards(xp, of_families, family)

    of_family = _gaussian(rng, of_families, np.linalg.inv(family), np.zeros_like(of_families.shift))
    scale = np.ones(len(tree.family)) if levels.scale is None else levels.scale
    inverse = np.linalg.inv(release) / (scale**2)[:, None, None]
    above = of_family[tree.family]
    of_release = _gaussian(rng, of_releases, inverse, above)
    shared = _shared(rng, of_family, b, levels.family)[tree.family]
    shared = shared + _shared(rng, of_release - above, b, levels.release, scale)
    # A model's own effect is one number: what its scores say beyond its release's effects.
    weight = precision / (1.0 + precision * levels.model.residual**2) * b
    certainty = levels.model.spread**-2 + np.sum(weight * b, axis=1)
    centre = np.sum(weight * (z - of_release[tree.release]), axis=1) / certainty
    own = centre + rng.standard_normal(len(centre)) / np.sqrt(certainty)
    return Effects(shared[tree.release] + own, root.constant)


def _gaussian(
    rng: np.random.Generator, below: nested.Message, inverse: np.ndarray, above: np.ndarray
) -> np.ndarray:
    """Effects of all nodes given those above them and the message from below."""
    factor = np.linalg.cholesky(below.precision + inverse)
    shift = below.shift + np.einsum("...kl,...l->...k", inverse, above)
    half = np.linalg.solve(factor, shift[..., None])[..., 0]
    noise = rng.standard_normal(half.shape)
    return np.linalg.solve(np.swapaxes(factor, -1, -2), (half + noise)[..., None])[..., 0]


def _shared(
    rng: np.random.Generator,
    effects: np.ndarray,
    slope: np.ndarray,
    level: nested.Level,
    scale: Any = 1.0,
) -> np.ndarray:
    """Draw the part of effects that all benchmarks share, ln density, shape (node,)."""
    weight = slope / level.residual**2
    certainty = level.spread**-2 + np.sum(weight * slope)
    centre = effects @ weight / certainty
    return centre + scale * rng.standard_normal(len(centre)) / np.sqrt(certainty)


class Lines(NamedTuple):
    """Log density of a typical release, one draw; and its slopes, 1 / year."""

    at_models: np.ndarray
    """Mean over benchmarks at each model's date, shape (model,)."""
    at_dates: np.ndarray
    """By benchmark at the dates asked for, shape (date, benchmark)."""
    since: np.ndarray
    """Mean slope from `SINCE` to the last date, shape (benchmark,)."""
    now: np.ndarray
    """Slope at the last date, shape (benchmark,)."""


STEP = 1e-3
"""Years over which a slope is taken at the end."""


def lines(
    values: Mapping[str, Any],
    data: FamilyData,
    switches: FamilySwitches,
    dates: np.ndarray,
    since: float,
) -> Lines:
    """Growth of one draw.

    Parameters
    ----------
    dates
        Years since the mean date of the models, shape (date,).
    since
        Where the window of growth begins, of the same origin.
    """
    last = float(data.time.max())
    times = np.concatenate([dates, [since, last - STEP, last]])
    at = growth(replay(values), data._replace(time=times), switches)
    own = growth(replay(values), data, switches)
    early, before, end = at[-3:]
    return Lines(own.mean(axis=1), at[:-3], (end - early) / (last - since), (end - before) / STEP)


def best_of(
    rng: np.random.Generator, values: Mapping[str, Any], time: np.ndarray, count: int
) -> np.ndarray:
    """Return how far the best of `count` new releases is expected above the typical, (date,)."""
    normal = rng.standard_normal((4, REPLICATES, count))
    tail, drift = (float(values.get(name, 0.0)) for name in ("release_tail", "spread_drift"))
    family, release, model = (
        float(values[f"{name}_spread"]) for name in ("family", "release", "model")
    )
    odd = release * np.exp(tail * normal[0]) * normal[1]
    rest = family * normal[2] + model * normal[3]
    grid = np.linspace(time.min(), time.max(), 9)
    best = [np.mean(np.max(rest + np.exp(drift * t) * odd, axis=1)) for t in grid]
    return np.interp(time, grid, best)


def derived_values(
    draws: Mapping[str, np.ndarray],
    layout: FamilyLayout,
    facts: Mapping[str, Any],
    dates: pd.DatetimeIndex,
    *,
    level: np.ndarray,
    count: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Everything derived of each draw; leading axis draw.

    Parameters
    ----------
    draws
        Parameters by name, shape (draw, ...).
    level
        Log density, in the model's own units, at which the reference stands, shape (draw,).
    count
        Releases that the frontier is the best of.
    """
    rng = np.random.default_rng(seed)
    data, switches = layout.data, layout.switches
    time = years(dates) - layout.centre["time"]
    last = float(data.time.max())
    since = max(float(years([SINCE])[0]) - layout.centre["time"], float(data.time.min()))
    types, size = data.type, len(data.floor)
    out: dict[str, list[Any]] = {}

    def keep(**more: Any) -> None:
        for name, value in more.items():
            out.setdefault(name, []).append(value)

    for i in range(len(level)):
        values = {**facts, **{name: value[i] for name, value in draws.items()}}
        effects = draw_effects(rng, values, data, switches)
        line = lines(values, data, switches, time, since)
        within = float(values.get("within_family_slope", 0.0)) * data.since_mean
        lead = best_of(rng, values, np.append(time, [since, last - STEP, last]), count)
        by_type = [
            [np.mean(x[types == j]) for j in range(types.max() + 1)] for x in (line.since, line.now)
        ]
        # A new benchmark of one of these types: their common rate, its type's, a drift of its own.
        apart = values["type_rate"][types] + values["drift"]
        other = types[int(rng.integers(size))]
        new = values["type_rate"][other] - apart.mean()
        new = line.since.mean() + new + values["drift_spread"] * rng.standard_normal()
        population = line.at_dates.mean(axis=1) - level[i]
        keep(
            log_density=line.at_models + within + effects.shared - level[i],
            benchmark_rate=line.since, benchmark_rate_at_end=line.now,
            type_rate_since=np.array(by_type[0]), type_rate_at_end=np.array(by_type[1]),
            population_rate=line.since.mean(), population_rate_at_end=line.now.mean(),
            new_benchmark_rate=new,
            population=population, frontier=population + lead[:-3],
            frontier_rate=line.since.mean() + (lead[-1] - lead[-3]) / (last - since),
            frontier_rate_at_end=line.now.mean() + (lead[-1] - lead[-2]) / STEP,
            log_likelihood=effects.log_likelihood,
        )  # fmt: skip
    return {name: np.asarray(value) for name, value in out.items()}
