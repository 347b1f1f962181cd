"""Where the targets' log effective parameters are integrated, and from how few curve values.

A model's log-likelihood is a smooth function of its size, the integrand (likelihood times the
residual's density) a peaked one. So the curves are evaluated at coarse *nodes*, the
log-likelihood is interpolated between them by local polynomials, and the trapezoid rule runs
over fine *points*: exponentially accurate for a smooth integrand that vanishes at the ends.
What both cost in accuracy is part of each run's verdict (`results.health`).
"""

from typing import Any, NamedTuple

import numpy as np

POINTS_PER_NODE = 2
STENCIL = 8
"""Nodes that an interpolated value depends on: a polynomial of one degree less."""
MARGIN = STENCIL // 2 - 1
"""Nodes beyond either end of the points, so that every stencil is central."""


class Grid(NamedTuple):
    """Centred log effective parameters at which a joint density is evaluated."""

    nodes: Any
    """Where curves are evaluated, shape (node,), evenly spaced."""
    points: Any
    """Where the integrand is evaluated, shape (point,), evenly spaced."""
    weights: Any
    """Interpolation from nodes to points, shape (node, point); columns sum to 1."""

    @property
    def step(self) -> float:
        """Distance of the points."""
        return float(self.points[1] - self.points[0])


def build_grid(low: float, high: float, step: float) -> Grid:
    """Points `step` apart from `low` to at least `high`, and the nodes beneath them."""
    wide = step * POINTS_PER_NODE
    cells = int(np.ceil((high - low) / wide))
    nodes = low + wide * np.arange(-MARGIN, cells + MARGIN + 1)
    points = low + step * np.arange(cells * POINTS_PER_NODE + 1)
    return Grid(nodes, points, interpolation(nodes, points))


def interpolate(xp: Any, grid: Grid, values: Any) -> Any:
    """Log-likelihoods at the points from those at the nodes.

    Where a likelihood is narrow against the nodes' distance, far from the posterior, a
    polynomial through values thousands of nats apart overshoots. So that this cannot make a
    false mode, a model's values are held to the log of the sum of its likelihoods at the nodes,
    which is above each of them and far above what interpolation reaches near the posterior.

    Parameters
    ----------
    values
        Shape (model, node).

    Returns
    -------
    array of shape (model, point)
    """
    inner = values[:, MARGIN : values.shape[1] - MARGIN]
    return xp.minimum(xp.matmul(values, grid.weights), xp.logsumexp(inner, axis=1)[:, None])


def interpolation(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Weights of local Lagrange interpolation between evenly spaced nodes, (node, point)."""
    position = (points - nodes[0]) / (nodes[1] - nodes[0])
    first = np.floor(position + 1e-9).astype(int) - (STENCIL // 2 - 1)
    first = np.clip(first, 0, len(nodes) - STENCIL)
    weights = np.zeros((len(nodes), len(points)))
    for own in range(STENCIL):
        others = [other for other in range(STENCIL) if other != own]
        terms = [(position - first - other) / (own - other) for other in others]
        weights[first + own, np.arange(len(points))] = np.prod(terms, axis=0)
    return weights
