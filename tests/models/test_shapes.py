"""Shapes of the trend: numbers by hand, limits, and what holds for every one of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from densing.models.choices import Choices
from densing.models.dates import trend_span
from densing.models.declaration import load_model
from densing.models.ops import numpy_ops as xp
from densing.models.select import SelectionError
from densing.models.shapes import KNOTS, SHAPES, WIDTH, Span, bend, slope

SPAN = Span(-1.2, 0.8, 0.3)
VALUES = {
    "rate": 2.5, "slope_change": 1.5, "changepoint_share": 0.4, "slope_spread": 1.2,
    "slope_walk": np.array([0.5, -1.0, 0.3, 2.0, -0.4, 0.1]), "slowdown": 0.7,
}  # fmt: skip
TIME = np.linspace(-1.2, 2.0, 33)
CURVED = [name for name in SHAPES if name != "linear"]


def line(name, values=VALUES, span=SPAN, time=TIME):
    return values["rate"] * time + bend(xp, name, values, span, time)


@pytest.mark.parametrize("name", SHAPES)
def test_bends_are_zero_at_both_ends_so_that_the_rate_is_the_mean_slope(name):
    ends = np.array([SPAN.first, SPAN.last])
    np.testing.assert_allclose(bend(xp, name, VALUES, SPAN, ends), 0.0, atol=1e-14)
    mean, _ = integrate.quad(
        lambda t: slope(xp, name, VALUES, SPAN, t), *ends, limit=200, points=[-0.4, 0.3]
    )
    assert mean / 2.0 == pytest.approx(VALUES["rate"], rel=1e-8)


@pytest.mark.parametrize("name", SHAPES)
def test_slopes_are_derivatives(name):
    step = 1e-6
    ours = slope(xp, name, VALUES, SPAN, TIME) + 0.0 * TIME
    theirs = (line(name, time=TIME + step) - line(name, time=TIME - step)) / (2 * step)
    # One-sided where the local slope begins its walk.
    np.testing.assert_allclose(ours[1:], theirs[1:], rtol=1e-5)


@pytest.mark.parametrize("name", CURVED)
def test_each_shape_does_bend(name):
    assert np.max(np.abs(bend(xp, name, VALUES, SPAN, TIME))) > 0.1


def test_linear_is_a_straight_line():
    np.testing.assert_array_equal(line("linear"), 2.5 * TIME)


def test_a_changepoint_by_hand():
    """Slopes 2.5 - 1.5 (0.5 / 2) before and 1.5 more after, but for the bend's own width."""
    at = line("fixed_changepoint", time=np.array([-1.2, -0.7, 0.3, 0.8]))
    width = WIDTH * 2.0
    before = 2.5 - 1.5 * 0.25
    np.testing.assert_allclose(np.diff(at)[0], before * 0.5, atol=1e-5)
    np.testing.assert_allclose(at[2] - at[0], before * 1.5 + 1.5 * width * np.log(2), atol=1e-5)
    np.testing.assert_allclose(at[3] - at[0], 2.5 * 2.0, atol=1e-12)
    slopes = slope(xp, "fixed_changepoint", VALUES, SPAN, np.array([-1.2, 0.3, 0.8]))
    np.testing.assert_allclose(slopes, [before, before + 0.75, before + 1.5], atol=2e-5)


def test_a_free_changepoint_is_the_fixed_one_at_its_date():
    own = VALUES | {"changepoint_share": 0.75}  # -1.2 + 0.75 * 2 = 0.3
    np.testing.assert_allclose(line("changepoint", own), line("fixed_changepoint"), rtol=1e-12)


def test_a_local_slope_by_hand():
    """One step of size 1 in the first sixth: a ramp there, then a constant slope."""
    own = VALUES | {"slope_walk": np.eye(KNOTS)[0], "slope_spread": np.sqrt(6.0), "rate": 0.0}
    span = Span(0.0, 6.0, 0.0)
    time = np.array([0.0, 0.5, 1.0, 3.0, 6.0, 9.0])
    mean = 5.5 / 6.0  # half a unit in the ramp, one in each of the other five
    np.testing.assert_allclose(
        slope(xp, "local", own, span, time), np.array([0, 0.5, 1, 1, 1, 1]) - mean, atol=1e-12
    )
    rise = np.array([0.0, 0.125, 0.5, 2.5, 5.5, 8.5])
    np.testing.assert_allclose(line("local", own, span, time), rise - mean * time, atol=1e-12)


def test_the_spread_is_how_far_a_local_slope_wanders():
    """Steps are independent: the slope's last value less its first has the spread's variance."""
    rng = np.random.default_rng(0)
    walks = rng.standard_normal((KNOTS, 20_000))
    own = VALUES | {"slope_walk": walks, "rate": 0.0}
    ends = [slope(xp, "local", own, SPAN, t) for t in (SPAN.first, SPAN.last)]
    assert np.std(ends[1] - ends[0]) == pytest.approx(1.2, rel=0.03)


def test_saturating_by_hand():
    """Span of one year, slowdown ln 2: the slope halves, and growth ends at twice the rate."""
    own, span = {"rate": 1.0, "slowdown": np.log(2.0)}, Span(0.0, 1.0, 0.0)
    slopes = slope(xp, "saturating", own, span, np.array([0.0, 1.0, 2.0]))
    np.testing.assert_allclose(slopes, 2 * np.log(2) * np.array([1, 0.5, 0.25]), rtol=1e-12)
    heights = line("saturating", own, span, np.array([0.0, 1.0, 2.0, 60.0]))
    np.testing.assert_allclose(heights, [0.0, 1.0, 1.5, 2.0], rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "limit"),
    [("fixed_changepoint", {"slope_change": 0.0}), ("changepoint", {"slope_change": 0.0}),
     ("local", {"slope_spread": 0.0}), ("local", {"slope_walk": np.zeros(KNOTS)}),
     ("saturating", {"slowdown": 1e-9})],
)  # fmt: skip
def test_every_shape_tends_to_the_straight_line(name, limit):
    np.testing.assert_allclose(line(name, VALUES | limit), line("linear"), atol=1e-7)


@pytest.mark.parametrize("name", ["linear", "fixed_changepoint", "changepoint", "local"])
def test_beyond_the_data_the_last_slope_goes_on(name):
    beyond = SPAN.last + np.array([0.5, 1.0, 3.0])
    last = slope(xp, name, VALUES, SPAN, SPAN.last)
    straight = line(name, time=SPAN.last) + last * (beyond - SPAN.last)
    np.testing.assert_allclose(line(name, time=beyond), straight, rtol=1e-5)


def test_beyond_the_data_saturating_growth_goes_on_slowing():
    at = slope(xp, "saturating", VALUES, SPAN, SPAN.last + np.array([0.0, 1.0, 2.0]))
    np.testing.assert_allclose(at[1:] / at[:-1], np.exp(-0.7))


@given(
    share=st.floats(0.001, 0.999), change=st.floats(-20, 20), slowdown=st.floats(1e-12, 50),
    spread=st.floats(1e-9, 50), length=st.floats(0.01, 100),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_finite_wherever_a_sampler_may_go(share, change, slowdown, spread, length):
    span = Span(-0.6 * length, 0.4 * length, 0.0)
    own = VALUES | {"changepoint_share": share, "slope_change": change, "slowdown": slowdown,
                    "slope_spread": spread}  # fmt: skip
    time = np.linspace(span.first, span.last + length, 40)
    for name in SHAPES:
        assert np.all(np.isfinite(line(name, own, span, time)))
        assert np.all(np.isfinite(slope(xp, name, own, span, time)))


# ---- declared, and refused --------------------------------------------------------------------


def test_every_parameter_of_a_shape_has_a_prior():
    priors = load_model("ladder").priors
    for shape in SHAPES.values():
        assert set(shape.parameters) <= set(priors)


@pytest.mark.parametrize("name", ["changepoint", "local", "saturating"])
def test_shapes_are_declared_models(name):
    assert load_model(name).choices.shape == name
    assert load_model(name).priors == load_model("ladder").priors


DAYS = pd.to_datetime(["2023-02-24", "2023-08-24", "2025-08-20"])


def choices(**own):
    return Choices(benchmarks=("MMLU",), **own)


def test_the_span_is_counted_from_the_mean_date():
    span = trend_span(DAYS, choices(changepoint="2024-02-24"))
    assert span.last - span.first == pytest.approx(908 / 365.25)
    assert span.first == pytest.approx(-(0 + 181 + 908) / 3 / 365.25)
    assert span.changepoint - span.first == pytest.approx(365 / 365.25)


def test_a_changepoint_before_all_data_is_refused():
    with pytest.raises(SelectionError, match=r"2022-11-30 .*2023-02-24 to 2025-08-20.*--set"):
        trend_span(DAYS, choices(shape="fixed_changepoint"))
    trend_span(DAYS, choices(shape="fixed_changepoint", changepoint="2024-01-01"))
    trend_span(DAYS, choices())  # a straight line does not ask


def test_a_shape_needs_two_dates():
    with pytest.raises(SelectionError, match=r"two dates.*2023-02-24"):
        trend_span(DAYS[[0, 0]], choices(shape="local"))
    trend_span(DAYS[[0, 0]], choices())
