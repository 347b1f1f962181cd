"""Warm starts: what one posterior's draws teach about another, of the same shape or not.

In the whitened coordinates of a posterior that was sampled, it is near a standard normal, and
another one of its shape is near a normal somewhere else: a choice of reference tokens moves it by
twenty standard deviations, runs left out by seventy. The linear map between the two normal
approximations at the modes, the optimal transport ``A = C' # C^-1`` with covariances C and C'
(`laplace.geometric_mean`), becomes part of the other's whitening. Draws, carried by it, are then
good starts. The map between two normal approximations where the mass is (`batch_and_match`) goes
on top of it.

Programs of two shapes (another link, an effect more or less) have most parameters in common, by
name. Those keep the covariance of the parent's draws, carried to the new posterior's curvature in
the same way; what only the new one has follows by its own curvature at the mode. Where chains start
is not taken from a parent: starts are dispersed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import null_space

from densing.batch.batch_and_match import Normal, within
from densing.inference.laplace import deviations, find_mode, geometric_mean, hessian
from densing.inference.whitening import Inputs, Whitening

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
class WarmStart:
    """What a posterior that was sampled gives to others."""

    labels: Sequence[str]
    """Name of each entry of the flat vector."""
    whitening: Whitening
    peak: Normal
    """At the mode, in the whitening's coordinates."""
    normal: Normal
    """Where the draws are, in the same coordinates (`batch_and_match`)."""
    position: np.ndarray
    """Whitened draws, shape (chain, draw, size)."""
    energy: np.ndarray
    """Negative log density there, shape (chain, draw)."""
    trustworthy: bool

    @property
    def evaluations(self) -> int:
        """Gradients that it took, beside the draws."""
        return self.peak.evaluations + self.normal.evaluations


@dataclass(frozen=True)
class NoStart:
    """In a warm start's place where its numbers broke down: each of the others starts cold."""

    reason: str


def transported(whitening: Whitening, start: Normal, other: Normal) -> Whitening:
    """Carry the `whitening` in which two peaks are given from the first to the second of them."""
    linear, moved = _between(start, other)
    return within(whitening, moved, linear)


def shaped(way: Whitening, start: Normal, other: Normal) -> tuple[Whitening, Whitening]:
    """Whitening to sample a posterior in, and the one that carries the warm start's draws there.

    A density that matches gradients is as narrow as the steepest parts of a posterior, which is
    what steps must heed. Carried from the warm start, by how the two densities differ, it is as
    wide as draws are, which is what trajectories must cover. Half way between the two is sampled
    in.

    Parameters
    ----------
    way
        The posterior's whitening so far (`transported`).
    start
        The warm start's density in its own coordinates.
    other
        The posterior's in the coordinates of `way`, found from the same random numbers.
    """
    linear, moved = _between(start, other)
    metric = geometric_mean(linear @ linear.T, other.covariance)
    return within(way, moved, np.linalg.cholesky(metric)), within(way, moved, linear)


def _between(start: Normal, other: Normal) -> tuple[np.ndarray, np.ndarray]:
    """Optimal transport of one normal density to another: linear part, and image of the origin."""
    linear = geometric_mean(other.covariance, np.linalg.inv(start.covariance))
    return linear, other.centre - linear @ start.centre


def typical(
    parent: WarmStart, labels: Sequence[str], mode: np.ndarray, which: np.ndarray
) -> Whitening:
    """Coordinates about `mode` with the entries `which` as in the parent's draws.

    Those that the parent does not have stay. Nothing of the mode's own scale is in the coordinates:
    where it lies in a funnel's neck, that is what has to be forgotten.
    """
    where = {label: i for i, label in enumerate(parent.labels)}
    centre = np.array(mode)
    for i in map(int, which):
        if labels[i] in where:
            centre[i] = parent.whitening.centre[where[labels[i]]]
    return Whitening(centre, np.eye(len(labels)))


def inherited(parent: WarmStart, labels: Sequence[str], laplace: Whitening) -> Whitening:
    """Whitening of a posterior of another shape: its centre and the root of its covariance.

    Of shared directions the optimal transport between the two normal approximations, applied to
    the covariance of the parent's draws (`transported`); of the others their regression on those.

    Parameters
    ----------
    labels
        Name of each entry of its flat vector; at least one is among the parent's.
    laplace
        Its normal approximation at its mode, unconstrained.

    Raises
    ------
    numpy.linalg.LinAlgError
        Curvatures that are no covariance.
    """
    here, there = _shared(labels, parent.labels)
    rest = np.setdiff1d(np.arange(len(labels)), here)
    mode, deviations = np.asarray(laplace.centre), np.asarray(laplace.scale)
    curved = deviations @ deviations.T
    scale = np.asarray(parent.whitening.scale)
    drawn = (scale @ scale.T)[np.ix_(there, there)]
    peaked = (scale @ parent.peak.covariance @ scale.T)[np.ix_(there, there)]
    shared = curved[np.ix_(here, here)]
    carried = geometric_mean(shared, np.linalg.inv(peaked))
    within = carried @ drawn @ carried.T
    # What the parent lacks keeps its regression on what it has, and the scatter about it.
    slope = np.linalg.solve(shared, curved[np.ix_(here, rest)]).T
    about = curved[np.ix_(rest, rest)] - slope @ curved[np.ix_(here, rest)]
    covariance = np.empty_like(curved)
    covariance[np.ix_(here, here)] = within
    covariance[np.ix_(rest, here)] = slope @ within
    covariance[np.ix_(here, rest)] = (slope @ within).T
    covariance[np.ix_(rest, rest)] = about + slope @ within @ slope.T
    moved = carried @ (-scale @ parent.peak.centre)[there]  # from the mode to where the draws are
    at = mode.copy()
    at[here] += moved
    at[rest] += slope @ moved
    return Whitening(at, np.linalg.cholesky(0.5 * (covariance + covariance.T)))


def maximin(starts: np.ndarray, count: int) -> np.ndarray:
    """Return `count` of `starts` that lie far from each other: where modes differ, they are there.

    Parameters
    ----------
    starts
        Whitened vectors, shape (start, size); the first is taken.
    """
    chosen = [0]
    while len(chosen) < count:
        gaps = np.linalg.norm(starts[:, None] - starts[chosen], axis=-1).min(axis=1)
        chosen.append(int(np.argmax(gaps)))
    return starts[chosen]


def _shared(labels: Sequence[str], others: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the labels that both have, in each, in the order of the first."""
    where = {label: i for i, label in enumerate(others)}
    pairs = [(i, where[label]) for i, label in enumerate(labels) if label in where]
    return np.array([i for i, _ in pairs]), np.array([j for _, j in pairs])
