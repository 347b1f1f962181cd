"""What a posterior of another shape inherits: covariances of normal densities, known exactly."""

import numpy as np
import pytest

from densing.inference.matching import Normal
from densing.inference.whitening import Whitening
from densing.sensitivity.leaders import Leader, farthest, inherited, typical

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


def elder(*, wider, moved):
    """Draws that are wider than the curvature at the mode says, and lie beside it."""
    rng = np.random.default_rng(2)
    peaked = positive(rng, 4)
    scale = np.linalg.cholesky(wider**2 * peaked)
    mode = rng.standard_normal(4)
    whitening = Whitening(mode + moved, scale)
    inverse = np.linalg.inv(scale)
    peak = Normal(-inverse @ moved, inverse @ peaked @ inverse.T, 0)
    none = np.zeros((0, 0, 4))
    return Leader(OLD, whitening, peak, peak, none, none[..., 0], trustworthy=True)


def covariance(whitening):
    return whitening.scale @ whitening.scale.T


def test_a_normal_density_keeps_its_own_covariance_whatever_the_elder(laplace):
    found = inherited(elder(wider=1.0, moved=np.zeros(4)), NEW, laplace)
    assert np.allclose(covariance(found), covariance(laplace), rtol=1e-9)
    assert np.allclose(found.centre, laplace.centre, atol=1e-12)


def test_what_is_wider_than_its_curvature_is_so_in_the_new_shape_too(laplace):
    found = covariance(inherited(elder(wider=3.0, moved=np.zeros(4)), NEW, laplace))
    own = covariance(laplace)
    shared = np.ix_(SHARED, SHARED)
    assert np.allclose(found[shared], 9.0 * own[shared], rtol=1e-9)
    # What the elder lacks keeps its regression on the rest and the scatter about it.
    slope = np.linalg.solve(own[shared], own[SHARED, 1])
    assert np.allclose(np.linalg.solve(found[shared], found[SHARED, 1]), slope, rtol=1e-9)
    about = [c[1, 1] - slope @ c[SHARED, 1] for c in (own, found)]
    assert about[1] == pytest.approx(about[0], rel=1e-9)


def test_draws_lie_beside_the_mode_as_the_elders_do(laplace):
    moved = np.array([9.0, 0.0, 0.0, 0.0])
    assert np.allclose(
        inherited(elder(wider=1.0, moved=moved), NEW, laplace).centre, laplace.centre
    )
    found = inherited(elder(wider=1.0, moved=np.ones(4)), NEW, laplace)
    assert np.abs(found.centre - laplace.centre).min() > 1e-3


def test_starts_in_two_modes_are_both_taken():
    starts = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [0.0, 0.2]])
    assert farthest(starts, 2).tolist() == [[0.0, 0.0], [5.0, 5.0]]
    assert farthest(starts, 3).tolist()[2] == [0.0, 0.2]


def test_some_entries_stand_where_the_elders_draws_have_them(laplace):
    one = elder(wider=1.0, moved=np.ones(4))
    found = typical(one, NEW, laplace.centre, np.array([1, 2]))  # "new", which it lacks, and "a"
    changed = found.centre != laplace.centre
    assert changed.tolist() == [False, False, True, False]
    assert found.centre[2] == one.whitening.centre[OLD.index("a")]
    np.testing.assert_array_equal(found.scale, np.eye(4))
