"""Trajectories of a known length, on a correlated normal whose moments are known."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.inference.kernels import Pace
from densing.inference.nuts import sample
from densing.inference.potential import Potential, build
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.static_hmc import LENGTH, SPREAD, JitteredHMC
from densing.inference.trajectories import Trajectories
from densing.inference.whitening import Inputs, Whitening
from densing.models.prior import Prior
from inference.moments import assert_drawn_from

MEAN = np.array([1.0, -2.0, 30.0])
ROOT = np.array([[1.0, 0.0, 0.0], [0.9, 0.3, 0.0], [2.0, 3.0, 9.0]])
COVARIANCE = ROOT @ ROOT.T
SETTINGS = Settings(name="test", about="test", chains=2, warmup=50, draws=3000)
SHAPE = Whitening(MEAN, 1.3 * ROOT)
INPUTS = Inputs(MEAN, {})


def energy(z, inputs):
    """A normal, and no density at all far above it."""
    off = z - inputs.data
    value = 0.5 * off @ jnp.linalg.solve(jnp.asarray(COVARIANCE), off)
    return jnp.where(z[0] > 1e3, jnp.nan, value)


def potential_of(density):
    prepare_jax()
    return Potential(
        density, jax.jit(jax.value_and_grad(density)), Trajectories(density, 3).run,
        lambda z, inputs: {"x": z}, lambda key: jnp.zeros(3), 3, list("abc"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def potential():
    return potential_of(energy)


def run(potential, *, pace=Pace(0.4, 25), seed=1, draws=3000, settings=SETTINGS, **more):  # noqa: B008
    steady = JitteredHMC(potential, settings)
    starts = [np.full(3, side) for side in (-1.0, 1.0)]
    return sample(steady, INPUTS, SHAPE, starts, SETTINGS, draws=draws, seed=seed, pace=pace,
                  **more)  # fmt: skip


def test_mean_and_covariance(potential):
    chains = run(potential)
    assert chains.position.shape == (2, 3000, 3)
    assert_drawn_from(chains, MEAN, COVARIANCE)


def test_a_step_that_is_too_long_makes_draws_rarer_and_not_wrong(potential):
    """Half of the trajectories are refused; without that, draws would be a third too wide."""
    chains = run(potential, pace=Pace(1.3, 0), draws=6000)
    assert 0.2 < chains.statistics.acceptance_rate.mean() < 0.8
    whitened = (chains.position - MEAN).reshape(-1, 3) @ np.linalg.inv(ROOT).T
    np.testing.assert_allclose(whitened.var(axis=0), 1.0, atol=0.1)


def test_statistics_are_the_draws_own(potential):
    chains = run(potential, draws=100)
    told = chains.statistics
    for part in told:
        assert part.shape == (2, 100)
    lp = [-float(energy(z, INPUTS)) for z in chains.position[0]]
    np.testing.assert_allclose(told.lp[0], lp, rtol=1e-8, atol=1e-10)
    slope = [SHAPE.scale.T @ jax.grad(energy)(z, INPUTS) for z in chains.position[1, :10]]
    np.testing.assert_allclose(chains.slope[1, :10], slope, atol=1e-9)
    # The Hamiltonian is above the potential by momenta of three dimensions.
    assert np.mean(told.energy + told.lp) == pytest.approx(1.5, abs=0.5)


def test_the_energy_told_is_where_a_trajectory_is_left(potential):
    """At its end where that is taken, by little another than at its beginning; else there."""
    steady, taken, y = JitteredHMC(potential, SETTINGS), [], np.ones(3)
    energy, slope = potential.value_and_grad(SHAPE.centre + SHAPE.scale @ y, INPUTS)
    slope = SHAPE.scale.T @ slope
    chain = steady.begin(jax.random.key(3), y, energy, slope, INPUTS, SHAPE, Pace(1.2, 0))
    for _ in range(8):
        rng = np.random.default_rng()
        rng.bit_generator.state = chain.rng.bit_generator.state
        place = chain.place
        told = steady._draws(chain, 25, INPUTS, SHAPE)
        again = replace(chain, rng=rng, place=place)
        _, went = potential.trajectories(place, steady._legs(again, 25), 1.2, INPUTS, SHAPE)
        moved = np.any(np.diff(told[0], axis=0) != 0.0, axis=1)
        np.testing.assert_allclose(told[1][1:][~moved], went.energy[1:][~moved])
        np.testing.assert_allclose(told[1][1:][moved], (went.energy + went.error)[1:][moved])
        taken += list(moved)
    assert 0.2 < np.mean(taken) < 0.95


def test_no_two_trajectories_need_be_of_one_length(potential):
    chains = run(potential, draws=400, pace=Pace(0.1, 0))
    steps = chains.statistics.n_steps
    assert np.all(chains.statistics.step_size == 0.1)
    assert chains.warmup_steps == 0
    low, high = (int(LENGTH * (1 + side * SPREAD) / 0.1) for side in (-1, 1))
    assert low <= steps.min() <= low + 1
    assert high <= steps.max() <= high + 1
    assert steps.mean() == pytest.approx(LENGTH / 0.1, rel=0.05)
    # By chance that has nothing to do with where a chain stands.
    told = np.corrcoef(steps[0, 1:], chains.statistics.lp[0, :-1])[0, 1]
    assert abs(told) < 0.2


@pytest.mark.parametrize("first", [0.05, 0.4, 3.0])
def test_the_step_size_settles_where_draws_are_accepted_as_often_as_asked(potential, first):
    chains = run(potential, pace=Pace(first, 200), draws=500)
    sizes = chains.statistics.step_size
    assert np.all(sizes == sizes[:, :1])
    assert chains.statistics.acceptance_rate.mean() == pytest.approx(0.8, abs=0.12)


def test_where_there_is_no_density_no_chain_goes(potential):
    chains = run(potential, pace=Pace(1e4, 0), draws=50)
    assert chains.statistics.diverging.all()
    assert np.isfinite(chains.position).all()
    assert np.all(chains.position == chains.position[:, :1])
    short = run(potential, pace=Pace(1e4, 0), draws=100, give_up=True)
    assert short.position.shape[1] == 50


def test_long_steps_are_rounded_by_chance_and_not_down(potential):
    steps = run(potential, pace=Pace(0.8, 0), draws=2000).statistics.n_steps
    assert steps.mean() * 0.8 == pytest.approx(LENGTH, rel=0.05)


def test_a_chain_that_is_stuck_does_not_walk_for_ever(potential):
    """The step size shrinks with each refusal: a tree would end at its depth, and so does this."""
    walled = potential_of(lambda z, inputs: energy(z, inputs) + 1e9 * jnp.sum(jnp.abs(z - 0.3)))
    settings = SETTINGS.model_copy(update={"max_tree_depth": 6})
    chains = run(walled, pace=Pace(0.4, 50), draws=50, settings=settings)
    assert chains.warmup_steps <= 2 * 50 * 31
    assert chains.statistics.n_steps.max() <= 63


@pytest.mark.parametrize("fault", [jnp.nan, jnp.inf])
def test_a_start_without_a_gradient_is_told(fault):
    broken = potential_of(lambda z, inputs: energy(z, inputs) + fault * z[1])
    with pytest.raises(FloatingPointError, match="no gradient"):
        run(broken, draws=50)


def skewed(z, inputs):
    """Logarithms of gamma variables of shape 2: mean 0.4228, variance 0.6449."""
    return jnp.sum(jnp.exp(z) - 2.0 * z)


def test_a_density_that_is_no_normal(potential):
    steady = JitteredHMC(potential_of(skewed), SETTINGS)
    shape = Whitening(np.full(3, 0.4), 0.7 * np.eye(3))
    starts = [np.full(3, side) for side in (-1.0, 1.0)]
    chains = sample(steady, INPUTS, shape, starts, SETTINGS, draws=8000, seed=1, pace=Pace(0.4, 50))
    flat = chains.position.reshape(-1)
    assert flat.mean() == pytest.approx(0.4228, abs=0.02)
    assert flat.var() == pytest.approx(0.6449, rel=0.05)
    # Skewness of -0.78: what trajectories that ignored the tails would miss.
    assert np.mean((flat - flat.mean()) ** 3) / flat.std() ** 3 == pytest.approx(-0.78, abs=0.1)


def test_same_seed_same_draws_whatever_the_threads(potential):
    one, again, other, alone = (
        run(potential, seed=seed, draws=50, workers=workers)
        for seed, workers in ((7, 2), (7, 2), (8, 2), (7, 1))
    )
    np.testing.assert_array_equal(one.position, again.position)
    np.testing.assert_array_equal(one.position, alone.position)
    assert not np.any(one.position[:, -1] == other.position[:, -1])
    assert not np.any(one.position[0] == one.position[1])


def test_one_program_tells_gradients_and_walks():
    """Of a model that is built: the gradient is JAX's own, and no draw compiles anything."""
    prepare_jax()
    compiled = []

    def model(m, data):
        compiled.append(1)
        rate = m.sample("rate")
        m.factor("data", -0.5 * (rate - data) ** 2)

    prior = Prior(family="normal", args={"loc": 0.0, "scale": 2.0}, unit="1", about="a rate")
    inputs = Inputs(jnp.asarray(1.0), {})
    built = build(model, {"rate": prior}, {}, inputs, shared=True)
    at = np.array([0.7])
    value, slope = built.value_and_grad(at, inputs)
    wanted = jax.value_and_grad(built.negative_log_density)(at, inputs)
    assert float(value) == pytest.approx(float(wanted[0]), rel=1e-12)
    np.testing.assert_allclose(slope, wanted[1], rtol=1e-12)
    traced = len(compiled)
    shape = Whitening(np.zeros(1), np.eye(1))
    steady = JitteredHMC(built, SETTINGS)
    sample(steady, inputs, shape, [np.zeros(1)], SETTINGS, draws=50, seed=1, pace=Pace(0.4, 25))
    assert len(compiled) == traced
