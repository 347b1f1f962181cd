"""Comparisons: numbers of ArviZ on known likelihoods, refusals that name the difference."""

import numpy as np
import pytest

from densing.answers.compare import compared as compare
from densing.answers.compare import sentence
from densing.results.run import RunError
from report.synthetic import make_run

from .trend_runs import SHAPE, trend_run


def likely(mean, spread=0.1, seed=0):
    """Pointwise log-likelihoods of six values about `mean`."""
    return mean + spread * np.random.default_rng(seed).normal(size=(*SHAPE, 6))


def runs(**means):
    return {
        name: trend_run(log_likelihood=likely(mean, seed=i))
        for i, (name, mean) in enumerate(means.items())
    }


def test_a_likelihood_that_does_not_vary_is_its_own_prediction():
    """Draws that all agree: leaving one out changes nothing, and elpd is the sum."""
    pair = {
        "one": trend_run(log_likelihood=likely(np.log(np.arange(1.0, 7.0)), spread=1e-6)),
        "two": trend_run(log_likelihood=likely(np.zeros(6), spread=1e-6)),
    }
    told = compare(pair)
    one, two = told["runs"]
    assert (one["name"], two["name"]) == ("one", "two")
    assert one["elpd"] == pytest.approx(np.log(720.0), abs=1e-4)
    assert two["elpd_diff"] == pytest.approx(-np.log(720.0), abs=1e-4)
    sd = np.std(np.log(np.arange(1.0, 7.0)))
    assert two["dse"] == pytest.approx(np.sqrt(6.0) * sd, rel=0.1)  # ArviZ's, n or n - 1
    assert one["p_loo"] == pytest.approx(0.0, abs=1e-4)
    assert one["mcse"] == pytest.approx(0.0, abs=1e-4)
    assert one["weight"] + two["weight"] == pytest.approx(1.0)


def test_leaving_out_costs_what_the_harmonic_mean_says():
    """With weights 1 / likelihood, p(y_i | rest) is the harmonic mean over draws."""
    spread = 0.3
    told = compare({"one": trend_run(log_likelihood=likely(-1.0, spread)),
                    "two": trend_run(log_likelihood=likely(-1.5, spread, seed=1))})  # fmt: skip
    log_likelihood = likely(-1.0, spread)
    by_hand = -np.log(np.mean(np.exp(-log_likelihood), axis=(0, 1))).sum()
    assert told["runs"][0]["elpd"] == pytest.approx(by_hand, abs=0.02)
    # Of a mean of 1000 draws of spread s: s / sqrt(1000) for each of six values.
    assert told["runs"][0]["mcse"] == pytest.approx(spread * np.sqrt(6 / 1000), rel=0.35)


def test_an_untrustworthy_run_is_listed_and_not_weighed():
    told = compare(runs(one=-1.0, two=-1.1) | {"bad": trend_run(trustworthy=False)})
    bad = told["runs"][-1]
    assert bad["name"] == "bad"
    assert bad["elpd"] is bad["weight"] is bad["elpd_diff"] is None
    assert bad["reasons"]
    assert not told["trustworthy"]
    assert sum(row["weight"] for row in told["runs"][:2]) == pytest.approx(1.0)
    assert "bad" not in told["sentence"]
    alone = compare({"one": trend_run(), "bad": trend_run(trustworthy=False)})
    assert "nothing to compare" in alone["sentence"]
    assert alone["stacked"] is None


def heavy_tail(value):
    """Log-likelihoods of which one value's ratios have no variance."""
    out = likely(-1.0)
    out[..., value] = np.log(np.random.default_rng(5).pareto(0.7, SHAPE) + 1e-3) * -1.0
    return out


def test_what_cannot_be_left_out_is_left_aside_in_all_runs():
    told = compare({"one": trend_run(log_likelihood=heavy_tail(2)), "two": trend_run()})
    assert [row["name"] for row in told["left_aside"]] == ["value-2"]
    assert told["left_aside"][0]["pareto_k"] > told["limit"]
    assert (told["observations"], told["compared"]) == (6, 5)
    worst = {row["name"]: row["worst_pareto_k"] for row in told["runs"]}
    assert worst["one"] > told["limit"] > worst["two"]


def test_where_hardly_anything_can_be_left_out_nothing_is_compared():
    everywhere = np.stack([heavy_tail(0)[..., 0]] * 6, axis=-1)
    told = compare({"one": trend_run(log_likelihood=everywhere), "two": trend_run()})
    assert "no comparison without refits" in told["sentence"]
    assert all(row["weight"] is None for row in told["runs"])
    assert told["stacked"] is None


def test_growth_of_the_average_mixes_draws_by_weight():
    slow, fast = trend_run(rate=1.0), trend_run(rate=3.0, log_likelihood=likely(-1.1, seed=1))
    told = compare({"slow": slow, "fast": fast})
    share = {row["name"]: row["weight"] for row in told["runs"]}
    stacked = told["stacked"]["population"]["rate_per_year"]
    assert stacked["median"] == (1.0 if share["slow"] > 0.5 else 3.0)
    assert stacked["lower"] == (1.0 if share["slow"] > 0.05 else 3.0)
    assert stacked["upper"] == (3.0 if share["fast"] > 0.05 else 1.0)


def test_a_straight_lines_frontier_has_a_slope_at_the_end():
    """Its shortfall drifts: 2 + 0.4 * 0.1 exp(0.1 t), t the last date's."""
    told = compare({"one": trend_run(), "two": trend_run(log_likelihood=likely(-1.05, seed=3))})
    last = 2.5 * (1 - 0.499)  # of two and a half years, half a span after the mean date
    slope = told["stacked"]["at_end"]["frontier"]["rate_per_year"]["median"]
    assert slope == pytest.approx(2.0 + 0.04 * np.exp(0.1 * last), abs=1e-4)


# ---- words ------------------------------------------------------------------------------------


def row(name, difference, error):
    return {"name": name, "elpd": -difference, "elpd_diff": -difference, "dse": error}


def test_sentences_claim_no_more_than_the_differences_bear():
    best = row("best", 0.0, 0.0)
    assert "do not tell them apart" in sentence([best, row("near", 3.9, 0.1)])
    assert "less than two standard errors" in sentence([best, row("behind", 6.0, 4.0)])
    assert "more than two standard errors" in sentence([best, row("far", 20.0, 4.0)])
    text = sentence([best, row("near", 1.0, 1.0), row("also", 2.0, 1.0), row("far", 30.0, 4.0)])
    assert "no better than near and also" in text
    assert "better than far by" in text


# ---- refusals ---------------------------------------------------------------------------------


def test_one_run_is_no_comparison():
    with pytest.raises(RunError, match="at least two"):
        compare({"one": trend_run()})


def test_other_values_are_named():
    other = trend_run(values=(1, 2, 3, 4, 5, 7))
    with pytest.raises(RunError, match=r"one and two differ in values: 1 only in the first \(.*6"):
        compare({"one": trend_run(), "two": other})


def test_kinds_do_not_mix():
    with pytest.raises(RunError, match="one is a trend run and two a joint run"):
        compare({"one": trend_run(), "two": make_run()})
    loss = trend_run()
    loss.attrs["kind"] = "loss"
    with pytest.raises(RunError, match="two is a run of `densing loss`"):
        compare({"one": trend_run(), "two": loss})


def test_a_run_without_likelihoods_is_to_be_made_again():
    old = trend_run()
    del old["log_likelihood"]
    with pytest.raises(RunError, match="two: no pointwise log-likelihood"):
        compare({"one": trend_run(), "two": old})


def test_other_models_and_scores_are_named():
    with pytest.raises(RunError, match=r"differ in models: 7 only in .*8 only in .*\n.*in scores"):
        compare({"one": make_run(models=8), "two": make_run(models=9)})
    changed = make_run()
    changed["constant_data"]["score"][3] = 0.5
    with pytest.raises(RunError, match=r"differ in scores: 1 only in the first \(.*QUIZ|CODE"):
        compare({"one": make_run(), "two": changed})


def test_runs_of_the_joint_model():
    one, two = make_run(models=8, draws=200, spread=0.05), make_run(models=8, draws=200)
    two["constant_data"] = one["constant_data"]
    told = compare({"one": one, "two": two})
    assert told["of"] == "models"
    assert {r["name"] for r in told["runs"]} == {"one", "two"}
    assert told["stacked"]["at_end"]["population"] is not None
