r"""Loss law of the reference family, one per benchmark, partially pooled.

``ln L_rk = ln(E_k + A_k (N_r/N0)^-alpha_k + B_k (D_r/Dc)^-beta_k) + noise``, noise Student-t.

Geometry. At the runs' centre the data pin the level and the local elasticities,
``-dlnL/dlnN = (1-e) w alpha`` and ``-dlnL/dlnD = (1-e)(1-w) beta``, not the exponents. The
sampler therefore walks in the logs of the elasticities: `log_alpha` is shifted by the logs of
the shares, a coordinate change whose Jacobian is one; the irreducible share itself is walked
in nearly linearly (`coordinates.share`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from densing.models.coordinates import share, shifted
from densing.models.laws import LossCurve, log_loss, log_sigmoid, shares_to_curve
from densing.models.program import Program


class RunData(NamedTuple):
    """Observed losses in long form; every array has shape (loss,)."""

    benchmark: Any
    """Index into the benchmarks."""
    n: Any
    """Log parameters over the runs' geometric mean."""
    d: Any
    """Log tokens over the runs' geometric mean."""
    log_loss: Any


def loss_law(m: Program, data: RunData, *, irreducible: bool) -> LossCurve:
    """Sample the loss laws and condition on the runs; curves have shape (benchmark,)."""
    xp = m.xp
    log_level = m.sample("log_level")
    logit = m.sample("irreducible_logit", coordinate=share(xp)) if irreducible else None
    split = m.sample("split_logit")
    log_reducible = 0.0 if logit is None else log_sigmoid(xp, -logit)

    m.sample("log_alpha_typical")
    m.sample("log_alpha_spread")
    m.sample("log_beta_typical")
    m.sample("log_beta_spread")
    size, tokens = (shifted(-(log_reducible + log_sigmoid(xp, way * split))) for way in (1, -1))
    alpha = xp.exp(m.sample("log_alpha", coordinate=size))
    beta = xp.exp(m.sample("log_beta", coordinate=tokens))

    curve = shares_to_curve(
        xp, log_level=log_level, irreducible=logit, split=split, alpha=alpha, beta=beta
    )
    m.derive("alpha", alpha, ("benchmark",))
    m.derive("beta", beta, ("benchmark",))
    m.derive("irreducible_loss", xp.exp(curve.log_irreducible), ("benchmark",))
    m.derive("size_term", xp.exp(curve.log_size_term), ("benchmark",))
    m.derive("data_term", xp.exp(curve.log_data_term), ("benchmark",))

    scale = m.sample("loss_noise")
    m.observe(
        "log_loss",
        "student_t",
        {
            "df": m.sample("loss_tail"),
            "loc": log_loss(xp, at(xp, curve, data.benchmark), data.n, data.d),
            "scale": xp.take(scale, data.benchmark),
        },
        data.log_loss,
    )
    return curve


def loss_curve(values: Mapping[str, Any]) -> LossCurve:
    """Collect loss laws from what `loss_law` derives, by name; NumPy arrays of any one shape."""
    with np.errstate(divide="ignore"):  # a law without irreducible loss
        return LossCurve(
            log_irreducible=np.log(values["irreducible_loss"]),
            log_size_term=np.log(values["size_term"]),
            alpha=np.asarray(values["alpha"]),
            log_data_term=np.log(values["data_term"]),
            beta=np.asarray(values["beta"]),
        )


def at(xp: Any, record: Any, index: Any) -> Any:
    """Take `index` along the benchmark axis of every field of a record of curves."""
    return type(record)(*(xp.take(field, index) for field in record))
