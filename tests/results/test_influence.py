"""Leave-one-out where the answer is known: a normal mean, one observation a model."""

import json

import arviz_stats
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from densing.answers.influence import left_one_out as influence
from densing.results.interval import growth
from densing.results.reweighting import reweight, weighted_growth
from densing.results.run import RunError

CHAINS, DRAWS = 4, 2000
VALUES = np.array([2.1, 2.6, 1.9, 2.4, 2.2, 2.7, 1.8, 2.3, 3.4, 2.0])
FAMILIES = ["A", "A", "B", "B", "C", "C", "D", "D", "E", "F"]
NAMES = [f"m{i}" for i in range(len(VALUES))]


def normal_run(values=VALUES):
    """Draws of the mean of unit-variance normals under a flat prior, and its pointwise terms."""
    rng = np.random.default_rng(4)
    n = len(values)
    mean = values.mean() + rng.standard_normal((CHAINS, DRAWS)) / np.sqrt(n)
    terms = stats.norm.logpdf(values, mean[..., None], 1.0)
    scalar = ("chain", "draw")
    tree = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset({"rate": (scalar, mean)}),
            "/derived": xr.Dataset({"population_rate": (scalar, mean),
                                    "frontier_rate": (scalar, 2.0 * mean)}),
            "/log_likelihood": xr.Dataset({"scores": ((*scalar, "model"), terms)}),
            "/constant_data": xr.Dataset(
                {"model_family": ("model", np.array(FAMILIES, object))}, {"model": NAMES}
            ),
        }
    )  # fmt: skip
    tree.attrs = {"health": json.dumps({"verdict": "trustworthy", "reasons": []})}
    return tree


def without(rows, name):
    return next(row for row in rows if row["name"] == name)


def check_against_refit(row, kept):
    """The refit's posterior is Normal(mean of the kept, 1/n)."""
    exact = stats.norm(kept.mean(), 1 / np.sqrt(len(kept)))
    rate = row["population"]["rate_per_year"]
    # Quantiles of 8,000 independent draws, reweighted: about 0.01 of Monte Carlo error.
    assert rate["median"] == pytest.approx(exact.median(), abs=0.02)
    assert rate["lower"] == pytest.approx(exact.ppf(0.05), abs=0.04)
    assert rate["upper"] == pytest.approx(exact.ppf(0.95), abs=0.04)


@pytest.mark.parametrize("which", [0, 4, 8])
def test_without_a_model_is_the_exact_refit(which):
    row = without(influence(normal_run())["models"], NAMES[which])
    check_against_refit(row, np.delete(VALUES, which))


@pytest.mark.parametrize("family", ["A", "D"])
def test_without_a_family_is_the_exact_refit(family):
    row = without(influence(normal_run())["families"], family)
    assert row["models"] == 2
    check_against_refit(row, VALUES[np.array(FAMILIES) != family])


def test_shift_is_in_posterior_standard_deviations():
    row = influence(normal_run())["models"][0]
    assert row["name"] == "m8"  # the outlying one
    exact = (np.delete(VALUES, 8).mean() - VALUES.mean()) * np.sqrt(len(VALUES))
    assert row["shift"] == pytest.approx(exact, abs=0.05)


def test_elpd_is_arvizs():
    run = normal_run()
    ours = influence(run)["loo"]
    theirs = arviz_stats.loo(run, var_name="scores")
    assert ours["elpd"] == pytest.approx(float(theirs.elpd), abs=1e-3)
    assert ours["p_loo"] == pytest.approx(float(theirs.p), abs=1e-3)
    assert ours["flagged"] == []


def test_what_the_weights_cannot_tell_is_not_told():
    values = VALUES.copy()
    values[3] = 14.0
    answer = influence(normal_run(values))
    first = answer["models"][0]
    assert first["name"] == "m3"
    assert first["pareto_k"] > answer["loo"]["limit"]
    assert first["population"] is first["frontier"] is first["shift"] is None
    assert [row["model"] for row in answer["loo"]["flagged"]] == ["m3"]
    assert not without(answer["families"], "B")["reliable"]


def test_a_model_that_says_nothing_changes_nothing():
    run = normal_run()
    scores = run["log_likelihood"]["scores"].copy()
    scores[..., 2] = -1.0
    run["log_likelihood"] = xr.DataTree(xr.Dataset({"scores": scores}))
    row = without(influence(run)["models"], "m2")
    assert row["reliable"]
    assert row["shift"] == pytest.approx(0.0, abs=1e-3)


def test_a_run_without_scores_is_refused():
    run = normal_run()
    del run["log_likelihood"]
    with pytest.raises(RunError, match="no scores"):
        influence(run)


def test_equal_weights_are_no_weights():
    draws = np.random.default_rng(0).normal(0.5, 1.0, (2, 500))
    ours, theirs = weighted_growth(draws, np.full((2, 500), 1e-3)), growth(draws)
    assert ours["p_not_growing"] == pytest.approx(theirs["p_not_growing"])
    for end in ("median", "lower", "upper"):
        assert ours["rate_per_year"][end] == pytest.approx(theirs["rate_per_year"][end], abs=0.02)
    assert ours["doubling_months"]["upper"] is None


def test_what_differs_by_rounding_alone_is_equal():
    """Scores of a family that cancel out leave the like: no tail, and no warning about one."""
    noise = 1e-16 * np.random.default_rng(0).standard_normal((2, 50))
    weights = reweight(noise)
    assert weights.reliable
    assert np.ptp(weights.values) == 0.0
    assert reweight(1e13 * noise).pareto_k > -np.inf


def test_few_draws_have_a_stricter_limit():
    ratio = np.random.default_rng(0).standard_normal((1, 100))
    assert reweight(ratio).limit == pytest.approx(0.5)
    assert reweight(np.tile(ratio, (4, 100))).limit == 0.7
