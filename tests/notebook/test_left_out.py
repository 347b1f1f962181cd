"""`influence` and `refit`: what the answer hangs on, as a frame."""

import numpy as np
import pytest

import densing as dn
from densing.results.refits import Refit, with_refits
from report.test_influence_figure import steep


def test_one_row_for_each_model_and_each_family(run):
    frame = dn.influence(run).table()
    assert set(frame.loc["model"].index) == set(dn.density(run).table().index)
    assert frame.loc["family", "models"].sum() == len(frame.loc["model"])
    assert set(frame["how"]) == {"reweighted"}
    assert (frame["population_lower"] < frame["population"]).all()
    assert (frame["population"] < frame["population_upper"]).all()
    assert frame.attrs["verdict"] == "trustworthy"
    narrow = dn.influence(run, prob=0.5).table()
    assert (narrow["frontier_upper"] <= frame["frontier_upper"]).all()


def test_what_cannot_be_told_is_missing_until_it_is_refitted(run):
    run = steep(run)
    frame = dn.influence(run).table()
    name = frame.loc["model"].index[0]
    assert frame.loc[("model", name), "how"] == "needs a refit"
    assert np.isnan(frame.loc[("model", name), "population"])
    levels = np.linspace(0.005, 0.995, 100)
    # Slow growth that may be none: no upper end, and a median all the same.
    refit = Refit(
        quantiles={"population": levels - 0.04}, levels=levels,
        p_not_growing={"population": 0.04}, how="sampled", verdict="not trustworthy",
        reasons=["few draws"], max_rhat=1.1, min_ess=30.0,
    )  # fmt: skip
    row = (
        dn.influence(with_refits(run, {("model", name): refit}), prob=0.98)
        .table()
        .loc[("model", name)]
    )
    assert row["how"] == "refit, not trustworthy"
    assert row["population"] == pytest.approx(12 * np.log(2) / 0.46)
    assert np.isinf(row["population_upper"])
    assert np.isnan(row["frontier"])


def test_what_does_not_fit_is_said(run, evidence, tmp_path):
    with pytest.raises(dn.RunError, match="other evidence than that at hand"):
        dn.refit(run, evidence, folder=tmp_path)
    with pytest.raises(TypeError, match="list of names"):
        dn.refit(run, evidence, folder=tmp_path, only="Two")
    with pytest.raises(dn.DeclarationError, match="settings='universe'"):
        dn.refit(run, evidence, folder=tmp_path, settings="nutpie")
    with pytest.raises(ValueError, match="workers"):
        dn.refit(run, evidence, folder=tmp_path, workers=0)
