"""Forecasts of a run whose posterior is a point, or blurred by a known amount."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from densing.answers.forecast import TITLES as ESTIMANDS
from densing.answers.forecast import tell as forecast
from densing.answers.forecast.outlook import FANS, look_ahead
from densing.files import to_json
from densing.results import horizon as horizon_module
from densing.results.future import Future, Piece, future
from densing.results.horizon import RequestError, horizon
from densing.results.releases import (
    WINDOW_DAYS,
    batches,
    record_so_far,
    running_record,
    simulate,
    telling,
)

from .future_run import RATE, SHORTFALL, future_run, line

TODAY = "2025-03-01"


@pytest.fixture(scope="module")
def run():
    return future_run()


@pytest.fixture(scope="module")
def blurred():
    return future_run(spread=0.3, draws=400)


def test_lines_by_hand(run):
    answer = forecast(look_ahead(run, until="2026-06-30", today=TODAY))
    assert answer["dates"][0] == "2024-12-31"
    assert answer["dates"][-1] == "2026-06-30"
    assert TODAY in answer["dates"]
    for day, population, frontier in zip(
        answer["dates"], answer["population"], answer["frontier"], strict=True
    ):
        for key in ("lower", "median", "upper"):
            assert population[key] == pytest.approx(np.exp(line(run, day)), rel=1e-9)
            assert frontier[key] == pytest.approx(np.exp(line(run, day) + SHORTFALL), rel=1e-9)


def test_window_is_the_doubling_time(run):
    window = forecast(look_ahead(run, until="2026-06-30", today=TODAY))["window"]
    for estimand in ("population", "frontier"):
        assert window[estimand]["median"] == pytest.approx(12 * np.log(2) / RATE)


def test_no_growth_leaves_the_window_unbounded():
    answer = forecast(look_ahead(future_run(rate=0.0, spread=0.2), until="2025-12-31", today=TODAY))
    assert answer["window"]["population"]["upper"] is None


def test_fans_are_nested_and_widen(blurred):
    outlook = look_ahead(blurred, until="2027-12-31", today=TODAY)
    fans = forecast(outlook)["fans"]
    assert set(fans) == set(ESTIMANDS)
    for fan in fans.values():
        assert [part["prob"] for part in fan] == list(FANS)
        for inner, outer in pairwise(fan):
            assert np.all(np.array(outer["lower"]) <= inner["lower"])
            assert np.all(np.array(outer["upper"]) >= inner["upper"])
    ends = fans["population"][2]
    width = np.log(ends["upper"]) - np.log(ends["lower"])
    assert width[-1] > width[0]


def test_a_new_model_scatters_by_family_residual_and_no_more(run):
    ahead = future(run)
    one = ahead.pieces[0].posterior.isel(chain=[0], draw=[0])
    many = one.isel(chain=np.zeros(1, int), draw=np.zeros(200_000, int))
    wide = Future((Piece(many),), ahead.centre, ahead.window)
    drawn = wide.new_models(np.random.default_rng(0), np.zeros(1))[:, 0]
    family, noise = (float(one[name].values.ravel()[0]) for name in ("family_spread", "noise"))
    assert drawn.mean() == pytest.approx(-1.0, abs=0.01)
    assert drawn.std() == pytest.approx(np.sqrt(family**2 + noise**2 + SHORTFALL**2), rel=0.01)
    assert stats.skew(drawn) < 0


def test_batches_are_those_of_the_last_year(run):
    found = batches(run)
    days = pd.DatetimeIndex(run["constant_data"]["release_date"].values.astype(str))
    recent = days > days.max() - pd.Timedelta(days=365)
    assert sum(map(len, found)) == recent.sum() == len(found)


def test_releases_come_at_the_rate_of_the_last_year():
    run = future_run(draws=2000)
    span = horizon(run, until="2026-12-31", today=TODAY)
    new = simulate(run, future(run), span, seed=3)
    count = np.isfinite(new.day).sum(axis=1)
    mean = (len(batches(run)) - 1 + 0.5) / 365 * (span.until - span.last).days
    assert count.mean() == pytest.approx(mean, abs=5 * count.std() / np.sqrt(len(count)))
    assert count.var() > 1.2 * count.mean()
    inside = new.day[np.isfinite(new.day)]
    assert inside.min() >= (span.last - span.first).days
    assert inside.max() <= (span.until - span.first).days


def test_the_batch_that_ends_the_year_does_not_tell_the_rate():
    """The year ends at a release, wherever the data were cut: to count it would say too much."""
    rng, rate, worlds = np.random.default_rng(11), 12 / 365, 4000
    counts = np.empty(worlds)
    for i in range(worlds):
        days = np.sort(1200 * rng.random(rng.poisson(1200 * rate)))
        counts[i] = np.sum(days > days[-1] - WINDOW_DAYS)
    told = counts - 1
    assert np.all(told == [telling(int(n)) for n in counts])
    error = told.std() / np.sqrt(worlds)
    assert told.mean() == pytest.approx(365 * rate, abs=4 * error)
    assert counts.mean() > 365 * rate + 4 * error


def test_the_record_never_falls_and_starts_from_the_data(blurred):
    outlook = look_ahead(blurred, until="2026-12-31", today=TODAY)
    record = outlook.draws["record"]
    assert np.all(np.diff(record, axis=1) >= 0)
    best = blurred["posterior"]["log_density"].max("model").values.ravel()
    np.testing.assert_array_equal(record[:, 0], best)
    np.testing.assert_array_equal(record_so_far(blurred), best)
    early = running_record(best, outlook.new, np.array([0]))
    np.testing.assert_array_equal(early[:, 0], best)


def test_same_seed_same_answer(blurred):
    answers = [
        to_json(forecast(look_ahead(blurred, until="2026-01-31", today=TODAY, seed=s)))
        for s in (1, 1, 2)
    ]
    assert answers[0] == answers[1] != answers[2]


def test_without_a_frontier():
    answer = forecast(look_ahead(future_run(frontier=False), until="2026-01-31", today=TODAY))
    assert answer["frontier"] is None
    assert answer["window"]["frontier"] is None
    assert answer["new_model"]
    json.loads(to_json(answer))


def test_how_far_it_reaches(run):
    near = horizon(run, until="2025-06-30", today=TODAY).extrapolation()
    assert near["days_beyond"] == 181
    assert near["span_days"] == 730
    assert near["multiple_of_span"] == pytest.approx(181 / 730)
    assert not near["far"]
    assert horizon(run, until="2026-12-31", today=TODAY).extrapolation()["far"]


@pytest.mark.parametrize(
    ("until", "today", "words"),
    [
        ("2020-01-01", TODAY, ["before the data"]),
        ("2024-06-30", TODAY, ["within the data", "2025-01-01"]),
        ("2031-01-01", TODAY, ["more than 5 years", "2029-12-31"]),
        ("next year", TODAY, ["no date", "2027-12-31"]),
        ("2020-01-01", "1999-01-01", ["--until", "--today"]),
        ("2025-06-30", "2025-07-01", ["--today 2025-07-01", "swap them?"]),
        ("2024-06-30", "2025-07-01", ["within the data", "swap them?"]),
        (None, TODAY, ["--until None is no date", "2027-12-31"]),
        (pd.NaT, TODAY, ["no date"]),
        ([2026], TODAY, ["no date"]),
    ],
)
def test_dates_that_are_refused(run, until, today, words):
    with pytest.raises(RequestError) as fault:
        look_ahead(run, until=until, today=today)
    for word in words:
        assert word in str(fault.value)


def test_the_clock_s_today_is_judged_as_a_given_one(run, monkeypatch):
    class Clock(horizon_module.date):
        @classmethod
        def today(cls):
            return cls(2026, 3, 1)

    monkeypatch.setattr(horizon_module, "date", Clock)
    assert horizon(run, until="2026-03-01").today == pd.Timestamp("2026-03-01")
    with pytest.raises(RequestError, match=r"before today, 2026-03-01: .*--today") as fault:
        horizon(run, until="2026-02-28")
    assert "\n" not in str(fault.value)
    assert horizon(run, until="2026-02-28", today="2025-01-01")


def test_a_day_with_a_time_zone_is_a_day(run):
    stamp = pd.Timestamp("2025-06-30 23:00", tz="Asia/Tokyo")
    assert horizon(run, until=stamp, today=TODAY).until == pd.Timestamp("2025-06-30")


def test_a_component_has_no_models(run):
    other = run.copy()
    other.attrs = run.attrs | {"kind": "loss"}
    with pytest.raises(RequestError, match="densing loss"):
        look_ahead(other, until="2026-01-01")
