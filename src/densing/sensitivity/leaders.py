"""What universes start from: the draws of one of their shape, and the covariance of an elder.

Programs of two shapes (another link, an effect more or less) have most parameters in common, by
name. Those keep the covariance of the elder's draws, carried to the new posterior's curvature as
between universes of one shape (`transport`); what only the new one has follows by its own
curvature at the mode. Where chains start is not taken from the elder: starts are dispersed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from densing.inference.laplace import geometric_mean
from densing.inference.matching import Normal
from densing.inference.whitening import Whitening


@dataclass(frozen=True)
class Leader:
    """The universe of a shape that was fitted first: what the others start from."""

    labels: Sequence[str]
    """Name of each entry of the flat vector."""
    whitening: Whitening
    peak: Normal
    """At the mode, in the whitening's coordinates."""
    normal: Normal
    """Where the draws are, in the same coordinates (`inference.matching`)."""
    position: np.ndarray
    """Whitened draws, shape (chain, draw, size)."""
    energy: np.ndarray
    """Negative log density there, shape (chain, draw)."""
    trustworthy: bool

    @property
    def evaluations(self) -> int:
        """Gradients that the others' starting took, beside the draws."""
        return self.peak.evaluations + self.normal.evaluations


@dataclass(frozen=True)
class NoLeader:
    """In a leader's place where its numbers broke down: each of the others starts from nothing."""

    reason: str


def typical(elder: Leader, labels: Sequence[str], mode: np.ndarray, which: np.ndarray) -> Whitening:
    """Coordinates about `mode` with the entries `which` as in the elder's draws.

    Those that the elder does not have stay. Nothing of the mode's own scale is in the coordinates:
    where it lies in a funnel's neck, that is what has to be forgotten.
    """
    where = {label: i for i, label in enumerate(elder.labels)}
    centre = np.array(mode)
    for i in map(int, which):
        if labels[i] in where:
            centre[i] = elder.whitening.centre[where[labels[i]]]
    return Whitening(centre, np.eye(len(labels)))


def inherited(elder: Leader, labels: Sequence[str], laplace: Whitening) -> Whitening:
    """Whitening of a posterior of another shape: its centre and the root of its covariance.

    Of shared directions the optimal transport between the two normal approximations, applied to
    the covariance of the elder's draws (`transport`); of the others their regression on those.

    Parameters
    ----------
    labels
        Name of each entry of its flat vector; at least one is among the elder's.
    laplace
        Its normal approximation at its mode, unconstrained.

    Raises
    ------
    numpy.linalg.LinAlgError
        Curvatures that are no covariance.
    """
    here, there = _shared(labels, elder.labels)
    rest = np.setdiff1d(np.arange(len(labels)), here)
    mode, deviations = np.asarray(laplace.centre), np.asarray(laplace.scale)
    curved = deviations @ deviations.T
    scale = np.asarray(elder.whitening.scale)
    drawn = (scale @ scale.T)[np.ix_(there, there)]
    peaked = (scale @ elder.peak.covariance @ scale.T)[np.ix_(there, there)]
    shared = curved[np.ix_(here, here)]
    carried = geometric_mean(shared, np.linalg.inv(peaked))
    within = carried @ drawn @ carried.T
    # What the elder lacks keeps its regression on what it has, and the scatter about it.
    slope = np.linalg.solve(shared, curved[np.ix_(here, rest)]).T
    about = curved[np.ix_(rest, rest)] - slope @ curved[np.ix_(here, rest)]
    covariance = np.empty_like(curved)
    covariance[np.ix_(here, here)] = within
    covariance[np.ix_(rest, here)] = slope @ within
    covariance[np.ix_(here, rest)] = (slope @ within).T
    covariance[np.ix_(rest, rest)] = about + slope @ within @ slope.T
    moved = carried @ (-scale @ elder.peak.centre)[there]  # from the mode to where the draws are
    at = mode.copy()
    at[here] += moved
    at[rest] += slope @ moved
    return Whitening(at, np.linalg.cholesky(0.5 * (covariance + covariance.T)))


def farthest(starts: np.ndarray, count: int) -> np.ndarray:
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
