"""Where over sizes the law breaks: closed forms, planted breaks, and worlds without any."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from densing.models.scores import draw_scores
from densing.models.trend import Trend
from densing.report.corollaries import plot_size_bands
from densing.results.corollaries.misfit import (
    FACTOR,
    NAMES,
    SHIFTS,
    departure,
    holm,
    log_evidence,
    size_bands,
    size_bands_words,
    tail,
)
from densing.results.posterior import RunReplay
from densing.results.run import record
from densing.results.score_grid import STEP, ScoreGrid, left_over, score_grids
from forecast.future_run import future_run, line

NOISE, SHORTFALL = 0.4, 0.3
LARGE = "over 100B"


def world(seed, *, models=48, density=0.0, benchmark=0.0, sizes=(1e11, np.inf)):
    """A run that knows the truth, and scores drawn from it.

    Models of these `sizes` are denser than the trend by `density` on every benchmark, and seem
    so by `benchmark` on the first one, both ln density.
    """
    rng = np.random.default_rng(seed)
    run = future_run(models=models, draws=3, chains=1, seed=seed)
    data, posterior = run["constant_data"].to_dataset(), run["posterior"].to_dataset()
    size = data["counted_params"].to_numpy()
    broken = (size >= sizes[0]) & (size < sizes[1])
    eta = np.array([line(run, day) for day in data["release_date"].to_numpy()])
    eta += SHORTFALL * (1.0 - rng.standard_exponential(models)) + density * broken
    eta += NOISE * rng.standard_normal(models)
    who = data["score_model"].to_numpy().astype(int)
    replay = RunReplay(run, draws=1)
    rows = replay.rows()
    n = (eta[:, None] + replay.log_sizes())[who]
    n = n + benchmark * (broken[who] & (rows.benchmark == 0))[:, None]
    noise = rng.standard_normal((1, len(who)))
    drawn = draw_scores(
        rng, replay.cells(rows), n[:, None], replay.m.values["score_precision"], noise
    )
    data["score"] = ("score_row", drawn[0])
    posterior["log_density"] = posterior["log_density"] * 0.0 + eta
    run["constant_data"], run["posterior"] = type(run)(data), type(run)(posterior)
    return run


def look(run):
    return size_bands(run, draws=1, replicates=1000)


def of_name(answer, name):
    return next(band for band in answer["bands"] if band["name"] == name)


def gaussian_grid(scores, *, deviation=0.5):
    """One model, normal residual; likelihoods (location, deviation) of its residual."""
    points = STEP * np.arange(-60, 61)
    likelihood = np.array([stats.norm.logpdf(points, a, w) for a, w in scores])
    mean = np.tile(0.5 + 0.02 * points, (len(scores), 1))
    trend = Trend(np.zeros(1), deviation, None)
    return ScoreGrid(points, trend, likelihood, mean, np.full_like(mean, 1e-4))


def test_evidence_for_a_departure_is_the_convolution():
    grid = gaussian_grid([(0.6, 0.2), (0.4, 0.3)])
    found = log_evidence(grid, np.zeros(2, int))[0]
    weight = 1 / np.array([0.2, 0.3]) ** 2
    centre, wide = (weight @ [0.6, 0.4]) / weight.sum(), 1 / weight.sum()
    expected = stats.norm.logpdf(centre, SHIFTS, np.sqrt(0.5**2 + wide))
    expected = expected + stats.norm.logpdf(0.2, 0.0, np.hypot(0.2, 0.3))  # of the two scores
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_departure_is_the_conjugate_posterior():
    seen, error, prior = 0.8, 0.25, np.log(FACTOR)
    told = departure(np.tile(stats.norm.logpdf(seen, SHIFTS, error), (7, 1)))
    precision = 1 / error**2 + 1 / prior**2
    exact = stats.norm(seen / error**2 / precision, precision**-0.5)
    for level, key in ((0.05, "lower"), (0.5, "median"), (0.95, "upper")):
        assert np.log(told["ratio"][key]) == pytest.approx(exact.ppf(level), abs=0.01)
    assert told["p_denser"] == pytest.approx(exact.sf(0.0), abs=1e-3)
    odds = stats.norm.pdf(seen, 0, np.hypot(error, prior)) / stats.norm.pdf(seen, 0, error)
    assert told["p_departs"] == pytest.approx(odds / (1 + odds), abs=1e-4)


def test_what_says_nothing_leaves_even_odds():
    told = departure(np.zeros((3, len(SHIFTS))))
    assert told["p_departs"] == pytest.approx(0.5)
    assert told["ratio"]["median"] == pytest.approx(1.0)


def test_a_score_is_predicted_from_the_others_alone(run):
    """Conjugate: the second score and the residual's density place the first."""
    grid = gaussian_grid([(2.0, 0.05), (0.4, 0.3)])
    data = run["constant_data"].to_dataset().isel(score_row=slice(0, 2))
    data["score_model"], data["score"] = ("score_row", [0.0, 0.0]), ("score_row", [0.54, 0.5])
    data["score_items"] = ("score_row", [14_000.0, 14_000.0])
    left = left_over(grid, data, np.random.default_rng(0), replicates=4000)
    precision = 1 / 0.3**2 + 1 / 0.5**2
    expected = 0.5 + 0.02 * (0.4 / 0.3**2) / precision
    deviation = np.sqrt(1e-4 + 0.02**2 / precision)
    assert left.difference[0] == pytest.approx(0.54 - expected, abs=1e-6)
    assert left.standardised[0] == pytest.approx((0.54 - expected) / deviation, rel=1e-4)
    np.testing.assert_allclose(left.replicated[:, 0].mean(), 0.0, atol=4 / np.sqrt(4000))
    assert left.replicated[:, 0].std() == pytest.approx(1.0, rel=0.05)


def test_a_score_of_zero_near_the_floor_is_no_rarity(run):
    """Of 164 items at one in 164, zero right comes about often."""
    grid = replace(gaussian_grid([(0.0, 0.3)]), mean=np.full((1, 121), 1 / 164),
                   variance=np.full((1, 121), 1 / 164 * (1 - 1 / 164) / 164))  # fmt: skip
    data = run["constant_data"].to_dataset().isel(score_row=slice(0, 1))
    for name, value in (("score_model", 0.0), ("score", 0.0), ("score_items", 164.0)):
        data[name] = ("score_row", [value])
    left = left_over(grid, data, np.random.default_rng(0), replicates=2000)
    assert np.mean(left.replicated[:, 0] <= left.standardised[0]) > 0.2


def test_bounds_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == [True, False, False, True]
    assert holm([0.06]) == [False]
    assert holm([]) == []
    assert tail(np.array([[1.0, 2.0, 3.0]]), np.array([2.0])) == (0.75, 0.75)


@pytest.fixture(scope="module")
def run():
    return world(1)


@pytest.fixture(scope="module")
def quiet():
    """What is said of worlds where nothing breaks."""
    return [look(world(seed)) for seed in range(30)]


def test_no_break_is_not_found(quiet):
    cells = [c for told in quiet for b in told["bands"] for c in b["benchmarks"].values() if c]
    for key in ("p", "p_scatter"):
        assert stats.kstest([c[key] for c in cells], "uniform").pvalue > 0.001
    alarms = sum(any(c["lacks_fit"] for b in told["bands"] for c in b["benchmarks"].values() if c)
                 for told in quiet)  # fmt: skip
    assert alarms <= stats.binom.ppf(0.999, len(quiet), 0.05)
    seen = [band for told in quiet for band in told["bands"] if band["models"]]
    # An even chance beforehand: odds of 19 come about in fewer than one of 19.
    off = sum(band["p_departs"] >= 0.95 for band in seen)
    assert off <= stats.binom.ppf(0.999, len(seen), 1 / 19)
    inside = sum(band["ratio"]["lower"] < 1 < band["ratio"]["upper"] for band in seen)
    assert inside >= stats.binom.ppf(0.001, len(seen), 0.9)


@pytest.mark.parametrize(
    ("name", "sizes", "density"), [(LARGE, (1e11, np.inf), -1.5), ("1B to 3B", (1e9, 3e9), 1.5)]
)
def test_a_break_of_all_benchmarks_is_found_in_its_band_alone(name, sizes, density):
    told = look(world(3, density=density, sizes=sizes))
    found = of_name(told, name)
    assert found["p_departs"] > 0.95
    assert found["ratio"]["lower"] < np.exp(density) < found["ratio"]["upper"]
    others = [b["p_departs"] for b in told["bands"] if b["models"] and b["name"] != name]
    assert max(others) < 0.95
    assert f"Off the trend: {name} (" in size_bands_words(told)


def test_beyond_the_references_reach_less_is_said():
    """Denser large models are near the ceiling, where denser still looks much the same."""
    down, up = (of_name(look(world(3, density=d)), LARGE)["ratio"] for d in (-1.5, 1.5))
    assert up["upper"] / up["lower"] > 1.2 * down["upper"] / down["lower"]


def test_a_break_on_one_benchmark_is_found_there():
    told = look(world(4, benchmark=-2.5))
    cells = of_name(told, LARGE)["benchmarks"]
    first = next(iter(cells))
    assert cells[first]["lacks_fit"]
    assert cells[first]["difference"] < 0
    elsewhere = [c["lacks_fit"] for b in told["bands"] if b["name"] != LARGE
                 for c in b["benchmarks"].values() if c]  # fmt: skip
    assert not any(elsewhere)
    assert f"{first} {LARGE} (-" in size_bands_words(told)


def test_bands_without_models_say_so(run):
    told = look(run)
    assert [band["name"] for band in told["bands"]] == list(NAMES)
    none = of_name(told, "under 100M")
    assert none["models"] == 0
    assert none["ratio"] is None
    assert set(none["benchmarks"].values()) == {None}
    assert "No models under 100M" in size_bands_words(told)
    assert sum(band["models"] for band in told["bands"]) == 48


def test_every_residual_lies_on_the_grid(run):
    grid = next(score_grids(run, draws=1))
    total = np.exp(grid.log_residual(grid.points)).sum(axis=1) * STEP
    np.testing.assert_allclose(total, 1.0, atol=0.01)


@pytest.mark.parametrize("likelihood", ["normal", "student-t"])
def test_other_likelihoods_tell_much_the_same(run, likelihood):
    other = run.copy()
    model = record(run, "model")
    model["choices"]["likelihood"] = likelihood
    other.attrs = run.attrs | {"model": json.dumps(model)}
    if likelihood == "student-t":
        posterior = run["posterior"].to_dataset()
        posterior["score_tail"] = posterior["rate"] * 0.0 + 50.0
        other["posterior"] = type(run)(posterior)
    told, plain = look(other), look(run)
    for band, same in zip(told["bands"], plain["bands"], strict=True):
        if band["models"]:
            assert band["p_departs"] == pytest.approx(same["p_departs"], abs=0.15)
            for cell, alike in zip(*(b["benchmarks"].values() for b in (band, same)), strict=True):
                assert cell["p"] == pytest.approx(alike["p"], abs=0.25)


def test_the_figure_says_what_is_there(run):
    answer = {"size_bands": look(run), "trustworthy": False}
    for narrow in (False, True):
        left, right = plot_size_bands(answer, narrow=narrow)
        said = {text.get_text() for ax in (left, right) for text in ax.texts}
        assert "no models" in said
        assert "NOT TRUSTWORTHY" in said
        assert len(right.patches) == 2 * len(NAMES)
