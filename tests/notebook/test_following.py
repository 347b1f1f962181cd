"""Corollaries and milestones as verbs: the commands' own records."""

import matplotlib.pyplot as plt
import pytest

import densing as dn
from densing.results.corollaries import corollaries
from forecast.future_run import future_run

WHEN = {"until": "2026-12-31", "today": "2025-03-01"}


@pytest.fixture(scope="module")
def run():
    return future_run(spread=0.1, models=10)


@pytest.fixture(scope="module")
def told(run):
    return dn.corollaries(run, prob=0.8)


def test_corollaries_are_the_commands(run, told):
    assert dict(told) == corollaries(run, prob=0.8)
    assert all(text in str(told) for text in told["sentences"].values())
    assert told["sentences"]["budget"] in str(told)


def test_their_figure(told):
    plt.switch_backend("Agg")
    axes = dn.plot_corollaries(told)
    assert [ax.get_title(loc="left") for ax in axes][-2:] == [
        "Growth over growth", "Density over dense models'",
    ]  # fmt: skip
    plt.close("all")
    with pytest.raises(TypeError, match=r"dn\.corollaries\(run\)"):
        dn.plot_corollaries({"budget": 1})


def test_what_is_no_run_is_told(run):
    with pytest.raises(TypeError, match="path"):
        dn.corollaries("run.nc")
    with pytest.raises(TypeError, match="path"):
        dn.corollaries(run, bent="run.nc")
    with pytest.raises(TypeError, match="path"):
        dn.milestones("run.nc", **WHEN)


def test_milestones_are_dated(run):
    (one,) = dn.milestones(run, density=[2.0], **WHEN)
    assert one["request"]["factor"] == 2.0
    assert one["population"]["date"]["median"] > "2024"
    with pytest.raises(dn.RunError, match="multiple above 1"):
        dn.milestones(run, density=[0.5], **WHEN)
