"""A straight run's draws, reweighted: exact where everything is normal, and what is told of it."""

import json

import numpy as np
import pytest
from scipy import stats

from densing.models.ops import numpy_ops
from densing.models.shapes import Span, bend
from densing.results.corollaries import corollaries
from densing.results.corollaries.change import change_of_growth, change_words, ratio
from densing.results.corollaries.changepoint import CHANGES, SHARES, reweighted
from densing.results.corollaries.misfit import SHIFTS
from densing.results.run import RunError
from forecast.future_run import future_run

NOISE, RATE = 0.35, 2.5
PRIORS = {
    "slope_change": lambda x: -0.5 * (np.asarray(x) / 1.5) ** 2,
    "changepoint_share": lambda x: np.log(x) + np.log1p(-np.asarray(x)),
    "rate": lambda x: -0.5 * (np.asarray(x) / 2.5) ** 2,
}


def conjugate(*, change, families=0, spread=0.5, models=30, draws=400, seed=0):
    """Log densities seen with a normal error; a straight line's exact posterior; the bent truth.

    Families follow each other in time, so that their effects can take up much of a bend.
    """
    rng = np.random.default_rng(seed)
    time = np.linspace(-1.2, 1.2, models)
    span = Span(time.min(), time.max(), 0.0)
    grid = np.meshgrid(CHANGES, SHARES)
    columns = {
        "slope_change": grid[0].reshape(-1, 1), "changepoint_share": grid[1].reshape(-1, 1),
        "rate": 0.0,
    }  # fmt: skip
    away = bend(numpy_ops, "changepoint", columns, span, time)
    truth = {"slope_change": change, "changepoint_share": 0.5, "rate": 0.0}
    y = RATE * time + bend(numpy_ops, "changepoint", truth, span, time)
    y = y + NOISE * rng.standard_normal(models)
    of = np.arange(models)[:, None] * families // models == np.arange(families)
    design = np.column_stack([np.ones(models), time, of])
    variance = np.array([1e9, 2.5**2, *[spread**2] * families])
    inverse = np.linalg.inv(design.T @ design / NOISE**2 + np.diag(1 / variance))
    mean = inverse @ design.T @ y / NOISE**2
    drawn = rng.multivariate_normal(mean, inverse, draws)
    rest = y - drawn @ design.T
    evidence = -0.5 * ((rest[:, :, None] - SHIFTS) / NOISE) ** 2
    # Without the parameters: y less its bend is normal about zero, as wide as line and noise.
    wide = design @ np.diag(variance) @ design.T + NOISE**2 * np.eye(models)
    precision = np.linalg.inv(wide)
    marginal = -0.5 * np.einsum("gi,ij,gj->g", y - away, precision, y - away)
    prior = PRIORS["slope_change"](grid[0].ravel()) + PRIORS["changepoint_share"](grid[1].ravel())
    prior = np.exp(prior) / np.exp(prior).sum()
    likely = np.exp(marginal + 0.5 * y @ precision @ y)
    exact = {
        "bayes_factor": float(prior @ likely),
        "p_faster": float((prior * likely)[grid[0].ravel() > 0].sum() / (prior @ likely)),
    }
    effects = {
        "families": of, "effects": drawn[:, 2:] / spread, "spread": np.full(draws, spread)
    } if families else {}  # fmt: skip
    found = reweighted(
        evidence, time, drawn[:, 1], priors=PRIORS, rng=np.random.default_rng(1), chains=4,
        **effects,
    )  # fmt: skip
    return found, exact


@pytest.mark.parametrize("families", [0, 3])
@pytest.mark.parametrize("change", [0.0, 1.5, -1.5])
def test_reweighted_draws_are_the_bent_posterior(change, families):
    found, exact = conjugate(change=change, families=families)
    assert found.pareto_k < found.limit
    assert found.bayes_factor == pytest.approx(exact["bayes_factor"], rel=0.05)
    assert np.mean(found.after > found.before) == pytest.approx(exact["p_faster"], abs=0.03)


def test_families_give_way_and_are_paid_for():
    """Effects that no score tells of change nothing; their prior is in the weights."""
    rng = np.random.default_rng(2)
    time = np.linspace(-1, 1, 12)
    rest = 0.2 * rng.standard_normal((200, 12))
    evidence = -0.5 * ((rest[:, :, None] - SHIFTS) / 0.3) ** 2
    rate = 2.5 + 0.1 * rng.standard_normal(200)
    families = np.column_stack([np.zeros((12, 1), bool), np.zeros((12, 1), bool)])
    plain = reweighted(evidence, time, rate, priors=PRIORS, rng=np.random.default_rng(1))
    with_families = reweighted(
        evidence, time, rate, priors=PRIORS, rng=np.random.default_rng(1), families=families,
        effects=rng.standard_normal((200, 2)), spread=np.full(200, 0.3),
    )  # fmt: skip
    assert with_families.bayes_factor == pytest.approx(plain.bayes_factor)


def test_a_run_of_its_own_is_read_and_not_reweighted():
    run = bent_run()
    told = change_of_growth(future_run(spread=0.1), given=run)
    assert told["source"] == "given"
    assert told["population"]["p_acceleration"] == 1.0
    assert change_of_growth(run)["source"] == "run"
    assert told["pareto_k"] is None
    with pytest.raises(RunError, match="--bent"):
        corollaries(future_run(), bent=future_run())


def bent_run():
    """A run whose trend is faster by one after the middle of its dates."""
    run = future_run(spread=0.1)
    posterior = run["posterior"].to_dataset()
    shape = posterior["rate"].shape
    rng = np.random.default_rng(0)
    posterior["slope_change"] = (("chain", "draw"), rng.normal(1.0, 0.1, shape))
    posterior["changepoint_share"] = (("chain", "draw"), rng.uniform(0.4, 0.6, shape))
    run["posterior"] = type(run)(posterior)
    model = json.loads(run.attrs["model"])
    model["choices"]["shape"] = "changepoint"
    run.attrs["model"] = json.dumps(model)
    centre = json.loads(run.attrs["centre"])
    run.attrs["centre"] = json.dumps(centre | {"first": -1.0, "last": 1.0, "changepoint": 0.0})
    return run


def test_savage_dickey_weighs_no_change():
    run = bent_run()
    posterior = run["posterior"].to_dataset()
    shape = posterior["rate"].shape
    even = stats.norm(0.0, 0.5).ppf((np.arange(np.prod(shape)) + 0.5) / np.prod(shape))
    posterior["slope_change"] = (("chain", "draw"), even.reshape(shape))
    run["posterior"] = type(run)(posterior)
    exact = stats.norm.pdf(0, 0, 1.5) / stats.norm.pdf(0, 0, 0.5)
    assert change_of_growth(run)["bayes_factor"] == pytest.approx(exact, rel=0.15)


def test_what_is_said():
    told = change_of_growth(bent_run())
    text = change_words(told)
    assert "faster with probability 1.00" in text
    assert "ChatGPT (2022-11-30)" in text
    assert "reweighted" not in text
    none = told | {"source": None, "shape": "local"}
    assert "densing fit --model changepoint" in change_words(none)
    doubtful = none | {"pareto_k": 1.2, "limit": 0.6}
    assert "Pareto k 1.20, above 0.60" in change_words(doubtful)
    assert ratio({"lower": None, "median": 1.0, "upper": None}) == (
        "1.00 (not bounded to not bounded)"
    )
