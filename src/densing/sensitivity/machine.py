"""One compiled program for all universes of a shape, and the leader they start from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from numpyro import handlers

from densing.inference.convergence import converged
from densing.inference.laplace import rewhitened
from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.potential import Inputs, Whitening
from densing.inference.sampler import Sampled, Sampler, build_sampler
from densing.inference.settings import Settings
from densing.models.joint import JointData, joint
from densing.models.prior import Prior
from densing.models.program import Program
from densing.models.shapes import KNOTS
from densing.sensitivity.padding import Shape, Sizes

MAX_RHAT, MAX_RHAT_ANY = 1.02, 1.05
MIN_ESS = 100.0
"""A universe's limits: R-hat of its growth rates and of any other quantity, effective draws of
all. Looser than a run's, since it is read beside a hundred others."""
REPORTED = ("rate", "shortfall", "shortfall_drift")
"""What the growth rates are made of."""
FOLLOWERS = 2
"""Chains of a universe that starts from a leader."""


@dataclass(frozen=True)
class Leader:
    """The universe of a shape that was fitted from nothing: what the others start from."""

    whitening: Whitening
    position: np.ndarray
    """Flat unconstrained draws, shape (chain, draw, size)."""
    energy: np.ndarray
    """Negative log density there, shape (chain, draw)."""


@dataclass(frozen=True)
class Machine:
    """A sampler of all universes of a shape: the first leads, the others follow."""

    sampler: Sampler

    def lead(self, inputs: Inputs, *, seed: int) -> tuple[Leader, Sampled]:
        """Fit from nothing."""
        first = self.sampler.sample(inputs, seed=seed, enough=enough)
        position = first.chains.position
        shaped = rewhitened(first.whitening, position, first.chains.slope)
        return Leader(shaped, position, self.sampler.energy(position, inputs)), first

    def follow(self, leader: Leader, inputs: Inputs, *, seed: int) -> Sampled:
        """Sample a universe of the leader's shape from the leader's draws and whitening."""
        rng = np.random.default_rng(seed)
        pool = leader.position.reshape(-1, leader.position.shape[-1])
        starts = pool[rng.choice(len(pool), FOLLOWERS, replace=False)]
        return self.sampler.run(inputs, leader.whitening, starts, seed=seed, enough=enough)

    def again(self, first: Sampled, inputs: Inputs, *, seed: int) -> Sampled:
        """Sample once more, carefully, in the shape that the universe's own draws show."""
        return self.sampler.again(first, inputs, seed=seed, enough=enough)


def enough(values: Mapping[str, np.ndarray]) -> bool:
    """Whether draws, (chain, draw, ...), pass a universe's limits."""
    reported = {name: values[name] for name in REPORTED if name in values}
    return converged(reported, max_rhat=MAX_RHAT, min_ess=MIN_ESS) and converged(
        values, max_rhat=MAX_RHAT_ANY, min_ess=MIN_ESS
    )


class Masked:
    """A program that passes over padding: observations that are NaN, models without scores."""

    def __init__(self, program: NumpyroProgram, data: JointData) -> None:
        self.inner = program
        self.real = {
            "scores": jnp.sum(data.scores.count, axis=1) > 0,
            "checkpoints": ~jnp.isnan(data.checkpoints.correct),
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """Condition on those of `value` that are numbers."""
        there = ~jnp.isnan(value)
        with handlers.mask(mask=there):
            self.inner.observe(name, family, args, jnp.where(there, value, 0.0))

    def factor(self, name: str, log_density: Any) -> None:
        """Add the terms of what is no padding."""
        self.inner.factor(name, jnp.where(self.real[name], log_density, 0.0))


def build_machine(
    shape: Shape,
    sizes: Sizes,
    priors: Mapping[str, Prior],
    inputs: Inputs,
    settings: Settings,
    *,
    workers: int,
) -> Machine:
    """Build the programs of a shape; nothing is compiled before it is needed.

    Parameters
    ----------
    priors
        With their numbers named (`padding.numbers_as_data`).
    inputs
        Of any universe of the shape.
    workers
        Threads that chains run on.
    """
    lengths = {
        "benchmark": shape.benchmarks, "family": sizes.family, "protocol": sizes.protocol,
        "model": sizes.model, "knot": KNOTS,
    }  # fmt: skip
    return Machine(
        build_sampler(
            lambda m, d: joint(cast(Program, Masked(m, d)), d, shape.switches), inputs,
            priors=priors, sizes=lengths, settings=settings, workers=workers,
        )
    )  # fmt: skip
