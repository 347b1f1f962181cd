"""The joint model: loss law, performance map, targets and trend under one posterior."""

from typing import Any, NamedTuple

from densing.models.loss import RunData, loss_law
from densing.models.performance import CheckpointData, performance_map
from densing.models.program import Program
from densing.models.targets import ScoreData, cells, score_log_likelihood
from densing.models.trend import TrendData, residual_log_density, trend


class JointData(NamedTuple):
    """Everything the joint model conditions on; arrays only, so an engine may trace it."""

    runs: RunData
    checkpoints: CheckpointData
    scores: ScoreData
    models: TrendData
    log_params: Any
    """Log parameters over the runs' geometric mean, shape (model,)."""
    grid: Any
    """Centred log effective parameters to integrate over, evenly spaced, shape (grid,)."""


class Switches(NamedTuple):
    """Structural choices: they change the program, not the data."""

    irreducible: bool = True
    shortfall: bool = True
    families: bool = True
    protocols: bool = True
    """Scores under protocols other than the benchmarks' own are among the data."""


def joint(m: Program, data: JointData, switches: Switches) -> None:
    """Run the joint model in the hands of an engine."""
    log_terms = target_log_density(m, data, switches)
    step = data.grid[1] - data.grid[0]
    m.factor("scores", m.xp.logsumexp(log_terms, axis=1) + m.xp.log(step))


def target_log_density(m: Program, data: JointData, switches: Switches) -> Any:
    """Joint log density of scores and log effective parameters, shape (model, grid)."""
    xp = m.xp
    loss = loss_law(m, data.runs, irreducible=switches.irreducible)
    performance = performance_map(m, data.checkpoints)
    cell = cells(m, data.scores, loss, performance, protocols=switches.protocols)
    # A checkpoint's loss, cleared of its discrepancy, cannot be below the irreducible loss.
    of = data.checkpoints.benchmark
    margin = xp.log(data.checkpoints.loss) - xp.take(loss.log_irreducible, of)
    m.factor("checkpoints", xp.log_ndtr(margin / xp.take(m.values["discrepancy"], of)))
    line = trend(m, data.models, shortfall=switches.shortfall, families=switches.families)
    grid = data.grid[None, :]
    likelihood = score_log_likelihood(xp, data.scores, cell, m.values["overdispersion"], grid)
    return likelihood + residual_log_density(xp, line, grid - data.log_params[:, None])
