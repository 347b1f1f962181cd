import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from densing.results.interval import Interval, doubling_months, interval

LN2 = np.log(2.0)


def test_equal_tails():
    ours = interval(np.arange(1001.0))
    assert (ours.median, ours.lower, ours.upper) == pytest.approx((500.0, 50.0, 950.0))
    assert (ours.prob, ours.kind) == (0.9, "equal-tailed")
    assert interval(np.arange(1001.0), prob=0.5).lower == 250.0


@pytest.mark.parametrize("wrap", [np.asarray, xr.DataArray, lambda x: x.tolist()])
def test_any_shape_of_draws(wrap):
    draws = np.random.default_rng(0).normal(size=(4, 25))
    assert interval(wrap(draws)) == interval(draws.ravel())


def test_as_the_contract_has_it():
    record = interval(np.arange(1001.0)).as_dict()
    assert list(record) == ["median", "lower", "upper", "prob", "kind"]
    assert (record["prob"], record["kind"]) == (0.9, "equal-tailed")
    assert all(type(record[key]) is float for key in ("median", "lower", "upper", "prob"))


def test_doubling_by_hand():
    # A rate of ln 2 a year doubles in 12 months; twice that in 6.
    ours = doubling_months(Interval(LN2, LN2 / 2, 2 * LN2, 0.9))
    assert (ours.median, ours.lower, ours.upper) == pytest.approx((12.0, 6.0, 24.0))
    assert (ours.prob, ours.kind) == (0.9, "equal-tailed")


def test_the_papers_rate():
    assert doubling_months(Interval(0.006529 * 365.25, 1.0, 3.0)).median == pytest.approx(
        3.488, abs=1e-3
    )


def test_a_rate_interval_across_zero_is_not_bounded_above():
    ours = doubling_months(Interval(1.0, -0.5, 2.0))
    assert ours.upper is None
    assert ours.median == pytest.approx(12 * LN2)
    assert ours.lower == pytest.approx(6 * LN2)
    assert doubling_months(Interval(1.0, 0.0, 2.0)).upper is None


def test_a_median_rate_below_zero_has_no_doubling_time():
    ours = doubling_months(Interval(-0.1, -0.5, 2.0))
    assert ours.median is None
    assert ours.upper is None
    assert ours.lower == pytest.approx(6 * LN2)


def test_a_falling_rate_does_not_double():
    ours = doubling_months(Interval(-1.0, -2.0, -0.5))
    assert (ours.median, ours.lower, ours.upper) == (None, None, None)


@given(st.lists(st.floats(0.01, 10), min_size=3, max_size=50))
def test_ends_keep_their_order(rates):
    ours = doubling_months(interval(rates))
    assert ours.lower <= ours.median <= ours.upper


@given(st.floats(0.05, 5), st.floats(0.01, 3))
def test_mapping_ends_is_the_interval_of_the_mapped_draws(centre, spread):
    # Where no rate is near zero, the doubling time's own equal tails are the mapped ones.
    rates = centre + spread * np.linspace(0, 1, 1001)
    ours, own = doubling_months(interval(rates)), interval(12 * LN2 / rates)
    assert (ours.lower, ours.median, ours.upper) == pytest.approx(
        (own.lower, own.median, own.upper)
    )
