import warnings

import numpy as np
import pandas as pd
import pytest

import densing as dn
from report.synthetic import make_run


def test_density_is_the_draws_quantiles(run):
    table = dn.density(run, prob=0.8).table()
    draws = run["derived"]["density"]
    for name, row in table.iterrows():
        low, middle, high = np.quantile(draws.sel(model=name), [0.1, 0.5, 0.9])
        assert (row["lower"], row["density"], row["upper"]) == pytest.approx((low, middle, high))
        assert row["effective_params"] == pytest.approx(row["density"] * row["params"], rel=1e-6)
    assert table["density"].is_monotonic_decreasing
    assert isinstance(table["release_date"].iloc[0], pd.Timestamp)
    assert table.attrs == {"prob": 0.8, "kind": "equal-tailed", "verdict": "trustworthy"}


def test_doubling_time_maps_the_rates_interval(run):
    table = dn.doubling_time(run)
    assert list(table.index) == ["population", "frontier"]
    rate = np.quantile(run["derived"]["population_rate"], [0.05, 0.5, 0.95])
    row = table.loc["population"]
    assert (row["rate_lower"], row["rate"], row["rate_upper"]) == pytest.approx(tuple(rate))
    months = 12 * np.log(2) / rate
    assert (row["upper"], row["median"], row["lower"]) == pytest.approx(tuple(months))


def test_a_rate_that_may_be_zero_has_no_upper_end():
    run = make_run(rate=0.05, spread=0.2)
    row = dn.doubling_time(run).loc["population"]
    assert row["rate_lower"] < 0 < row["rate_upper"]
    assert row["upper"] == np.inf
    assert np.isfinite(row["lower"])
    assert 0 < row["p_not_growing"] < 1


def test_a_falling_density_has_no_doubling_time():
    row = dn.doubling_time(make_run(rate=-2.0)).loc["population"]
    assert row[["median", "lower", "upper"]].isna().all()
    assert row["p_not_growing"] == 1.0


def test_without_a_frontier_there_is_one_row():
    assert list(dn.doubling_time(make_run(frontier=False)).index) == ["population"]


def test_summary_is_the_record_and_prints_itself(run):
    told = dn.summary(run)
    assert {"population", "frontier", "diagnostics", "newest"} <= set(told)
    assert told.trustworthy
    text = repr(told)
    assert "Capability density of a typical new model doubles every" in text
    assert "trustworthy: R-hat" in text
    newest = told["newest"]
    dates = pd.DatetimeIndex(run["constant_data"]["release_date"].to_numpy().astype(str))
    assert newest["release_date"] == f"{dates.max():%Y-%m-%d}"
    assert newest["days_before_fit"] == (pd.Timestamp("2026-01-02") - dates.max()).days
    assert newest["model"] in text


def test_names_in_the_html_are_escaped(run):
    page = dn.summary(run)._repr_html_()
    assert "<script>" not in page
    assert page.count("<p>") >= 3


def test_a_doubtful_run_is_never_shown_as_good(doubtful):
    for answer in (dn.density, dn.doubling_time):
        with pytest.warns(dn.NotTrustworthyWarning, match="not trustworthy"):
            table = answer(doubtful)
        table = table if answer is dn.doubling_time else table.table()
        assert table.attrs["verdict"] == "not trustworthy"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = dn.summary(doubtful)
    assert not told.trustworthy
    assert repr(told).startswith("not trustworthy: do not use these numbers")
    assert "trustworthy: R-hat" not in repr(told)
    assert "not trustworthy" in told._repr_html_()
