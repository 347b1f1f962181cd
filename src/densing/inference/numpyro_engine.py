"""NumPyro realisation of a `Program`: one pass inside a NumPyro model."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from densing.inference.jax_ops import jax_ops
from densing.models.coordinates import Coordinate
from densing.models.prior import Prior
from densing.models.resolve import resolve


class StudentT(dist.StudentT):
    """Its density by the beta function of `jax_ops`: XLA's log gamma takes long to compile."""

    def log_prob(self, value: Any) -> Any:
        """See `dist.StudentT`."""
        df, loc, scale = (jnp.asarray(x) for x in (self.df, self.loc, self.scale))
        z, half = (value - loc) / scale, jnp.full_like(df, 0.5)
        kernel = -0.5 * (df + 1.0) * jnp.log1p(z**2 / df)
        return kernel - jax_ops.betaln(0.5 * df, half) - jnp.log(scale * jnp.sqrt(df))


class BetaBinomial(dist.BetaBinomial):
    """Its density by the beta function of `jax_ops`, too."""

    def log_prob(self, value: Any) -> Any:
        """See `dist.BetaBinomial`."""
        given = self.concentration1, self.concentration0, self.total_count
        a, b, n = (jnp.asarray(x, float) for x in given)
        ways = -jnp.log1p(n) - jax_ops.betaln(n - value + 1.0, value + 1.0)
        return ways + jax_ops.betaln(value + a, n - value + b) - jax_ops.betaln(a, b)


DISTRIBUTIONS = {
    "normal": lambda loc, scale: dist.Normal(loc, scale),
    "lognormal": lambda loc, scale: dist.LogNormal(loc, scale),
    "beta": lambda a, b: dist.Beta(a, b),
    "gamma": lambda shape, rate: dist.Gamma(shape, rate),
    "student_t": lambda df, loc, scale: StudentT(df, loc, scale),
    "beta_binomial": lambda a, b, n: BetaBinomial(a, b, n),
}


class NumpyroProgram:
    """A pass through a model inside a NumPyro trace (see `densing.models.program`)."""

    xp = jax_ops

    def __init__(
        self, priors: Mapping[str, Prior], sizes: Mapping[str, int], facts: Mapping[str, Any]
    ) -> None:
        self.priors = priors
        self.sizes = sizes
        self.values: dict[str, Any] = dict(facts)

    def _distribution(self, name: str) -> dist.Distribution:
        prior = self.priors[name]
        shape, args = resolve(name, prior, sizes=self.sizes, values=self.values)
        return DISTRIBUTIONS[prior.family](**args).expand(shape)

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """See `Program.sample`."""
        if self.priors[name].family == "flat":
            shape = tuple(self.sizes[dim] for dim in self.priors[name].dims)
            flat = dist.ImproperUniform(dist.constraints.real, (), shape)
            self.values[name] = numpyro.sample(name, flat)
            return self.values[name]
        prior = self._distribution(name)
        depth = len(prior.batch_shape)
        if coordinate is None:
            value = numpyro.sample(name, prior.to_event(depth))
        else:
            flat = dist.ImproperUniform(dist.constraints.real, (), prior.batch_shape)
            z = numpyro.sample(f"{name}_coordinate", flat)
            value, log_slope = coordinate(z)
            density: Any = prior.log_prob(value) + log_slope
            numpyro.factor(f"{name}_prior", density.sum())
            numpyro.deterministic(name, value)
        self.values[name] = value
        return value

    def derive(self, name: str, value: Any, dims: tuple[str, ...] = ()) -> Any:
        """See `Program.derive`."""
        self.values[name] = numpyro.deterministic(name, value)
        return value

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """See `Program.observe`."""
        numpyro.sample(name, DISTRIBUTIONS[family](**args), obs=value)

    def factor(self, name: str, log_density: Any) -> None:
        """See `Program.factor`."""
        numpyro.factor(name, log_density.sum())
