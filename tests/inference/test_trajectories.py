"""One program for walks and for gradients, many a call."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.inference.setup import prepare_jax
from densing.inference.trajectories import POINTS, Legs, Place, Trajectories, at_each
from densing.inference.whitening import Inputs, Whitening

INPUTS = Inputs(jnp.asarray(2.0), {})


def energy(z, inputs):
    """No density beyond 1e3, nor a gradient."""
    value = jnp.sum(z**4) + inputs.data * z[0] * z[1]
    return jnp.where(z[0] > 1e3, jnp.nan, value) * jnp.where(z[0] > 1e3, jnp.nan, 1.0)


@pytest.fixture(scope="module")
def walks():
    prepare_jax()
    return Trajectories(energy, 3)


@pytest.mark.parametrize("count", [1, POINTS - 1, POINTS, 2 * POINTS + 7])
def test_many_gradients_are_those_of_one_call_each(walks, count):
    points = np.random.default_rng(count).standard_normal((count, 3))
    wanted = jax.vmap(jax.value_and_grad(energy), in_axes=(0, None))(points, INPUTS)
    for one_by_one in (walks, lambda z, inputs: walks(z, inputs)):
        energies, slopes = at_each(one_by_one, points, INPUTS)
        np.testing.assert_allclose(energies, wanted[0], rtol=1e-12)
        np.testing.assert_allclose(slopes, wanted[1], rtol=1e-12, atol=1e-14)


def test_a_point_without_a_gradient_does_not_spoil_the_next(walks):
    points = np.array([[1.0, 2.0, 3.0], [2e3, 0.0, 0.0], [1.0, 2.0, 3.0]])
    energies, slopes = walks.each(points, INPUTS)
    assert np.isnan(energies[1])
    assert energies[0] == energies[2] == float(energy(points[0], INPUTS))
    np.testing.assert_array_equal(slopes[0], slopes[2])
    assert np.isfinite(slopes[0]).all()


def test_all_of_it_is_one_program():
    traced = []

    def density(z, inputs):
        traced.append(1)
        return energy(z, inputs)

    own = Trajectories(density, 3)
    own(np.ones(3), INPUTS)
    once = len(traced)
    own.each(np.ones((7, 3)), INPUTS)
    own.run(Place(np.ones(3), 0.5, np.ones(3)), legs([2, 3], [-1, -1]), 0.1, INPUTS, SHAPE)
    place = Place(np.ones(3), *own(np.ones(3), INPUTS))
    own.run(place, legs([2], [-1]), np.float64(0.1), INPUTS, SHAPE)
    short = legs([2], [-1])._replace(steps=np.array([2], np.int32))
    own.run(place, short, 0.1, INPUTS, SHAPE)
    assert len(traced) == once


def harmonic(z, inputs):
    """A normal of standard deviations 1, 2 and 3 about `data`."""
    return 0.5 * jnp.sum(((z - inputs.data) / jnp.array([1.0, 2.0, 3.0])) ** 2)


SHAPE = Whitening(np.full(3, 2.0), np.diag([1.0, 2.0, 3.0]))
Y = np.array([0.5, -1.0, 2.0])


def legs(steps, luck):
    momentum = np.random.default_rng(5).standard_normal((len(steps), 3))
    return Legs(momentum, np.array(steps), np.array(luck, float))


def test_a_leg_goes_round_as_a_pendulum_does():
    prepare_jax()
    run = Trajectories(harmonic, 3).run
    leg = legs([1000], [-1e-3])
    place, went = run(Place(Y, 0.5 * Y @ Y, Y), leg, 1e-3, INPUTS, SHAPE)
    wanted = Y * np.cos(1.0) + leg.momentum[0] * np.sin(1.0)
    np.testing.assert_allclose(place.position, wanted, atol=1e-6)
    np.testing.assert_allclose(place.slope, wanted, atol=1e-6)
    assert float(place.potential) == pytest.approx(0.5 * wanted @ wanted, abs=1e-6)
    assert abs(went.error[0]) < 1e-6
    assert went.energy[0] == pytest.approx(0.5 * Y @ Y + 0.5 * leg.momentum[0] @ leg.momentum[0])


def test_a_run_is_its_legs_and_a_leg_without_luck_leads_nowhere():
    prepare_jax()
    run = Trajectories(harmonic, 3).run
    start = Place(Y, 0.5 * Y @ Y, Y)
    whole = legs([3, 7, 5], [-50.0, 50.0, -50.0])
    end, went = run(start, whole, 0.5, INPUTS, SHAPE)
    one, steps = start, []
    for i in range(3):
        one, told = run(one, Legs(*(part[i : i + 1] for part in whole)), 0.5, INPUTS, SHAPE)
        steps.append(told)
    for found, wanted in zip(jax.tree.leaves(end), jax.tree.leaves(one), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(went.error, [float(told.error[0]) for told in steps], atol=1e-12)
    np.testing.assert_array_equal(went.place.position[0], went.place.position[1])
    assert not np.any(went.place.position[1] == went.place.position[2])
    assert went.place.position.shape == (3, 3)


@pytest.mark.parametrize("fault", [jnp.nan, jnp.inf, -jnp.inf])
def test_a_leg_that_ends_where_there_is_no_density_is_never_taken(fault):
    prepare_jax()
    walks = Trajectories(lambda z, inputs: jnp.where(z[0] > 1e3, fault, jnp.sum(z**2)), 3)
    leg = Legs(np.array([[1e6, 0.0, 0.0]]), np.array([1]), np.array([-1e9]))
    place = Place(np.ones(3), *walks(np.ones(3), INPUTS))
    flat = Whitening(np.zeros(3), np.eye(3))
    end, went = walks.run(place, leg, 1.0, INPUTS, flat)
    assert went.error[0] == np.inf
    np.testing.assert_array_equal(end.position, 1.0)
