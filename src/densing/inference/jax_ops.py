"""JAX realisation of the array namespace (see `densing.models.ops`)."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

RISING = (720.0, 1764.0, 1624.0, 735.0, 175.0, 21.0, 1.0)
"""``(x + 1)(x + 2) ... (x + 6)`` in powers of x."""

BLOCK = 256
"""Rows that `by_rows` computes at a time."""


def _shifted_gamma(x: Any) -> tuple[Any, Any, Any]:
    """Parts of log gamma for x > 0: Stirling's series at x + 7, the product below, digamma.

    Without the reflection of XLA's Lanczos form; relative error below 1e-12
    (`tests/inference/test_jax_ops.py`).
    """
    y = x + 7.0
    log, v = jnp.log(y), 1.0 / y
    u = v * v
    series = v * (
        1 / 12
        - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188 - u * (691 / 360360)))))
    )
    slope = u * (
        1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760)))))
    )
    product = jnp.full_like(x, RISING[-1])
    derivative = jnp.zeros_like(x)
    for coefficient in RISING[-2::-1]:
        derivative = derivative * x + product
        product = product * x + coefficient
    digamma = log - 0.5 * v - slope - derivative / product - 1.0 / x
    return (y - 0.5) * log - y + series, x * product, digamma


@jax.custom_jvp
def _betaln(a: Any, b: Any) -> Any:
    """Log of the beta function for positive `a` and `b`: four logarithms."""
    (sa, pa, _), (sb, pb, _), (sc, pc, _) = (_shifted_gamma(x) for x in (a, b, a + b))
    return sa + sb - sc + 0.9189385332046727 - jnp.log(pa * (pb / pc))


@_betaln.defjvp
def _betaln_jvp(primals: Any, tangents: Any) -> Any:
    (a, b), (da, db) = primals, tangents
    (_, _, ga), (_, _, gb), (_, _, gc) = (_shifted_gamma(x) for x in (a, b, a + b))
    return _betaln(a, b), (ga - gc) * da + (gb - gc) * db


SQRT_HALF = 0.7071067811865476
INV_SQRT_2PI = 0.3989422804014327
ERFCX_SERIES = (
    1.2375126308378281, -0.14024059858554466, 0.0035854154854882136, 0.08227673848992625,
    -0.10880393014289248, 0.0923043211658476, -0.05869339856924086, 0.028362277356439376,
    -0.00974657974514032, 0.0017556262511388213, 0.00029371467889486176,
    -0.00029015563706859834, 5.1645618697994744e-05, 2.2388159850161173e-05,
    -1.1436278233145138e-05, -9.80049746705414e-07, 1.739776154620047e-06,
    -5.020258705321739e-08, -2.468656985752597e-07, 1.8496804556977533e-08,
    3.12348174624101e-08, -1.8973027416509957e-09, -2.482918590253598e-09,
)  # fmt: skip
"""``erfcx(t) (1 + 2 t)`` in powers of ``q = (t - 3.75) / (t + 3.75)`` for t >= 0: a Chebyshev
fit after Shepherd & Laframboise (1981), relative error below 1e-14."""


@jax.custom_jvp
def _normal_tail(x: Any) -> Any:
    """``Phi(-x) exp(max(x, 0)^2 / 2)``: one polynomial and one exponential, no branch.

    The tails of the shortfall are where the joint model spends its time.
    """
    t = jnp.abs(x) * SQRT_HALF
    q = (t - 3.75) / (t + 3.75)
    series = jnp.full_like(q, ERFCX_SERIES[-1])
    for coefficient in ERFCX_SERIES[-2::-1]:
        series = series * q + coefficient
    half = 0.5 * series / (1.0 + 2.0 * t)
    return jnp.where(x > 0.0, half, 1.0 - half * jnp.exp(-t * t))


@_normal_tail.defjvp
def _normal_tail_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    value = _normal_tail(x)
    density = INV_SQRT_2PI * jnp.exp(-0.5 * x * x)
    return value, jnp.where(x > 0.0, x * value - INV_SQRT_2PI, -density) * dx


def _logsumexp(x: Any, axis: int, b: Any = 1.0) -> Any:
    """Log of the sum of ``b exp(x)``, b > 0."""
    top = jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True))
    return jnp.log(jnp.sum(b * jnp.exp(x - top), axis=axis)) + jnp.squeeze(top, axis)


def _by_rows(function: Any, *rows: Any) -> Any:
    """Return ``function(*rows)``, computed `BLOCK` rows at a time where there are more.

    What belongs to a block stays in the processor's cache; its intermediate results are computed
    again in the reverse pass rather than kept.
    """
    count = rows[0].shape[0]
    if count <= BLOCK:
        return function(*rows)
    blocks = -(-count // BLOCK)

    def split(x: Any) -> Any:
        beyond = [(0, blocks * BLOCK - count)] + [(0, 0)] * (x.ndim - 1)
        return jnp.pad(x, beyond, mode="edge").reshape(blocks, BLOCK, *x.shape[1:])

    def block(part: Any) -> Any:
        return function(*part)

    found = jax.lax.map(jax.checkpoint(block), jax.tree.map(split, rows))
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:count], found)


jax_ops = SimpleNamespace(
    betaln=_betaln,
    by_rows=_by_rows,
    cholesky=jnp.linalg.cholesky,
    concatenate=jnp.concatenate,
    diagonal=lambda x: jnp.diagonal(x, axis1=-2, axis2=-1),
    exp=jnp.exp,
    expm1=jnp.expm1,
    expit=jax.nn.sigmoid,
    eye=jnp.eye,
    log=jnp.log,
    log1p=jnp.log1p,
    logaddexp=jnp.logaddexp,
    logsumexp=_logsumexp,
    matmul=jnp.matmul,
    mean=jnp.mean,
    minimum=jnp.minimum,
    normal_tail=_normal_tail,
    put=lambda table, at, values: table.reshape(-1).at[at].set(values).reshape(table.shape),
    segment_sum=lambda x, index, count: jax.ops.segment_sum(x, index, num_segments=count),
    solve_lower=lambda factor, b: jax.scipy.linalg.solve_triangular(factor, b, lower=True),
    sqrt=jnp.sqrt,
    stacked=lambda matrix, vector: jnp.concatenate([matrix, vector[..., None]], axis=-1),
    sum=jnp.sum,
    take=jnp.take,
    transpose=lambda x: jnp.swapaxes(x, -1, -2),
    zeros=jnp.zeros,
)
