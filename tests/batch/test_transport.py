"""The way from one universe to another, on normals whose answer is known."""

import numpy as np
import pytest

from densing.batch.batch_and_match import Normal
from densing.batch.transport import (
    HELD,
    WarmStart,
    find_peak,
    held,
    inherited,
    maximin,
    shaped,
    transported,
    typical,
)
from densing.inference.laplace import geometric_mean
from densing.inference.whitening import Inputs, Whitening
from densing.models.coordinates import common_scaled
from densing.models.ops import numpy_ops

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
    way = transported(whitening, leader, universe)
    at = leader.centre + RNG.multivariate_normal(np.zeros(3), here, 200_000)
    carried = way.centre + at @ way.scale.T
    np.testing.assert_allclose(carried.mean(axis=0), means[1], atol=0.05)
    wanted = ROOT @ there @ ROOT.T
    np.testing.assert_allclose(np.cov(carried.T), wanted, rtol=0.03, atol=0.05)


def test_the_way_to_oneself_is_to_stay():
    whitening = Whitening(np.array([3.0, 1.0, -1.0]), ROOT)
    peak = find_peak(normal(np.ones(3), ROOT @ ROOT.T), Inputs(None, {}), whitening, np.zeros(3))
    way = transported(whitening, peak, peak)
    np.testing.assert_allclose(way.centre, whitening.centre, atol=1e-9)
    np.testing.assert_allclose(way.scale, whitening.scale, atol=1e-9)


def effects(z, inputs):
    """Four effects of about 0.3, seen with an error of 1, and their spread: ln spread is z[4]."""
    spread = np.exp(z[4])
    values, seen = z[:4], np.array([0.4, -0.3, 0.2, -0.2])
    energy = 0.5 * np.sum((values / spread) ** 2) + 4 * z[4] + 0.5 * np.sum((values - seen) ** 2)
    energy += 0.5 * ((z[4] + 1.0) / 2.0) ** 2
    slope = np.append(
        values / spread**2 + values - seen,
        4.0 - np.sum(values**2) / spread**2 + (z[4] + 1.0) / 4.0,
    )
    return energy, slope


def test_a_peak_is_not_where_a_spread_is_almost_nothing():
    """The mode of effects and spread together lies in a funnel's neck; with the spread held where
    draws have it, curvature is that of the conditional normal density."""
    inputs, typical = Inputs(None, {}), np.append(np.zeros(4), -1.0)
    whitening = Whitening(typical, 2.0 * np.eye(5))
    neck = find_peak(effects, inputs, whitening, np.zeros(5))
    assert (typical + 2.0 * neck.centre)[4] < -8.0
    peak = find_peak(effects, inputs, whitening, np.zeros(5), [4])
    at = typical + 2.0 * peak.centre
    assert at[4] == pytest.approx(-1.0, abs=1e-12)
    weight = 1.0 / (1.0 + np.exp(-2.0))
    np.testing.assert_allclose(at[:4], np.array([0.4, -0.3, 0.2, -0.2]) * (1 - weight), atol=1e-3)
    precision = np.linalg.inv(4.0 * peak.covariance)[:4, :4]
    np.testing.assert_allclose(precision, (np.exp(2.0) + 1.0) * np.eye(4), atol=1e-3)
    assert np.diag(peak.covariance)[:4].min() > 1e3 * np.diag(neck.covariance)[:4].max()


def test_held_are_the_spreads_that_do_not_scale_their_effects():
    labels = ["drift_coordinate[0]", "drift_spread", "family_spread", "offset_spread"]
    assert [labels[i] for i in held(labels)] == ["drift_spread", "offset_spread"]
    assert held(["rate"]).size == 0
    # The reason: differences between effects stay as they are where the spread is tiny.
    z = np.array([0.4, -0.2, 0.1])
    value, _ = common_scaled(numpy_ops, 1e-9)(z)
    np.testing.assert_allclose(np.diff(value), np.diff(z))
    assert {"offset_spread", "drift_spread"} < set(HELD)


def test_a_universe_is_sampled_half_way_between_two_shapes():
    """Both densities seen the same way too narrow: the leader's draws tell by how much."""
    rng = np.random.default_rng(8)
    root = rng.standard_normal((3, 3))
    wanted, narrow = root @ root.T + np.eye(3), 0.25
    leader = Normal(np.zeros(3), narrow * np.eye(3), 0)
    universe = Normal(np.array([1.0, 2.0, 3.0]), narrow * wanted, 0)
    way = Whitening(np.array([5.0, 0.0, 0.0]), 3.0 * np.eye(3))
    shape, carry = shaped(way, leader, universe)
    np.testing.assert_allclose(carry.scale @ carry.scale.T, 9.0 * wanted, rtol=1e-9)
    np.testing.assert_allclose(carry.centre, [8.0, 6.0, 9.0])
    np.testing.assert_allclose(shape.centre, carry.centre)
    half = geometric_mean(wanted, narrow * wanted)
    np.testing.assert_allclose(shape.scale @ shape.scale.T, 9.0 * half, rtol=1e-9)


# ---- another shape inherits: covariances of normal densities, known exactly ----

OLD = ["gone", "a", "b", "c"]
NEW = ["c", "new", "a", "b"]
SHARED = [0, 2, 3]


def positive(rng, size):
    root = rng.standard_normal((size, size))
    return root @ root.T + 0.1 * np.eye(size)


@pytest.fixture
def laplace():
    rng = np.random.default_rng(1)
    return Whitening(rng.standard_normal(4), np.linalg.cholesky(positive(rng, 4)))


def parent(*, wider, moved):
    """Draws that are wider than the curvature at the mode says, and lie beside it."""
    rng = np.random.default_rng(2)
    peaked = positive(rng, 4)
    scale = np.linalg.cholesky(wider**2 * peaked)
    mode = rng.standard_normal(4)
    whitening = Whitening(mode + moved, scale)
    inverse = np.linalg.inv(scale)
    peak = Normal(-inverse @ moved, inverse @ peaked @ inverse.T, 0)
    none = np.zeros((0, 0, 4))
    return WarmStart(OLD, whitening, peak, peak, none, none[..., 0], trustworthy=True)


def covariance(whitening):
    return whitening.scale @ whitening.scale.T


def test_a_normal_density_keeps_its_own_covariance_whatever_the_parent(laplace):
    found = inherited(parent(wider=1.0, moved=np.zeros(4)), NEW, laplace)
    assert np.allclose(covariance(found), covariance(laplace), rtol=1e-9)
    assert np.allclose(found.centre, laplace.centre, atol=1e-12)


def test_what_is_wider_than_its_curvature_is_so_in_the_new_shape_too(laplace):
    found = covariance(inherited(parent(wider=3.0, moved=np.zeros(4)), NEW, laplace))
    own = covariance(laplace)
    shared = np.ix_(SHARED, SHARED)
    assert np.allclose(found[shared], 9.0 * own[shared], rtol=1e-9)
    # What the parent lacks keeps its regression on the rest and the scatter about it.
    slope = np.linalg.solve(own[shared], own[SHARED, 1])
    assert np.allclose(np.linalg.solve(found[shared], found[SHARED, 1]), slope, rtol=1e-9)
    about = [c[1, 1] - slope @ c[SHARED, 1] for c in (own, found)]
    assert about[1] == pytest.approx(about[0], rel=1e-9)


def test_draws_lie_beside_the_mode_as_the_parents_do(laplace):
    moved = np.array([9.0, 0.0, 0.0, 0.0])
    assert np.allclose(
        inherited(parent(wider=1.0, moved=moved), NEW, laplace).centre, laplace.centre
    )
    found = inherited(parent(wider=1.0, moved=np.ones(4)), NEW, laplace)
    assert np.abs(found.centre - laplace.centre).min() > 1e-3


def test_starts_in_two_modes_are_both_taken():
    starts = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [0.0, 0.2]])
    assert maximin(starts, 2).tolist() == [[0.0, 0.0], [5.0, 5.0]]
    assert maximin(starts, 3).tolist()[2] == [0.0, 0.2]


def test_some_entries_stand_where_the_parents_draws_have_them(laplace):
    one = parent(wider=1.0, moved=np.ones(4))
    found = typical(one, NEW, laplace.centre, np.array([1, 2]))  # "new", which it lacks, and "a"
    changed = found.centre != laplace.centre
    assert changed.tolist() == [False, False, True, False]
    assert found.centre[2] == one.whitening.centre[OLD.index("a")]
    np.testing.assert_array_equal(found.scale, np.eye(4))
