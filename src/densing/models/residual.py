r"""How a model's log density scatters about the typical model of its date.

``eta = mean - shortfall + E[shortfall] + noise``: a non-negative shortfall below the
best practice of the day (exponential), and a symmetric noise (normal). With the share of the
shortfall at zero this is the plain normal residual of a population trend; with it, the
stochastic frontier of econometrics (Aigner, Lovell & Schmidt 1977; Meeusen & van den Broeck
1977). One residual, so both estimands come from one posterior.
"""

from typing import Any, NamedTuple

from densing.models.ops import LOG_SQRT_2PI


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


def log_ndtr(xp: Any, x: Any) -> Any:
    """Log of the normal distribution function."""
    below = xp.minimum(x, 0.0)
    return xp.log(xp.normal_tail(-x)) - 0.5 * below * below
