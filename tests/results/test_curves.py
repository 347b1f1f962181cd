import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

sys.path.insert(0, str(Path(__file__).parents[1]))

from densing.results.curves import QUANTILES, loss_bands, reference_bands, score_bands
from densing.results.posterior import thinned
from report.synthetic import BENCHMARKS, CENTRE, D0, LOSS, MAP, make_run


@pytest.fixture(scope="module")
def run():
    return make_run(spread=0.01)


def truth_of_loss(params, tokens, k):
    n, d = params / np.exp(CENTRE["log_params"]), tokens / np.exp(CENTRE["log_tokens"])
    size = LOSS["size_term"][k] * n ** -LOSS["alpha"][k]
    data = LOSS["data_term"][k] * d ** -LOSS["beta"][k]
    return LOSS["irreducible_loss"][k] + size + data


def test_thinned_draws_keep_their_order_and_number(run):
    draws = thinned(run, ["rate"], draws=7)["rate"]
    assert draws.shape == (7,)
    assert draws[0] == run["posterior"]["rate"].values[0, 0]
    assert draws[-1] == run["posterior"]["rate"].values[-1, -1]
    assert thinned(run, ["alpha"], draws=1000)["alpha"].shape == (100, 2)


def test_loss_bands_are_the_law_at_the_truth(run):
    bands = loss_bands(run, points=9)
    assert bands["loss"].dims == ("benchmark", "params", "tokens", "quantile")
    for k, name in enumerate(BENCHMARKS):
        for params in bands["params"].values:
            middle = bands["loss"].sel(benchmark=name, params=params, quantile=0.5)
            expected = truth_of_loss(params, bands["tokens"].values, k)
            np.testing.assert_allclose(middle, expected, rtol=5e-3)


def test_bands_are_ordered_and_have_units(run):
    for bands, name in (
        (loss_bands(run), "loss"), (reference_bands(run), "loss"), (score_bands(run), "score"),
    ):  # fmt: skip
        values = bands[name]
        assert tuple(values["quantile"].values) == QUANTILES
        assert (values.diff("quantile") >= 0).all()
        assert values.attrs["units"] in ("loss", "proportion")


def test_the_reference_is_read_at_its_tokens(run):
    bands = reference_bands(run)
    assert bands.attrs["tokens"] == D0
    params = bands["effective_params"].values
    for k, name in enumerate(BENCHMARKS):
        middle = bands["loss"].sel(benchmark=name, quantile=0.5)
        np.testing.assert_allclose(middle, truth_of_loss(params, D0, k), rtol=5e-3)
    reach = run["derived"]["effective_params"].median(("chain", "draw"))
    assert bands["model_reach"].values[1] == reach.max()
    assert params[0] < bands["run_reach"].values[0]


def test_the_map_and_its_evidence(run):
    bands = score_bands(run)
    for k, name in enumerate(BENCHMARKS):
        loss = bands["loss"].sel(benchmark=name).values
        rise = 1 / (1 + np.exp(-MAP["steepness"][k] * (1 - loss / MAP["midpoint"][k])))
        expected = MAP["floor"][k] + (MAP["ceiling"][k] - MAP["floor"][k]) * rise
        middle = bands["score"].sel(benchmark=name, quantile=0.5)
        np.testing.assert_allclose(middle, expected, atol=5e-3)
        fresh = bands["new_checkpoint"].sel(benchmark=name).values
        assert (fresh[:, 0] <= middle).all()
        assert (middle <= fresh[:, 1]).all()
    held = bands["held_out_checkpoint_loss"].values
    assert bands["loss"].values.min() < held.min()


def test_a_law_without_irreducible_loss(run):
    bare = run.copy()
    posterior = bare["posterior"].to_dataset()
    posterior["irreducible_loss"] = posterior["irreducible_loss"] * 0.0
    bare["posterior"] = xr.DataTree(posterior)
    assert np.isfinite(loss_bands(bare)["loss"]).all()
