"""The joint model: loss law, performance map, targets and trend under one posterior."""

from typing import Any, NamedTuple

from densing.models.grid import Grid, interpolate
from densing.models.loss import RunData
from densing.models.performance import CheckpointData
from densing.models.program import Program
from densing.models.reference import reference
from densing.models.scores import (
    Cells,
    ScoreData,
    cells,
    rows_log_likelihood,
    score_coefficients,
    score_log_likelihood,
)
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
    since: Any
    """Years since the date of a model's quarter, shared among its benchmarks: (model, benchmark),
    rows sum to those years (see `layout.era_times`)."""
    log_experts: Any = None
    """Log of total over active parameters, shape (model,), for `Switches.experts`."""


class Switches(NamedTuple):
    """Structural choices: they change the program, not the data."""

    irreducible: bool = True
    shortfall: bool = True
    families: bool = True
    protocols: bool = True
    """Scores under protocols other than the benchmarks' own are among the data."""
    benchmark_trends: bool = True
    """Each benchmark has its own level and growth about the common ones."""
    shape: str = "linear"
    """Shape of the trend (`shapes.SHAPES`)."""
    shortfall_form: str = "exponential"
    """Distribution of the shortfall (`residual.ShortfallForm`)."""
    likelihood: str = "beta"
    """Distribution of a score about its expectation (`scores.LikelihoodName`)."""
    experts: bool = False
    """How much inactive parameters count is a parameter."""
    contamination: bool = False
    """Later models have a bias on each benchmark."""
    free_ceiling: bool = True
    link: str = "logit"
    """Of the performance map (`laws.LINKS`)."""


def joint(m: Program, data: JointData, switches: Switches) -> None:
    """Run the joint model in the hands of an engine."""
    xp, grid = m.xp, data.grid
    cell, line = curves(m, data, switches)
    sizes = log_sizes(m, data, switches)
    of = score_coefficients(xp, cell, m.values["overdispersion"], grid.nodes[None, :])

    def integral(
        log_score: Any, log_miss: Any, count: Any, log_params: Any, mean: Any, shortfall: Any
    ) -> Any:
        nodes = rows_log_likelihood(xp, log_score, log_miss, count, of)
        own = line._replace(mean=mean, shortfall=shortfall)
        density = residual_density(xp, own, grid.points[None, :] - log_params[:, None])
        step = grid.points[1] - grid.points[0]
        return density.log_integral(xp, interpolate(xp, grid, nodes), step)

    scores = data.scores
    m.factor("scores", xp.by_rows(
        integral, scores.log_score, scores.log_miss, scores.count, sizes, line.mean,
        line.shortfall,
    ))  # fmt: skip


def target_log_density(m: Program, data: JointData, switches: Switches, x: Any) -> Any:
    """Joint log density of scores and log effective parameters `x`, (model, point).

    Parameters
    ----------
    x
        Centred log effective parameters, shape (point,).
    """
    xp = m.xp
    cell, line = curves(m, data, switches)
    sizes = log_sizes(m, data, switches)
    likelihood = score_log_likelihood(xp, data.scores, cell, m.values["overdispersion"], x[None, :])
    return likelihood + residual_density(xp, line, x[None, :] - sizes[:, None]).log(xp)


def log_sizes(m: Program, data: JointData, switches: Switches) -> Any:
    """Centred log parameters that count, shape (model,).

    With `Switches.experts` they are ``active^(1-w) total^w``: `JointData.log_params` stands at
    w = 1/2, the geometric mean.
    """
    if not switches.experts:
        return data.log_params
    return weighted_log_sizes(m.sample("expert_weight"), data.log_params, data.log_experts)


def weighted_log_sizes(weight: Any, log_params: Any, log_experts: Any) -> Any:
    """Log of ``active^(1-w) total^w``, from its value at w = 1/2 and log(total / active)."""
    return log_params + (weight - 0.5) * log_experts


def curves(m: Program, data: JointData, switches: Switches) -> tuple[Cells, Trend]:
    """Sample everything but the targets, and condition on the reference family."""
    loss, performance = reference(
        m, data.runs, data.checkpoints, irreducible=switches.irreducible,
        free_ceiling=switches.free_ceiling, link=switches.link,
    )  # fmt: skip
    cell = cells(m, data.scores, loss, performance, **scored_by(switches))
    beside = None
    if switches.benchmark_trends:
        beside = m.xp.mean(m.values["offset"]), m.xp.mean(m.values["drift"])
    line = trend(m, data.models, **trend_by(switches), beside=beside)
    return cell, line._replace(mean=line.mean + drift_within(m, data, switches))


def scored_by(switches: Switches) -> dict[str, Any]:
    """Switches of `cells`."""
    return {
        "protocols": switches.protocols, "benchmark_trends": switches.benchmark_trends,
        "likelihood": switches.likelihood, "contamination": switches.contamination,
    }  # fmt: skip


def trend_by(switches: Switches) -> dict[str, Any]:
    """Switches of `trend`."""
    return {
        "shortfall": switches.shortfall, "families": switches.families, "shape": switches.shape,
        "form": switches.shortfall_form,
    }  # fmt: skip


def drift_within(m: Program, data: JointData, switches: Switches) -> Any:
    """Drift of each model's benchmarks, on average, since the date of its quarter, (model,) or 0.

    The curves of a cell stand at its quarter's date. What its benchmarks drift from there to the
    model's own date is added to the model's log density where it is integrated, and taken off
    where it is drawn: else dates within a quarter would tell the common rate apart from the
    drifts, which no evidence does.
    """
    if not switches.benchmark_trends:
        return 0.0
    return m.xp.matmul(data.since, m.values["drift"][:, None])[:, 0]
