import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from densing.inference.jax_ops import BLOCK, jax_ops
from densing.models.ops import NAMES, numpy_ops

X = np.linspace(-4, 4, 9)
MATRICES = np.eye(3) + 0.3 * np.arange(2.0)[:, None, None] * np.ones((3, 3))
"""Positive definite, shape (2, 3, 3)."""
POSITIVE = np.geomspace(1e-6, 1e6, 200)
ARGUMENTS = {
    "betaln": (np.geomspace(0.01, 100, 9), np.geomspace(50, 0.1, 9)),
    "by_rows": (lambda x: 2 * x, X), "concatenate": ([X, X],), "cholesky": (MATRICES,),
    "diagonal": (MATRICES,), "eye": (3,), "log1p": (POSITIVE,), "sum": (X,),
    "put": (X.reshape(3, 3), np.array([1, 5]), np.array([7.0, 8.0])),
    "segment_sum": (X.reshape(9, 1), np.array([0, 0, 1, 3, 3, 1, 0, 0, 0]), 4),
    "solve_lower": (np.linalg.cholesky(MATRICES), MATRICES + 1.0),
    "stacked": (MATRICES, np.ones((2, 3))), "transpose": (MATRICES,),
    "exp": (X,), "expit": (20 * X,), "expm1": (X,), "log": (POSITIVE,),
    "logaddexp": (100 * X, -X), "logsumexp": (100 * X.reshape(3, 3), 1, np.ones((3, 3)) + X[:3]**2),
    "matmul": (np.ones((2, 3)), np.arange(6.0).reshape(3, 2)), "minimum": (X, 0.5),
    "mean": (X,), "normal_tail": (10 * X,), "sqrt": (POSITIVE,), "take": (X, np.array([2, 0, 2])),
    "zeros": (3,),
}  # fmt: skip


def test_the_same_names():
    assert sorted(vars(jax_ops)) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_values(name):
    ours = getattr(jax_ops, name)(*ARGUMENTS[name])
    np.testing.assert_allclose(ours, getattr(numpy_ops, name)(*ARGUMENTS[name]), rtol=1e-12,
                               atol=1e-12)  # fmt: skip


GRID = np.meshgrid(np.geomspace(1e-6, 1e6, 61), np.geomspace(1e-6, 1e6, 61))


def test_betaln():
    """Exact but for what cancels between the three log gammas, as in SciPy's own."""
    a, b = GRID
    size = np.abs(sp.gammaln(a)) + np.abs(sp.gammaln(b)) + np.abs(sp.gammaln(a + b)) + 1.0
    error = np.abs(jax_ops.betaln(a, b) - (sp.gammaln(a) + sp.gammaln(b) - sp.gammaln(a + b)))
    assert np.max(error / size) < 1e-12


def test_gradient_of_betaln():
    a, b = (x.ravel() for x in GRID)
    ours = jax.vmap(jax.grad(jax_ops.betaln, (0, 1)))(a, b)
    for x, slope in zip((a, b), ours, strict=True):
        size = np.abs(sp.digamma(x)) + np.abs(sp.digamma(a + b))
        assert np.max(np.abs(slope - (sp.digamma(x) - sp.digamma(a + b))) / size) < 1e-12


def test_normal_tail():
    x = np.concatenate([np.linspace(-40, 40, 2001), np.geomspace(40, 1e6, 50)])
    theirs = np.where(x > 0, 0.5 * sp.erfcx(np.maximum(x, 0) / np.sqrt(2)), sp.ndtr(-x))
    np.testing.assert_allclose(jax_ops.normal_tail(x), theirs, rtol=1e-12)


def test_gradient_of_the_normal_tail():
    x = np.concatenate([np.linspace(-8, 30, 400), [-40.0, 100.0]])
    ours = jax.vmap(jax.grad(jax_ops.normal_tail))(x)
    step = 1e-5
    theirs = (numpy_ops.normal_tail(x + step) - numpy_ops.normal_tail(x - step)) / (2 * step)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-10)


def test_second_derivative_of_the_normal_tail():
    """Above zero ``f' = x f - phi(0)``, so ``f'' = f + x f'``; below, ``f'' = x phi(x)``."""
    for x in (0.5, 3.0, 20.0):
        f, slope = jax_ops.normal_tail(x), jax.grad(jax_ops.normal_tail)(x)
        ours = jax.grad(jax.grad(jax_ops.normal_tail))(x)
        assert float(ours) == pytest.approx(float(f + x * slope), rel=1e-8)
    below = jax.grad(jax.grad(jax_ops.normal_tail))(-1.3)
    assert float(below) == pytest.approx(-1.3 * np.exp(-0.5 * 1.3**2) / np.sqrt(2 * np.pi))


@given(st.floats(-1e8, 1e8))
@settings(max_examples=100, deadline=None)
def test_gradients_are_finite(x):
    for function in (jax_ops.normal_tail, jax_ops.expit):
        assert np.isfinite(jax.grad(function)(jnp.asarray(x)))


def test_rows_in_blocks_change_neither_value_nor_gradient():
    """More rows than a block, not a multiple of it, one argument absent."""
    rng = np.random.default_rng(7)
    rows, table = 2 * BLOCK + 3, jnp.asarray(rng.normal(size=(5, 7)))
    x, y = jnp.asarray(rng.normal(size=(rows, 5))), jnp.asarray(rng.normal(size=rows))

    def function(a, b, nothing):
        assert nothing is None
        return jnp.sum(jnp.exp(a @ table), axis=1) * b

    def total(by_rows, x, y):
        return jnp.sum(by_rows(function, x, y, None) ** 2)

    plain = lambda f, *rows: f(*rows)  # noqa: E731
    assert jax_ops.by_rows(function, x, y, None).shape == (rows,)
    got, want = (
        jax.jit(jax.value_and_grad(lambda x, y, how=how: total(how, x, y), argnums=(0, 1)))(x, y)
        for how in (jax_ops.by_rows, plain)
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), got, want)
