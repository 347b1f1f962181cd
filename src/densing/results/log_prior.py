"""Log density of every declared prior at a posterior's draws: the group `log_prior`.

A prior is on the parameter it names, whatever coordinate the sampler walked in: that of
`log_alpha` is evaluated at `log_alpha` given its typical value and spread, and no Jacobian of an
elasticity enters. No engine: NumPy and SciPy, with dimensions matched by name.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from scipy import special

from densing.models.ops import LOG_SQRT_2PI
from densing.models.prior import FACTS, Prior


def _normal(x: Any, loc: Any, scale: Any) -> Any:
    return -0.5 * ((x - loc) / scale) ** 2 - np.log(scale) - LOG_SQRT_2PI


LOG_DENSITIES: dict[str, Callable[..., Any]] = {
    "normal": _normal,
    "lognormal": lambda x, loc, scale: _normal(np.log(x), loc, scale) - np.log(x),
    "beta": lambda x, a, b: (a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x) - special.betaln(a, b),
    "gamma": lambda x, shape, rate: (
        shape * np.log(rate) + (shape - 1.0) * np.log(x) - rate * x - special.gammaln(shape)
    ),
    "flat": lambda x: 0.0 * x,
}
"""Of each family in `models.prior.FAMILIES`, arguments in the order declared there."""


def log_prior(
    posterior: xr.Dataset, priors: Mapping[str, Prior], facts: Mapping[str, Any]
) -> xr.Dataset:
    """Evaluate the prior of each parameter in `posterior`, elementwise.

    Parameters
    ----------
    posterior
        Draws, dims (chain, draw, ...) as the priors declare them.
    priors
        Declared priors by name; those whose parameter was not sampled are left out.
    facts
        Facts of the evidence that priors name (`models.layout.Layout.facts`).

    Returns
    -------
    xarray.Dataset
        A variable of the same name, dims and coordinates for each parameter, in nats. Its sum
        over everything but chain and draw is the log prior density of a draw.
    """
    named = {
        name: xr.DataArray(np.asarray(value), dims=FACTS[name].dims)
        for name, value in facts.items()
    }
    out = {}
    for name, prior in priors.items():
        if name not in posterior:
            continue
        args = []
        for value in prior.args.values():
            if isinstance(value, str):
                args.append(named[value] if value in named else posterior[value])
            elif isinstance(value, tuple):
                args.append(xr.DataArray(np.asarray(value), dims=prior.dims))
            else:
                args.append(np.float64(value))
        density = LOG_DENSITIES[prior.family](posterior[name], *args)
        attrs = {"units": "nats", "long_name": f"log prior density of {name.replace('_', ' ')}"}
        out[name] = density.transpose(*posterior[name].dims).assign_attrs(attrs)
    return xr.Dataset(out)


def top_level(priors: Mapping[str, Prior]) -> list[str]:
    """Parameters whose prior names no other parameter: what a person has chosen.

    The others (partial pooling) are the model's structure: to scale them would be to change
    what is pooled, not how firmly something is believed (Kallioinen et al. 2024).
    """
    return [
        name
        for name, prior in priors.items()
        if not any(isinstance(value, str) and value in priors for value in prior.args.values())
    ]
