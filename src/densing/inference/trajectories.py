"""Trajectories through a potential and its gradients at many points, in one compiled program.

Most shapes of a multiverse take longer to compile for than to sample, so whatever needs gradients
shares a program: the search of modes, curvature, matched densities, trajectories. And a call costs
half a gradient by itself, so that many gradients or trajectories are one call where they can be.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer.hmc_util import IntegratorState, euclidean_kinetic_energy, velocity_verlet

from densing.inference.whitening import Inputs, Whitening

POINTS, LEGS = 50, 25
"""Gradients, and trajectories, of one call at the most."""


class Place(NamedTuple):
    """Where a chain stands."""

    position: Any
    """Whitened, shape (size,)."""
    potential: Any
    slope: Any
    """Of the potential, in whitened coordinates."""


class Legs(NamedTuple):
    """Trajectories one after the other, a row each."""

    momentum: np.ndarray
    """Shape (leg, size)."""
    steps: np.ndarray
    """Leapfrog steps of each, shape (leg,)."""
    log_uniform: np.ndarray
    """Logs of uniform numbers: a leg that raises the energy by less than minus that is taken; from
    the others a chain is back where they began (Metropolis et al. 1953)."""


class Travelled(NamedTuple):
    """Legs as they went, arrays with a leading axis leg; energies in nats."""

    place: Place
    """Where the chain stood after each."""
    energy: Any
    """Hamiltonian at its beginning."""
    error: Any
    """By how much its end lies above that, infinite where there is no density."""


class Trajectories:
    """Trajectories and gradients of a potential. Called itself, it gives a value and a gradient."""

    def __init__(self, negative_log_density: Callable[[Any, Inputs], Any], size: int) -> None:
        self._program = jax.jit(_program(negative_log_density))
        self._none, self._same = jnp.zeros(size), jnp.eye(size)
        self._nowhere = jnp.zeros((POINTS, size))
        self._zero = jnp.zeros(())
        self._still = Legs(jnp.zeros((LEGS, size)), np.ones(LEGS, np.int64), jnp.zeros(LEGS))

    def __call__(self, z: Any, inputs: Inputs) -> tuple[Any, Any]:
        """Return the negative log density of the flat vector `z`, and its gradient."""
        energies, slopes = self._visited(self._still, inputs, Whitening(z, self._same))
        return np.asarray(energies)[0], np.asarray(slopes)[0]

    def each(self, points: np.ndarray, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Do so for many flat vectors, (point, size): shapes (point,) and (point, size)."""
        way = Whitening(self._none, self._same)
        told = []
        for first in range(0, len(points), POINTS):
            some = np.asarray(points[first : first + POINTS])
            there = np.zeros(self._nowhere.shape)
            there[: len(some)] = some
            legs = self._still._replace(steps=np.full(LEGS, len(some), np.int64))
            found = self._visited(legs, inputs, way, points=there, visiting=True)
            told.append([np.asarray(part)[: len(some)] for part in found])
        energies, slopes = (np.concatenate(parts) for parts in zip(*told, strict=True))
        return energies, slopes

    def _visited(
        self, legs: Legs, inputs: Inputs, way: Whitening, *, points: Any = None,
        visiting: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        place = Place(self._none, self._zero, self._none)
        points = self._nowhere if points is None else points
        return self._program(place, legs, 1, 0.0, inputs, way, points, visiting=visiting)[2]

    def run(
        self, place: Place, legs: Legs, step_size: Any, inputs: Inputs, whitening: Whitening
    ) -> tuple[Place, Travelled]:
        """Go `legs`, at most `LEGS`, from `place`: the place at the end, and what happened."""
        count = len(legs.steps)
        # Of the same types from wherever they come: it would be compiled anew for others.
        place = Place(*(jnp.asarray(part, float) for part in place))
        place, told, _ = self._program(
            place, _padded(legs), count, float(step_size), inputs, whitening, self._nowhere,
            visiting=False,
        )  # fmt: skip
        return place, jax.tree.map(lambda part: np.asarray(part)[:count], told)


def at_each(
    value_and_grad: Callable[..., Any] | Trajectories, points: np.ndarray, inputs: Inputs
) -> tuple[np.ndarray, np.ndarray]:
    """Values and gradients at many flat vectors, (point, size): many a call where that is possible.

    Returns
    -------
    tuple
        Of shapes (point,) and (point, size).
    """
    if isinstance(value_and_grad, Trajectories):
        return value_and_grad.each(points, inputs)
    energies, slopes = zip(*(value_and_grad(point, inputs) for point in points), strict=True)
    return np.asarray(energies), np.asarray(slopes)


def _padded(legs: Legs) -> Legs:
    """Return `LEGS` rows."""
    more = LEGS - len(legs.steps)
    legs = legs._replace(steps=legs.steps.astype(np.int64))
    return Legs(*(np.pad(part, ((0, more), *((0, 0),) * (part.ndim - 1))) for part in legs))


def _program(negative_log_density: Callable[[Any, Inputs], Any]) -> Callable[..., Any]:
    """Build legs of leapfrog steps by NumPyro's integrator.

    Visiting, a leg goes from one of `points` to the next, and nothing lies between.
    """

    def legs_of(
        place: Place, legs: Legs, count: Any, step_size: Any, inputs: Inputs,
        whitening: Whitening, points: Any, *, visiting: Any,
    ) -> tuple[Place, Travelled, tuple[Any, Any]]:  # fmt: skip
        def energy(y: Any) -> Any:
            return negative_log_density(whitening.centre + jnp.matmul(whitening.scale, y), inputs)

        _, update = velocity_verlet(energy, euclidean_kinetic_energy)
        masses = jnp.ones_like(place.position)

        def step(number: Any, carried: Any) -> Any:
            state, (energies, slopes) = carried
            row = number % POINTS
            state = IntegratorState(
                jnp.where(visiting, points[row], state.z), jnp.where(visiting, 0.0, state.r),
                state.potential_energy, jnp.where(visiting, 0.0, state.z_grad),
            )  # fmt: skip
            state = update(step_size, masses, state)
            value, slope = state.potential_energy, state.z_grad
            return state, (energies.at[row].set(value), slopes.at[row].set(slope))

        def leg(number: Any, carried: Any) -> Any:
            place, told, visited = carried
            momentum = legs.momentum[number]
            begin = IntegratorState(place.position, momentum, place.potential, place.slope)
            end, visited = jax.lax.fori_loop(0, legs.steps[number], step, (begin, visited))
            before = place.potential + euclidean_kinetic_energy(masses, momentum)
            after = end.potential_energy + euclidean_kinetic_energy(masses, end.r)
            error = jnp.where(jnp.isfinite(after), after - before, jnp.inf)
            taken = legs.log_uniform[number] < -error
            there = Place(end.z, end.potential_energy, end.z_grad)
            place = jax.tree.map(partial(jnp.where, taken), there, place)
            now = Travelled(place, before, error)
            told = jax.tree.map(lambda rows, row: rows.at[number].set(row), told, now)
            return place, told, visited

        rows, numbers = jnp.zeros_like(legs.momentum), jnp.zeros(LEGS)
        told = Travelled(Place(rows, numbers, rows), numbers, numbers)
        visited = jnp.zeros(len(points)), jnp.zeros_like(points)
        return jax.lax.fori_loop(0, count, leg, (place, told, visited))

    return legs_of
