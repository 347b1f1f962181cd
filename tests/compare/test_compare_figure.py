"""The figure of a comparison: what it shows of each run, and of runs that are not to be trusted."""

import numpy as np
import pytest

from densing.answers.compare import compared as compare
from densing.report.compare_figure import plot_compare
from densing.report.style import figure_of

from .test_compare import heavy_tail, runs
from .trend_runs import trend_run


def texts(axes):
    return [text.get_text() for ax in axes for text in ax.texts]


def drawn(given, **options):
    axes = plot_compare(given, compare(given), **options)
    figure_of(axes).draw_without_rendering()
    return axes


def test_every_run_has_its_line_its_row_and_its_weight():
    given = runs(one=-1.0, two=-1.1) | {
        "bent": trend_run("changepoint", slope_change=0.5, changepoint_share=0.4)
    }
    answer = compare(given)
    lines, densities, growths = drawn(given)
    assert len(lines.get_lines()) == 3
    names = [label.get_text() for label in densities.get_yticklabels()]
    assert names == [row["name"] for row in answer["runs"]] + ["stacked"]
    shown = [f"{row['weight']:.2f}" for row in answer["runs"]]
    assert [t for t in texts([densities]) if t in shown] == shown
    # Mean and last slope of three runs and their average, each an interval and a dot.
    assert len(growths.get_lines()) == 16
    assert "NOT TRUSTWORTHY" not in texts([lines, densities, growths])


def test_a_line_is_the_runs_own():
    given = {"one": trend_run(rate=1.0), "two": trend_run(rate=3.0)}
    lines, *_ = drawn(given)
    found = set()
    for line in lines.get_lines():
        x, y = (np.asarray(v, float) for v in line.get_data())
        slope = (np.log(y[-1]) - np.log(y[0])) / (x[-1] - x[0]) * 365.25
        found.add(round(float(slope), 6))
    assert found == {1.0, 3.0}


@pytest.mark.parametrize("narrow", [False, True])
def test_runs_that_are_not_trustworthy_are_stamped_and_not_weighed(narrow):
    axes = drawn({"one": trend_run(), "$bad$": trend_run(trustworthy=False)}, narrow=narrow)
    assert texts(axes).count("NOT TRUSTWORTHY") == 3
    assert "not weighed" in texts(axes)
    assert "stacked" not in [label.get_text() for label in axes[1].get_yticklabels()]


def test_nothing_can_be_compared_and_many_runs():
    hopeless = np.stack([heavy_tail(0)[..., 0]] * 6, axis=-1)
    drawn({"one": trend_run(log_likelihood=hopeless), "two": trend_run()})
    drawn({f"run-{i}": trend_run(rate=1.0 + 0.1 * i) for i in range(8)})
    drawn({name: trend_run(shortfall=False, rate=-1.0) for name in ("one", "two")})
