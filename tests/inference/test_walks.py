"""One program for walks and for gradients, many a call."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.inference.setup import prepare_jax
from densing.inference.walks import POINTS, Walks, at_each
from densing.inference.whitening import Inputs

INPUTS = Inputs(jnp.asarray(2.0), {})


def energy(z, inputs):
    """No density beyond 1e3, nor a gradient."""
    value = jnp.sum(z**4) + inputs.data * z[0] * z[1]
    return jnp.where(z[0] > 1e3, jnp.nan, value) * jnp.where(z[0] > 1e3, jnp.nan, 1.0)


@pytest.fixture(scope="module")
def walks():
    prepare_jax()
    return Walks(energy, 3)


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

    own = Walks(density, 3)
    own(np.ones(3), INPUTS)
    once = len(traced)
    own.each(np.ones((7, 3)), INPUTS)
    assert len(traced) == once
