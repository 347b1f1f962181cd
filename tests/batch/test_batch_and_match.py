"""Batch and match: normals are found exactly, and what is no normal is found where its mass is."""

import numpy as np
import pytest

from densing.batch.batch_and_match import Normal, match, moved
from densing.inference.laplace import curvature, find_mode
from densing.inference.whitening import Inputs, Whitening

INPUTS = Inputs(None, {})
RNG = np.random.default_rng(3)


def covariance(size):
    root = RNG.standard_normal((size, size)) / np.sqrt(size)
    return root @ root.T + 0.3 * np.eye(size)


def normal(mean, wide):
    precision = np.linalg.inv(wide)

    def value_and_grad(z, inputs):
        return 0.5 * (z - mean) @ precision @ (z - mean), precision @ (z - mean)

    return value_and_grad


def test_a_normal_density_is_matched_at_once_by_more_points_than_dimensions():
    mean, wide = np.array([3.0, -1.0, 0.5]), covariance(3)
    points = RNG.standard_normal((20, 3))
    slopes = -(points - mean) @ np.linalg.inv(wide)
    found = moved(np.zeros(3), np.eye(3), points, slopes, weight=1e8)
    np.testing.assert_allclose(found[0], mean, atol=1e-5)
    np.testing.assert_allclose(found[1], wide, atol=1e-5)


def test_without_weight_nothing_moves():
    points = RNG.standard_normal((20, 3))
    mean, _ = moved(np.ones(3), covariance(3), points, points**3, weight=1e-12)
    np.testing.assert_allclose(mean, 1.0, atol=1e-9)


def test_an_update_solves_its_equation():
    """Stationarity of the objective in the covariance: C U C + C = V (arXiv 2402.14758, eq. 12)."""
    points, slopes, weight = *RNG.standard_normal((2, 30, 4)), 2.5
    old_mean, old = RNG.standard_normal(4), covariance(4)
    _, new = moved(old_mean, old, points, slopes, weight=weight)
    share = weight / (1 + weight)
    u = weight * np.cov(slopes.T, bias=True) + share * np.outer(*[slopes.mean(0)] * 2)
    v = old + weight * np.cov(points.T, bias=True)
    v += share * np.outer(*[old_mean - points.mean(0)] * 2)
    np.testing.assert_allclose(new @ u @ new + new, v, atol=1e-10)


def test_a_normal_of_another_shape_is_found_from_two_deviations_away():
    """From further away it takes more rounds: a peak is found first."""
    size = 40
    direction, wide = RNG.standard_normal(size), covariance(size)
    mean = 2.0 * direction / np.linalg.norm(direction)
    way = Whitening(np.zeros(size), np.eye(size))
    found = match(normal(mean, wide), INPUTS, way, seed=1)
    np.testing.assert_allclose(found.centre, mean, atol=0.02)
    ratio = np.linalg.eigvals(np.linalg.solve(wide, found.covariance)).real
    assert 0.95 < ratio.min()
    assert ratio.max() < 1.05
    assert found.evaluations == 600


def test_it_is_found_in_the_coordinates_that_are_given():
    mean, wide = np.array([3.0, -1.0, 0.5]), covariance(3)
    way = Whitening(mean + 0.5, 2.0 * np.linalg.cholesky(wide))
    shape = match(normal(mean, wide), INPUTS, way, seed=1).metric(of=way)
    np.testing.assert_allclose(shape.centre, mean, atol=0.01)
    np.testing.assert_allclose(shape.scale @ shape.scale.T, wide, rtol=0.02, atol=0.02)
    plain = Normal(np.array([1.0]), np.array([[4.0]]), 0)
    outer = plain.metric(of=Whitening(np.array([10.0]), np.array([[3.0]])))
    assert (outer.centre.item(), outer.scale.item()) == (13.0, 6.0)


def funnel(z, inputs):
    """Ten effects whose ln deviation z[10] is known to 0.5 beside the effects themselves."""
    deviation = np.exp(z[10])
    energy = 0.5 * np.sum((z[:10] / deviation) ** 2) + 10 * z[10] + 0.5 * (z[10] / 0.5) ** 2
    slope = z[:10] / deviation**2
    return energy, np.append(slope, 10 - np.sum((z[:10] / deviation) ** 2) + z[10] / 0.25)


def test_a_funnel_is_left_by_its_neck():
    mode = find_mode(funnel, INPUTS, np.append(np.full(10, 0.5), 0.0))
    laplace = curvature(funnel, INPUTS, mode)
    assert mode.position[10] < -2.4  # five deviations below its mean, 0
    found = match(funnel, INPUTS, laplace, seed=1).metric(of=laplace)
    assert found.centre[10] > mode.position[10] + 0.8
    wide = np.sqrt(np.diag(found.scale @ found.scale.T)[:10])
    assert np.all(wide > 1.8 * np.exp(mode.position[10]))


def skewed(z, inputs):
    """Logarithms of gamma variables of shape 2: mode ln 2 = 0.69, mean 0.42, variance 0.64."""
    return float(np.sum(np.exp(z) - 2.0 * z)), np.exp(z) - 2.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_skewed_density_is_met_near_its_mean_and_not_at_its_mode(seed):
    laplace = Whitening(np.full(3, np.log(2.0)), np.eye(3) / np.sqrt(2.0))
    found = match(skewed, INPUTS, laplace, seed=seed).metric(of=laplace)
    assert np.all(np.abs(found.centre - 0.4228) < 0.1)


def test_points_without_a_gradient_are_left_out_unless_they_are_most():
    inner = normal(np.ones(3), np.eye(3))

    def beyond(limit):
        def value_and_grad(z, inputs):
            return inner(z, inputs) if z[0] < limit else (np.nan, np.full(3, np.nan))

        return value_and_grad

    way = Whitening(np.zeros(3), np.eye(3))
    found = match(beyond(3.0), INPUTS, way, seed=1)
    np.testing.assert_allclose(found.centre, 1.0, atol=0.1)
    with pytest.raises(FloatingPointError, match="no gradient"):
        match(beyond(-1.0), INPUTS, way, seed=1)


def test_the_same_seed_finds_the_same():
    way = Whitening(np.zeros(11), np.eye(11))
    one, again, other = (match(funnel, INPUTS, way, seed=seed).centre for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
