"""Power-scaling where the answer is known: a normal mean under a normal prior."""

import json

import arviz_stats
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from densing.answers.priors import (
    STEP,
    WEAKER,
    diagnose,
    prior_sensitivity,
    sensitivity,
)
from densing.models.declaration import load_model
from densing.results.health import MIN_SENSITIVITY
from densing.results.log_prior import top_level
from densing.results.run import RunError

CHAINS, DRAWS = 4, 2500


def posterior(loc, scale, mean, error, powers=(1.0, 1.0)):
    """Mean and standard deviation under prior Normal(loc, scale) and evidence, each to a power."""
    precision = powers[0] / scale**2 + powers[1] / error**2
    centre = (powers[0] * loc / scale**2 + powers[1] * mean / error**2) / precision
    return centre, precision**-0.5


def normal_run(*, loc=0.0, scale=2.5, mean=2.0, error=0.3):
    """A rate observed as `mean` +- `error` under the prior Normal(loc, scale)."""
    rng = np.random.default_rng(3)
    centre, spread = posterior(loc, scale, mean, error)
    rate = centre + spread * rng.standard_normal((CHAINS, DRAWS))
    scalar = ("chain", "draw")
    tree = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset({"rate": (scalar, rate)}),
            "/derived": xr.Dataset({"population_rate": (scalar, rate)}),
            "/log_prior": xr.Dataset({"rate": (scalar, stats.norm.logpdf(rate, loc, scale))}),
            "/log_likelihood": xr.Dataset(
                {"scores": ((*scalar, "model"), stats.norm.logpdf(mean, rate, error)[..., None])}
            ),
        }
    )
    tree.attrs = {
        "model": load_model("ladder").model_dump_json(),
        "health": json.dumps({"verdict": "trustworthy", "reasons": []}),
    }
    return tree


def distance(first, second):
    """Cumulative Jensen-Shannon distance of two normals, normalised, by plain integration."""
    a, b = stats.norm(*first), stats.norm(*second)
    x = np.linspace(min(a.ppf(1e-5), b.ppf(1e-5)), max(a.ppf(1 - 1e-5), b.ppf(1 - 1e-5)), 20001)

    def one(p, q):
        m = 0.5 * (p + q)
        step = x[1] - x[0]
        both = np.sum(p * np.log2(p / m) + q * np.log2(q / m)) * step
        return np.sqrt(both / (np.sum(p + q) * step))

    return max(one(a.cdf(x), b.cdf(x)), one(a.sf(x), b.sf(x)))


@pytest.mark.parametrize("term", ["prior", "likelihood"])
@pytest.mark.parametrize("world", [{"scale": 0.5}, {"scale": 0.2, "mean": 3.0}])
def test_sensitivity_is_the_distance_between_the_exact_posteriors(term, world):
    run = normal_run(**world)
    row = prior_sensitivity(run)["population"]
    settings = {"loc": 0.0, "scale": 2.5, "mean": 2.0, "error": 0.3} | world

    def at(power):
        powers = (power, 1.0) if term == "prior" else (1.0, power)
        return posterior(**settings, powers=powers)

    exact = 0.5 * sum(
        distance(at(1.0), at(1.0 + step)) / abs(np.log2(1.0 + step)) for step in (-STEP, STEP)
    )
    # The distance is estimated on the draws' range and scaled by it: a tenth of its value.
    assert row[term] == pytest.approx(exact, rel=0.1)


def test_growth_under_a_weaker_prior_is_the_exact_one():
    run = normal_run(scale=0.5)
    told = prior_sensitivity(run)["population"]["weaker"]["growth"]["rate_per_year"]
    exact = stats.norm(*posterior(0.0, 0.5, 2.0, 0.3, powers=(WEAKER, 1.0)))
    assert told["median"] == pytest.approx(exact.median(), abs=0.02)
    assert told["upper"] == pytest.approx(exact.ppf(0.95), abs=0.03)


def test_a_conflict_is_flagged_and_a_weak_prior_is_not():
    conflict = prior_sensitivity(normal_run(loc=-2.0, scale=0.3))
    assert conflict["population"]["prior"] > MIN_SENSITIVITY
    assert "may disagree" in conflict["population"]["diagnosis"]
    assert conflict["parameters"][0]["name"] == "rate"
    weak = prior_sensitivity(normal_run(scale=10.0))["population"]
    assert weak["prior"] < MIN_SENSITIVITY
    assert weak["diagnosis"] == "the evidence decides"
    assert conflict["frontier"] is None


def test_a_prior_that_decides():
    row = prior_sensitivity(normal_run(scale=0.1, error=5.0, mean=0.0))["population"]
    assert row["diagnosis"] == "the priors move it, the evidence hardly does"
    assert row["likelihood"] < MIN_SENSITIVITY < row["prior"]


def test_the_numbers_are_arvizs():
    run = normal_run(scale=0.5)
    row = prior_sensitivity(run)["population"]
    theirs = arviz_stats.psense_summary(run, var_names=["rate"], round_to=8).loc["rate"]
    assert row["prior"] == pytest.approx(theirs["prior"], rel=1e-6)
    assert row["likelihood"] == pytest.approx(theirs["likelihood"], rel=1e-6)


def test_pooling_is_not_scaled():
    run = normal_run(scale=0.5)
    scalar = ("chain", "draw", "family")
    effect = np.random.default_rng(0).standard_normal((CHAINS, DRAWS, 2)) * 50.0
    priors = run["log_prior"].to_dataset().assign(family_effect=(scalar, effect))
    run["log_prior"] = xr.DataTree(priors)
    assert "family_effect" not in top_level(load_model("ladder").priors)
    row = prior_sensitivity(run)["population"]
    assert list(row["priors"]) == ["rate"]
    assert row["prior"] == pytest.approx(row["priors"]["rate"])


def test_a_constant_is_moved_by_nothing():
    flat = np.ones((2, 100))
    noise = np.random.default_rng(0).standard_normal((2, 100))
    assert sensitivity(flat, noise) == sensitivity(noise, flat) == 0.0


@pytest.mark.parametrize(
    ("prior", "likelihood", "words"),
    [(0.2, 0.2, "disagree"), (0.2, 0.01, "hardly"), (0.01, 0.2, "evidence decides"),
     (0.01, 0.01, "neither")],
)  # fmt: skip
def test_diagnosis(prior, likelihood, words):
    assert words in diagnose(prior, likelihood)


def test_a_run_without_log_priors_is_refused():
    run = normal_run()
    del run["log_prior"]
    with pytest.raises(RunError, match="make it again"):
        prior_sensitivity(run)
