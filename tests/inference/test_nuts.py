"""The sampler on a target whose answer is known: a correlated normal of four dimensions."""

import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.inference.kernels import Pace, kernel
from densing.inference.laplace import curvature, find_mode, geometric_mean, rewhitened
from densing.inference.nuts import sample
from densing.inference.potential import Potential
from densing.inference.settings import Settings
from densing.inference.trajectories import Trajectories
from densing.inference.whitening import Inputs, Whitening
from inference.moments import assert_drawn_from

MEAN = np.array([1.0, -2.0, 0.5, 30.0])
ROOT = np.array(
    [[1.0, 0.0, 0.0, 0.0], [0.9, 0.3, 0.0, 0.0], [-0.5, 0.2, 0.1, 0.0], [2.0, 3.0, 0.0, 9.0]]
)
COVARIANCE = ROOT @ ROOT.T
SETTINGS = Settings(name="test", about="test", chains=2, warmup=200, draws=1500)


def energy(z, inputs):
    off = z - inputs.data
    return 0.5 * off @ jnp.linalg.solve(jnp.asarray(COVARIANCE), off)


@pytest.fixture(scope="module")
def target():
    """Potential, its inputs and its compiled kernel."""
    potential = Potential(
        negative_log_density=energy,
        value_and_grad=jax.jit(jax.value_and_grad(energy)),
        trajectories=Trajectories(energy, 4).run,
        constrain=lambda z, inputs: {"x": z},
        start=lambda key: 5 * jax.random.normal(key, (4,)),
        size=4,
        labels=[f"x[{i}]" for i in range(4)],
    )
    inputs = Inputs(jnp.asarray(MEAN), {})
    return potential, inputs, kernel(potential, SETTINGS)


@pytest.fixture(scope="module")
def shape(target):
    potential, inputs, _ = target
    value_and_grad = jax.jit(jax.value_and_grad(energy))
    mode = find_mode(value_and_grad, inputs, potential.start(jax.random.key(3)))
    return mode, curvature(value_and_grad, inputs, mode)


def run(target, whitening, *, seed=1, settings=SETTINGS, draws=1500, chains=2, **more):
    _, inputs, compiled = target
    starts = [np.full(4, 1.5 * (-1) ** chain) for chain in range(chains)]
    return sample(compiled, inputs, jax.tree.map(jnp.asarray, whitening), starts, settings,
                  draws=draws, seed=seed, **more)  # fmt: skip


def test_mode_and_curvature(shape):
    mode, whitening = shape
    np.testing.assert_allclose(mode.position, MEAN, atol=1e-2)
    assert mode.energy == pytest.approx(0.0, abs=1e-4)
    # Directions wider than what whitening believes in are held back; compare the others.
    ours = np.asarray(whitening.scale) @ np.asarray(whitening.scale).T
    values, vectors = np.linalg.eigh(COVARIANCE)
    held = vectors @ np.diag(np.minimum(values, 9.0)) @ vectors.T
    np.testing.assert_allclose(ours, held, atol=1e-3)


def test_a_mode_is_found_from_a_start_without_a_density():
    def rough(z, inputs):
        value = np.sum((np.asarray(z) - 1.0) ** 2)
        return (np.nan, np.full(2, np.nan)) if z[0] > 5 else (value, 2 * (np.asarray(z) - 1.0))

    mode = find_mode(rough, Inputs(None, {}), np.array([4.0, -3.0]))
    np.testing.assert_allclose(mode.position, 1.0, atol=1e-3)
    lost = find_mode(rough, Inputs(None, {}), np.array([6.0, 0.0]))
    assert lost.energy > 1e6  # no mode: a fit starts it again


@pytest.mark.parametrize("white", [True, False])
def test_mean_and_covariance(target, shape, white):
    whitening = shape[1] if white else Whitening(np.zeros(4), np.eye(4))
    chains = run(target, whitening)
    assert chains.position.shape == (2, 1500, 4)
    assert_drawn_from(chains, MEAN, COVARIANCE)


def test_with_a_known_pace_the_shape_stays_and_the_step_size_settles(target, shape):
    free = run(target, shape[1], draws=200)
    short = run(target, shape[1], draws=200, pace=Pace(free.step_size, 25))
    sizes = short.statistics.step_size[:, -1]
    assert np.all(np.abs(np.log(sizes / free.step_size)) < 0.7)
    assert short.warmup_steps < 0.3 * free.warmup_steps
    fixed = run(target, shape[1], draws=200, pace=Pace(0.123, 0))
    assert np.all(fixed.statistics.step_size == 0.123)
    assert fixed.warmup_steps == 0
    assert fixed.position.shape == (2, 200, 4)


def test_a_caller_that_tries_again_is_not_kept_waiting(target, shape):
    wild = Pace(30.0, 0)
    news = {"draws": 100, "enough": lambda position: False, "extension": 50}
    settings = SETTINGS.model_copy(update={"max_draws": 200})
    long = run(target, shape[1], settings=settings, pace=wild, **news)
    assert long.statistics.diverging.any()
    assert long.position.shape[1] == 200
    short = run(target, shape[1], settings=settings, pace=wild, give_up=True, **news)
    assert short.position.shape[1] == short.slope.shape[1] == 50
    tame = run(target, shape[1], settings=settings, give_up=True, **news)
    assert not tame.statistics.diverging.any()
    assert tame.position.shape[1] == 200


def test_statistics_are_the_draws_own(target, shape):
    chains = run(target, shape[1], draws=100)
    for part in chains.statistics:
        assert part.shape == chains.position.shape[:2]
    lp = [-float(energy(z, target[1])) for z in chains.position[0, :20]]
    np.testing.assert_allclose(chains.statistics.lp[0, :20], lp, rtol=1e-8, atol=1e-10)
    assert np.all(chains.statistics.n_steps >= 1)
    assert np.all(
        (chains.statistics.acceptance_rate >= 0) & (chains.statistics.acceptance_rate <= 1)
    )


def test_same_seed_same_draws(target, shape):
    first, again, other = (run(target, shape[1], seed=s, draws=100) for s in (7, 7, 8))
    np.testing.assert_array_equal(first.position, again.position)
    assert not np.any(first.position[:, -1] == other.position[:, -1])
    assert not np.any(first.position[0] == first.position[1])


def test_the_number_of_threads_does_not_matter(target, shape):
    one, two = (run(target, shape[1], draws=100, workers=w) for w in (1, 2))
    np.testing.assert_array_equal(one.position, two.position)


def test_progress_counts_every_chain_to_its_end(target, shape):
    news, lock = {}, threading.Lock()

    def listen(chain, done, total, step_size, divergences):
        with lock:
            news.setdefault(chain, []).append((done, total))
        assert step_size > 0
        assert divergences == 0

    run(target, shape[1], draws=100, progress=listen)
    assert set(news) == {0, 1}
    for steps in news.values():
        done = [d for d, _ in steps]
        assert done == sorted(done)
        assert done[-1] == steps[-1][1]


def test_an_interrupt_from_a_listener_comes_through(target, shape):
    def listen(*news):
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run(target, shape[1], draws=1500, progress=listen)
    assert threading.active_count() == before


def test_an_interrupt_in_one_chain_stops_the_others(target, shape):
    blocks = {0: 0, 1: 0}

    def listen(chain, *news):
        blocks[chain] += 1
        if chain == 1:
            raise KeyboardInterrupt
        threading.Event().wait(0.05)  # the other has time to be heard

    with pytest.raises(KeyboardInterrupt):
        run(target, shape[1], draws=1500, progress=listen)
    assert blocks[1] == 1
    assert blocks[0] < 10  # of 34


def test_chains_go_on_until_the_draws_suffice(target, shape):
    settings = SETTINGS.model_copy(update={"max_draws": 900})
    asked = []

    def enough(position):
        asked.append(position.shape)
        return position.shape[1] >= 500

    chains = run(target, shape[1], settings=settings, draws=300, enough=enough)
    assert asked == [(2, 300, 4), (2, 400, 4), (2, 500, 4)]
    assert chains.position.shape == chains.slope.shape == (2, 500, 4)
    never = run(target, shape[1], settings=settings, draws=300, enough=lambda position: False)
    assert never.position.shape == (2, 900, 4)
    # Going on changes nothing of what was drawn before.
    np.testing.assert_array_equal(never.position[:, :500], chains.position)


def test_whitening_by_draws_and_gradients(target, shape):
    """Both at once find the shape of a normal; draws alone leave their sampling error in it."""
    crude = jax.tree.map(jnp.asarray, shape[1])  # one direction three times too narrow
    chains = run(target, shape[1], draws=400)
    inverse = np.linalg.inv(ROOT)

    def off(whitening):
        scale = inverse @ np.asarray(whitening.scale)
        return np.abs(np.log(np.linalg.eigvalsh(scale @ scale.T))).max()

    both = off(rewhitened(crude, chains.position, chains.slope))
    assert off(crude) > 2.0
    assert both < 0.05
    assert both < 0.5 * off(rewhitened(crude, chains.position))


def test_geometric_mean_of_matrices():
    a, b = np.diag([4.0, 9.0]), np.diag([1.0, 16.0])
    np.testing.assert_allclose(geometric_mean(a, b), np.diag([2.0, 12.0]))
    np.testing.assert_allclose(geometric_mean(COVARIANCE, np.linalg.inv(COVARIANCE)), np.eye(4),
                               atol=1e-9)  # fmt: skip


def test_one_compilation_whatever_the_data():
    """Data, whitening and length of a run are arguments: only a new shape compiles again."""
    compiled = []
    potential = Potential(
        negative_log_density=lambda z, inputs: compiled.append(1) or energy(z, inputs),
        value_and_grad=jax.jit(jax.value_and_grad(energy)),
        trajectories=Trajectories(energy, 4).run,
        constrain=lambda z, inputs: {"x": z}, start=lambda key: jnp.zeros(4), size=4,
        labels=list("abcd"),
    )  # fmt: skip
    built = kernel(potential, SETTINGS)
    first = (potential, Inputs(jnp.asarray(MEAN), {}), built)
    shape = Whitening(jnp.asarray(MEAN), jnp.eye(4))
    run(first, shape, draws=100)
    traced = len(compiled)
    assert traced > 0
    other = (potential, Inputs(jnp.asarray(MEAN + 7.0), {}), built)
    moved = run(other, Whitening(shape.centre + 7.0, 2 * shape.scale), draws=700, chains=3)
    assert moved.position.mean(axis=(0, 1)) == pytest.approx(MEAN + 7.0, abs=3.0)
    assert len(compiled) == traced
