import numpy as np
import pytest
import xarray as xr

from densing.answers.influence import left_one_out as influence
from densing.report.axes import DOUBT
from densing.report.growth import most_influential, plot_influence
from densing.report.style import figure_of
from densing.results.refits import Refit, with_refits

from .synthetic import log_scores


def steep(run):
    """The same run with a first model that its own draws cannot leave out."""
    run = run.copy()
    rate = run["posterior"]["rate"].to_numpy()
    scores = log_scores(rate, run["constant_data"].sizes["model"], steep=True)
    run["log_likelihood"] = xr.DataTree(xr.Dataset({"scores": scores}))
    return run


def refitted(run, verdict="trustworthy"):
    """The steep run with a refit of its first model."""
    levels = np.linspace(0.005, 0.995, 100)
    refit = Refit(
        quantiles={e: 2.0 + 0.2 * levels for e in ("population", "frontier")}, levels=levels,
        p_not_growing={"population": 0.0, "frontier": 0.0}, how="sampled", verdict=verdict,
        reasons=[], max_rhat=1.01, min_ess=150.0,
    )  # fmt: skip
    run = steep(run)
    return with_refits(run, {("model", influence(run)["models"][0]["name"]): refit})


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


@pytest.mark.parametrize("verdict", ["trustworthy", "not trustworthy"])
def test_a_refit_is_a_square_grey_where_doubtful(run, verdict):
    run = refitted(run, verdict)
    panels = plot_influence(run)
    squares = [line for line in panels[0].lines if line.get_marker() == "s"]
    assert len(squares) == 1
    rows = most_influential(influence(run), 15)
    told = [row["shift"] is not None for row in rows]
    assert told == sorted(told)  # what needs a refit on top, and nothing of it below
    shifts = [abs(row["shift"]) for row in rows if row["shift"] is not None]
    assert shifts == sorted(shifts, reverse=True)  # a refit has its place among the others
    doubt = verdict != "trustworthy"
    assert words(panels).count("not trustworthy") == (2 if doubt else 0)
    assert (squares[0].get_markeredgecolor() == DOUBT) == doubt


def test_what_is_left_to_refit_is_said_with_the_command(run):
    assert influence(run).left("refit it") == []
    answer = influence(steep(run))
    (said,) = answer.left("refit it")
    waiting = [row for row in answer["families"] if not row["reliable"]]
    assert said.startswith("Without 1 model and 1 family (") == (len(waiting) == 1)
    assert said.endswith("refit it")
    assert answer["models"][0]["name"] in said
    last = influence(refitted(run)).left("refit it")[-1]
    assert last == "Refitted, since weights cannot tell: 1 model"
    doubtful = influence(refitted(run, "not trustworthy")).left("refit it")[-1]
    assert doubtful.startswith("Refits of 1 model are not trustworthy: ")


def test_the_most_influential_come_first(run):
    rows = most_influential(influence(run), 4)
    assert len(rows) == 4
    shifts = [abs(row["shift"]) for row in rows if row["reliable"]]
    assert shifts == sorted(shifts, reverse=True)


def test_a_doubtful_result_is_stamped(doubtful):
    assert "NOT TRUSTWORTHY" in words(plot_influence(doubtful))
