"""Carry what one universe's draws taught to another: matched modes, matched curvatures.

In the leader's whitened coordinates its posterior is near a standard normal, and another universe's
is near a normal somewhere else: a choice of reference tokens moves it by twenty standard
deviations, runs left out by seventy. The linear map between the two normal approximations at the
modes, the optimal transport ``A = C' # C^-1`` with covariances C and C' (`laplace.geometric_mean`),
becomes part of the other universe's whitening. Draws of the leader are then good starts, and
sometimes good draws (`reweighted`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from densing.inference.laplace import curvature, find_mode, geometric_mean
from densing.inference.potential import Inputs, Whitening

NEAR = 2.0
"""Largest factor by which a direction's variance may change where reweighting is tried."""


@dataclass(frozen=True)
class Peak:
    """Normal approximation of a posterior at its mode, in some whitened coordinates."""

    centre: np.ndarray
    """Shape (size,)."""
    covariance: np.ndarray
    """Shape (size, size)."""
    evaluations: int
    """Gradients that it took."""


def find_peak(
    value_and_grad: Callable[..., Any], inputs: Inputs, whitening: Whitening, start: np.ndarray
) -> Peak:
    """Find the mode nearest to `start`, a whitened vector, and the curvature there."""
    centre, scale = np.asarray(whitening.centre), np.asarray(whitening.scale)

    def whitened(y: np.ndarray, given: Inputs) -> tuple[Any, np.ndarray]:
        energy, slope = value_and_grad(centre + scale @ y, given)
        return energy, scale.T @ np.asarray(slope)

    mode = find_mode(whitened, inputs, start)
    shape = curvature(whitened, inputs, mode).scale
    return Peak(mode.position, shape @ shape.T, mode.evaluations + 2 * len(mode.position))


@dataclass(frozen=True)
class Transport:
    """The way from a leader to a universe."""

    whitening: Whitening
    """The universe's: in its coordinates the leader's whitened draws are near draws."""
    stretch: tuple[float, float]
    """Smallest and largest factor on a direction's standard deviation."""
    evaluations: int

    @property
    def near(self) -> bool:
        """Whether the universe's posterior is about as wide as the leader's in every direction."""
        return max(1.0 / self.stretch[0], self.stretch[1]) ** 2 <= NEAR


def transport(whitening: Whitening, leader: Peak, universe: Peak) -> Transport:
    """Match the peaks of a leader and a universe, both in the leader's `whitening`."""
    linear = geometric_mean(universe.covariance, np.linalg.inv(leader.covariance))
    centre, scale = np.asarray(whitening.centre), np.asarray(whitening.scale)
    moved = Whitening(centre + scale @ (universe.centre - linear @ leader.centre), scale @ linear)
    stretch = np.linalg.eigvalsh(linear)
    return Transport(moved, (float(stretch[0]), float(stretch[-1])), universe.evaluations)
