"""Sigmoids of the performance map: from the whole line to the way between floor and ceiling.

Each is one half at 0 and has the logistic's slope of 1/4 there: a map's midpoint and steepness, and
so their priors, mean the same under all of them, and so does a shift "in logits".
"""

import math
from typing import Any, Literal

import numpy as np
from scipy import special

LinkName = Literal["logit", "probit", "cloglog"]

PROBIT = math.sqrt(2.0 * math.pi) / 4.0
CLOGLOG, CLOGLOG_MIDPOINT = 0.5 / math.log(2.0), math.log(math.log(2.0))
"""``Phi(PROBIT z)`` and ``1 - exp(-exp(CLOGLOG z + CLOGLOG_MIDPOINT))``."""
LARGEST_CLOGLOG = 5.0
"""``exp(-exp(5))`` is 1e-64."""


def inverse_link(xp: Any, link: str, z: Any) -> Any:
    """Share of the way from floor to ceiling at `z`, shape of `z`."""
    if link == "probit":
        x = PROBIT * z
        below = xp.minimum(x, 0.0)
        return xp.normal_tail(-x) * xp.exp(-0.5 * below * below)
    if link == "cloglog":
        w = xp.minimum(CLOGLOG * z + CLOGLOG_MIDPOINT, LARGEST_CLOGLOG)
        return -xp.expm1(-xp.exp(w))
    return xp.expit(z)


def link(name: str, share: Any) -> Any:
    """Inverse of `inverse_link`, on NumPy; infinite at 0 and 1."""
    if name == "probit":
        return special.ndtri(share) / PROBIT
    if name == "cloglog":
        return (np.log(-np.log1p(-share)) - CLOGLOG_MIDPOINT) / CLOGLOG
    return np.log(share) - np.log1p(-share)
