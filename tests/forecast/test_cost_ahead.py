"""Costs relative to today: by hand where posterior and prior are points, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from densing.answers.forecast import tell as forecast
from densing.answers.forecast.costs import cost_ahead
from densing.answers.forecast.milestones import requests
from densing.answers.forecast.outlook import look_ahead
from densing.files import to_json
from densing.report.forecast import plot_costs
from densing.report.style import figure_of
from densing.results.corollaries.economics import hardware_rate, price_trend
from densing.results.horizon import RequestError
from report.synthetic import DRIFT

from .future_run import RATE, future_run

TODAY, UNTIL = "2025-03-01", "2026-12-31"
SINCE = (pd.Timestamp(UNTIL) - pd.Timestamp(TODAY)).days / 365.25


def told(run=None, *, until=UNTIL, asked=None, **options):
    run = future_run() if run is None else run
    outlook = look_ahead(run, until=until, today=TODAY)
    return cost_ahead(outlook, requests(run, **(asked or {"match": "plain-2B"})), **options)


def test_parameters_and_hardware_by_hand():
    costs = told()
    (row,) = costs["requests"]
    assert costs["of"] == "frontier"
    assert row["params"][-1]["median"] == pytest.approx(np.exp(-RATE * SINCE), rel=1e-9)
    rate = RATE + np.median(hardware_rate(row_size()))
    assert row["params_over_hardware"][-1]["median"] == pytest.approx(
        np.exp(-rate * SINCE), rel=0.01
    )
    now = costs["dates"].index(TODAY)
    for name in ("params", "params_over_hardware"):
        assert row[name][now]["lower"] == row[name][now]["upper"] == 1.0
        assert row[name][0]["median"] > 1.0  # the data end before today


def row_size():
    return future_run()["posterior"]["rate"].size


def test_a_benchmark_s_own_growth_is_in_it():
    (row,) = told(asked={"score": 0.6, "benchmark": "QUIZ"})["requests"]
    expected = np.exp(-(RATE + DRIFT[0]) * SINCE)
    assert row["params"][-1]["median"] == pytest.approx(expected, rel=1e-6)


def test_faster_hardware_is_cheaper_and_nothing_else_moves():
    usual, fast = (told(hardware_years=years)["requests"][0] for years in (2.1, 1.0))
    assert fast["params"] == usual["params"]
    assert fast["params_over_hardware"][-1]["median"] < usual["params_over_hardware"][-1]["median"]


def test_prices_fall_as_they_fell_and_no_further_than_they_span():
    costs, found = told(), price_trend()
    expected = np.median(np.exp(-found.fall * SINCE))
    assert costs["price"][-1]["median"] == pytest.approx(expected, rel=1e-6)
    assert found.table["date"].max().strftime("%Y-%m-%d") in costs["sentences"]["price"]
    late = found.table["date"].max() + (found.table["date"].max() - found.table["date"].min())
    far = told(until=f"{late + pd.Timedelta(days=1):%Y-%m-%d}")
    assert far["price"] is None
    assert "further than they tell" in far["no_price"]
    assert far["requests"][0]["params"]
    to_json([costs, far])


def test_it_is_of_scores_and_matches_at_any_size():
    assert told(asked={"density": [10.0]}) is None
    assert told(asked={"match": "plain-2B", "params": 1e9}) is None
    assert told(future_run(frontier=False))["of"] == "population"
    for years in (0.0, -1.0, 200.0, np.nan):
        with pytest.raises(RequestError, match="hardware-years"):
            told(hardware_years=years)
        with pytest.raises(RequestError, match="hardware-years"):
            told(asked={"density": [10.0]}, hardware_years=years)


@pytest.mark.parametrize("narrow", [False, True])
def test_figure(narrow):
    run = future_run(spread=0.2, draws=50)
    outlook = look_ahead(run, until=UNTIL, today=TODAY)
    asked = requests(run, match="plain-2B")
    answer = forecast(outlook, milestones=asked) | {"costs": cost_ahead(outlook, asked)}
    panels = plot_costs(answer, narrow=narrow)
    figure_of(panels).draw_without_rendering()
    assert len(panels) == 3
    assert all(ax.get_yscale() == "log" for ax in panels)
    assert all("NOT BACK-TESTED" in [text.get_text() for text in ax.texts] for ax in panels)
