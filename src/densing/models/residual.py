r"""How a model's log density scatters about the typical model of its date.

``eta = mean - shortfall + E[shortfall] + noise``: a non-negative shortfall below the
best practice of the day (exponential, or half-normal), and a symmetric noise (normal). With the
share of the shortfall at zero this is the plain normal residual of a population trend; with it, the
stochastic frontier of econometrics (Aigner, Lovell & Schmidt 1977; Meeusen & van den Broeck
1977). One residual, so both estimands come from one posterior.
"""

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from densing.models.ops import LOG_SQRT_2PI

ShortfallForm = Literal["exponential", "half-normal"]
MEAN_OVER_DEVIATION: dict[str, float] = {
    "exponential": 1.0,
    "half-normal": math.sqrt(2.0 / (math.pi - 2.0)),
}
"""Mean of a shortfall in units of its standard deviation."""


class Density(NamedTuple):
    """A density as ``exp(exponent) * tail / scale``: no logarithm where it is integrated.

    Fields broadcast against each other; `log_integral` takes x of shape (model, point).
    """

    exponent: Any
    """Shape of x."""
    tail: Any
    """Positive and of order one, shape of x or scalar."""
    log_scale: Any
    """The same at all points of a model: scalar or shape (model, 1)."""

    def log(self, xp: Any) -> Any:
        """Log density, shape of x."""
        return self.exponent + xp.log(self.tail) - self.log_scale

    def log_integral(self, xp: Any, log_likelihood: Any, step: Any) -> Any:
        """Log of the integral over x of likelihood times density, shape (model,).

        Parameters
        ----------
        log_likelihood
            At each point, shape (model, point).
        step
            Distance between points (trapezoid rule; both vanish at the ends).
        """
        terms = xp.logsumexp(log_likelihood + self.exponent, axis=1, b=self.tail)
        return (terms[:, None] - self.log_scale)[:, 0] + xp.log(step)


def normal_density(xp: Any, x: Any, scale: Any) -> Density:
    """Density of a centred normal.

    Parameters
    ----------
    x
        Deviation from the mean, any shape.
    scale
        Standard deviation; broadcasts against x.
    """
    z = x / scale
    return Density(-0.5 * z * z, 1.0, xp.log(scale) + LOG_SQRT_2PI)


def shortfall_density(xp: Any, x: Any, noise: Any, shortfall: Any) -> Density:
    r"""Density of ``v - u + theta``, v ~ Normal(0, noise), u ~ Exponential(mean theta).

    With ``z = (x - theta) / noise`` and ``y = z + noise / theta``:
    ``f = exp(y^2/2 - z^2/2) Phi(-y) / theta``. For y > 0 the two large factors cancel: the
    first half of the exponent goes into the tail (see `ops`).

    Parameters
    ----------
    x
        Deviation from the mean, any shape.
    noise, shortfall
        Standard deviation of v and mean (and standard deviation) of u; broadcast against x.
    """
    z = (x - shortfall) / noise
    ratio = noise / shortfall
    # y^2/2 - z^2/2 below y = 0 and -z^2/2 above, free of the squares that cancel below.
    bent = -xp.minimum(-z, ratio)
    exponent = ratio * (z - bent) - 0.5 * bent * bent
    return Density(exponent, xp.normal_tail(z + ratio), xp.log(shortfall))


def half_normal_density(xp: Any, x: Any, noise: Any, shortfall: Any) -> Density:
    r"""Density of ``v - u + theta``, v ~ Normal(0, noise), u half-normal of mean theta.

    With ``s = theta sqrt(pi/2)``, ``w^2 = noise^2 + s^2`` and ``e = x - theta``:
    ``f = 2/w phi(e/w) Phi(-e s / (noise w))`` (Aigner, Lovell & Schmidt 1977, eq. 8). Arguments
    as in `shortfall_density`; the standard deviation of u is smaller than its mean.
    """
    e = x - shortfall
    s = ROOT_HALF_PI * shortfall
    wide = xp.sqrt(noise * noise + s * s)
    z, y = e / wide, e * (s / (noise * wide))
    # The tail's own exponent goes where it cannot underflow (see `ops`).
    above = -xp.minimum(-y, 0.0)
    exponent = -0.5 * (z * z + above * above)
    return Density(exponent, xp.normal_tail(y), xp.log(wide) + LOG_HALF_SQRT_2PI)


ROOT_HALF_PI = math.sqrt(math.pi / 2.0)
LOG_HALF_SQRT_2PI = LOG_SQRT_2PI - math.log(2.0)


def draw_shortfall(rng: np.random.Generator, form: str, shape: Any) -> np.ndarray:
    """Shortfalls of mean one, of `shape`."""
    if form == "half-normal":
        return ROOT_HALF_PI * np.abs(rng.standard_normal(shape))
    return rng.standard_exponential(shape)


def log_ndtr(xp: Any, x: Any) -> Any:
    """Log of the normal distribution function."""
    below = xp.minimum(x, 0.0)
    return xp.log(xp.normal_tail(-x)) - 0.5 * below * below
