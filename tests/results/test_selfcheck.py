import json

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from densing.models.declaration import load_model
from densing.results.selfcheck import CHECKS, selfcheck

E, A, ALPHA, B, BETA = 0.3, 0.4, 0.35, 0.2, 0.3
FLOOR, CEILING, STEEPNESS, MIDPOINT = 0.25, 0.95, 5.0, 0.6
N0, D0 = 1e9, 1e11
ITEMS, TAU, NOISE, TAIL, PRECISION = 2000.0, 0.05, 0.02, 30.0, 500.0


def loss(params, tokens):
    return E + A * (params / N0) ** -ALPHA + B * (tokens / D0) ** -BETA


def score(at):
    return FLOOR + (CEILING - FLOOR) / (1 + np.exp(-STEEPNESS * (1 - at / MIDPOINT)))


def make(rows, *, draws=400, vary=0.0, levels=False, **change):
    """A reference alone at the truth; `rows` are (params, tokens, loss, score).

    With `levels`, the model gives each benchmark a level of its own.
    """
    truth = {
        "irreducible_loss": E, "size_term": A, "alpha": ALPHA, "data_term": B, "beta": BETA,
        "floor": FLOOR, "ceiling": CEILING, "steepness": STEEPNESS, "midpoint": MIDPOINT,
        "discrepancy": TAU, "loss_noise": NOISE,
    } | change  # fmt: skip
    rng = np.random.default_rng(5)
    wide = {name: value * np.exp((name not in ("floor", "ceiling")) * vary
                                 * rng.standard_normal((2, draws // 2, 1)))
            for name, value in truth.items()}  # fmt: skip
    posterior = xr.Dataset(
        {name: (("chain", "draw", "benchmark"), value) for name, value in wide.items()}
        | {name: (("chain", "draw"), np.full((2, draws // 2), value))
           for name, value in (("loss_tail", TAIL), ("overdispersion", 1 / (1 + PRECISION)))}
    )  # fmt: skip
    table = np.asarray(rows, float).reshape(-1, 4).T
    held_out = xr.Dataset(
        {name: ("held_out_row", column)
         for name, column in zip(("params", "tokens", "loss", "accuracy"), table, strict=True)}
        | {"items": ("held_out_row", np.full(len(rows), ITEMS)),
           "run": ("held_out_row", np.asarray([f"r{i}" for i in range(len(rows))], object)),
           "task": ("held_out_row", np.asarray(["Quiz"] * len(rows), object))},
        coords={"benchmark": ["Quiz"]},
    )  # fmt: skip
    run = xr.DataTree.from_dict({"/posterior": posterior, "/constant_data": held_out})
    centre = {"log_params": np.log(N0), "log_tokens": np.log(D0)}
    run.attrs = {
        "model": load_model("olmo2").choose(benchmark_trends=levels).model_dump_json(),
        "centre": json.dumps(centre),
        "health": json.dumps({"verdict": "trustworthy"}), "runs": 25,
    }  # fmt: skip
    return run


def test_a_run_twice_as_good_as_it_should_be_is_no_run_of_density_one():
    better = score(loss(2 * 7e9, 4e12))
    run = make([(7e9, 4e12, loss(7e9, 4e12), better)], discrepancy=1e-3)
    run["posterior"]["overdispersion"][:] = 1e-9
    run["constant_data"]["items"][:] = 1e7
    answer = selfcheck(run)
    (row,) = answer["rows"]
    assert row["density"]["lower"] < 2.0 < row["density"]["upper"]
    assert row["density"]["upper"] / row["density"]["lower"] < 1.2
    assert not row["density"]["inside"]
    assert row["loss"]["inside"]
    assert not row["score_given_loss"]["inside"]
    assert answer["counts"]["density"] == {"covered": 0, "of": 1, "prob": 0.9}


def test_a_score_beyond_the_reach_says_so():
    at_no_end = score(E + B * (4e12 / D0) ** -BETA)
    within = score(loss(1e11, 4e12))
    rows = [(1e11, 4e12, 0.5, at_no_end + 0.05), (1e8, 4e12, 0.5, score(loss(1e8, 4e12)))]
    beyond, ordinary = selfcheck(make(rows, discrepancy=0.15))["rows"]
    assert at_no_end > within
    assert beyond["p_beyond_reference"] > 0.4
    assert ordinary["p_beyond_reference"] < 0.05
    assert beyond["density"]["upper"] > 10 * ordinary["density"]["upper"]


def test_the_density_is_the_posterior_it_says_it_is():
    """Beside an oracle: SciPy's Beta, the curves written out, a mixture over draws."""
    observed, params, tokens = 0.66, 7e9, 4e12
    run = make([(params, tokens, 0.5, observed)], draws=40, vary=0.1)
    (row,) = selfcheck(run)["rows"]
    eta = np.linspace(-13, 13, 4001)
    total = np.zeros_like(eta)
    flat = run["posterior"].to_dataset().stack(s=("chain", "draw")).isel(benchmark=0)
    for s in range(40):
        v = {k: float(x[s]) for k, x in flat.data_vars.items()}
        at = (
            v["irreducible_loss"] + v["data_term"] * (tokens / D0) ** -v["beta"]
            + v["size_term"] * (params * np.exp(eta) / N0) ** -v["alpha"]
        )  # fmt: skip

        def curve(delta, v=v, at=at):
            x = v["steepness"] * (1 - at * np.exp(delta * v["discrepancy"]) / v["midpoint"])
            return v["floor"] + (v["ceiling"] - v["floor"]) / (1 + np.exp(-x))

        three = np.stack([curve(-np.sqrt(3)), curve(0), curve(np.sqrt(3))])
        share = np.array([1, 4, 1])[:, None] / 6
        mean = (share * three).sum(0)
        rho = v["overdispersion"]
        items = (share * three * (1 - three)).sum(0) * (1 / ITEMS + (1 - 1 / ITEMS) * rho)
        variance = (share * (three - mean) ** 2).sum(0) + items
        c = mean * (1 - mean) / variance - 1
        total += stats.beta.pdf(observed, mean * c, (1 - mean) * c)
    weights = total * stats.norm.pdf(eta, -1.0, 2.0)
    mass = np.cumsum(weights) / weights.sum()
    ends = np.exp(np.interp([0.05, 0.5, 0.95], mass, eta))
    told = [row["density"][end] for end in ("lower", "median", "upper")]
    np.testing.assert_allclose(told, ends, rtol=0.02)
    assert row["p_density_below_1"] == pytest.approx(np.interp(0.0, eta, mass), abs=0.01)


@pytest.mark.parametrize("kind", ["run", "target", "target among benchmarks"])
def test_coverage_is_nominal_at_the_truth(kind):
    """Runs of the family, and targets with a discrepancy, drawn from what is predicted.

    Among benchmarks, each is ahead or behind as the declared prior says.
    """
    rng = np.random.default_rng(11)
    count = 150
    params = np.exp(rng.uniform(np.log(1e9), np.log(2e10), count))
    at = loss(params, 300 * params)
    own = at * np.exp(NOISE * rng.standard_t(TAIL, count))
    levels = kind == "target among benchmarks"
    ahead = levels * rng.lognormal(-0.7, 0.5, count) * rng.standard_normal(count)
    apart = loss(params * np.exp(ahead), 300 * params)
    apart = own if kind == "run" else apart * np.exp(TAU * rng.standard_normal(count))
    mean = score(apart)
    right = rng.binomial(int(ITEMS), rng.beta(mean * PRECISION, (1 - mean) * PRECISION))
    rows = np.column_stack([params, 300 * params, own, right / ITEMS])
    counts = selfcheck(make(rows, draws=400, levels=levels))["counts"]
    assert set(counts) == set(CHECKS)
    error = 4 * np.sqrt(0.9 * 0.1 / count)
    told = ("loss", "score_given_loss", "score_of_run") if kind == "run" else ("score_of_model",)
    for check in told:
        assert abs(counts[check]["covered"] / count - 0.9) < error, check
    # And where the prediction leaves out the discrepancy that is there, it is seen.
    if kind != "run":
        assert counts["score_of_run"]["covered"] / count < 0.9 - error
