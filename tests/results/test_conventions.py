"""Runs of other choices: what is read from them heeds the likelihood, the bias and the weight."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from densing.models.laws import LossCurve, ProbitMap, ScoreMap
from densing.models.scores import draw_scores
from densing.results.backtested import same_model
from densing.results.future import future
from densing.results.needed import Yardstick
from densing.results.posterior import RunReplay, run_log_sizes
from densing.results.predict import predict_scores
from densing.results.run import chosen
from report.synthetic import BENCHMARKS, make_run

OTHER = BENCHMARKS[1]


def run_of(**choices):
    run = make_run(draws=60)
    model = json.loads(run.attrs["model"])
    model["choices"] |= choices
    run.attrs["model"] = json.dumps(model)
    return run


def with_parameter(run, name, value):
    like = run["posterior"]["rate"]
    run["posterior"][name] = like.copy(data=np.full(like.shape, value))
    return run


def test_a_run_from_before_a_choice_has_its_default():
    assert chosen(make_run(), "no such choice yet", "usual") == "usual"
    for run, kind in ((make_run(), ScoreMap), (run_of(link="probit"), ProbitMap)):
        replay = RunReplay(run, draws=2)
        assert type(replay.cells(replay.rows()).map) is kind


@pytest.mark.parametrize(("likelihood", "tail"), [("normal", None), ("student-t", 4.0)])
def test_scores_are_drawn_by_the_runs_own_likelihood(likelihood, tail):
    run = run_of(likelihood=likelihood)
    if tail:
        run = with_parameter(run, "score_tail", tail)
    replay, rng, rows = RunReplay(run), np.random.default_rng(5), 4000
    row = replay.described(
        ["QUIZ"], protocol=[""], items=[400.0], tokens=[1e60], day=pd.DatetimeIndex(["2024-01-01"])
    )
    # A loss of 0.2 at any size, which is the map's midpoint.
    curve = LossCurve(*(np.array([[v]]) for v in (np.log(0.2), -700.0, 1.0, -700.0, 1.0)))
    maps = ProbitMap(*(np.array([[v]]) for v in (0.0, 1.0, 4.0, 0.2)))
    cell = replay.cells(row)._replace(
        loss=LossCurve(*(field[..., None] for field in curve)),
        map=ProbitMap(*(field[..., None] for field in maps)), discrepancy=np.full((1, 1, 1), 1e-9),
        shift=np.zeros((1, 1, 1)),
    )  # fmt: skip
    precision = replay.m.values["score_precision"]
    n = np.zeros((1, 1, len(precision)))
    drawn = np.stack([draw_scores(rng, cell, n, precision)[:, 0] for _ in range(rows)], axis=1)
    # A score expected at one half with no discrepancy: the items' Beta-Binomial variance.
    own = run["posterior"]["score_precision"].to_numpy().reshape(-1)[:, None]
    spread = np.sqrt(0.25 * (1 / 400 + (1 - 1 / 400) / (1 + own)))
    z = ((drawn - 0.5) / spread).ravel()
    law = stats.norm if tail is None else stats.t(tail)
    for q in (0.05, 0.25, 0.9):
        assert np.mean(z < law.ppf(q)) == pytest.approx(q, abs=0.005)
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_predictions_of_a_normal_run_are_no_whole_numbers_of_items():
    usual, normal = (
        predict_scores(run_of(likelihood=name), draws=40)["predicted"].to_numpy()
        for name in ("beta", "normal")
    )
    items = make_run(draws=60)["constant_data"]["score_items"].to_numpy()
    assert np.allclose(usual * items, np.rint(usual * items))
    assert not np.allclose(normal * items, np.rint(normal * items))


def test_a_bias_is_of_later_models_and_of_milestones_to_come():
    run = run_of(contamination=True)

    def shifts(days):
        replay = RunReplay(run, draws=5)
        rows = replay.described(
            ["QUIZ", OTHER, OTHER][: len(days)], protocol=[""] * len(days), items=[1.0] * len(days),
            tokens=[5e12] * len(days), day=pd.DatetimeIndex(days),
        )  # fmt: skip
        return replay.cells(rows).shift[:, 0]

    np.testing.assert_array_equal(shifts(["2023-10-31", "2023-11-01"]), 0.0)
    like = run["posterior"]["offset"]
    run["posterior"]["contamination"] = like.copy(data=0.0 * like + [0.3, 0.7])
    found = shifts(["2023-10-31", "2023-11-01", "2025-01-01"])
    np.testing.assert_allclose(found, np.tile([[0.0], [0.7], [0.7]], (1, 5)))
    before, after = Yardstick(make_run(draws=60), "QUIZ"), Yardstick(run, "QUIZ")
    np.testing.assert_allclose(after.shift - before.shift, 0.3)


def test_sizes_go_from_active_to_total_with_the_weight():
    run = run_of()
    known = np.log(run["constant_data"]["counted_params"].to_numpy())
    np.testing.assert_allclose(run_log_sizes(run, draws=7), known[None], rtol=1e-14)
    ratio = np.where(np.arange(len(known)) == 2, 9.0, 1.0)
    like = run["constant_data"]["counted_params"]
    run["constant_data"]["expert_ratio"] = like.copy(data=ratio)
    for weight, factor in ((0.0, 1 / 3), (0.5, 1.0), (1.0, 3.0)):
        found = np.exp(run_log_sizes(with_parameter(run, "expert_weight", weight), draws=7) - known)
        np.testing.assert_allclose(found, np.where(ratio > 1, factor, 1.0) * np.ones((7, 1)))


def test_residuals_of_new_models_have_the_runs_own_shortfall():
    time, values = np.zeros((1, 4000)), {}
    for form in ("exponential", "half-normal"):
        ahead = future(run_of(shortfall_form=form))
        mean = ahead.draws("shortfall")[:, None]
        values[form] = ahead.residual(np.random.default_rng(2), time) / mean
    # Of one mean, a half-normal shortfall is narrower: no noise can tell otherwise.
    wide, narrow = (np.percentile(values[f], 0.1) for f in ("exponential", "half-normal"))
    assert wide < narrow - 0.5


def test_a_later_versions_choices_at_their_default_make_no_other_model():
    """A back-test kept from before still speaks for the default model."""
    choices = {"tokens": 5e12, "shape": "linear"}
    priors = {"rate": 1, "score_tail": 2, "expert_weight": 3, "contamination": 4, "slowdown": 5}
    now = {"choices": choices | {"link": "logit", "likelihood": "beta"}, "priors": priors}
    assert same_model(now) == same_model({"choices": {"tokens": 5e12}, "priors": {"rate": 1}})
    other = same_model({"choices": choices | {"likelihood": "student-t"}, "priors": priors})
    assert other["choices"]["likelihood"] == "student-t"
    assert set(other["priors"]) == {"rate", "score_tail"}
