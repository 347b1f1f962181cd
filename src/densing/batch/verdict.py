"""What is asked of one fit among many: its growth rates tight, all else in no other mode."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.inference import assemble
from densing.inference.convergence import converged
from densing.inference.sampler import Sampled
from densing.models.layout import Layout
from densing.results.derive import frontier_rate
from densing.results.health import (
    UNIVERSE_MAX_RHAT,
    UNIVERSE_MAX_RHAT_ANY,
    UNIVERSE_MIN_ESS,
    Health,
    examine,
)


def judge(
    sampled: Sampled, rates: Mapping[str, np.ndarray], *,
    more: Mapping[str, np.ndarray] | None = None, **checks: Any,
) -> tuple[Health, Health, list[str]]:  # fmt: skip
    """Judge draws: tight limits for the rates, wide ones for all else.

    Parameters
    ----------
    more
        Quantities beside the sampled ones that the wide limits hold for, (chain, draw, ...).
    checks
        Handed to `results.health.examine`, once.

    Returns
    -------
    tuple
        Health of the rates, health of everything, and the reasons of both against trust.
    """
    stats = assemble.sample_stats(sampled.chains.statistics)

    def judged(values: Mapping[str, np.ndarray], **how: Any) -> Health:
        return examine(
            assemble.unlabelled(values), stats,
            gradient_evaluations=sampled.gradient_evaluations, **how,
        )  # fmt: skip

    every = judged(
        {**sampled.values, **(more or {})}, max_rhat=UNIVERSE_MAX_RHAT_ANY, min_ess=0.0, **checks
    )
    own = judged(rates, max_rhat=UNIVERSE_MAX_RHAT, min_ess=UNIVERSE_MIN_ESS)
    return own, every, list(dict.fromkeys([*own.reasons, *every.reasons]))


def suffices(values: Mapping[str, np.ndarray], layout: Layout) -> bool:
    """Whether draws, (chain, draw, ...), pass what `judge` asks: no rate is left to luck."""
    return converged(
        growth_rates(values, layout), max_rhat=UNIVERSE_MAX_RHAT, min_ess=UNIVERSE_MIN_ESS
    ) and (converged(values, max_rhat=UNIVERSE_MAX_RHAT_ANY, min_ess=0.0))


def growth_rates(values: Mapping[str, np.ndarray], layout: Layout) -> dict[str, np.ndarray]:
    """Rates of both estimands, 1 / year, shape (chain, draw)."""
    names = [n for n in ("level", "rate", "shortfall", "shortfall_drift") if n in values]
    posterior = xr.Dataset({name: (("chain", "draw"), values[name]) for name in names})
    rates = {"population": values["rate"]}
    if "shortfall" in values:
        time = np.asarray(layout.data.models.time)
        rates["frontier"] = frontier_rate(posterior, np.asarray([time.min(), time.max()]))
    return rates
