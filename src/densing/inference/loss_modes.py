"""Every mode of one loss law's posterior, weighed: what a chain that stays in one cannot say."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from densing.inference.law_grid import as_vector, grid_minima
from densing.inference.modes import Weighed, find_modes, weigh_modes
from densing.inference.sampler import build_sampler
from densing.inference.settings import load_settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.declaration import Model, load_model
from densing.models.problem import loss_problem
from densing.results.interval import Interval
from densing.results.reweighting import weighted_interval

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
        Random points that modes are searched from, beside the minima of a grid (`law_grid`).
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
