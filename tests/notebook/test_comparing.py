"""`dn.compare`: the command's answer, and its frame."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

import densing as dn
from compare.trend_runs import trend_run


@pytest.fixture(autouse=True)
def _headless():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def wandering(seed=1, **options):
    rng = np.random.default_rng(seed)
    return trend_run("changepoint", rate=rng.normal(2.0, 0.2, (2, 500)), slope_change=1.0,
                     changepoint_share=0.5, **options)  # fmt: skip


@pytest.fixture
def pair():
    return {"line": trend_run(rate=1.5), "bent": wandering()}


def test_the_frame_is_the_record(pair):
    told = dn.compare(pair, prob=0.8)
    frame = told.table()
    assert list(frame.index) == [*(row["name"] for row in told["runs"]), "stacked"]
    for row in told["runs"]:
        own = frame.loc[row["name"]]
        for key in ("elpd", "se", "mcse", "elpd_diff", "weight", "worst_pareto_k"):
            assert own["prediction", key] == row[key]
        months = row["population"]["doubling_months"]
        assert own["population", "median"] == months["median"]
        assert own["population", "upper"] == months["upper"]
        end = (row["at_end"] or row)["frontier"]["rate_per_year"]["median"]
        assert own["frontier at end", "rate"] == end
    stacked = told["stacked"]["population"]["doubling_months"]
    assert frame.loc["stacked", ("population", "lower")] == stacked["lower"]
    assert np.isnan(frame.loc["stacked", ("prediction", "elpd")])
    assert frame.attrs["sentence"] == told["sentence"]
    assert frame.attrs["prob"] == 0.8


def test_what_is_not_trustworthy_is_warned_of_and_not_weighed(pair):
    with pytest.warns(dn.NotTrustworthyWarning, match="R-hat"):
        frame = dn.compare(pair | {"bad": wandering(2, trustworthy=False)}).table()
    assert np.isnan(frame.loc["bad", ("prediction", "weight")])
    assert frame.attrs["verdict"]["bad"] == "not trustworthy"


def test_what_cannot_be_compared_is_said(pair):
    for given in ([pair["line"]], pair["line"], "run.nc"):
        with pytest.raises(TypeError, match=r"by name.*dn\.compare"):
            dn.compare(given)
    with pytest.raises(TypeError, match="is a path"):
        dn.compare({"line": pair["line"], "other": "other.nc"})
    with pytest.raises(dn.RunError, match="two runs"):
        dn.compare({"line": pair["line"]})
    with pytest.raises(dn.RunError, match="value"):
        dn.compare(pair | {"other": trend_run(values=(2, 3, 4, 5, 6, 7))})


def test_its_figure(pair):
    axes = dn.plot_compare(pair)
    assert len(axes) == 3
    own = list(Figure(figsize=(12, 4)).subplots(1, 3))
    assert dn.plot_compare(pair, own) == own
