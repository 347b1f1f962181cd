r"""How a model's log density scatters about the typical model of its date.

``eta = mean - shortfall + E[shortfall] + noise``: a non-negative shortfall below the
best practice of the day (exponential), and a symmetric noise (normal). With the share of the
shortfall at zero this is the plain normal residual of a population trend; with it, the
stochastic frontier of econometrics (Aigner, Lovell & Schmidt 1977; Meeusen & van den Broeck
1977). One residual, so both estimands come from one posterior.
"""

from typing import Any

LOG_SQRT_2PI = 0.9189385332046727


def normal_log_density(xp: Any, x: Any, scale: Any) -> Any:
    """Log density of a centred normal (broadcasts)."""
    z = x / scale
    return -0.5 * z * z - xp.log(scale) - LOG_SQRT_2PI


def shortfall_log_density(xp: Any, x: Any, noise: Any, shortfall: Any) -> Any:
    r"""Log density of ``v - u + theta``, v ~ Normal(0, noise), u ~ Exponential(mean theta).

    With ``z = x - theta``:
    ``ln f = z/theta + noise^2/(2 theta^2) + ln Phi(-z/noise - noise/theta) - ln theta``.

    Parameters
    ----------
    x
        Deviation from the mean.
    noise, shortfall
        Standard deviation of v and mean (and standard deviation) of u; broadcast against x.
    """
    z = x - shortfall
    ratio = noise / shortfall
    tail = xp.log_ndtr(-z / noise - ratio)
    return z / shortfall + 0.5 * ratio * ratio + tail - xp.log(shortfall)
