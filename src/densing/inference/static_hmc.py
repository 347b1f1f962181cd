"""Hamiltonian Monte Carlo by trajectories of jittered length, for posteriors of a known shape.

NUTS finds out for itself how far to go, which is what a posterior of unknown shape needs. Where
the shape is known, so is the length that pays, and trajectories of that length cost half of the
trees that find it. They run on NumPyro's integrator in the one program that modes and shapes were
found with (`Potential.trajectories`): nothing more is compiled, which most shapes would take longer
for than for their draws.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpyro.infer.hmc_util import dual_averaging

from densing.inference.kernels import BLOCK, FIRST_STEP, SHALLOW, Pace
from densing.inference.potential import Potential
from densing.inference.settings import Settings
from densing.inference.trajectories import LEGS, Legs, Place
from densing.inference.whitening import Inputs, Whitening

LENGTH = 1.9
"""Length of a trajectory in whitened coordinates, on average (steps are whole: chance rounds them).
In a standard normal the far side is pi away, which is best for means; the distance from the centre
is forgotten after pi / 2, which is best for tails. In between, rates of growth have about as many
effective draws for their tails as for their middle, per gradient."""
SPREAD = 0.4
"""Trajectories are so much shorter or longer, by chance: one length for all would take some
directions back to where they come from (Neal 2011, section 5.4.2.2)."""
DIVERGED = 1000.0
"""Error of the energy, in nats, from which a trajectory is told as divergent: NumPyro's limit."""
AVERAGED, ADAPT = dual_averaging()


@dataclass
class Chain:
    """Where a chain stands, and how it goes on."""

    rng: np.random.Generator
    place: Place
    step_size: float
    warming: int
    """Draws that the step size still adapts over."""
    averaged: Any
    """State of dual averaging (Hoffman & Gelman 2014)."""


@dataclass(frozen=True)
class JitteredHMC:
    """Static HMC of jittered lengths: stands in for a `kernels.Kernel` where the shape is known."""

    potential: Potential
    settings: Settings

    @property
    def value_and_grad(self) -> Callable[..., Any]:
        """Of the flat unconstrained vector."""
        return self.potential.value_and_grad

    def begin(
        self, key: Any, y: Any, energy: Any, slope: Any, inputs: Inputs, whitening: Whitening,
        pace: Pace | None,
    ) -> Chain:  # fmt: skip
        """Put a chain at the whitened vector `y`.

        Raises
        ------
        FloatingPointError
            No density there, or no gradient: nothing that is proposed could be told from it.
        """
        if not (np.isfinite(energy) and np.isfinite(slope).all()):
            raise FloatingPointError("a chain starts where the log density has no gradient")
        rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
        pace = pace or Pace(FIRST_STEP, self.settings.warmup)
        place = Place(y, energy, slope)
        return Chain(rng, place, pace.step_size, pace.warmup, AVERAGED(np.log(pace.step_size)))

    def advance(self, *example: Any) -> Callable[..., Any]:
        """Return the function that makes `BLOCK` draws."""
        return self._block

    def _block(
        self, chain: Chain, inputs: Inputs, whitening: Whitening
    ) -> tuple[Chain, list[np.ndarray]]:
        done, told = 0, []
        while done < BLOCK:
            # While it adapts, each draw has a step size of its own.
            count = 1 if chain.warming else min(BLOCK - done, LEGS)
            told.append(self._draws(chain, count, inputs, whitening))
            done += count
        return chain, [np.concatenate(parts) for parts in zip(*told, strict=True)]

    def _draws(
        self, chain: Chain, count: int, inputs: Inputs, whitening: Whitening
    ) -> tuple[np.ndarray, ...]:
        """Move a chain by so many trajectories; what is told of draws, in `nuts.sample`'s order."""
        legs = self._legs(chain, count)
        chain.place, went = self.potential.trajectories(
            chain.place, legs, chain.step_size, inputs, whitening
        )
        accept = np.exp(-np.maximum(went.error, 0.0))
        if chain.warming:
            chain.warming -= 1
            chain.averaged = ADAPT(self.settings.target_accept - accept[0], chain.averaged)
            # Each draw of the warm-up tries a step size; what follows takes their average.
            chain.step_size = float(np.exp(chain.averaged[0 if chain.warming else 1]))
        return (
            np.asarray(whitening.centre) + went.place.position @ np.asarray(whitening.scale).T,
            went.energy + np.where(legs.log_uniform < -went.error, went.error, 0.0),
            legs.steps, went.error > DIVERGED, accept, np.full(count, chain.step_size),
            -went.place.potential, went.place.slope,
        )  # fmt: skip

    def _legs(self, chain: Chain, count: int) -> Legs:
        """Draw what is left to chance: momenta, lengths, which ends are taken."""
        rng = chain.rng
        length = LENGTH * (1.0 + SPREAD * rng.uniform(-1.0, 1.0, count))
        steps = length / chain.step_size + rng.uniform(size=count)
        return Legs(
            rng.standard_normal((count, chain.place.position.size)),
            np.clip(steps, 1.0, self._most(chain)).astype(int), np.log1p(-rng.uniform(size=count)),
        )  # fmt: skip

    def _most(self, chain: Chain) -> int:
        """Return how many steps a trajectory has at most: a walk, unlike a tree, has no end."""
        depth = self.settings.max_tree_depth
        return 2 ** (min(SHALLOW, depth) if chain.warming else depth) - 1
