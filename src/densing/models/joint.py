"""The joint model: loss law, performance map, targets and trend under one posterior."""

from typing import Any, NamedTuple

from densing.models.grid import Grid, interpolate
from densing.models.loss import RunData, loss_law
from densing.models.performance import CheckpointData, performance_map
from densing.models.program import Program
from densing.models.residual import log_ndtr
from densing.models.targets import Cells, ScoreData, cells, score_log_likelihood
from densing.models.trend import Trend, TrendData, residual_density, trend


class JointData(NamedTuple):
    """Everything the joint model conditions on; arrays only, so an engine may trace it."""

    runs: RunData
    checkpoints: CheckpointData
    scores: ScoreData
    models: TrendData
    log_params: Any
    """Log parameters over the runs' geometric mean, shape (model,)."""
    grid: Grid
    """Centred log effective parameters to integrate over."""


class Switches(NamedTuple):
    """Structural choices: they change the program, not the data."""

    irreducible: bool = True
    shortfall: bool = True
    families: bool = True
    protocols: bool = True
    """Scores under protocols other than the benchmarks' own are among the data."""


def joint(m: Program, data: JointData, switches: Switches) -> None:
    """Run the joint model in the hands of an engine."""
    xp, grid = m.xp, data.grid
    cell, line = curves(m, data, switches)
    nodes = score_log_likelihood(
        xp, data.scores, cell, m.values["overdispersion"], grid.nodes[None, :]
    )
    likelihood = interpolate(xp, grid, nodes)
    density = residual_density(xp, line, grid.points[None, :] - data.log_params[:, None])
    m.factor("scores", density.log_integral(xp, likelihood, grid.points[1] - grid.points[0]))


def target_log_density(m: Program, data: JointData, switches: Switches, x: Any) -> Any:
    """Joint log density of scores and log effective parameters `x`, (model, point).

    Parameters
    ----------
    x
        Centred log effective parameters, shape (point,).
    """
    xp = m.xp
    cell, line = curves(m, data, switches)
    likelihood = score_log_likelihood(xp, data.scores, cell, m.values["overdispersion"], x[None, :])
    return likelihood + residual_density(xp, line, x[None, :] - data.log_params[:, None]).log(xp)


def curves(m: Program, data: JointData, switches: Switches) -> tuple[Cells, Trend]:
    """Sample everything but the targets, and condition on the reference family."""
    xp = m.xp
    loss = loss_law(m, data.runs, irreducible=switches.irreducible)
    performance = performance_map(m, data.checkpoints)
    cell = cells(m, data.scores, loss, performance, protocols=switches.protocols)
    # A checkpoint's loss, cleared of its discrepancy, cannot be below the irreducible loss.
    of = data.checkpoints.benchmark
    margin = xp.log(data.checkpoints.loss) - xp.take(loss.log_irreducible, of)
    m.factor("checkpoints", log_ndtr(xp, margin / xp.take(m.values["discrepancy"], of)))
    return cell, trend(m, data.models, shortfall=switches.shortfall, families=switches.families)
