import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from densing.models.coordinates import (
    BEND,
    CENTRE,
    SPREAD,
    common_scaled,
    scaled,
    share,
    shifted,
)
from densing.models.ops import numpy_ops as xp

COORDINATES = {
    "shifted": shifted(np.array([0.3])),
    "scaled": scaled(xp, np.array([2.5])),
    "share": share(xp),
}
Z = st.floats(-3.0, 20.0)


@pytest.mark.parametrize("name", COORDINATES)
@given(Z)
def test_slope_is_the_derivative(name, z):
    step = 1e-6
    ends = [np.asarray(COORDINATES[name](np.array([x]))[0]) for x in (z - step, z + step)]
    slope = np.exp(COORDINATES[name](np.array([z]))[1])
    np.testing.assert_allclose((ends[1] - ends[0]) / (2 * step), slope, rtol=1e-5)


@given(st.lists(Z, min_size=1, max_size=6), st.floats(0.05, 20.0))
def test_what_effects_have_in_common_is_scaled_and_their_differences_stay(z, scale):
    z = np.array(z)
    value, slope = common_scaled(xp, scale)(z)
    np.testing.assert_allclose(value - value.mean(), z - z.mean(), atol=1e-9)
    assert value.mean() == pytest.approx(scale * z.mean(), abs=1e-9)
    jacobian = np.stack([common_scaled(xp, scale)(row)[0] for row in np.eye(z.size)])
    total = np.sum(np.broadcast_to(slope, z.shape))
    assert total == pytest.approx(np.linalg.slogdet(jacobian)[1], abs=1e-9)


def test_share_by_hand():
    """Far above the bend ``h = CENTRE + SPREAD z`` is minus the log of what is left."""
    logit, _ = share(xp)(np.array([2.0]))
    left = np.exp(-(CENTRE + 2.0 * SPREAD))
    assert logit[0] == pytest.approx(np.log((1 - left) / left), rel=1e-9)


def test_share_reaches_zero():
    """Far below the bend the share falls exponentially: no wall in the sampler's way."""
    z = np.array([-4.0, -5.0])
    logit, slope = share(xp)(z)
    assert logit[0] - logit[1] == pytest.approx(SPREAD / BEND, rel=1e-6)
    np.testing.assert_allclose(slope, np.log(SPREAD / BEND), rtol=1e-6)
