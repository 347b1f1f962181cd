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
from densing.models.layout import lay_out
from densing.models.prior import Prior
from densing.models.problem import Problem, joint_problem
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


pytensor_ops = SimpleNamespace(
    betaln=lambda a, b: pt.gammaln(a) + pt.gammaln(b) - pt.gammaln(a + b),
    by_rows=lambda function, *rows: function(*rows),
    concatenate=lambda parts: pt.concatenate([pt.as_tensor(part) for part in parts]),
    exp=pt.exp,
    expm1=pt.expm1,
    expit=pt.sigmoid,
    log=pt.log,
    logaddexp=pt.logaddexp,
    logsumexp=_logsumexp,
    matmul=pt.matmul,
    mean=pt.mean,
    minimum=pt.minimum,
    normal_tail=_normal_tail,
    sqrt=pt.sqrt,
    take=lambda values, index: pt.as_tensor(values)[index],
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
        self.values[name] = pm.Deterministic(name, value, dims=dims or None)
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
    """Hand the joint model over as a `pm.Model`, with its coordinates.

    Observations enter as potentials, the models' densities are integrated out as in the NumPyro
    engine; `pm.sample` and nutpie sample it as it is.

    Parameters
    ----------
    evidence
        Validated tables (`densing.data.load_evidence`).
    model
        Declared model; the default where None.
    """
    model = model or load_model()
    return pm_model(joint_problem(lay_out(evidence, model.choices), model))
