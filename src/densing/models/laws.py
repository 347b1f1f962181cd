r"""The formulae: loss law, performance map and the densities they are observed under.

Symbols
-------
N, D : parameters and training tokens; centred at the runs' geometric means, ``n = ln(N/N0)``
    and ``d = ln(D/Dc)``.
L : loss (nats per token, or bits per byte: the unit of the table that is fitted).
E : irreducible loss.  e : its share of L at the centre.
w : share of the size term in the reducible loss at the centre.
alpha, beta : exponents of N and D.

All functions are pure, broadcast, and take the array namespace `xp` first (see `ops`).
"""

import math
from collections.abc import Callable
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from scipy import special


class LossCurve(NamedTuple):
    """One loss law per benchmark, in logs; every field has shape ``(benchmark,)``.

    ``ln L(N, D) = ln(E + A (N/N0)^-alpha + B (D/Dc)^-beta)``
    """

    log_irreducible: Any
    log_size_term: Any
    alpha: Any
    log_data_term: Any
    beta: Any


def log_loss(xp: Any, curve: LossCurve, n: Any, d: Any) -> Any:
    """Log loss at centred log size `n` and centred log tokens `d` (broadcast to the curve)."""
    size = curve.log_size_term - curve.alpha * n
    data = curve.log_data_term - curve.beta * d
    return xp.logaddexp(curve.log_irreducible, xp.logaddexp(size, data))


LARGEST_LOG_TERM = 50.0
"""The size term is cut off here, far beyond any score: finite gradients at absurd sizes."""


def loss_of_size(xp: Any, curve: LossCurve, n: Any, d: Any) -> Any:
    """Loss, not its log, at many sizes and few token counts: one exponential a size."""
    size = xp.exp(xp.minimum(curve.log_size_term - curve.alpha * n, LARGEST_LOG_TERM))
    data = xp.exp(curve.log_data_term - curve.beta * d)
    return xp.exp(curve.log_irreducible) + data + size


def log_loss_at_infinite_size(xp: Any, curve: LossCurve, d: Any) -> Any:
    """Limit of `log_loss` as N grows without bound: what no model of the family goes below."""
    return xp.logaddexp(curve.log_irreducible, curve.log_data_term - curve.beta * d)


def shares_to_curve(
    xp: Any, *, log_level: Any, irreducible: Any, split: Any, alpha: Any, beta: Any
) -> LossCurve:
    """Loss law from its level and shares at the runs' centre.

    Parameters
    ----------
    log_level
        Log loss at the centre, shape (benchmark,).
    irreducible
        Logit of e, shape (benchmark,); None for the law without irreducible loss.
    split
        Logit of w, shape (benchmark,).
    alpha, beta
        Exponents, shape (benchmark,).
    """
    log_w, log_not_w = log_sigmoid(xp, split), log_sigmoid(xp, -split)
    if irreducible is None:
        log_e, log_not_e = -745.0 + 0.0 * log_level, 0.0
    else:
        log_e, log_not_e = log_sigmoid(xp, irreducible), log_sigmoid(xp, -irreducible)
    return LossCurve(
        log_irreducible=log_level + log_e,
        log_size_term=log_level + log_not_e + log_w,
        alpha=alpha,
        log_data_term=log_level + log_not_e + log_not_w,
        beta=beta,
    )


def log_sigmoid(xp: Any, x: Any) -> Any:
    """Log of the logistic function, without overflow."""
    return -xp.logaddexp(0.0, -x)


LinkName = Literal["logit", "probit", "cloglog"]

PROBIT = math.sqrt(2.0 * math.pi) / 4.0
CLOGLOG, CLOGLOG_MIDPOINT = 0.5 / math.log(2.0), math.log(math.log(2.0))
"""``Phi(PROBIT z)`` and ``1 - exp(-exp(CLOGLOG z + CLOGLOG_MIDPOINT))``."""
LARGEST_CLOGLOG = 5.0
"""``exp(-exp(5))`` is 1e-64."""


class Link(NamedTuple):
    """A sigmoid of the performance map: from the whole line to the way from floor to ceiling.

    One half at 0, with the logistic's slope of 1/4 there: a map's midpoint and steepness, and so
    their priors, mean the same under all of them, and so does a shift "in logits".
    """

    inverse: Callable[[Any, Any], Any]
    """``inverse(xp, z)``: share of the way at `z`, shape of `z`."""
    forward: Callable[[Any], Any]
    """Inverse of `inverse`, on NumPy; infinite at shares 0 and 1."""


def _probit_share(xp: Any, z: Any) -> Any:
    x = PROBIT * z
    below = xp.minimum(x, 0.0)
    return xp.normal_tail(-x) * xp.exp(-0.5 * below * below)


def _cloglog_share(xp: Any, z: Any) -> Any:
    w = xp.minimum(CLOGLOG * z + CLOGLOG_MIDPOINT, LARGEST_CLOGLOG)
    return -xp.expm1(-xp.exp(w))


LINKS: dict[str, Link] = {
    "logit": Link(lambda xp, z: xp.expit(z), lambda share: np.log(share) - np.log1p(-share)),
    "probit": Link(_probit_share, lambda share: special.ndtri(share) / PROBIT),
    "cloglog": Link(
        _cloglog_share,
        lambda share: (np.log(-np.log1p(-share)) - CLOGLOG_MIDPOINT) / CLOGLOG,
    ),
}


class ScoreMap(NamedTuple):
    """One map from loss to score per benchmark; every field has shape ``(benchmark,)``.

    ``S(L) = floor + (ceiling - floor) * sigmoid(steepness * (1 - L / midpoint))``

    The steepness is dimensionless: the paper's gamma (per unit of loss) is
    ``steepness / midpoint``.
    """

    floor: Any
    ceiling: Any
    steepness: Any
    midpoint: Any


class ProbitMap(ScoreMap):
    """The same with the normal distribution function for the sigmoid."""

    link: ClassVar[LinkName] = "probit"


class CloglogMap(ScoreMap):
    """The same with ``1 - exp(-exp(z))``: slow to rise, quick to saturate."""

    link: ClassVar[LinkName] = "cloglog"


SCORE_MAPS: dict[str, type[ScoreMap]] = {
    "logit": ScoreMap, "probit": ProbitMap, "cloglog": CloglogMap,
}  # fmt: skip


def score(xp: Any, curve: ScoreMap, loss: Any, shift: Any = 0.0) -> Any:
    """Return the score expected at `loss`; `shift` is a protocol's effect in logits."""
    z = curve.steepness * (1.0 - loss / curve.midpoint) + shift
    return curve.floor + (curve.ceiling - curve.floor) * LINKS[link_of(curve)].inverse(xp, z)


def link_of(curve: ScoreMap) -> str:
    """Name of a map's link."""
    return getattr(curve, "link", "logit")


def score_variance(mean: Any, items: Any, overdispersion: Any) -> Any:
    """Variance of a proportion over `items` questions: Beta-Binomial.

    `overdispersion` is the intraclass correlation; 0 gives the Binomial's variance.
    """
    return mean * (1.0 - mean) * (1.0 / items + (1.0 - 1.0 / items) * overdispersion)
