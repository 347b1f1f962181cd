import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from densing.inference.jax_ops import jax_ops
from densing.models.ops import NAMES, numpy_ops

X = np.linspace(-4, 4, 9)
POSITIVE = np.geomspace(1e-6, 1e6, 200)
ARGUMENTS = {
    "abs": (X,), "asarray": (X,), "concatenate": ([X, X],), "erfcx": (X,), "exp": (X,),
    "expit": (20 * X,), "gammaln": (POSITIVE,), "log": (POSITIVE,), "log1p": (POSITIVE,),
    "log_ndtr": (X,), "logaddexp": (100 * X, -X), "logsumexp": (100 * X.reshape(3, 3), 1),
    "matmul": (np.ones((2, 3)), np.arange(6.0).reshape(3, 2)), "maximum": (X, 0.5),
    "minimum": (X, 0.5), "sqrt": (POSITIVE,), "stack": ([X, X],), "sum": (X,),
    "take": (X, np.array([2, 0, 2])), "where": (X > 0, X, -X), "zeros": (3,),
}  # fmt: skip


def test_the_same_names():
    assert sorted(vars(jax_ops)) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_values(name):
    ours = getattr(jax_ops, name)(*ARGUMENTS[name])
    np.testing.assert_allclose(ours, getattr(numpy_ops, name)(*ARGUMENTS[name]), rtol=1e-12,
                               atol=1e-12)  # fmt: skip


def test_gammaln():
    x = np.geomspace(1e-8, 1e8, 4001)
    theirs = sp.gammaln(x)
    # Relative, but for the neighbourhood of its zeros at 1 and 2.
    np.testing.assert_allclose(jax_ops.gammaln(x), theirs, rtol=1e-12, atol=1e-12)


def test_gradient_of_gammaln():
    x = np.geomspace(1e-6, 1e8, 2001)
    ours = jax.vmap(jax.grad(jax_ops.gammaln))(x)
    np.testing.assert_allclose(ours, sp.digamma(x), rtol=1e-11, atol=1e-12)


def test_log_ndtr():
    x = np.concatenate([np.linspace(-40, 9, 2001), -np.geomspace(40, 1e6, 50)])
    np.testing.assert_allclose(jax_ops.log_ndtr(x), sp.log_ndtr(x), rtol=1e-12, atol=1e-15)
    assert float(jax_ops.log_ndtr(50.0)) == pytest.approx(0.0, abs=1e-300)


def test_gradient_of_log_ndtr():
    x = np.concatenate([np.linspace(-40, 9, 801), [-1e3, 40.0]])
    ours = jax.vmap(jax.grad(jax_ops.log_ndtr))(x)
    # phi / Phi by the scaled complementary error function: no underflow.
    theirs = np.sqrt(2 / np.pi) / sp.erfcx(-x / np.sqrt(2))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-15)


def test_second_derivative_of_log_ndtr():
    for x in (-30.0, -2.0, 0.0, 1.5):
        ratio = np.sqrt(2 / np.pi) / sp.erfcx(-x / np.sqrt(2))
        ours = jax.grad(jax.grad(jax_ops.log_ndtr))(x)
        assert float(ours) == pytest.approx(-ratio * (x + ratio), rel=1e-6)


@given(st.floats(-1e8, 1e8))
@settings(max_examples=100, deadline=None)
def test_gradients_are_finite(x):
    for function in (jax_ops.log_ndtr, jax_ops.expit):
        assert np.isfinite(jax.grad(function)(jnp.asarray(x)))
