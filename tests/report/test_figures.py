import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from densing import report
from densing.answers.summary import summarise as summary
from densing.report.figures import PICTURES, pictures
from densing.report.growth import plot_benchmark_rates
from densing.report.style import figure_of, log_ticks, save

RUNS = ("run", "doubtful", "without_frontier", "unbounded")


def texts(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
@pytest.mark.parametrize("name", RUNS)
def test_every_figure_draws_for_every_kind_of_run(picture, name, request):
    run = request.getfixturevalue(name)
    figure = picture.draw(run)
    figure.draw_without_rendering()
    assert isinstance(figure, Figure)
    assert len(picture.alt(run)) > 40


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_figure_for_a_phone_is_narrower(picture, run):
    assert picture.draw(run, narrow=True).get_figwidth() < picture.draw(run).get_figwidth()


@pytest.mark.parametrize("name", ["density_by_release", "growth_rate", "density_ranking"])
def test_a_doubtful_result_is_stamped(name, run, doubtful):
    picture = next(p for p in PICTURES if p.name == name)
    assert "NOT TRUSTWORTHY" in texts(picture.draw(doubtful))
    assert "NOT TRUSTWORTHY" not in texts(picture.draw(run))


def test_plot_functions_draw_on_given_axes(run):
    for plot in (report.plot_headline, report.plot_rate, report.plot_ranking):
        ax = Figure().subplots()
        assert plot(run, ax) is ax
    for plot in (
        report.plot_loss_law, report.plot_reference, report.plot_performance_map,
        report.plot_predictive,
    ):  # fmt: skip
        panels = list(Figure().subplots(1, 2))
        assert plot(run, panels) == panels
        assert figure_of(panels) is panels[0].figure


def test_nobody_elses_settings_change(run):
    def settings():
        return {key: value for key, value in mpl.rcParams.items() if key != "backend"}

    before = settings()
    PICTURES[0].draw(run)
    assert settings() == before


def test_both_doubling_times_are_written_into_the_headline(run, without_frontier, unbounded):
    words = "\n".join(texts(PICTURES[0].draw(run)))
    assert "×2 every" in words
    assert "typical new model; 90 % interval" in words
    assert "frontier; 90 % interval" in words
    assert "frontier;" not in "\n".join(texts(PICTURES[0].draw(without_frontier)))
    open_ended = "\n".join(texts(PICTURES[0].draw(unbounded)))
    assert "to not bounded above" in open_ended
    assert "×2 every" not in open_ended


def test_dates_of_one_day_and_one_month_draw(run):
    one_day = run.copy()
    data = one_day["constant_data"].to_dataset()
    data["release_date"] = ("model", np.full(data.sizes["model"], "2024-01-01", object))
    one_day["constant_data"] = xr.DataTree(data)
    PICTURES[0].draw(one_day).draw_without_rendering()


@pytest.mark.parametrize(
    ("low", "high"), [(0.2, 0.9), (0.31, 0.35), (1e-3, 1e3), (5.0, 60.0), (0.999, 1.001)]
)
def test_log_ticks_lie_inside(low, high):
    ticks = log_ticks(low, high)
    assert all(low <= tick <= high for tick in ticks)
    assert len(ticks) >= (3 if high / low > 1.5 else 0)


def test_a_benchmark_rate_is_drawn_for_each_benchmark(run):
    ax = plot_benchmark_rates(run)
    figure_of(ax).draw_without_rendering()
    growths = summary(run)["benchmarks"]
    fastest = max(growths, key=lambda name: growths[name]["rate_per_year"]["median"])
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0] == fastest
    assert set(labels) == set(growths)
    # Fast growth is on the left: months rise to the right.
    assert ax.get_xlim()[0] > ax.get_xlim()[1]


def test_one_trend_for_all_benchmarks_is_no_figure(run):
    plain = run.copy()
    plain["posterior"] = xr.DataTree(run["posterior"].to_dataset().drop_vars(["offset", "drift"]))
    plain["derived"] = xr.DataTree(run["derived"].to_dataset().drop_vars("benchmark_rate"))
    assert "benchmark_rates" in {picture.name for picture in pictures(run)}
    assert "benchmark_rates" not in {picture.name for picture in pictures(plain)}
    assert summary(plain)["benchmarks"] is None
    with pytest.raises(ValueError, match="one trend"):
        plot_benchmark_rates(plain)


def test_words_of_a_drawing_stay_words_in_one_font(run, tmp_path):
    svg, _ = save(PICTURES[1].draw(run), tmp_path / "rate")
    text = svg.read_text(encoding="utf-8")
    words = {element.text for element in ET.fromstring(text).iter() if element.tag.endswith("text")}
    assert "growth of log density per year" in words
    assert text.count("font-family") == 1
