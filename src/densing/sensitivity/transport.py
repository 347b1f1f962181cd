"""Carry what one universe's draws taught to another: matched modes, matched densities.

In the leader's whitened coordinates its posterior is near a standard normal, and another universe's
is near a normal somewhere else: a choice of reference tokens moves it by twenty standard
deviations, runs left out by seventy. The linear map between the two normal approximations at the
modes, the optimal transport ``A = C' # C^-1`` with covariances C and C' (`laplace.geometric_mean`),
becomes part of the other universe's whitening. Draws of the leader are then good starts, and
sometimes good draws (`reweighted`). Where they have to be sampled, the map between two normal
approximations where the mass is (`inference.matching`) goes on top of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import null_space

from densing.inference.laplace import deviations, find_mode, geometric_mean, hessian
from densing.inference.matching import Normal, within
from densing.inference.whitening import Inputs, Whitening

NEAR = 2.0
"""Largest factor by which a direction's variance may change where reweighting is tried."""
HELD = ("log_alpha_spread", "log_beta_spread", "offset_spread", "drift_spread")
"""Spreads of effects that are not scaled by them (`coordinates`): a mode may lie where all effects
are alike, with a spread of almost nothing and curvature a hundred times what is typical."""


def held(labels: Sequence[str]) -> np.ndarray:
    """Positions of the spreads that a peak is found without."""
    return np.array([i for i, label in enumerate(labels) if label in HELD], dtype=int)


def find_peak(
    value_and_grad: Callable[..., Any],
    inputs: Inputs,
    whitening: Whitening,
    start: np.ndarray,
    fixed: Sequence[int] | np.ndarray = (),
) -> Normal:
    """Find the mode nearest to `start`, a whitened vector, and the curvature there.

    Parameters
    ----------
    fixed
        Entries of the flat vector that stay where the centre of `whitening` has them while the
        mode is searched; of the curvature they are part.
    """
    centre, scale = np.asarray(whitening.centre), np.asarray(whitening.scale)
    free = null_space(scale[np.asarray(fixed, dtype=int)]) if len(fixed) else np.eye(len(start))

    def along(u: np.ndarray, given: Inputs) -> tuple[Any, np.ndarray]:
        energy, slope = value_and_grad(centre + scale @ (free @ u), given)
        return energy, free.T @ (scale.T @ np.asarray(slope))

    found = find_mode(along, inputs, free.T @ start)
    mode = free @ found.position
    shape = deviations(hessian(value_and_grad, inputs, within(whitening, mode, np.eye(len(mode)))))
    return Normal(mode, shape @ shape.T, found.evaluations + 2 * len(mode))


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


def transport(whitening: Whitening, leader: Normal, universe: Normal) -> Transport:
    """Match the peaks of a leader and a universe, both in the leader's `whitening`."""
    linear, moved = _between(leader, universe)
    stretch = np.linalg.eigvalsh(linear)
    return Transport(
        within(whitening, moved, linear), (float(stretch[0]), float(stretch[-1])),
        universe.evaluations,
    )  # fmt: skip


def shaped(way: Whitening, leader: Normal, universe: Normal) -> tuple[Whitening, Whitening]:
    """Whitening to sample a universe in, and the one that carries the leader's draws there.

    A density that matches gradients is as narrow as the steepest parts of a posterior, which is
    what steps must heed. Carried from the leader, by how the two densities differ, it is as wide
    as draws are, which is what walks must cover. Half way between the two is sampled in.

    Parameters
    ----------
    way
        The universe's whitening so far.
    leader
        The leader's density in its own coordinates.
    universe
        The universe's in the coordinates of `way`, found from the same random numbers.
    """
    linear, moved = _between(leader, universe)
    metric = geometric_mean(linear @ linear.T, universe.covariance)
    return within(way, moved, np.linalg.cholesky(metric)), within(way, moved, linear)


def _between(leader: Normal, universe: Normal) -> tuple[np.ndarray, np.ndarray]:
    """Optimal transport of one normal density to another: linear part, and image of the origin."""
    linear = geometric_mean(universe.covariance, np.linalg.inv(leader.covariance))
    return linear, universe.centre - linear @ leader.centre
