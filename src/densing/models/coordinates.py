"""Coordinates the sampler walks in, where a parameter's own would be a ridge or a funnel.

A coordinate is a smooth, one-to-one map of the whole line (or space) onto a parameter's values; it
takes z and returns the value and ``ln |dvalue/dz|``, whose sum over the entries is the log of the
Jacobian. The prior, and so the posterior, is unchanged.
"""

import math
from collections.abc import Callable
from typing import Any

Coordinate = Callable[[Any], tuple[Any, Any]]
VERSION = 2
"""Raised where the model's coordinates change: positions kept in others are not read again."""


def shifted(offset: Any) -> Coordinate:
    """``value = offset + z``."""
    return lambda z: (offset + z, 0.0)


def scaled(xp: Any, scale: Any) -> Coordinate:
    """``value = scale z``: for effects whose spread is a parameter."""
    return lambda z: (scale * z, xp.log(scale))


def common_scaled(xp: Any, scale: Any) -> Coordinate:
    r"""``value = z + (scale - 1) mean(z)``: for effects about a level that is a parameter, too.

    Data tell level plus effect. What they have to say of the effects' differences therefore goes
    into z as it is; of the effects' mean they say nothing, and ``mean(value) / scale`` is as it
    was before them, whatever the scale. The level walks without it (`shifted`).
    """

    def coordinate(z: Any) -> tuple[Any, Any]:
        return z + (scale - 1.0) * xp.mean(z), xp.log(scale) / z.shape[0]

    return coordinate


CENTRE, SPREAD, BEND = 0.3, 0.2, 0.03
"""In ``h = -ln(1 - e)``: where z = 0 lies and how far z = 1 is from there (about where the shares
of loss laws lie and how far apart, so that z is of order one), and where it bends to e = 0."""
LOG_SPREAD = math.log(SPREAD)
"""Enters the slope: dh/dz is `SPREAD` times the slope of the softplus."""


def share(xp: Any) -> Coordinate:
    r"""Logit of a share e, walked almost in ``h = -ln(1 - e)`` itself.

    ``h = BEND softplus((CENTRE + SPREAD z) / BEND)``. Data pin the logs of what is left after
    the share, not its logit: along h the posterior of the shares of a loss law is close to
    straight, and the softplus only keeps e positive.
    """

    def coordinate(z: Any) -> tuple[Any, Any]:
        x = (CENTRE + SPREAD * z) / BEND
        h = BEND * xp.logaddexp(0.0, x)
        log_share = xp.log(-xp.expm1(-h))
        return log_share + h, xp.log(xp.expit(x)) - log_share + LOG_SPREAD

    return coordinate
