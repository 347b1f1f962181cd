"""A run is a plain DataTree in ArviZ's groups: what its users do with one works."""

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import densing as dn

pytestmark = [
    pytest.mark.slow,
    # Few draws of four models: what ArviZ thinks of them is not what is tested.
    pytest.mark.filterwarnings("ignore:Estimated shape parameter of Pareto:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*not trustworthy:densing.NotTrustworthyWarning"),
]


@pytest.fixture(autouse=True)
def _headless():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_a_run_is_a_plain_tree(fitted):
    assert type(fitted) is xr.DataTree
    assert {"posterior", "prior", "log_likelihood", "log_prior", "observed_data"} <= set(
        fitted.children
    )


def test_summary_agrees_with_ours(fitted):
    table = az.summary(fitted, var_names=["rate"], ci_prob=0.9, ci_kind="eti", round_to="none")
    ours = dn.doubling_time(fitted).loc["population"]
    assert table.loc["rate", "eti90_lb"] == pytest.approx(ours["rate_lower"], rel=0.02)
    assert table.loc["rate", "eti90_ub"] == pytest.approx(ours["rate_upper"], rel=0.02)
    everything = az.summary(fitted, ci_prob=0.9, ci_kind="eti")
    assert {"alpha[Quiz]", "log_density[One-7B]"} <= set(everything.index)


def test_loo_is_over_models(fitted):
    loo = az.loo(fitted, var_name="scores")
    assert loo.n_data_points == fitted["posterior"].sizes["model"]
    assert np.isfinite(loo.elpd)
    compared = az.compare({"a": fitted, "b": fitted}, var_name="scores")
    assert compared["elpd_diff"].tolist() == [0.0, 0.0]


def test_power_scaling_finds_its_groups(fitted):
    parts = ["scores", "log_loss", "correct", "checkpoints"]
    table = az.psense_summary(fitted, var_names=["rate"], likelihood_var_names=parts)
    assert np.isfinite(table.loc["rate", ["prior", "likelihood"]].astype(float)).all()


@pytest.mark.parametrize(
    "plot",
    [az.plot_trace, az.plot_trace_dist, az.plot_dist, az.plot_forest, az.plot_rank,
     az.plot_prior_posterior],
    ids=lambda plot: plot.__name__,
)  # fmt: skip
def test_plots_of_a_parameter(plot, fitted):
    plot(fitted, var_names=["rate"])
    plt.gcf().canvas.draw()


def test_plots_of_the_sampler_and_of_predictions(fitted):
    az.plot_energy(fitted)
    az.plot_ppc_dist(fitted, var_names=["score"])
    plt.gcf().canvas.draw()


def test_a_saved_run_is_arvizs_to_open(fitted, tmp_path):
    path = dn.save_run(fitted, tmp_path / "run.nc")
    opened = az.from_netcdf(path)
    xr.testing.assert_identical(opened["posterior"].to_dataset(), fitted["posterior"].to_dataset())
    assert dn.density(opened).table().equals(dn.density(fitted).table())
