"""Models of one release, of several sizes: one recipe, so that they must be equally dense."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from densing.models import nested
from densing.models.families import FamilyData, FamilySwitches, expected_logits, measurements
from densing.models.family_predict import State, replay, reported
from densing.models.ops import numpy_ops
from densing.results.family_run import DRAWS, draws_of, layout_of, scored
from densing.results.posterior import flat

SIZES = 3
"""Sizes that a release has at least."""


class Siblings(NamedTuple):
    """Releases of several sizes under a run."""

    models: pd.DataFrame
    """One row a model: model, release, params, average (of its reported scores)."""
    slope: np.ndarray
    """Pooled within releases, of ln density on ln N, shape (draw,)."""
    slopes: dict[str, np.ndarray]
    """The same by release."""
    predicted: np.ndarray
    """Average score expected from the other models of its release, shape (draw, model)."""


def siblings(run: xr.DataTree, *, draws: int | None = DRAWS, seed: int = 1) -> Siblings | None:
    """Slope of density on size within releases, and each model predicted from its siblings.

    None where no release has `SIZES` sizes.
    """
    layout = layout_of(run)
    data, models = layout.data, layout.models
    of = models.groupby("release")["params"].transform("nunique") >= SIZES
    if not of.any():
        return None
    at = np.flatnonzero(of)
    release = models["release"].to_numpy()[at]
    found = draws_of(run, draws)
    density = flat(run["posterior"]["log_density"], draws)[:, at]
    weight = found.get("expert_weight", np.ones(len(density)))[:, None]
    size = (1.0 - weight) * data.log_active[at] + weight * data.log_total[at]
    cross, square = {}, {}
    for name in dict.fromkeys(release):
        own = release == name
        x = size[:, own] - size[:, own].mean(axis=1, keepdims=True)
        cross[name] = np.sum(x * density[:, own], axis=1)
        square[name] = np.sum(x**2, axis=1)
    slope = np.sum(list(cross.values()), axis=0) / np.sum(list(square.values()), axis=0)
    score = scored(layout)
    there = np.isfinite(score[at])
    rng = np.random.default_rng(seed)
    predicted = []
    for i in range(len(density)):
        values = {**layout.facts, **{name: value[i] for name, value in found.items()}}
        drawn = from_siblings(rng, values, data, layout.switches, at)
        predicted.append(np.mean(drawn, axis=1, where=there))
    table = pd.DataFrame(
        {
            "model": models["model"].to_numpy()[at], "release": release,
            "params": models["params"].to_numpy(float)[at],
            "average": np.nanmean(score[at], axis=1),
        }
    )  # fmt: skip
    slopes = {str(name): cross[name] / square[name] for name in cross}
    return Siblings(table, slope, slopes, np.array(predicted))


def from_siblings(
    rng: np.random.Generator,
    values: dict[str, Any],
    data: FamilyData,
    switches: FamilySwitches,
    at: np.ndarray,
) -> np.ndarray:
    """Scores of models given the others of their release and family, one draw.

    What the model's own scores said is taken out of the messages of its release and family
    (`nested`), exactly; curves and spreads have seen them, as in any leave-one-out by draws.

    Parameters
    ----------
    at
        Indices of the models asked for, shape (asked,).

    Returns
    -------
    Shape (asked, benchmark).
    """
    m, xp, tree = replay(values), numpy_ops, data.tree
    mean, curves, levels = expected_logits(m, data, switches)
    z, precision, _ = measurements(m, data, switches, curves)
    b = curves.slope
    of_models = nested.from_measurements(xp, z - mean, precision, b, levels.model)
    of_releases = of_models.summed(xp, tree.release, len(tree.family))
    covariance = levels.release.covariance(xp, b)
    up = nested.upwards(xp, of_releases, covariance, levels.scale)
    of_families = up.summed(xp, tree.family, len(tree.families))
    release = tree.release[at]
    family = tree.family[release]
    prior = np.linalg.inv(levels.family.covariance(xp, b))
    above = np.linalg.inv(of_families.precision[family] - up.precision[release] + prior)
    centre = _applied(above, of_families.shift[family] - up.shift[release])
    scale = 1.0 if levels.scale is None else (levels.scale[release] ** 2)[:, None, None]
    inverse = np.linalg.inv(above + scale * covariance)
    given = np.linalg.inv(inverse + of_releases.precision[release] - of_models.precision[at])
    shift = of_releases.shift[release] - of_models.shift[at]
    effect = _applied(given, _applied(inverse, centre) + shift)
    spread = given + levels.model.covariance(xp, b)
    root = np.linalg.cholesky(0.5 * (spread + np.swapaxes(spread, 1, 2)))
    effect = effect + _applied(root, rng.standard_normal(effect.shape))
    state = State(curves, levels, mean, m.values["report_noise"], 0.0, centre, above)
    return reported(rng, state, mean[at] + effect, data)


def _applied(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Matrix of each node times its vector."""
    return np.einsum("nkl,nl->nk", matrix, vector)
