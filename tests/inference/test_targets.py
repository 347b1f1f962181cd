"""Draws of the densities that were integrated out, against moments by brute force."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from densing.inference.replay import ReplayProgram
from densing.inference.targets import draw_targets, grid_errors, typical_error, worst_edge
from densing.models.grid import build_grid
from densing.models.joint import target_log_density
from densing.results.health import MAX_EDGE_MASS, MAX_INTEGRATION_ERROR

DRAWS = 4000


@pytest.fixture(scope="module")
def point(whole):
    """One point in parameter space, an ordinary one."""
    from .test_joint import vectors

    values = whole.potential.constrain(vectors(whole)[0], whole.inputs)
    return {name: v for name, v in values.items() if not name.endswith("_coordinate")}


@pytest.fixture(scope="module")
def fitted(whole):
    grid = jax.tree.map(jnp.asarray, whole.layout.data.grid)
    return whole.inputs.data._replace(grid=grid)


def regrid(low, high, step):
    return jax.tree.map(jnp.asarray, build_grid(low, high, step))


@pytest.fixture(scope="module")
def drawn(whole, point, fitted):
    many = {name: jnp.broadcast_to(v, (DRAWS, *v.shape)) for name, v in point.items()}
    return draw_targets(many, fitted, whole.inputs.facts, whole.switches, seed=1)


@pytest.fixture(scope="module")
def exact(whole, point):
    """Density of each model's log density on a fine, wide grid: points and weights."""
    data = whole.inputs.data
    program = ReplayProgram({**whole.inputs.facts, **point})
    terms = np.asarray(target_log_density(program, data, whole.switches, data.grid.points))
    weights = np.exp(terms - terms.max(axis=1, keepdims=True))
    step = float(data.grid.points[1] - data.grid.points[0])
    total = np.log(weights.sum(axis=1) * step) + terms.max(axis=1)
    x = np.asarray(data.grid.points) - np.asarray(data.log_params)[:, None]
    return x, weights / weights.sum(axis=1, keepdims=True), total


def test_moments(drawn, exact):
    x, weights, _ = exact
    mean = np.sum(weights * x, axis=1)
    deviation = np.sqrt(np.sum(weights * (x - mean[:, None]) ** 2, axis=1))
    assert drawn.log_density.shape == (DRAWS, len(mean))
    np.testing.assert_allclose(
        (drawn.log_density.mean(axis=0) - mean) / deviation, 0.0, atol=4.5 / np.sqrt(DRAWS)
    )
    np.testing.assert_allclose(
        drawn.log_density.std(axis=0) / deviation, 1.0, atol=6 / np.sqrt(DRAWS)
    )


def test_whole_distribution(drawn, exact):
    x, weights, _ = exact
    for i in range(len(x)):
        upper = np.cumsum(weights[i])

        def cdf(at, i=i, upper=upper):
            return np.interp(at, x[i], upper - 0.5 * weights[i])

        assert stats.kstest(drawn.log_density[:, i], cdf).pvalue > 1e-4


def test_models_are_drawn_independently_given_the_rest(drawn):
    correlation = np.corrcoef(drawn.log_density.T) - np.eye(drawn.log_density.shape[1])
    assert np.abs(correlation).max() < 5 / np.sqrt(DRAWS)


def test_log_likelihood_of_the_scores_is_the_integral(whole, fitted, drawn, exact):
    # Over the same range: what lies beyond its ends is another test's matter (`edge_mass`).
    x, weights, total = exact
    n = x + np.asarray(whole.inputs.data.log_params)[:, None]
    points = np.asarray(fitted.grid.points)
    inside = (n >= points[0] - 0.02) & (n <= points[-1] + 0.02)
    theirs = total + np.log(np.sum(weights * inside, axis=1))
    np.testing.assert_allclose(drawn.log_likelihood["scores"][0], theirs, atol=1e-6)


def test_pointwise_log_likelihoods_are_scipys(drawn, whole, point):
    data = whole.layout.data
    v = {name: np.asarray(value) for name, value in point.items()}
    of = data.runs.benchmark
    e, a, b = (v[k][of] for k in ("irreducible_loss", "size_term", "data_term"))
    size, tokens = np.exp(-v["alpha"][of] * data.runs.n), np.exp(-v["beta"][of] * data.runs.d)
    at = np.log(e + a * size + b * tokens)
    theirs = stats.t.logpdf(data.runs.log_loss, v["loss_tail"], at, v["loss_noise"][of])
    np.testing.assert_allclose(drawn.log_likelihood["log_loss"][0], theirs, rtol=1e-9)
    of = data.checkpoints.benchmark
    logit = v["steepness"][of] * (1 - data.checkpoints.loss / v["midpoint"][of])
    mean = v["floor"][of] + (v["ceiling"][of] - v["floor"][of]) / (1 + np.exp(-logit))
    precision = 1 / v["overdispersion"] - 1
    theirs = stats.betabinom.logpmf(
        data.checkpoints.correct, data.checkpoints.items, mean * precision, (1 - mean) * precision
    )
    np.testing.assert_allclose(drawn.log_likelihood["correct"][0], theirs, rtol=1e-7)


def test_same_seed_same_draws(whole, point, fitted):
    few = {name: jnp.broadcast_to(v, (3, *v.shape)) for name, v in point.items()}
    one, two = (
        draw_targets(few, fitted, whole.inputs.facts, whole.switches, seed=1) for _ in range(2)
    )
    np.testing.assert_array_equal(one.log_density, two.log_density)
    assert np.all(np.diff(one.log_density, axis=0) != 0)


def test_the_grid_of_a_fit_is_fine_enough(drawn):
    assert np.abs(drawn.integration_error).max() < 0.01


def test_a_grid_too_coarse_is_reported(whole, point, fitted):
    points = np.asarray(fitted.grid.points)
    rough = fitted._replace(grid=regrid(points[0], points[-1], 16 * (points[1] - points[0])))
    few = {name: v[None] for name, v in point.items()}
    drawn = draw_targets(few, rough, whole.inputs.facts, whole.switches, seed=1)
    assert np.abs(drawn.integration_error).max() > MAX_INTEGRATION_ERROR


def test_a_grid_too_narrow_is_reported(whole, point, fitted, exact):
    # The grid ends within a model's posterior: a fifth of it cut off is 0.22 nats.
    x, weights, _ = exact
    end = float(x[-1][np.searchsorted(np.cumsum(weights[-1]), 0.8)])
    end += float(whole.inputs.data.log_params[-1])
    points = np.asarray(fitted.grid.points)
    narrow = fitted._replace(grid=regrid(points[0], end - 0.5, points[1] - points[0]))
    few = {name: v[None] for name, v in point.items()}
    drawn = draw_targets(few, narrow, whole.inputs.facts, whole.switches, seed=1)
    assert drawn.edge_mass[0, -1] > MAX_EDGE_MASS
    assert (drawn.edge_mass[0, :-1] < MAX_EDGE_MASS).all()


def test_errors_alone_are_those_of_the_draws(whole, point, fitted):
    """On a grid that is too coarse and too short, so that there are some."""
    bad = fitted._replace(grid=regrid(-1.5, 1.5, 0.5))
    few = {name: jnp.broadcast_to(v, (3, *v.shape)) for name, v in point.items()}
    drawn = draw_targets(few, bad, whole.inputs.facts, whole.switches, seed=1)
    error, ends = grid_errors(few, bad, whole.inputs.facts, whole.switches)
    assert drawn.typical_error > 1e-3
    assert drawn.worst_edge > 1e-3
    np.testing.assert_allclose(typical_error(error), drawn.typical_error, rtol=1e-9)
    np.testing.assert_allclose(worst_edge(ends), drawn.worst_edge, rtol=1e-9)
    models = len(whole.layout.models) - 1
    assert typical_error(error[:, :models]) == pytest.approx(drawn.first(models).typical_error)
