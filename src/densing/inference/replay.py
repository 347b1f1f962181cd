"""A pass through a model at known parameter values: to reuse what was fitted."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.stats as jst
import numpy as np

from densing.inference.jax_ops import jax_ops
from densing.models.coordinates import Coordinate

LOG_DENSITIES = {
    "student_t": lambda x, df, loc, scale: jst.t.logpdf(x, df, loc, scale),
    "beta_binomial": lambda x, a, b, n: jst.betabinom.logpmf(x, n, a, b),
}


class ReplayProgram:
    """A `Program` whose parameters are given; it keeps each observation's log density."""

    xp = jax_ops

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values: dict[str, Any] = dict(values)
        self.log_likelihood: dict[str, Any] = {}

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """Return the known value."""
        return self.values[name]

    def derive(self, name: str, value: Any, dims: tuple[str, ...] = ()) -> Any:
        """Return the value (known already)."""
        self.values[name] = value
        return value

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """Keep the pointwise log density."""
        self.log_likelihood[name] = LOG_DENSITIES[family](value, **args)

    def factor(self, name: str, log_density: Any) -> None:
        """Keep the factor."""
        self.log_likelihood[name] = log_density


def pointwise(
    program: Callable[..., Any], data: Any, values: Mapping[str, np.ndarray], name: str
) -> np.ndarray:
    """Log-likelihood of the observation or factor `name`, shape (chain, draw, observation).

    Parameters
    ----------
    values
        Draws of every parameter, shape (chain, draw, ...).
    """
    shape = next(iter(values.values())).shape[:2]
    flat = {k: jnp.asarray(v.reshape(-1, *v.shape[2:])) for k, v in values.items()}
    arrays = jax.tree.map(jnp.asarray, data)

    def of_draw(theta: Mapping[str, Any]) -> Any:
        m = ReplayProgram(theta)
        program(m, arrays)
        return m.log_likelihood[name]

    found = np.asarray(jax.jit(jax.vmap(of_draw))(flat))
    return found.reshape(*shape, *found.shape[1:])
