"""The reference family as one part of a model: loss law, performance map, and how they meet."""

from typing import Any

from densing.models.laws import LossCurve, ScoreMap
from densing.models.loss import RunData, loss_law
from densing.models.performance import CheckpointData, performance_map
from densing.models.program import Program
from densing.models.residual import log_ndtr


def reference(
    m: Program,
    runs: RunData,
    checkpoints: CheckpointData,
    *,
    irreducible: bool,
    free_ceiling: bool = True,
    link: str = "logit",
) -> tuple[LossCurve, ScoreMap]:
    """Sample the reference's curves and condition on its runs and checkpoints.

    With them goes the discrepancy of a model's loss from what its density implies: it is a
    property of benchmarks, and the checkpoints have a say in it.
    """
    xp = m.xp
    loss = loss_law(m, runs, irreducible=irreducible)
    performance = performance_map(m, checkpoints, free_ceiling=free_ceiling, link=link)
    tau = discrepancy(m)
    # A checkpoint's loss, cleared of its discrepancy, cannot be below the irreducible loss.
    of = checkpoints.benchmark
    margin = xp.log(checkpoints.loss) - xp.take(loss.log_irreducible, of)
    m.factor("checkpoints", log_ndtr(xp, margin / xp.take(tau, of)))
    return loss, performance


def discrepancy(m: Program) -> Any:
    """Sample the discrepancy of each benchmark, ln loss, shape (benchmark,)."""
    m.sample("log_discrepancy_typical")
    return m.derive("discrepancy", m.xp.exp(m.sample("log_discrepancy")), ("benchmark",))
