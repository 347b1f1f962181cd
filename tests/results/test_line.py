import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from densing.results.line import least_squares


def test_by_hand():
    # Means 1 and 2; spread 2; products 1; slope 1/2; residuals 1/2, -1, 1/2.
    line = least_squares(np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 3.0]))
    assert line.slope == pytest.approx(0.5)
    assert line.intercept == pytest.approx(1.5)
    assert line.r2 == pytest.approx(0.25)
    assert line.noise == pytest.approx(np.sqrt(1.5))
    assert line.slope_error == pytest.approx(np.sqrt(0.75))
    # Student's t with one degree of freedom: the 95 % point is tan(0.45 pi).
    assert line.slope_interval().upper == pytest.approx(
        0.5 + np.tan(0.45 * np.pi) * np.sqrt(0.75), rel=1e-9
    )


def test_agrees_with_scipy():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=12), rng.normal(size=12)
    ours, theirs = least_squares(x, y), stats.linregress(x, y)
    assert ours.slope == pytest.approx(theirs.slope)
    assert ours.slope_error == pytest.approx(theirs.stderr)
    assert ours.r2 == pytest.approx(theirs.rvalue**2)


def test_draws_follow_the_interval():
    line = least_squares(np.array([0.0, 1.0, 2.0, 3.0, 5.0]), np.array([0.1, 1.2, 1.9, 3.3, 4.6]))
    draws = line.slopes(np.random.default_rng(0), 200_000)
    found = line.slope_interval()
    assert np.mean((draws > found.lower) & (draws < found.upper)) == pytest.approx(0.9, abs=0.003)


def test_the_band_is_narrowest_at_the_centre():
    line = least_squares(np.arange(6.0), np.array([0.0, 1.1, 1.8, 3.2, 4.1, 4.7]))
    x = np.array([-5.0, line.centre, 10.0])
    low, high = line.band(x)
    assert np.all(low < line(x))
    assert np.argmin(high - low) == 1


@pytest.mark.parametrize("x", [[0.0, 1.0], [1.0, 1.0, 1.0]])
def test_too_few_points_or_dates(x):
    with pytest.raises(ValueError, match="three points at two dates"):
        least_squares(np.array(x), np.ones(len(x)))


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_a_straight_line_is_found(slope, intercept):
    x = np.array([0.0, 1.0, 3.0, 4.0])
    line = least_squares(x, intercept + slope * x)
    assert line.slope == pytest.approx(slope, abs=1e-9)
    assert line.noise == pytest.approx(0.0, abs=1e-9)
