import numpy as np
import pytest
import xarray as xr

from densing.results.health import examine, scalars

CHAINS, DRAWS = 4, 500


def chains(*, seed=0, shape=(), chains=CHAINS, draws=DRAWS):
    return np.random.default_rng(seed).normal(size=(chains, draws, *shape))


def posterior(**values):
    out = {}
    for name, array in values.items():
        dims = ("chain", "draw", "benchmark")[: array.ndim]
        out[name] = (dims, array)
    size = next((a.shape[2] for a in values.values() if a.ndim == 3), 0)
    coords = {"benchmark": [f"b{i}" for i in range(size)]} if size else {}
    return xr.Dataset(out, coords=coords)


def statistics(*, lp=None, energy=None, diverging=0, chains_=CHAINS, draws=DRAWS):
    lp = chains(seed=9, chains=chains_, draws=draws) - 100 if lp is None else lp
    energy = chains(seed=8, chains=chains_, draws=draws) + 100 if energy is None else energy
    split = np.zeros((chains_, draws), bool)
    split.flat[:diverging] = True
    return xr.Dataset(
        {name: (("chain", "draw"), v) for name, v in
         {"lp": lp, "energy": energy, "diverging": split}.items()}
    )  # fmt: skip


def judged(post, stats=None, **more):
    return examine(post, stats or statistics(), gradient_evaluations=1234, **more)


def test_good_chains_are_trusted():
    health = judged(posterior(rate=chains(), alpha=chains(seed=1, shape=(2,))))
    assert health.reasons == ()
    assert health.verdict == "trustworthy"
    assert health.max_rhat < 1.01
    assert health.min_ess_bulk > 400
    assert health.min_ess_tail > 400
    record = health.as_dict({"compile": 1.0, "sample": 2.0})
    needed = {"max_rhat", "min_ess_bulk", "min_ess_tail", "divergences", "gradient_evaluations",
              "seconds", "verdict", "reasons"}  # fmt: skip
    assert needed <= set(record)
    assert record["seconds"] == {"compile": 1.0, "sample": 2.0}
    assert record["gradient_evaluations"] == 1234


def test_two_modes_of_different_height_are_said_in_words():
    apart = np.array([0.0, 0.0, 5.0, 0.0])[:, None]
    lp = chains(seed=9) - 100 - 8 * (apart > 0)
    health = judged(posterior(rate=chains() + apart), statistics(lp=lp))
    assert health.verdict == "not trustworthy"
    text = " ".join(health.reasons)
    assert "R-hat" in text
    assert "rate" in text
    assert "mode" in text
    assert "chains 2 sit in another, lower mode than chains 0, 1, 3" in text


def test_two_modes_of_equal_height_are_said_in_words():
    # Mirror images: the density cannot tell them apart, the parameter can.
    apart = np.array([-5.0, -5.0, 5.0, 5.0])[:, None]
    health = judged(posterior(rate=chains() + apart))
    assert health.verdict == "not trustworthy"
    assert "mode" in " ".join(health.reasons)


def test_chains_that_only_wander_are_not_called_modes():
    # Slow chains, one mode: each chain walks over the whole posterior, a few times.
    rng = np.random.default_rng(4)
    x = np.zeros((CHAINS, DRAWS))
    for i in range(1, DRAWS):
        x[:, i] = 0.98 * x[:, i - 1] + 0.2 * rng.standard_normal(CHAINS)
    health = judged(posterior(rate=x))
    assert health.verdict == "not trustworthy"
    assert "mode" not in " ".join(health.reasons)


def test_too_few_draws():
    few = posterior(rate=chains(draws=60), beta=chains(seed=2, draws=60))
    health = judged(few, statistics(draws=60))
    text = " ".join(health.reasons)
    assert "too few effective draws" in text
    assert "400" in text
    assert health.worst in ("rate", "beta")


def test_the_worst_scalar_is_named_by_its_coordinate():
    values = chains(shape=(3,))
    values[1, :, 2] += 3.0
    health = judged(posterior(alpha=values))
    assert "alpha[b2]" in " ".join(health.reasons)
    assert [name for name, _ in scalars(posterior(alpha=values))] == [
        "alpha[b0]", "alpha[b1]", "alpha[b2]"
    ]  # fmt: skip


def test_divergences():
    health = judged(posterior(rate=chains()), statistics(diverging=3))
    assert health.divergences == 3
    assert any("3 divergent" in reason for reason in health.reasons)


def test_slow_energy():
    walk = np.cumsum(0.1 * chains(seed=5), axis=1) + 100
    health = judged(posterior(rate=chains()), statistics(energy=walk))
    assert health.min_ebfmi < 0.3
    assert any("E-BFMI" in reason for reason in health.reasons)


@pytest.mark.parametrize("where", [(slice(None), slice(None)), (0, 17)])
def test_nan_is_never_trusted(where):
    values = chains()
    values[where] = np.nan
    health = judged(posterior(rate=values, alpha=chains(seed=1)))
    assert health.verdict == "not trustworthy"
    assert "rate" in " ".join(health.reasons)


def test_infinity_is_never_trusted():
    values = chains()
    values[0, 3] = np.inf
    assert judged(posterior(rate=values)).verdict == "not trustworthy"


@pytest.mark.parametrize("error", [0.3, float("nan")])
def test_a_coarse_grid(error):
    health = judged(posterior(rate=chains()), integration_error=error)
    assert any("grid" in reason for reason in health.reasons)


def test_one_chain_is_never_trusted():
    health = judged(posterior(rate=chains(chains=1, draws=2000)), statistics(chains_=1, draws=2000))
    assert health.verdict == "not trustworthy"
    assert "one chain" in " ".join(health.reasons)


def test_a_constant_is_no_trouble_and_a_stuck_chain_is():
    constant = np.full((CHAINS, DRAWS), 0.25)
    assert judged(posterior(rate=chains(), fixed=constant)).verdict == "trustworthy"
    stuck = chains()
    stuck[2] = stuck[2, 0]
    assert judged(posterior(rate=stuck)).verdict == "not trustworthy"


def test_chains_that_never_moved_are_not_trusted():
    # Every proposal rejected, each chain at its start.
    still = np.repeat(chains(draws=1), DRAWS, axis=1)
    health = judged(posterior(rate=still))
    assert health.verdict == "not trustworthy"


def test_energy_that_never_moved_is_not_trusted():
    energy = np.full((CHAINS, DRAWS), 100.0)
    assert judged(posterior(rate=chains()), statistics(energy=energy)).verdict == "not trustworthy"
