"""One universe: reweighted from its leader where that holds, sampled where not; a small record."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.inference import assemble
from densing.inference.convergence import converged
from densing.inference.sampler import Sampled
from densing.inference.whitening import Inputs
from densing.models.layout import Layout
from densing.results.derive import frontier_rate
from densing.results.health import Health, examine, grid_reasons
from densing.results.reweighting import reweight
from densing.sensitivity.leaders import Leader
from densing.sensitivity.machine import (
    MAX_RHAT,
    MAX_RHAT_ANY,
    MIN_ESS,
    Machine,
)
from densing.sensitivity.record import answers
from densing.sensitivity.transport import Transport


def from_leader(
    machine: Machine, leader: Leader, way: Transport, inputs: Inputs, layout: Layout
) -> dict[str, Any] | None:
    """Answer by reweighting the leader's draws, carried there; None where it cannot be believed.

    Not tried where the leader's own fit is not to be trusted or the universe is far: its density
    at every draw would be computed in vain.
    """
    if not (leader.trustworthy and way.near):
        return None
    position = way.whitening.centre + leader.position @ way.whitening.scale.T
    ratio = leader.energy - machine.energy(position, inputs)
    if not np.isfinite(ratio).all():
        return None
    with np.errstate(all="ignore"):  # a hopeless tail has no shape: k is NaN, and not reliable
        weights = reweight(ratio)
        effective = float(1.0 / np.sum(weights.values**2))
    if not (weights.reliable and effective >= MIN_ESS):
        return None
    values = machine.sampler.constrain(position, inputs)
    models = len(layout.models)
    checks = machine.integration(values, inputs, models=models, weights=weights.values)
    reasons = grid_reasons(**checks)
    diagnostics = {
        "how": "reweighted", "pareto_k": weights.pareto_k, "min_ess_bulk": effective,
        "min_ess_tail": effective, "max_rhat": None, "rate_rhat": None, "divergences": 0, **checks,
        "gradient_evaluations": way.evaluations + ratio.size,
        "verdict": "not trustworthy" if reasons else "trustworthy", "reasons": reasons,
    }  # fmt: skip
    return answers(growth_rates(values, layout), weights) | {"diagnostics": diagnostics}


def from_draws(
    machine: Machine, sampled: Sampled, inputs: Inputs, layout: Layout, *, how: str
) -> dict[str, Any]:
    """Answer from a universe's own draws, with their verdict.

    Raises
    ------
    FloatingPointError
        Draws without an answer: a rate that is no number.
    """
    rates = growth_rates(sampled.values, layout)
    if not all(np.isfinite(draws).all() for draws in rates.values()):
        raise FloatingPointError("draws of a growth rate are not finite")
    checks: dict[str, Any] = machine.integration(sampled.values, inputs, models=len(layout.models))
    own, every, reasons = judge(sampled, rates, **checks)
    diagnostics = {
        "how": how, "pareto_k": None, "max_rhat": every.max_rhat, "rate_rhat": own.max_rhat,
        "min_ess_bulk": own.min_ess_bulk, "min_ess_tail": own.min_ess_tail, **checks,
        "divergences": every.divergences, "gradient_evaluations": sampled.gradient_evaluations,
        "verdict": "not trustworthy" if reasons else "trustworthy", "reasons": reasons,
    }  # fmt: skip
    return answers(rates, None) | {"diagnostics": diagnostics}


def judge(
    sampled: Sampled, rates: Mapping[str, np.ndarray], *,
    more: Mapping[str, np.ndarray] | None = None, **checks: Any,
) -> tuple[Health, Health, list[str]]:  # fmt: skip
    """Judge draws by a universe's limits: tight ones for the rates, wide ones for all else.

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

    every = judged({**sampled.values, **(more or {})}, max_rhat=MAX_RHAT_ANY, min_ess=0.0, **checks)
    own = judged(rates, max_rhat=MAX_RHAT, min_ess=MIN_ESS)
    return own, every, list(dict.fromkeys([*own.reasons, *every.reasons]))


def suffices(values: Mapping[str, np.ndarray], layout: Layout) -> bool:
    """Whether draws, (chain, draw, ...), pass what `judge` asks: no rate is left to luck."""
    return converged(growth_rates(values, layout), max_rhat=MAX_RHAT, min_ess=MIN_ESS) and (
        converged(values, max_rhat=MAX_RHAT_ANY, min_ess=0.0)
    )


def growth_rates(values: Mapping[str, np.ndarray], layout: Layout) -> dict[str, np.ndarray]:
    """Rates of both estimands, 1 / year, shape (chain, draw)."""
    names = [n for n in ("level", "rate", "shortfall", "shortfall_drift") if n in values]
    posterior = xr.Dataset({name: (("chain", "draw"), values[name]) for name in names})
    rates = {"population": values["rate"]}
    if "shortfall" in values:
        time = np.asarray(layout.data.models.time)
        rates["frontier"] = frontier_rate(posterior, np.asarray([time.min(), time.max()]))
    return rates


def estimands(layout: Layout) -> list[str]:
    """Names of the rates that draws of a universe give."""
    return ["population", "frontier"] if layout.switches.shortfall else ["population"]
