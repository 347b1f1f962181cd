import pytest
import xarray as xr

from densing.report.influence_figure import most_influential, plot_influence
from densing.report.style import figure_of
from densing.results.influence import influence

from .synthetic import log_scores


def steep(run):
    """The same run with a first model that its own draws cannot leave out."""
    run = run.copy()
    rate = run["posterior"]["rate"].to_numpy()
    scores = log_scores(rate, run["constant_data"].sizes["model"], steep=True)
    run["log_likelihood"] = xr.DataTree(xr.Dataset({"scores": scores}))
    return run


def words(panels):
    return [text.get_text() for ax in panels for text in ax.texts]


@pytest.mark.parametrize("name", ["run", "without_frontier", "unbounded"])
@pytest.mark.parametrize("narrow", [False, True])
def test_one_panel_for_each_estimand(name, narrow, request):
    run = request.getfixturevalue(name)
    panels = plot_influence(run, narrow=narrow)
    figure_of(panels).draw_without_rendering()
    assert len(panels) == (1 if name == "without_frontier" else 2)
    assert len({tuple(ax.get_xlim()) for ax in panels}) == 1


def test_what_needs_a_refit_has_no_dot(run):
    run = steep(run)
    answer = influence(run)
    assert answer["loo"]["flagged"]
    panels = plot_influence(run, answer=answer)
    rows = most_influential(answer, 15)
    refits = sum(not row["reliable"] for row in rows)
    assert words(panels).count("needs a refit") == 2 * refits > 0
    dots = [line for line in panels[0].lines if line.get_marker() == "o"]
    assert len(dots) == len(rows) - refits


def test_the_most_influential_come_first(run):
    rows = most_influential(influence(run), 4)
    assert len(rows) == 4
    shifts = [abs(row["shift"]) for row in rows if row["reliable"]]
    assert shifts == sorted(shifts, reverse=True)


def test_a_doubtful_result_is_stamped(doubtful):
    assert "NOT TRUSTWORTHY" in words(plot_influence(doubtful))
