"""Milestones with dates and sizes computed by hand, and what cannot be reached."""

import numpy as np
import pandas as pd
import pytest

from densing.answers.forecast import tell as forecast
from densing.answers.forecast.milestones import requests
from densing.answers.forecast.outlook import look_ahead
from densing.files import to_json
from densing.models.laws import SCORE_MAPS, LossCurve, log_loss, score
from densing.models.ops import numpy_ops
from densing.results.horizon import RequestError
from densing.results.interval import open_interval as extended
from densing.results.needed import Yardstick, log_size_for_score

from .future_run import SHORTFALL, days_to_grow, future_run, line

TODAY, UNTIL = "2025-03-01", "2027-06-30"


@pytest.fixture(scope="module")
def run():
    return future_run()


def told(run, *, until=UNTIL, **asked):
    outlook = look_ahead(run, until=until, today=TODAY)
    return forecast(outlook, milestones=requests(run, **asked))["milestones"]


def date(told):
    return told["date"]["lower"], told["date"]["median"], told["date"]["upper"]


def after(days):
    return 3 * (f"{pd.Timestamp(TODAY) + pd.Timedelta(days=days):%Y-%m-%d}",)


def test_a_constant_rate_reaches_a_multiple_on_the_day(run):
    (milestone,) = told(run, density=[10.0])
    assert date(milestone["frontier"]) == after(days_to_grow(np.log(10)))
    assert date(milestone["population"]) == after(days_to_grow(np.log(10) + SHORTFALL))


def test_without_a_frontier_the_multiple_is_of_the_typical_model():
    (milestone,) = told(future_run(frontier=False), density=[10.0])
    assert milestone["frontier"] is None
    assert milestone["of"] == "population"
    assert date(milestone["population"]) == after(days_to_grow(np.log(10)))


def test_a_larger_multiple_comes_later_and_probability_never_falls():
    ten, hundred = told(future_run(spread=0.3, draws=300), density=[10.0, 100.0])
    for estimand in ("population", "frontier", "record"):
        near, far = (np.array(m[estimand]["probability"]) for m in (ten, hundred))
        assert np.all(np.diff(near) >= 0)
        assert np.all(far <= near)
        assert far[-1] < near[-1] or near[-1] == far[-1] == 1


def test_what_never_comes_is_not_bounded():
    (milestone,) = told(future_run(rate=0.0, spread=0.3, draws=300), density=[50.0])
    assert milestone["population"]["date"]["upper"] is None
    assert milestone["population"]["probability"][-1] < 0.9


def test_the_size_that_matches_a_model(run):
    name = "plain-2B"
    (milestone,) = told(run, match=name)
    effective = float(run["derived"]["effective_params"].sel(model=name)[0, 0])
    for estimand, lift in (("population", 0.0), ("frontier", SHORTFALL)):
        for day, size in zip(
            forecast(look_ahead(run, until=UNTIL, today=TODAY))["dates"],
            milestone["params_needed"][estimand], strict=True,
        ):  # fmt: skip
            assert size["median"] == pytest.approx(effective / np.exp(line(run, day) + lift))
    assert "population" not in milestone


def test_a_size_is_reached_when_the_line_is_dense_enough(run):
    name = "plain-2B"
    effective = float(run["derived"]["effective_params"].sel(model=name)[0, 0])
    params = 0.3 * effective / np.exp(line(run, TODAY))
    (milestone,) = told(run, match=name, params=params)
    days = days_to_grow(np.log(effective / params) - line(run, TODAY))
    assert days == days_to_grow(np.log(1 / 0.3))
    assert date(milestone["population"]) == after(days)


def test_released_models_count_where_they_are_small_enough(run):
    """A model that is itself small enough has matched itself on its release."""
    name = "plain-2B"
    data = run["constant_data"].sel(model=name)
    (milestone,) = told(run, match=name, params=float(data["counted_params"]) * 1.01)
    assert milestone["record"]["date"]["upper"] <= str(data["release_date"].values)


def test_a_size_that_nobody_releases_has_no_record(run):
    (milestone,) = told(run, match="plain-2B", params=1e6)
    assert milestone["record"] is None
    assert "below the smallest model" in milestone["unseen"]


@pytest.mark.parametrize("link", SCORE_MAPS)
def test_score_to_size_and_back(link):
    curve = LossCurve(*(np.array([v]) for v in (np.log(0.05), np.log(0.15), 0.3, np.log(0.2), 0.3)))
    maps = SCORE_MAPS[link](*(np.array([v]) for v in (0.25, 0.95, 5.0, 0.15)))
    for n in (-2.0, 0.0, 3.0, 8.0):
        value = score(numpy_ops, maps, np.exp(log_loss(numpy_ops, curve, n, 6.0) + 0.02), 0.3)
        found = log_size_for_score(curve, maps, float(value[0]), d=6.0, shift=0.3, deviation=0.02)
        assert found[0] == pytest.approx(n, abs=1e-9)
    for value, expected in ((0.95, np.inf), (0.99, np.inf), (0.25, -np.inf), (0.1, -np.inf)):
        found = log_size_for_score(curve, maps, value, d=6.0, shift=0.0, deviation=0.0)
        assert found[0] == expected
    # No size of the family has a loss as low as this score asks for.
    out = log_size_for_score(curve, maps, 0.94, d=-20.0, shift=0.0, deviation=0.0)
    assert out[0] == np.inf


def test_a_higher_score_takes_more(run):
    yardstick = Yardstick(run, "QUIZ")
    sizes = [np.median(yardstick.needed(s, np.random.default_rng(0))) for s in (0.4, 0.5, 0.6, 0.7)]
    assert sizes == sorted(sizes)


def test_above_the_ceiling_and_below_the_floor_are_explained(run):
    (high,) = told(run, score=0.97, benchmark="QUIZ", params=1e9)
    assert high["p_above_ceiling"] == 1.0
    assert high["p_out_of_reach"] == 1.0
    assert "ceiling" in high["why"]
    assert high["population"]["date"]["median"] is None
    assert high["params_needed"]["population"][0]["lower"] is None
    (low,) = told(run, score=0.2, benchmark="QUIZ", params=1e9)
    assert low["p_below_floor"] == 1.0
    assert "knows nothing" in low["why"]
    to_json([high, low])


def test_infinite_draws_keep_an_interval():
    assert extended(np.array([1.0, 2.0, np.inf, np.inf]), prob=0.5)["upper"] is None
    assert extended(np.array([1.0, 2.0, 3.0, np.inf]), prob=0.4)["median"] == 2.0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"match": "plain2B"}, ["did you mean", "plain-2B"]),
        ({"match": "zzz"}, ["no model 'zzz'"]),
        ({"score": 0.5, "benchmark": "quizz"}, ["did you mean QUIZ"]),
        ({"score": 70.0, "benchmark": "QUIZ"}, ["write 0.7"]),
        ({"score": 0.5}, ["--benchmark"]),
        ({"params": 4.0, "match": "plain-2B"}, ["4e9"]),
        ({"params": 4e9}, ["--match"]),
        ({"density": [0.5]}, ["above 1"]),
        ({"match": "plan-2B", "score": 70.0}, ["did you mean", "one of them", "--benchmark"]),
    ],
)
def test_requests_that_are_refused(run, asked, words):
    with pytest.raises(RequestError) as fault:
        requests(run, **asked)
    for word in words:
        assert word in str(fault.value)


def test_usual_milestones_where_none_is_asked_for(run):
    (only,) = requests(run)
    assert only.factor == 10.0
