"""Walks through a potential and its gradients at many points, in one compiled program.

Most shapes of a multiverse take longer to compile for than to sample, so whatever needs gradients
shares a program: the search of modes, curvature, matched densities, trajectories. And a call costs
as much again as a third of a gradient, so many gradients are one call where they can be.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.infer.hmc_util import IntegratorState, euclidean_kinetic_energy, velocity_verlet

from densing.inference.whitening import Inputs, Whitening

POINTS = 50
"""Gradients of one call at the most."""


class Walks:
    """Walks and gradients of one potential. Called itself, it gives one value and gradient."""

    def __init__(self, negative_log_density: Callable[[Any, Inputs], Any], size: int) -> None:
        self._program = jax.jit(_program(negative_log_density))
        self._none, self._same = jnp.zeros(size), jnp.eye(size)
        self._nowhere = jnp.zeros((POINTS, size))

    def __call__(self, z: Any, inputs: Inputs) -> tuple[Any, Any]:
        """Return the negative log density of the flat vector `z`, and its gradient."""
        # A step of no length from there.
        end = self.walk(self._none, self._none, self._none, 0.0, 1, inputs,
                        Whitening(z, self._same))  # fmt: skip
        return end.potential_energy, end.z_grad

    def each(self, points: np.ndarray, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Do so for many flat vectors, (point, size): shapes (point,) and (point, size)."""
        none = self._none
        way = Whitening(none, self._same)
        energies, slopes = [], []
        for first in range(0, len(points), POINTS):
            some = np.asarray(points[first : first + POINTS])
            there = np.zeros(self._nowhere.shape)
            there[: len(some)] = some
            _, energy, slope = self._program(
                none, none, none, 0.0, len(some), inputs, way, there, visiting=True
            )
            energies.append(np.asarray(energy)[: len(some)])
            slopes.append(np.asarray(slope)[: len(some)])
        return np.concatenate(energies), np.concatenate(slopes)

    def walk(
        self, y: Any, momentum: Any, slope: Any, step_size: Any, steps: Any, inputs: Inputs,
        whitening: Whitening,
    ) -> IntegratorState:  # fmt: skip
        """Walk from whitened `y` with `momentum`, where the potential's slope is `slope`."""
        return self._program(
            y, momentum, slope, step_size, steps, inputs, whitening, self._nowhere, visiting=False
        )[0]


def at_each(
    value_and_grad: Callable[..., Any] | Walks, points: np.ndarray, inputs: Inputs
) -> tuple[np.ndarray, np.ndarray]:
    """Values and gradients at many flat vectors, (point, size): many a call where that is possible.

    Returns
    -------
    tuple
        Of shapes (point,) and (point, size).
    """
    if isinstance(value_and_grad, Walks):
        return value_and_grad.each(points, inputs)
    energies, slopes = zip(*(value_and_grad(point, inputs) for point in points), strict=True)
    return np.asarray(energies), np.asarray(slopes)


def _program(negative_log_density: Callable[[Any, Inputs], Any]) -> Callable[..., Any]:
    """Leapfrog steps, by NumPyro's integrator; or steps of no length, each from a point given."""

    def walk(
        y: Any, momentum: Any, slope: Any, step_size: Any, steps: Any, inputs: Inputs,
        whitening: Whitening, points: Any, visiting: Any,
    ) -> tuple[IntegratorState, Any, Any]:  # fmt: skip
        def energy(y: Any) -> Any:
            return negative_log_density(whitening.centre + jnp.matmul(whitening.scale, y), inputs)

        _, update = velocity_verlet(energy, euclidean_kinetic_energy)
        masses = jnp.ones_like(y)

        def step(number: Any, carried: Any) -> Any:
            state, energies, slopes = carried
            row = number % POINTS
            state = IntegratorState(
                jnp.where(visiting, points[row], state.z), jnp.where(visiting, 0.0, state.r),
                state.potential_energy, jnp.where(visiting, 0.0, state.z_grad),
            )  # fmt: skip
            state = update(step_size, masses, state)
            return (
                state, energies.at[row].set(state.potential_energy),
                slopes.at[row].set(state.z_grad),
            )  # fmt: skip

        begin = IntegratorState(y, momentum, jnp.zeros(()), slope)
        told = jnp.zeros(len(points)), jnp.zeros_like(points)
        return jax.lax.fori_loop(0, steps, step, (begin, *told))

    return walk
