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

from densing.inference.potential import Inputs, Whitening

DISPERSION = 1.5
"""Standard deviations of the Laplace approximation that chains are displaced by."""
SHRINKAGE = 1
"""Draws, in multiples of the dimension, that the Laplace approximation is worth."""
FLATTEST = 3.0
"""Largest standard deviation whitening believes in, on the unconstrained scale."""


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
        if not np.isfinite(energy):
            return 1e10, np.zeros_like(z)
        return float(energy), np.nan_to_num(np.asarray(slope, float))

    found = minimize(
        objective, np.asarray(start), jac=True, method="L-BFGS-B",
        options={"maxiter": 2000, "maxfun": 4000, "maxcor": 50, "ftol": 1e-6, "gtol": 1e-3},
    )  # fmt: skip
    return Mode(found.x, float(found.fun), int(found.nfev))


def curvature(value_and_grad: Callable[..., Any], inputs: Inputs, mode: Mode) -> Whitening:
    """Whitening by the Hessian at a mode; flat or upward directions are held to `FLATTEST`.

    The Hessian is taken by central differences of the gradient: two gradients a dimension
    with the program that is compiled already, where an exact one would be compiled anew.
    """
    step = 1e-4 * np.eye(mode.position.size)

    def slope(z: np.ndarray) -> np.ndarray:
        return np.asarray(value_and_grad(z, inputs)[1])

    rows = [slope(mode.position + h) - slope(mode.position - h) for h in step]
    matrix = np.stack(rows) / 2e-4
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    deviation = 1.0 / np.sqrt(np.maximum(values, FLATTEST**-2))
    return Whitening(mode.position, vectors * deviation)


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
