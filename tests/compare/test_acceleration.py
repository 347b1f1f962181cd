"""Slopes before and after a changepoint, by hand, and the curve of a saved run."""

import json

import numpy as np
import pytest

from densing.answers.summary import summarise as trend_summary
from densing.results.acceleration import acceleration, ratio_interval
from densing.results.trend_curve import LINEAR, Curve, curve_of

from .trend_runs import DATES, SHAPE, trend_run

DAYS = (np.asarray(DATES, "datetime64[D]") - np.datetime64(DATES[0])).astype(float)
SPAN_YEARS = DAYS[-1] / 365.25


def test_slopes_by_hand():
    """A change of 1 with a share s of the span after it: rate - s before, rate - s + 1 after."""
    run = trend_run("fixed_changepoint", rate=2.0, slope_change=1.0, shortfall_drift=0.0)
    share = 1.0 - DAYS[2] / DAYS[-1]
    told = acceleration(run)
    before, after = (told["population"][k]["rate_per_year"]["median"] for k in ("before", "after"))
    assert before == pytest.approx(2.0 - share, abs=1e-5)
    assert after == pytest.approx(3.0 - share, abs=1e-5)
    assert told["population"]["ratio"]["median"] == pytest.approx(after / before)
    assert told["population"]["p_acceleration"] == 1.0
    assert told["changepoint"]["median"] == told["changepoint"]["lower"] == "2024-01-01"
    # Where the shortfall does not drift, the frontier has the population's slopes.
    assert told["frontier"] == told["population"]


def test_the_frontiers_slopes_add_up_to_its_mean():
    run = trend_run("changepoint", slope_change=-0.7, changepoint_share=0.3, shortfall_drift=0.5)
    eras = acceleration(run)["frontier"]
    before, after = (eras[k]["rate_per_year"]["median"] for k in ("before", "after"))
    mean = float(run["derived"]["frontier_rate"].mean())
    assert 0.3 * before + 0.7 * after == pytest.approx(mean, abs=1e-3)
    assert eras["p_acceleration"] == 0.0


def test_a_free_changepoint_has_an_interval_of_dates():
    share = np.linspace(0.0, 1.0, 1000).reshape(SHAPE)
    run = trend_run("changepoint", slope_change=0.5, changepoint_share=0.998 * share + 0.001)
    date = acceleration(run)["changepoint"]
    ends = [np.datetime64(date[k]) for k in ("lower", "median", "upper")]
    days = np.asarray([(end - np.datetime64(DATES[0])).astype(float) for end in ends])
    np.testing.assert_allclose(days / DAYS[-1], [0.05, 0.5, 0.95], atol=2e-3)


def test_a_ratio_keeps_the_draws_that_have_none():
    before, after = np.full(100, 2.0), np.full(100, 3.0)
    assert ratio_interval(after, before)["upper"] == 1.5
    before[:20] = -1.0  # declined before, grows since: beyond all others
    told = ratio_interval(after, before)
    assert (told["lower"], told["median"], told["upper"]) == (1.5, 1.5, None)
    before[:20], after[:20] = -1.0, -2.0  # declined before, and faster since: below all others
    told = ratio_interval(after, before)
    assert (told["lower"], told["median"], told["upper"]) == (None, 1.5, 1.5)


@pytest.mark.parametrize("shape", ["linear", "local", "saturating"])
def test_other_shapes_have_no_changepoint(shape):
    own = {"local": {"slope_spread": 1.0, "slope_walk": 0.5}, "saturating": {"slowdown": 0.5}}
    assert acceleration(trend_run(shape, **own.get(shape, {}))) is None


def test_the_summary_tells_mean_and_end():
    run = trend_run("saturating", rate=2.0, slowdown=np.log(2.0), shortfall=False)
    told = trend_summary(run)
    assert told["shape"] == "saturating"
    assert told["frontier"] is None
    assert told["population"]["rate_per_year"]["median"] == pytest.approx(2.0)
    left = 2.0**-SPAN_YEARS  # of the first slope
    at_end = 2.0 * SPAN_YEARS * np.log(2.0) * left / (1.0 - left)
    assert told["at_end"]["population"]["rate_per_year"]["median"] == pytest.approx(at_end)
    assert told["at_end"]["date"] == DATES[-1]
    text = "\n".join(told.sentences())
    assert "mean slopes over all dates" in text
    assert f"At the last, {DATES[-1]}" in text


def test_a_linear_summary_says_nothing_of_shapes():
    told = trend_summary(trend_run())
    assert (told["shape"], told["at_end"], told["acceleration"]) == ("linear", None, None)
    assert list(told.shape_parts()) == []


def test_words_of_an_acceleration():
    run = trend_run("fixed_changepoint", rate=2.0, slope_change=1.0)
    text = "\n".join(trend_summary(run).sentences())
    assert "Growth after the changepoint, 2024-01-01, over growth before it:" in text
    assert "P(acceleration) = 1.00" in text


# ---- the curve of a saved run -----------------------------------------------------------------


def test_runs_from_before_there_were_shapes_are_linear():
    run = trend_run()
    model = json.loads(run.attrs["model"])
    del model["choices"]["shape"]
    centre = {k: v for k, v in json.loads(run.attrs["centre"]).items() if k in ("time", "epoch")}
    run.attrs |= {"model": json.dumps(model), "centre": json.dumps(centre)}
    assert curve_of(run) == LINEAR


def test_heights_and_slopes_at_shared_and_own_times():
    rng = np.random.default_rng(0)
    run = trend_run("local", slope_spread=1.0, slope_walk=rng.normal(size=(*SHAPE, 6)))
    curve, posterior = curve_of(run), run["posterior"].to_dataset()
    assert isinstance(curve, Curve)
    time = np.asarray([-0.5, 0.1, 2.0])
    shared = curve.height(posterior, time)
    assert shared.shape == (*SHAPE, 3)
    own = curve.height(posterior, np.broadcast_to(time, (*SHAPE, 3)), own_times=True)
    np.testing.assert_allclose(own, shared)
    alone = curve.height(posterior.isel(chain=[1], draw=[7]), time)
    np.testing.assert_allclose(alone[0, 0], shared[1, 7])
    step = (curve.height(posterior, time + 1e-6) - curve.height(posterior, time - 1e-6)) / 2e-6
    np.testing.assert_allclose(curve.slope(posterior, time), step, rtol=1e-6)
