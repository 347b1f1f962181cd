import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

sys.path.insert(0, str(Path(__file__).parents[1]))

from densing.models.scores import draw_proportions
from densing.results.predict import (
    coverage,
    predict_held_out_checkpoints,
    predict_held_out_runs,
    predict_scores,
)
from report.synthetic import BENCHMARKS, make_run


@pytest.fixture(scope="module")
def run():
    return make_run()


@pytest.fixture(scope="module")
def many():
    """Much evidence and a posterior at the truth: coverage must be nominal."""
    return make_run(
        models=300, spread=0.01, held_out_runs=60, held_out_checkpoints=150, draws=400, seed=3
    )


def test_predictions_stand_beside_their_observations(run):
    predicted = predict_scores(run, draws=40)
    assert predicted["predicted"].shape == (40, 16)
    assert (predicted["lower"] <= predicted["median"]).all()
    assert (predicted["median"] <= predicted["upper"]).all()
    np.testing.assert_array_equal(predicted["observed"], run["constant_data"]["score"])
    assert predicted["model"].values[0] == run["constant_data"]["model"].values[0]
    assert predicted["lower"].attrs == {"units": "proportion", "ci_kind": "eti", "ci_prob": 0.9}
    assert predict_held_out_runs(run)["median"].attrs["units"] == "loss"


def test_the_seed_decides(run):
    one, same, other = (predict_scores(run, seed=seed)["median"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize("prob", [0.5, 0.9])
def test_coverage_is_nominal_at_the_truth(many, prob):
    for name, record in coverage(many, prob=prob).items():
        error = 4 * np.sqrt(prob * (1 - prob) / record["of"])
        share = record["covered"] / record["of"]
        # Scores are whole numbers of items: their intervals cover a little more than they say.
        assert prob - error < share < prob + error + 0.04, (name, share)


def test_the_protocol_shift_matters(many):
    without = many.copy()
    posterior = without["posterior"].to_dataset()
    posterior["protocol_effect"] = posterior["protocol_effect"] * 0.0
    without["posterior"] = xr.DataTree(posterior)
    shifted = many["constant_data"]["score_protocol"].values != ""
    difference = predict_scores(many)["median"] - predict_scores(without)["median"]
    assert abs(difference[~shifted].mean()) < 2e-3
    assert difference[shifted].mean() > 0.02


def test_the_record_counts_by_benchmark(run):
    record = coverage(run)
    assert list(record) == ["scores", "held_out_checkpoints", "held_out_runs"]
    for check in record.values():
        assert check["nominal"] == 0.9
        assert list(check["benchmarks"]) == list(BENCHMARKS)
        assert sum(k["of"] for k in check["benchmarks"].values()) == check["of"]
        assert sum(k["covered"] for k in check["benchmarks"].values()) == check["covered"]


def test_nothing_held_out_is_no_error():
    empty = make_run(held_out_runs=0, held_out_checkpoints=0)
    assert predict_held_out_checkpoints(empty)["predicted"].shape[1] == 0
    assert predict_held_out_runs(empty)["predicted"].shape[1] == 0
    assert coverage(empty)["held_out_runs"] == {
        "nominal": 0.9, "covered": 0, "of": 0, "benchmarks": {},
    }  # fmt: skip


def test_proportions_are_beta_binomial():
    rng = np.random.default_rng(0)
    mean, items, precision = 0.3, np.array([50.0]), np.array([[100.0]])
    drawn = draw_proportions(rng, np.full((200_000, 1), mean), precision, items)
    rho = 1 / (1 + precision[0, 0])
    expected = mean * (1 - mean) * (1 / 50 + (1 - 1 / 50) * rho)
    assert drawn.mean() == pytest.approx(mean, abs=2e-3)
    assert drawn.var() == pytest.approx(expected, rel=0.02)


def test_extreme_means_stay_finite():
    rng = np.random.default_rng(0)
    drawn = draw_proportions(
        rng, np.array([[0.0, 1.0]]), np.array([[100.0]]), np.array([10.0, 0.4])
    )
    assert np.isfinite(drawn).all()
