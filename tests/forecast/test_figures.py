"""Figures of a forecast: a panel each, limits, labels and files."""

import json

import numpy as np
import pytest

from densing.answers.forecast import tell as forecast
from densing.answers.forecast.milestones import requests
from densing.answers.forecast.outlook import look_ahead
from densing.cli.command import write
from densing.report.forecast import chance, panels_of, plot_fan, plot_milestones, spread_out
from densing.report.style import figure_of

from .future_run import future_run

TODAY, UNTIL = "2025-03-01", "2026-12-31"


def made(**options):
    run = future_run(spread=0.2, draws=100, **options)
    outlook = look_ahead(run, until=UNTIL, today=TODAY)
    asked = requests(run, density=[10.0], score=0.6, benchmark="QUIZ")
    return outlook, forecast(outlook, milestones=asked)


@pytest.fixture(scope="module")
def both():
    return made()


def words(axes):
    return [text.get_text() for ax in axes for text in ax.texts]


@pytest.mark.parametrize("narrow", [False, True])
def test_fan_has_a_panel_for_each_estimand(both, narrow):
    panels = plot_fan(both[0], narrow=narrow)
    figure_of(panels).draw_without_rendering()
    assert len(panels) == 4
    assert all(ax.get_yscale() == "log" for ax in panels)
    assert words(panels).count("today") == words(panels).count("data end") == 4
    assert len({ax.get_title("left") for ax in panels}) == 4
    assert sum("shades" in ax.get_xlabel() for ax in panels) == 1
    assert len(plot_fan(made(frontier=False)[0])) == 3


def test_fan_says_the_forecast_of_the_last_day(both):
    outlook, answer = both
    middle = answer["frontier"][-1]["median"]
    (panel,) = (ax for ax in plot_fan(outlook) if "Frontier" in ax.get_title("left"))
    said = [text.get_text() for text in panel.texts if text.get_fontweight() == "bold"]
    assert float(said[0].replace(",", "")) == pytest.approx(middle, rel=0.06)


@pytest.mark.parametrize("narrow", [False, True])
def test_milestones_have_a_panel_each(both, narrow):
    answer = both[1]
    assert [kind for _, kind in panels_of(answer)] == ["probability", "size"]
    panels = plot_milestones(answer, narrow=narrow)
    figure_of(panels).draw_without_rendering()
    assert len(panels) == 2
    assert panels[1].get_yscale() == "log"
    assert sum("typical new model" in word for word in words(panels)) == 2


def test_a_score_out_of_reach_is_drawn():
    run = future_run(spread=0.2, draws=50)
    outlook = look_ahead(run, until=UNTIL, today=TODAY)
    answer = forecast(outlook, milestones=requests(run, score=0.99, benchmark="QUIZ"))
    panels = plot_milestones(answer)
    figure_of(panels).draw_without_rendering()
    assert any("no size" in word for word in words(panels))


def test_a_doubtful_result_is_stamped():
    outlook, answer = made(trustworthy=False)
    assert words(plot_fan(outlook)).count("NOT TRUSTWORTHY") == 4
    assert "NOT TRUSTWORTHY" in words(plot_milestones(answer))
    assert not [word for word in words(plot_fan(outlook)) if "BACK-TESTED" in word]


def test_a_forecaster_that_nobody_scored_is_stamped(both, monkeypatch):
    outlook, answer = both
    assert answer["backtest"] is None
    assert words(plot_fan(outlook)).count("NOT BACK-TESTED") == 4
    assert words(plot_milestones(answer)).count("NOT BACK-TESTED") == 2
    kept = {"same": True, "sentence": "It did well.", "scores_sentence": "It did."}
    monkeypatch.setattr("densing.answers.forecast.outlook.verdict", lambda *_, **__: kept)
    answer = forecast(outlook, milestones=requests(outlook.run, density=[10.0]))
    assert dict(answer["backtest"]) == kept
    assert answer["not_backtested"] is None
    for axes in (plot_fan(outlook), plot_milestones(answer)):
        assert "NOT BACK-TESTED" not in words(axes)


def test_labels_keep_their_distance_and_order():
    places = spread_out([0.2, 0.21, 0.9, 0.99])
    assert places == sorted(places)
    assert np.diff(places).min() >= 0.125 - 1e-12
    assert places[-1] <= 0.95 + 1e-12


def test_near_certainty_is_not_certainty():
    assert chance(0.999) == "over 99 %"
    assert chance(0.004) == "under 1 %"
    assert chance(1.0) == "100 %"
    assert chance(0.28) == "28 %"


def test_files(both, tmp_path):
    out = write(both[1], tmp_path / "ahead", name="forecast")
    names = {path.name for path in out.iterdir()}
    assert names == {
        "fan.png", "fan.svg", "milestones.png", "milestones.svg", "forecast.json",
    }  # fmt: skip
    assert json.loads((out / "forecast.json").read_text())["dates"] == both[1]["dates"]
