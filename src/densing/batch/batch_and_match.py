r"""A normal approximation that lies where a posterior's mass is, by its gradients alone.

"Batch and match" (Cai, Modi, Pillaud-Vivien, Margossian, Gower, Blei & Saul 2024, arXiv
2402.14758, algorithm 1). Points are drawn from a normal density q, gradients of the posterior are
taken there, and q moves to the normal density whose own gradients match them best while it stays
near what it was:

``q' = argmin  E |grad ln p - grad ln q'|^2_{Cov q'} + 2 / weight KL(q, q')``

which has a closed form. A normal approximation at a mode costs as much and tells less: the mode of
a hierarchical model is no typical point of it, and its curvature there not the typical one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from densing.inference.laplace import power
from densing.inference.trajectories import at_each
from densing.inference.whitening import Inputs, Whitening

BATCH, ROUNDS = 100, 6
"""Points of a round, and rounds."""
BOLD = 6.0
"""Weight of the first round's gradients; that of the n-th is `BOLD` / n, so that chance averages
out."""
FAR = 5.0
"""Gradients longer than so many times the median, in units of q, are left out: one point far out
in a tail would decide the shape."""


@dataclass(frozen=True)
class Normal:
    """Normal approximation of a posterior, in some whitened coordinates."""

    centre: np.ndarray
    """Shape (size,)."""
    covariance: np.ndarray
    """Shape (size, size)."""
    evaluations: int
    """Gradients that it took."""

    def metric(self, *, of: Whitening) -> Whitening:
        """Whitening by this density, which was found in the coordinates `of` another."""
        return within(of, self.centre, np.linalg.cholesky(self.covariance))


def within(whitening: Whitening, centre: np.ndarray, scale: np.ndarray) -> Whitening:
    """Whitening given in the coordinates of another one."""
    outer = np.asarray(whitening.scale)
    return Whitening(np.asarray(whitening.centre) + outer @ centre, outer @ scale)


def match(
    value_and_grad: Callable[..., Any], inputs: Inputs, whitening: Whitening, *, seed: int
) -> Normal:
    """Find the normal approximation of a posterior, from a standard normal in `whitening`.

    Parameters
    ----------
    value_and_grad
        Negative log density of a flat unconstrained vector, and its gradient.

    Raises
    ------
    FloatingPointError
        Most points of a round have no gradient.
    """
    centre, scale = np.asarray(whitening.centre), np.asarray(whitening.scale)
    rng = np.random.default_rng(seed)
    size = centre.size
    mean, covariance = np.zeros(size), np.eye(size)
    for number in range(ROUNDS):
        root = np.linalg.cholesky(covariance)
        half = rng.standard_normal((BATCH // 2, size)) @ root.T
        points = mean + np.concatenate([half, -half])
        slopes = -at_each(value_and_grad, centre + points @ scale.T, inputs)[1] @ scale
        length = np.linalg.norm(slopes @ root, axis=1)
        near = length < FAR * np.nanmedian(np.where(np.isfinite(length), length, np.nan))
        if 2 * near.sum() < BATCH:
            raise FloatingPointError("the log density has no gradient where its mass should be")
        mean, covariance = moved(
            mean, covariance, points[near], slopes[near], weight=BOLD / (number + 1)
        )
    return Normal(mean, covariance, BATCH * ROUNDS)


def moved(
    mean: np.ndarray, covariance: np.ndarray, points: np.ndarray, slopes: np.ndarray, *,
    weight: float,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Do one update: mean and covariance of the normal density that matches gradients best.

    Parameters
    ----------
    points
        Shape (point, size).
    slopes
        Gradients of the log density there, of the same shape.
    weight
        Of the gradients against the density as it was; with infinite weight and more points than
        dimensions a normal posterior is matched at once.
    """
    at, slope = points.mean(axis=0), slopes.mean(axis=0)
    share = weight / (1.0 + weight)
    off, about, around = mean - at, points - at, slopes - slope
    wide = covariance + weight * about.T @ about / len(points) + share * np.outer(off, off)
    steep = weight * around.T @ around / len(points) + share * np.outer(slope, slope)
    # The root of  C steep C + C = wide.
    root = power(wide, 0.5)
    values, vectors = np.linalg.eigh(root @ steep @ root)
    ratio = 2.0 / (1.0 + np.sqrt(1.0 + 4.0 * np.maximum(values, 0.0)))
    new = root @ (vectors * ratio) @ vectors.T @ root
    new = 0.5 * (new + new.T)
    return mean + share * (new @ slope + at - mean), new
