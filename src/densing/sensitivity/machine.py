"""One compiled program for all universes of a shape, and the leader they start from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import handlers

from densing.inference.laplace import rewhitened
from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.nuts import Chains, Kernel, kernel, sample
from densing.inference.posterior import (
    BATCH,
    SECOND_STAGE,
    Listener,
    Progress,
    converged,
    find_starts,
    prepare_jax,
)
from densing.inference.potential import Inputs, Potential, Whitening, build
from densing.inference.settings import Settings
from densing.models.joint import JointData, joint
from densing.models.prior import Prior
from densing.models.program import Program
from densing.sensitivity.padding import Shape, Sizes

MAX_RHAT, MAX_RHAT_ANY = 1.02, 1.05
MIN_ESS = 100.0
"""A universe's limits: R-hat of its growth rates and of any other quantity, effective draws of
all. Looser than a run's, since it is read beside a hundred others."""
REPORTED = ("rate", "shortfall", "shortfall_drift")
"""What the growth rates are made of."""
CAREFUL = 0.95
"""Acceptance that a second try aims at."""
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
class Sampled:
    """Draws of one universe."""

    values: Mapping[str, np.ndarray]
    """Sampled and derived quantities, shape (chain, draw, ...)."""
    chains: Chains
    whitening: Whitening
    """In whose coordinates the chains moved."""
    gradient_evaluations: int


@dataclass(frozen=True)
class Machine:
    """Compiled once for a shape; data, facts and the priors' numbers are arguments."""

    potential: Potential
    kernel: Kernel
    settings: Settings
    workers: int
    _constrain: Callable[..., Any]
    _energy: Callable[..., Any]

    @cached_property
    def careful(self) -> Kernel:
        """The same sampler with small steps, for what the first try did not get right."""
        settings = self.settings.model_copy(update={"target_accept": CAREFUL})
        return kernel(self.potential, settings)

    def constrain(self, position: np.ndarray, inputs: Inputs) -> dict[str, np.ndarray]:
        """Parameters and derived quantities at flat vectors of shape (chain, draw, size)."""
        parts = self._batched(self._constrain, position, inputs)
        return {
            name: np.concatenate([part[name] for part in parts])[: position[..., 0].size].reshape(
                *position.shape[:2], *parts[0][name].shape[1:]
            )
            for name in parts[0]
            if not name.endswith("_coordinate")
        }

    def energy(self, position: np.ndarray, inputs: Inputs) -> np.ndarray:
        """Negative log density at flat vectors of shape (chain, draw, size): (chain, draw)."""
        parts = self._batched(self._energy, position, inputs)
        whole = np.concatenate([np.asarray(part) for part in parts])
        return whole[: position[..., 0].size].reshape(position.shape[:2])

    def _batched(self, function: Callable[..., Any], position: np.ndarray, inputs: Inputs) -> Any:
        flat = position.reshape(-1, position.shape[-1])
        padded = np.resize(flat, (-(-len(flat) // BATCH) * BATCH, flat.shape[1]))
        parts = padded.reshape(-1, BATCH, flat.shape[1])
        return [function(jnp.asarray(part), inputs) for part in parts]

    def lead(
        self, inputs: Inputs, *, seed: int, listen: Listener | None = None
    ) -> tuple[Leader, Sampled]:
        """Fit from nothing: dispersed starts, modes, a pilot that learns the shape, chains."""
        tell = listen or (lambda progress: None)
        starts, whitening, evaluations = find_starts(
            self.potential, inputs, self.settings, seed=seed, tell=tell
        )
        tell(Progress("shaping"))
        pilot = sample(
            self.kernel, inputs, whitening, starts, self.settings,
            draws=self.settings.pilot, seed=seed, workers=self.workers,
        )  # fmt: skip
        shaped = rewhitened(whitening, pilot.position, pilot.slope)
        tell(Progress("sampling"))
        found = self._chains(inputs, shaped, pilot.position[:, -1], seed=seed + SECOND_STAGE)
        sampled = self._sampled(inputs, found, shaped, evaluations + pilot.steps)
        shaped = rewhitened(shaped, found.position, found.slope)
        energy = self.energy(found.position, inputs)
        return Leader(shaped, found.position, energy), sampled

    def follow(self, leader: Leader, inputs: Inputs, *, seed: int) -> Sampled:
        """Sample a universe of the leader's shape from the leader's draws and whitening."""
        rng = np.random.default_rng(seed)
        pool = leader.position.reshape(-1, leader.position.shape[-1])
        starts = pool[rng.choice(len(pool), FOLLOWERS, replace=False)]
        found = self._chains(inputs, leader.whitening, starts, seed=seed)
        return self._sampled(inputs, found, leader.whitening, 0)

    def again(self, first: Sampled, inputs: Inputs, *, seed: int) -> Sampled:
        """Sample once more, carefully, in the shape that the universe's own draws show."""
        chains = first.chains
        whitening = rewhitened(first.whitening, chains.position, chains.slope)
        starts = chains.position[:, -1]
        found = self._chains(inputs, whitening, starts, seed=seed + SECOND_STAGE, careful=True)
        return self._sampled(inputs, found, whitening, first.gradient_evaluations)

    def _chains(
        self,
        inputs: Inputs,
        whitening: Whitening,
        starts: Any,
        *,
        seed: int,
        careful: bool = False,
    ) -> Chains:
        scale, centre = np.asarray(whitening.scale), np.asarray(whitening.centre)
        return sample(
            self.careful if careful else self.kernel, inputs,
            jax.tree.map(jnp.asarray, whitening),
            [np.linalg.solve(scale, z - centre) for z in starts], self.settings,
            draws=self.settings.draws, seed=seed, workers=self.workers,
            enough=lambda position: enough(self.constrain(position, inputs)),
        )  # fmt: skip

    def _sampled(
        self, inputs: Inputs, chains: Chains, whitening: Whitening, before: int
    ) -> Sampled:
        values = self.constrain(chains.position, inputs)
        return Sampled(values, chains, whitening, before + chains.steps)


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
    prepare_jax()
    lengths = {
        "benchmark": shape.benchmarks, "family": sizes.family, "protocol": sizes.protocol,
        "model": sizes.model,
    }  # fmt: skip
    potential = build(
        lambda m, d: joint(cast(Program, Masked(m, d)), d, shape.switches), priors, lengths, inputs
    )
    energy = jax.jit(
        lambda z, given: jax.lax.map(
            lambda one: potential.negative_log_density(one, given), z, batch_size=20
        )
    )
    return Machine(
        potential, kernel(potential, settings), settings, workers,
        jax.jit(jax.vmap(potential.constrain, in_axes=(0, None))), energy,
    )  # fmt: skip
