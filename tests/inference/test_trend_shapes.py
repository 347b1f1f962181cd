"""Shapes of the trend in the engines: one density, worlds recovered, summaries from the fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from densing.answers.summary import summarise as trend_summary
from densing.calibration.cases import build_cases, calibrate
from densing.data import load_evidence
from densing.inference.fit import fit_trend
from densing.inference.potential import build
from densing.inference.replay import pointwise
from densing.inference.settings import load_settings
from densing.inference.whitening import Inputs
from densing.models.dates import trend_span
from densing.models.declaration import load_model
from densing.models.ops import numpy_ops
from densing.models.problem import Problem
from densing.models.shapes import KNOT_NAMES, KNOTS, SHAPES, bend
from densing.models.trend import DatedData, dated_trend
from densing.results.acceleration import acceleration
from densing.results.run import trustworthy

DAYS = pd.date_range("2022-01-01", "2025-01-01", periods=120).normalize()
CHANGE = "2023-07-02"
TRUTH = {
    "rate": 2.0, "slope_change": 2.4, "changepoint_share": 0.5, "slowdown": 0.9,
    "slope_spread": 2.0, "slope_walk": np.array([1.0, 1.0, 0.5, -0.5, -1.0, -1.5]),
}  # fmt: skip


def model_of(shape):
    return load_model("ladder").choose(shape=shape, changepoint=CHANGE)


def dated(shape, values=None):
    span = trend_span(DAYS, model_of(shape).choices)
    time = (DAYS - DAYS[0]).days.to_numpy() / 365.25
    data = DatedData(time - time.mean(), values, np.full(len(DAYS), 0.05), np.asarray(span))
    return data, span


def table(shape, seed=0):
    """Values about a line of known shape, with normal noise of 0.3 in logs."""
    data, span = dated(shape)
    line = TRUTH["rate"] * data.time + bend(numpy_ops, shape, TRUTH, span, data.time)
    noise = 0.3 * np.random.default_rng(seed).standard_normal(len(line))
    names = [f"value-{i}" for i in range(len(line))]
    return pd.DataFrame({"name": names, "date": DAYS, "value": np.exp(line + noise)})


@pytest.mark.parametrize("shape", SHAPES)
def test_the_engines_have_one_density(shape):
    pytest.importorskip("pymc")
    from densing.inference.pymc_engine import pm_model

    data, _ = dated(shape, np.log(table(shape)["value"].to_numpy()))
    model, facts, sizes = model_of(shape), {"usual_level": np.asarray(0.0)}, {"knot": KNOTS}

    def program(m, data):
        dated_trend(m, data, shortfall=True, shape=shape)

    built = pm_model(Problem(program, data, model.priors, {"knot": KNOT_NAMES}, facts))
    theirs = built.compile_logp(sum=False, mode="FAST_COMPILE")
    inputs = jax.tree.map(jnp.asarray, Inputs(data, facts))
    potential = build(program, model.priors, sizes, inputs)
    point = built.initial_point()
    order = sorted(point, key=lambda key: str(key).split("_log")[0])
    assert [label.split("[")[0] for label in dict.fromkeys(potential.labels)] == [
        name.split("_log")[0] for name in order for _ in range(point[name].size)
    ]
    rng = np.random.default_rng(1)
    for _ in range(3):
        start = {key: 0.3 * rng.standard_normal(value.shape) for key, value in point.items()}
        flat = np.concatenate([np.ravel(start[name]) for name in order])
        ours = -float(potential.negative_log_density(jnp.asarray(flat), inputs))
        assert np.isfinite(ours)
        assert sum(float(np.sum(term)) for term in theirs(start)) == pytest.approx(ours, rel=1e-10)


# ---- recovery ---------------------------------------------------------------------------------

WORLDS = 12


@pytest.mark.parametrize("shape", ["changepoint", "local", "saturating"])
def test_worlds_of_each_shape_are_recovered(shape, tmp_path):
    """Truths from the prior, one program: intervals of 80 % cover as often as they should."""
    evidence, model = load_evidence(), load_model("calibration").choose(shape=shape)
    (case,) = build_cases(["population"], evidence, model, every=3)
    recipe = load_settings().model_copy(update={"chains": 2, "draws": 300, "max_draws": 900})
    records = calibrate(case, recipe, tmp_path, worlds=WORLDS, workers=1)
    names = set(records[0]["share"])
    assert {"population rate", "rate at the end", "bend in the middle"} <= names
    inside = sum(0.1 < share < 0.9 for r in records for share in r["share"].values())
    asked = WORLDS * len(names)
    # Quantities of a world are dependent: as if there were two independent ones in each.
    error = np.sqrt(0.8 * 0.2 / (2 * WORLDS))
    assert abs(inside / asked - 0.8) < 3 * error


@pytest.fixture(scope="module")
def run():
    return fit_trend(table("changepoint"), shortfall=False, model=model_of("changepoint"))


def inside(interval, truth):
    return interval["lower"] < truth < interval["upper"]


def test_an_acceleration_is_recovered(run):
    assert trustworthy(run)
    told = acceleration(run, prob=0.98)
    assert told["changepoint"]["lower"] < CHANGE < told["changepoint"]["upper"]
    assert inside(told["population"]["ratio"], 3.2 / 0.8)
    assert told["population"]["p_acceleration"] > 0.99
    summary = trend_summary(run, prob=0.98)
    assert inside(summary["population"]["rate_per_year"], TRUTH["rate"])
    assert inside(summary["at_end"]["population"]["rate_per_year"], 3.2)


def test_likelihoods_of_each_value_are_kept(run):
    """Normal about the line, with noise and error: by hand, at one draw."""
    data, span = dated("changepoint")
    at = {name: v.isel(chain=1, draw=3).to_numpy() for name, v in run["posterior"].items()}
    line = at["level"] + at["rate"] * data.time
    line = line + bend(numpy_ops, "changepoint", at, span, data.time)
    z = (np.log(table("changepoint")["value"].to_numpy()) - line) / at["scatter"]
    by_hand = -0.5 * z**2 - np.log(at["scatter"]) - 0.5 * np.log(2 * np.pi)
    kept = run["log_likelihood"]["values"].isel(chain=1, draw=3)
    np.testing.assert_allclose(kept, by_hand, rtol=1e-6, atol=1e-8)
    assert run["constant_data"]["name"].to_numpy()[0] == "value-0"


def test_pointwise_keeps_chains_and_draws_apart():
    data = DatedData(np.zeros(2), np.zeros(2), np.zeros(2))
    values = {"mean": np.arange(6.0).reshape(2, 3)}

    def program(m, data):
        m.factor("values", m.sample("mean") + data.time)

    found = pointwise(program, data, values, "values")
    np.testing.assert_array_equal(found, np.repeat(np.arange(6.0), 2).reshape(2, 3, 2))
