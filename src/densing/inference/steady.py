"""Hamiltonian Monte Carlo by trajectories of a known length, for posteriors of a known shape.

NUTS finds out for itself how far to walk, which is what a posterior of unknown shape needs. Where
the shape is known, so is how far walking pays, and trajectories of that length cost half of the
trees that find it. They run on NumPyro's integrator in the one program that modes and shapes were
found with (`Potential.walk`): nothing more is compiled, which most shapes would take longer for
than for their draws.
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
    """Where a chain stands."""

    rng: np.random.Generator
    position: np.ndarray
    """Whitened, shape (size,)."""
    potential: float
    slope: np.ndarray
    step_size: float
    warming: int
    """Draws that the step size still adapts over."""
    averaged: Any
    """State of dual averaging (Hoffman & Gelman 2014)."""


@dataclass(frozen=True)
class Steady:
    """Stands in for a `kernels.Kernel` where the shape is known."""

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
        return Chain(
            rng, np.asarray(y), float(energy), np.asarray(slope), pace.step_size, pace.warmup,
            AVERAGED(np.log(pace.step_size)),
        )  # fmt: skip

    def advance(self, *example: Any) -> Callable[..., Any]:
        """Return the function that makes `BLOCK` draws."""
        return self._block

    def _block(
        self, chain: Chain, inputs: Inputs, whitening: Whitening
    ) -> tuple[Chain, list[np.ndarray]]:
        centre, scale = np.asarray(whitening.centre), np.asarray(whitening.scale)
        told = []
        for _ in range(BLOCK):
            energy, steps, diverging, accept = self._draw(chain, inputs, whitening)
            told.append((
                centre + scale @ chain.position, energy, steps, diverging, accept,
                chain.step_size, -chain.potential, chain.slope,
            ))  # fmt: skip
        return chain, [np.asarray(part) for part in zip(*told, strict=True)]

    def _draw(
        self, chain: Chain, inputs: Inputs, whitening: Whitening
    ) -> tuple[float, int, bool, float]:
        """Move a chain by one trajectory: Hamiltonian, steps, whether it diverged, acceptance."""
        rng = chain.rng
        momentum = rng.standard_normal(chain.position.size)
        length = LENGTH * (1.0 + SPREAD * rng.uniform(-1.0, 1.0))
        steps = int(min(max(length / chain.step_size + rng.uniform(), 1.0), self._most(chain)))
        before = chain.potential + 0.5 * float(momentum @ momentum)
        end = self.potential.walk(
            chain.position, momentum, chain.slope, chain.step_size, steps, inputs, whitening
        )
        left = np.asarray(end.r)
        after = float(end.potential_energy) + 0.5 * float(left @ left)
        error = after - before if np.isfinite(after) else np.inf
        accept = float(np.exp(-max(error, 0.0)))
        if rng.uniform() < accept:
            chain.position, chain.slope = np.asarray(end.z), np.asarray(end.z_grad)
            chain.potential, before = float(end.potential_energy), after
        if chain.warming:
            chain.warming -= 1
            chain.averaged = ADAPT(self.settings.target_accept - accept, chain.averaged)
            # Each draw of the warm-up tries a step size; what follows takes their average.
            chain.step_size = float(np.exp(chain.averaged[0 if chain.warming else 1]))
        return before, steps, error > DIVERGED, accept

    def _most(self, chain: Chain) -> int:
        """Return how many steps a trajectory has at most: a walk, unlike a tree, has no end."""
        depth = self.settings.max_tree_depth
        return 2 ** (min(SHALLOW, depth) if chain.warming else depth) - 1
