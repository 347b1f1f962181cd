"""Every mode of one loss law's posterior, weighed: what a chain that stays in one cannot say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from densing.inference.modes import Weighed, find_modes, weigh_modes
from densing.inference.sampler import build_sampler
from densing.inference.settings import load_settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.declaration import Model, load_model
from densing.models.laws import log_sigmoid
from densing.models.ops import numpy_ops
from densing.models.problem import loss_problem
from densing.results.interval import Interval
from densing.results.reweighting import weighted_interval

TRIED_EXPONENTS = np.geomspace(0.02, 2.0, 60)
"""Exponents that are tried, of either term."""
LEAST = 0.01
"""Smallest share of a term at the runs' centre: one without share has no exponent."""


class LawPoint(NamedTuple):
    """A loss law by its level and share at the runs' centre, its exponents and its noise."""

    log_level: float
    split: float
    """Logit of the size term's share."""
    alpha: float
    beta: float
    noise: float
    """Root mean square error of the log loss."""


def grid_minima(n: np.ndarray, d: np.ndarray, log_loss: np.ndarray) -> list[LawPoint]:
    """Local minima of the profile of one law without irreducible loss, the best first.

    Given both exponents ``L = A N^-alpha + B D^-beta`` is linear, so its best A and B have a closed
    form and the profile of the squared log error needs no search. Random starts do not replace
    it: on the paper's average panel one in forty goes down to the better mode.

    Parameters
    ----------
    n, d, log_loss
        Centred log parameters and log tokens, and log loss; shape (run,).
    """
    size = np.exp(-TRIED_EXPONENTS[:, None] * n)
    data = np.exp(-TRIED_EXPONENTS[:, None] * d)
    points: Any = np.empty((len(size), len(data)), object)
    error = np.empty((len(size), len(data)))
    for i, p in enumerate(size):
        for j, q in enumerate(data):
            points[i, j] = point = _fitted(p, q, log_loss, TRIED_EXPONENTS[i], TRIED_EXPONENTS[j])
            error[i, j] = point.noise
    around = np.pad(error, 1, constant_values=np.inf)
    near = [
        around[1 + a : 1 + a + error.shape[0], 1 + b : 1 + b + error.shape[1]]
        for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)
    ]  # fmt: skip
    lowest = np.argwhere(error <= np.min(near, axis=0))
    return sorted((points[i, j] for i, j in lowest), key=lambda point: point.noise)


def _fitted(
    p: np.ndarray, q: np.ndarray, log_loss: np.ndarray, alpha: float, beta: float
) -> LawPoint:
    """Best law of two given terms, shape (run,), by least squares on relative errors."""
    loss = np.exp(log_loss)
    x, y = p / loss, q / loss  # of which A and B times should make one
    xx, xy, yy, sx, sy = x @ x, x @ y, y @ y, x.sum(), y.sum()
    least = max(xx * yy - xy**2, 1e-12 * xx * yy)
    a, b = (sx * yy - sy * xy) / least, (sy * xx - sx * xy) / least
    share = float(np.clip(a / (a + b) if a + b > 0 else a > b, LEAST, 1.0 - LEAST))
    shape = np.log(share * p + (1.0 - share) * q)
    level = float(np.mean(log_loss - shape))
    noise = float(np.sqrt(np.mean((log_loss - shape - level) ** 2)))
    return LawPoint(level, float(np.log(share / (1.0 - share))), alpha, beta, noise)


def as_vector(point: LawPoint, labels: Sequence[str]) -> np.ndarray:
    """Unconstrained vector of one law at `point`; what the point does not say is zero."""
    size, data = (float(log_sigmoid(numpy_ops, way * point.split)) for way in (1.0, -1.0))
    alpha, beta = np.log(point.alpha), np.log(point.beta)
    known = {
        "log_level[0]": point.log_level, "split_logit[0]": point.split,
        "log_alpha_coordinate[0]": alpha + size, "log_beta_coordinate[0]": beta + data,
        "log_alpha_typical": alpha, "log_beta_typical": beta, "loss_noise[0]": np.log(point.noise),
    }  # fmt: skip
    return np.asarray([known.get(label, 0.0) for label in labels])


EXPONENTS = ("alpha", "beta")


@dataclass(frozen=True)
class LawMode:
    """One mode of a loss law."""

    weight: float
    """Share of the posterior."""
    error: float
    """Monte Carlo standard error of the weight."""
    log_density: float
    """At the mode, unconstrained parameters, up to a constant that all modes share."""
    alpha: float
    """Exponents at the mode."""
    beta: float
    alpha_interval: Interval
    """Of the posterior's draws about this mode; means nothing where the weight is none."""
    beta_interval: Interval


@dataclass(frozen=True)
class LawModes:
    """The modes of one loss law, the heaviest first."""

    modes: list[LawMode]
    weighed: Weighed
    labels: list[str]
    """Names of the coordinates of `weighed`."""


def loss_modes(
    runs: pd.DataFrame, *, model: Model | None = None, starts: int = 8, seed: int = 1
) -> LawModes:
    """Find and weigh the modes of the loss law of one benchmark.

    Parameters
    ----------
    runs
        Columns params, tokens and loss, of one benchmark.
    model
        Its priors, and whether the law has an irreducible loss (`no_irreducible`: it has not).
    starts
        Random points that modes are searched from, beside the minima of a grid (`grid_minima`).
    """
    prepare_jax()
    model = model or load_model("no_irreducible")
    problem = loss_problem(runs[["params", "tokens", "loss"]], model)
    data = problem.data
    inputs = jax.tree.map(jnp.asarray, Inputs(data, dict(problem.facts)))
    sampler = build_sampler(
        problem.program, inputs, priors=problem.priors, sizes=problem.sizes,
        settings=load_settings(),
    )  # fmt: skip
    points = []
    if not model.choices.irreducible:
        minima = grid_minima(data.n, data.d, data.log_loss)
        points = [as_vector(point, sampler.potential.labels) for point in minima]
    found = find_modes(sampler.potential, inputs, starts=starts, seed=seed, points=points)
    weighed = weigh_modes(sampler.potential, inputs, found, seed=seed)
    values = sampler.constrain(weighed.position[None], inputs)
    peaks = sampler.constrain(np.stack([mode.position for mode in weighed.modes])[None], inputs)
    modes = []
    for i, mode in enumerate(weighed.modes):
        peak = [float(peaks[name][0, i, 0]) for name in EXPONENTS]
        spread = [
            weighted_interval(values[name].reshape(-1), weighed.share[i]) for name in EXPONENTS
        ]
        about = float(weighed.weight[i]), float(weighed.error[i]), -mode.energy
        modes.append(LawMode(*about, peak[0], peak[1], spread[0], spread[1]))
    return LawModes(modes, weighed, sampler.potential.labels)
