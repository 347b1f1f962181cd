import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from densing.models.grid import MARGIN, POINTS_PER_NODE, STENCIL, build_grid, interpolate
from densing.models.ops import numpy_ops as xp

GRID = build_grid(-9.0, 12.0, 0.15)


def test_points_and_nodes():
    assert np.diff(GRID.points) == pytest.approx(0.15)
    assert np.diff(GRID.nodes) == pytest.approx(0.15 * POINTS_PER_NODE)
    assert GRID.points[0] == -9.0
    assert 12.0 <= GRID.points[-1] < 12.0 + 0.15 * POINTS_PER_NODE
    assert GRID.nodes[MARGIN] == pytest.approx(GRID.points[0])


@given(st.lists(st.floats(-1, 1), min_size=STENCIL, max_size=STENCIL))
def test_polynomials_are_exact(coefficients):
    """A stencil of eight nodes reproduces every polynomial of degree seven."""
    polynomial = np.polynomial.Polynomial(coefficients, domain=[-10, 13])
    ours = polynomial(GRID.nodes) @ GRID.weights
    np.testing.assert_allclose(ours, polynomial(GRID.points), atol=1e-10)


def test_likelihoods_of_the_usual_width():
    """Log-logistic curves as wide as scores make them: below 1e-4 nats."""
    nodes, points = (special.log_expit(x / 0.45 / 4) * 60 for x in (GRID.nodes, GRID.points))
    ours = interpolate(xp, GRID, nodes[None, :])[0]
    assert np.max(np.abs(ours - points)) < 1e-4


@given(st.integers(0, 10_000))
def test_overshoot_cannot_make_a_mode(seed):
    """Wild values, thousands of nats apart: nothing exceeds the sum of the nodes' likelihoods."""
    rng = np.random.default_rng(seed)
    values = -(10 ** rng.uniform(0, 5, (3, len(GRID.nodes))))
    ours = interpolate(xp, GRID, values)
    inner = values[:, MARGIN:-MARGIN]
    assert np.all(ours.max(axis=1) <= special.logsumexp(inner, axis=1) + 1e-9)
