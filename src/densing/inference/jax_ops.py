"""JAX realisation of the array namespace (see `densing.models.ops`)."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp


def _gammaln(x: Any) -> Any:
    """Log gamma for positive `x`: recurrence to x + 7, then Stirling's series.

    A fifth of the time of XLA's Lanczos form with reflection, and of its digamma in the
    gradient; relative error below 1e-13 (`tests/inference/test_jax_ops.py`).
    """
    product = x * (x + 1.0) * (x + 2.0) * (x + 3.0) * (x + 4.0) * (x + 5.0) * (x + 6.0)
    y = x + 7.0
    u = 1.0 / (y * y)
    tail = (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188))))) / y
    return (y - 0.5) * jnp.log(y) - y + 0.9189385332046727 + tail - jnp.log(product)


jax_ops = SimpleNamespace(
    abs=jnp.abs,
    asarray=jnp.asarray,
    concatenate=jnp.concatenate,
    exp=jnp.exp,
    expit=jax.nn.sigmoid,
    gammaln=_gammaln,
    log=jnp.log,
    log1p=jnp.log1p,
    log_ndtr=jsp.log_ndtr,
    logaddexp=jnp.logaddexp,
    logsumexp=jsp.logsumexp,
    matmul=jnp.matmul,
    maximum=jnp.maximum,
    minimum=jnp.minimum,
    sqrt=jnp.sqrt,
    stack=jnp.stack,
    sum=jnp.sum,
    take=jnp.take,
    where=jnp.where,
    zeros=jnp.zeros,
)
