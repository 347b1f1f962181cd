"""Where the posterior sits and how it is shaped: starts and whitening for the sampler.

Each chain starts from its own random point, is taken down to the nearest mode by L-BFGS and
displaced again by a wide draw of the curvature there. Chains that belong to different modes
therefore stay in them, and the diagnostics see it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from densing.inference.trajectories import at_each
from densing.inference.whitening import Inputs, Whitening

DISPERSION = 1.5
"""Standard deviations of the Laplace approximation that chains are displaced by."""
SHRINKAGE = 1
"""Draws, in multiples of the dimension, that the Laplace approximation is worth."""
FLATTEST = 3.0
"""Largest standard deviation that curvature is believed to show: on the unconstrained scale at a
mode, in whitened coordinates elsewhere."""


@dataclass(frozen=True)
class Mode:
    """A local maximum of the posterior density in unconstrained space."""

    position: np.ndarray
    """Flat unconstrained vector, shape (size,)."""
    energy: float
    """Negative log density there."""
    evaluations: int


def find_mode(value_and_grad: Callable[..., Any], inputs: Inputs, start: Any) -> Mode:
    """Descend from `start` to the nearest mode."""

    def objective(z: np.ndarray) -> tuple[float, np.ndarray]:
        energy, slope = value_and_grad(z, inputs)
        slope = np.asarray(slope, float)
        if not (np.isfinite(energy) and np.isfinite(slope).all()):
            return 1e10, np.zeros_like(z)
        return float(energy), slope

    found = minimize(
        objective, np.asarray(start), jac=True, method="L-BFGS-B",
        options={"maxiter": 2000, "maxfun": 4000, "maxcor": 50, "ftol": 1e-6, "gtol": 1e-3},
    )  # fmt: skip
    return Mode(found.x, float(found.fun), int(found.nfev))


def curvature(value_and_grad: Callable[..., Any], inputs: Inputs, mode: Mode) -> Whitening:
    """Whitening by the Hessian at a mode; flat or upward directions are held to `FLATTEST`.

    Hessians are taken by central differences of the gradient: two gradients a dimension with the
    program that is compiled already, where an exact one would be compiled anew.
    """
    flat = Whitening(mode.position, np.eye(mode.position.size))
    return Whitening(mode.position, deviations(hessian(value_and_grad, inputs, flat)))


def mean_curvature(
    value_and_grad: Callable[..., Any],
    inputs: Inputs,
    whitening: Whitening,
    positions: np.ndarray,
) -> Whitening:
    """Whitening by the mean Hessian over draws: the curvature at the mode need not be typical.

    Over a posterior the mean Hessian is the covariance of the gradients. The mode of a hierarchical
    model lies where spreads are small, and directions look narrow there that are wide elsewhere;
    few draws, 2 x size gradients each, tell more of it than hundreds of gradients do.

    Parameters
    ----------
    whitening
        In whose coordinates directions are held to `FLATTEST`.
    positions
        Flat unconstrained vectors, shape (draw, size).
    """
    scale = np.asarray(whitening.scale)
    found = [hessian(value_and_grad, inputs, Whitening(z, scale), step=1e-3) for z in positions]
    return Whitening(positions.mean(axis=0), scale @ deviations(np.mean(found, axis=0)))


def hessian(
    value_and_grad: Callable[..., Any], inputs: Inputs, at: Whitening, *, step: float = 1e-4
) -> np.ndarray:
    """Hessian in whitened coordinates at their origin, shape (size, size)."""
    centre, scale = np.asarray(at.centre), np.asarray(at.scale)

    steps = np.concatenate([step * np.eye(centre.size), -step * np.eye(centre.size)])
    found = at_each(value_and_grad, np.stack([centre + scale @ h for h in steps]), inputs)[1]
    ahead, behind = np.split(np.stack([scale.T @ slope for slope in found]), 2)
    matrix = (ahead - behind) / (2.0 * step)
    return 0.5 * (matrix + matrix.T)


def deviations(matrix: np.ndarray) -> np.ndarray:
    """Directions of a Hessian, each as long as its standard deviation, at most `FLATTEST`.

    An upward one is as long as the downward one of the same curvature (Betancourt 2013).
    """
    values, vectors = np.linalg.eigh(matrix)
    return vectors / np.sqrt(np.maximum(np.abs(values), FLATTEST**-2))


def rewhitened(
    whitening: Whitening, position: np.ndarray, slope: np.ndarray | None = None
) -> Whitening:
    """Whitening by the pilot's draws and gradients, shrunk towards the Laplace approximation.

    The curvature at the mode is not the shape of a skewed posterior: whitened at the mode, some
    directions of the bundled evidence's are still several times too wide or too narrow. The
    covariance A of the draws and B of their gradients give the metric ``A # B^-1`` (geometric
    mean of matrices), the minimiser of the Fisher divergence to a normal density (Seyboldt,
    Carlson & Carpenter 2024, the idea behind nutpie). Both are taken within chains, so that
    chains in different modes do not widen them.

    Parameters
    ----------
    whitening
        The pilot's whitening.
    position
        The pilot's draws, flat unconstrained vectors, shape (chain, draw, size).
    slope
        Gradients of the negative log density there in the pilot's whitened coordinates, of the
        same shape; without them the metric is A alone.
    """
    size = position.shape[-1]
    centred = position - position.mean(axis=1, keepdims=True)
    y = np.linalg.solve(np.asarray(whitening.scale), centred.reshape(-1, size).T).T
    metric = shrunk_covariance(y)
    if slope is not None:
        slopes = (slope - slope.mean(axis=1, keepdims=True)).reshape(-1, size)
        metric = geometric_mean(metric, np.linalg.inv(shrunk_covariance(slopes)))
    scale = np.asarray(whitening.scale) @ np.linalg.cholesky(metric)
    return Whitening(position.reshape(-1, size).mean(axis=0), scale)


def shrunk_covariance(centred: np.ndarray) -> np.ndarray:
    """Covariance of centred rows, shrunk towards the identity by `SHRINKAGE`."""
    rows, size = centred.shape
    weight = SHRINKAGE * size
    return (centred.T @ centred + weight * np.eye(size)) / (rows + weight)


def geometric_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return ``A # B = A^1/2 (A^-1/2 B A^-1/2)^1/2 A^1/2`` of positive definite matrices."""
    root, inverse = power(a, 0.5), power(a, -0.5)
    mean = root @ power(inverse @ b @ inverse, 0.5) @ root
    return 0.5 * (mean + mean.T)


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Power of a positive definite matrix."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return (vectors * values**exponent) @ vectors.T
