"""The mean shortfall beyond the data: tangent where it widens, exponential where it narrows."""

import numpy as np
import pytest
import xarray as xr

from densing.models.dates import years
from densing.results.future import future
from densing.results.horizon import released
from densing.results.shortfall import Window, mean_shortfall, window_of

from .future_run import SHORTFALL, future_run

WINDOW = Window(-1.0, 1.5)


def at(time, *, drift, theta=0.4, window=WINDOW):
    return mean_shortfall(np.asarray(theta), np.asarray(drift), np.asarray(time), window)


@pytest.mark.parametrize(
    ("drift", "time", "expected"),
    [
        (0.5, 3.5, 0.4 * np.exp(0.75) * 2.0),  # widens after the end: tangent
        (-0.5, 3.5, 0.4 * np.exp(-1.75)),  # narrows after it: exponential
        (-0.5, -3.0, 0.4 * np.exp(0.5) * 2.0),  # widens before the start: tangent
        (0.5, -3.0, 0.4 * np.exp(-1.5)),
        (0.0, 9.0, 0.4),
    ],
)
def test_values_by_hand(drift, time, expected):
    assert at(time, drift=drift) == pytest.approx(expected, rel=1e-12)


def test_within_the_data_it_is_the_model_s_own_exponential():
    time = np.linspace(*WINDOW, 41)
    for drift in (-3.0, -0.2, 0.0, 0.7, 3.0):
        np.testing.assert_array_equal(at(time, drift=drift), 0.4 * np.exp(drift * time))


@pytest.mark.parametrize("edge", WINDOW)
@pytest.mark.parametrize("drift", [-0.8, 0.8])
def test_value_and_slope_are_continuous_at_both_ends(edge, drift):
    h = 1e-6
    before, there, after = at([edge - h, edge, edge + h], drift=drift)
    assert (there - before) / h == pytest.approx((after - there) / h, rel=1e-4)
    assert after == pytest.approx(there, rel=1e-5)


def test_it_is_smooth_in_the_drift_at_zero():
    h = 1e-6
    for time in (-4.0, 6.0):
        less, none, more = (float(at(time, drift=d)) for d in (-h, 0.0, h))
        assert (none - less) / h == pytest.approx((more - none) / h, rel=1e-4)


def test_it_stays_positive_and_finite():
    time = np.linspace(-40.0, 40.0, 81)[:, None]
    values = at(time, drift=np.linspace(-8.0, 8.0, 33))
    assert np.all(values > 0)
    assert np.all(np.isfinite(values))


@pytest.fixture(scope="module")
def drifting():
    """A run whose shortfall drifts at an uncertain rate, about zero, by 0.6 a year either way."""
    run = future_run(draws=1000)
    posterior = run["posterior"].to_dataset()
    drawn = 0.6 * np.random.default_rng(5).standard_normal(posterior["rate"].shape)
    posterior["shortfall_drift"] = posterior["shortfall_drift"].dims, drawn
    run["posterior"] = xr.DataTree(posterior)
    return run


def test_five_years_ahead_the_gap_is_no_matter_of_millions(drifting):
    ahead = future(drifting)
    end = ahead.window.last
    lines = ahead.lines(np.asarray([end, end + 5.0]))
    gap = np.quantile(lines["frontier"] - lines["population"], 0.95, axis=0)
    drift = np.quantile(ahead.draws("shortfall_drift"), 0.95)  # the gap rises with it
    assert gap[0] == pytest.approx(SHORTFALL * np.exp(drift * end), rel=0.01)
    assert gap[1] == pytest.approx(gap[0] * (1.0 + 5.0 * drift), rel=0.01)
    assert gap[1] < 7.0 * gap[0]
    # Carried on as an exponential it would be a hundredfold, in the exponent.
    assert SHORTFALL * np.exp(drift * (end + 5.0)) > 100.0 * gap[0]


def test_residuals_of_new_models_keep_to_the_same_gap(drifting):
    ahead = future(drifting)
    end = ahead.window.last
    drawn = ahead.residual(np.random.default_rng(1), np.full((1, 200), end + 5.0))
    lines = ahead.lines(np.asarray([end + 5.0]))
    gap = (lines["frontier"] - lines["population"])[:, 0]
    noise = float(ahead.draws("noise")[0])
    np.testing.assert_allclose(  # an exponential's standard deviation is its mean
        np.median(drawn.std(axis=1) / np.hypot(gap, noise)), 1.0, atol=0.05
    )
    assert drawn.max() < gap.max() + 6 * noise


def test_the_window_is_that_of_the_release_dates(drifting):
    ahead = future(drifting)
    time = years(released(drifting)) - ahead.centre
    assert ahead.window == window_of(time) == (time.min(), time.max())
    assert ahead.part(slice(0, 7)).window == ahead.window
    theta, drift = ahead.draws("shortfall"), ahead.draws("shortfall_drift")
    lines = ahead.lines(time)
    np.testing.assert_allclose(
        lines["frontier"],
        lines["population"] + theta[:, None] * np.exp(drift[:, None] * time), rtol=1e-14,
    )  # fmt: skip
