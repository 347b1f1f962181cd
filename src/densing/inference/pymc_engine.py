"""PyMC realisation of a `Program`: the same model as a `pm.Model`.

Nothing of the model is written again: the components run once more, in the hands of PyMC.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pymc
import pytensor.tensor

from densing.data import Evidence
from densing.models.coordinates import Coordinate
from densing.models.declaration import Model, load_model
from densing.models.prior import Prior
from densing.models.problem import Problem, problem_of
from densing.models.resolve import resolve

pm: Any = pymc  # both are typed in part only
pt: Any = pytensor.tensor


def _normal_tail(x: Any) -> Any:
    """``Phi(-x) exp(max(x, 0)^2 / 2)``."""
    half, root = np.float64(0.5), np.float64(0.7071067811865476)
    above = half * pt.erfcx(pt.maximum(x, np.float64(0.0)) * root)
    return pt.switch(pt.gt(x, 0.0), above, half * pt.erfc(pt.minimum(x, np.float64(0.0)) * root))


def _logsumexp(x: Any, axis: int, b: Any = None) -> Any:
    """Log of the sum of ``b exp(x)``, b > 0."""
    return pt.logsumexp(x if b is None else x + pt.log(b), axis=axis)


def _solve_lower(factor: Any, b: Any) -> Any:
    """Solve ``factor x = b`` for matrices b, shape (..., n, k), lower triangles given."""
    return pt.linalg.solve_triangular(factor, b, lower=True, b_ndim=2)


def _put(table: Any, at: Any, values: Any) -> Any:
    """Copy of `table` with `values` at the flat positions `at`."""
    return pt.set_subtensor(table.flatten()[at], values).reshape(table.shape)


def _segment_sum(x: Any, index: Any, count: int) -> Any:
    """Sum of the rows of `x` that share an index, shape (count, ...)."""
    x = pt.as_tensor(x)
    shape = (count, *(x.shape[i] for i in range(1, x.ndim)))
    return pt.inc_subtensor(pt.zeros(shape)[index], x)


def _stacked(matrix: Any, vector: Any) -> Any:
    """Matrices with a vector as one more column each."""
    return pt.concatenate([matrix, vector[..., None]], axis=-1)


pytensor_ops = SimpleNamespace(
    betaln=lambda a, b: pt.gammaln(a) + pt.gammaln(b) - pt.gammaln(a + b),
    by_rows=lambda function, *rows: function(*rows),
    cholesky=pt.linalg.cholesky,
    concatenate=lambda parts: pt.concatenate([pt.as_tensor(part) for part in parts]),
    diagonal=lambda x: pt.diagonal(x, axis1=-2, axis2=-1),
    exp=pt.exp,
    expm1=pt.expm1,
    expit=pt.sigmoid,
    eye=pt.eye,
    log=pt.log,
    log1p=pt.log1p,
    logaddexp=pt.logaddexp,
    logsumexp=_logsumexp,
    matmul=pt.matmul,
    mean=pt.mean,
    minimum=pt.minimum,
    normal_tail=_normal_tail,
    put=_put,
    segment_sum=_segment_sum,
    solve_lower=_solve_lower,
    sqrt=pt.sqrt,
    stacked=_stacked,
    sum=pt.sum,
    take=lambda values, index: pt.as_tensor(values)[index],
    transpose=lambda x: pt.swapaxes(x, -1, -2),
    zeros=lambda n: np.zeros(n),
)

PRIORS = {
    "normal": lambda loc, scale, **how: pm.Normal.dist(loc, scale, **how),
    "lognormal": lambda loc, scale, **how: pm.LogNormal.dist(loc, scale, **how),
    "beta": lambda a, b, **how: pm.Beta.dist(a, b, **how),
    "gamma": lambda shape_, rate, **how: pm.Gamma.dist(alpha=shape_, beta=rate, **how),
}
OBSERVATIONS = {
    "student_t": lambda df, loc, scale: pm.StudentT.dist(nu=df, mu=loc, sigma=scale),
    "beta_binomial": lambda a, b, n: pm.BetaBinomial.dist(n=n, alpha=a, beta=b),
}


class PymcProgram:
    """A pass through a model inside a `pm.Model` context (see `densing.models.program`)."""

    xp = pytensor_ops

    def __init__(
        self, priors: Mapping[str, Prior], sizes: Mapping[str, int], facts: Mapping[str, Any]
    ) -> None:
        self.priors = priors
        self.sizes = sizes
        self.values: dict[str, Any] = dict(facts)

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """See `Program.sample`."""
        prior = self.priors[name]
        if prior.family == "flat":
            shape = tuple(self.sizes[dim] for dim in prior.dims)
            self.values[name] = pm.Flat(name, shape=shape, dims=prior.dims or None)
            return self.values[name]
        shape, args = resolve(name, prior, sizes=self.sizes, values=self.values)
        distribution = PRIORS[prior.family](*args.values(), shape=shape)
        model = pm.modelcontext(None)
        if coordinate is None:
            value = model.register_rv(distribution, name, dims=prior.dims or None)
        else:
            z = pm.Flat(f"{name}_coordinate", shape=shape, dims=prior.dims or None)
            value, log_slope = coordinate(z)
            density = pm.logp(distribution, value) + log_slope
            pm.Potential(f"{name}_prior", density.sum())
            pm.Deterministic(name, value, dims=prior.dims or None)
        self.values[name] = value
        return value

    def derive(self, name: str, value: Any, dims: tuple[str, ...] = ()) -> Any:
        """See `Program.derive`."""
        self.values[name] = pm.Deterministic(name, pt.as_tensor(value), dims=dims or None)
        return value

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """See `Program.observe`."""
        density = pm.logp(OBSERVATIONS[family](**args), pt.as_tensor(value))
        pm.Potential(name, density.sum())

    def factor(self, name: str, log_density: Any) -> None:
        """See `Program.factor`."""
        pm.Potential(name, log_density.sum())


def pm_model(problem: Problem) -> pymc.Model:
    """Hand a problem over as a `pm.Model`."""
    with pm.Model(coords={dim: names for dim, names in problem.coords.items() if names}) as built:
        own = PymcProgram(problem.priors, problem.sizes, problem.facts)
        problem.program(own, problem.data)
    return built


def pymc_model(evidence: Evidence, *, model: Model | None = None) -> pymc.Model:
    """Hand a declared model over as a `pm.Model`, with its coordinates.

    Observations enter as potentials, the models' densities (the effects of models, releases and
    families) are integrated out as in the NumPyro engine; `pm.sample` and nutpie sample
    it as it is.

    Parameters
    ----------
    evidence
        Validated tables (`densing.data.load_evidence`).
    model
        Declared model; the default where None.
    """
    return pm_model(problem_of(evidence, model or load_model()))
