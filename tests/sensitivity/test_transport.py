"""The way from one universe to another, on normals whose answer is known."""

import numpy as np
import pytest

from densing.inference.potential import Inputs, Whitening
from densing.sensitivity.transport import find_peak, transport

RNG = np.random.default_rng(4)
ROOT = RNG.standard_normal((3, 3)) + 2.0 * np.eye(3)


def normal(mean, covariance):
    precision = np.linalg.inv(covariance)

    def value_and_grad(z, inputs):
        off = z - mean
        return 0.5 * off @ precision @ off, precision @ off

    return value_and_grad


def test_a_peak_is_found_in_the_leaders_coordinates():
    mean, covariance = np.array([5.0, -2.0, 1.0]), ROOT @ ROOT.T
    whitening = Whitening(np.array([1.0, 0.0, 0.0]), ROOT)
    peak = find_peak(normal(mean, covariance), Inputs(None, {}), whitening, np.zeros(3))
    np.testing.assert_allclose(whitening.centre + ROOT @ peak.centre, mean, atol=1e-3)
    np.testing.assert_allclose(peak.covariance, np.eye(3), atol=1e-4)
    assert peak.evaluations > 6


def test_draws_are_carried_to_the_universes_mean_and_covariance():
    """A normal leader's whitened draws, put through the universe's whitening, are its draws."""
    whitening = Whitening(np.array([3.0, 1.0, -1.0]), ROOT)
    here, there = np.diag([1.0, 0.5, 2.0]), np.array([[2.0, 0.6, 0], [0.6, 0.7, 0], [0, 0, 1.5]])
    inputs = Inputs(None, {})
    means = np.array([3.0, 1.5, -1.0]), np.array([40.0, -3.0, 2.0])
    leader, universe = (
        find_peak(normal(m, ROOT @ c @ ROOT.T), inputs, whitening, np.zeros(3))
        for m, c in zip(means, (here, there), strict=True)
    )
    way = transport(whitening, leader, universe)
    at = leader.centre + RNG.multivariate_normal(np.zeros(3), here, 200_000)
    carried = way.whitening.centre + at @ way.whitening.scale.T
    np.testing.assert_allclose(carried.mean(axis=0), means[1], atol=0.05)
    wanted = ROOT @ there @ ROOT.T
    np.testing.assert_allclose(np.cov(carried.T), wanted, rtol=0.03, atol=0.05)
    assert way.evaluations == universe.evaluations
    assert not way.near
    assert way.stretch[1] == pytest.approx(np.sqrt(2.2), abs=0.3)


def test_the_way_to_oneself_is_to_stay():
    whitening = Whitening(np.array([3.0, 1.0, -1.0]), ROOT)
    peak = find_peak(normal(np.ones(3), ROOT @ ROOT.T), Inputs(None, {}), whitening, np.zeros(3))
    way = transport(whitening, peak, peak)
    np.testing.assert_allclose(way.whitening.centre, whitening.centre, atol=1e-9)
    np.testing.assert_allclose(way.whitening.scale, whitening.scale, atol=1e-9)
    assert way.near
