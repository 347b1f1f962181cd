"""The joint model: worlds drawn exactly from what its log density says.

Two factors of the joint density condition on what is no draw: that no checkpoint's loss lies
below the irreducible one, and that no model lies beyond the integration grid. Both are heeded by
rejection, so the worlds are the model's own and the ranks must be uniform. Scores are drawn from
the Beta of the matched moments, the likelihood itself; what the matching costs is seen in worlds
drawn forward (`densing simulate`; `tests/recovery`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from densing.calibration.components import (
    Case,
    World,
    loss_quantities,
    performance_quantities,
    prior_program,
    trend_quantities,
)
from densing.inference.targets import draw_targets
from densing.models.declaration import Model
from densing.models.joint import JointData, curves, drift_within, log_sizes
from densing.models.layout import Layout
from densing.models.ops import numpy_ops
from densing.models.prior_draws import PriorProgram, draw_log_density
from densing.models.problem import joint_problem
from densing.models.scores import Cells, draw_about, score_moments

TRIES = 10_000
"""Worlds drawn before it is said that the priors hardly ever give one."""


def joint_case(layout: Layout, model: Model) -> Case:
    """Build the case of the whole model on the design of a layout."""
    switches, data, problem = layout.switches, layout.data, joint_problem(layout, model)

    def draw(rng: np.random.Generator) -> World:
        for _ in range(TRIES):
            m = prior_program(problem, rng)
            cell, line = curves(m, data, switches)
            eta = draw_log_density(line, rng)
            x = eta + log_sizes(m, data, switches)
            eta = eta - drift_within(m, data, switches)
            seen = np.exp(np.sum(m.factors["checkpoints"]))
            inside = (x > data.grid.points[0]) & (x < data.grid.points[-1])
            if rng.random() < seen and inside.all():
                truth = quantities(layout, m.values) | densities(eta)
                return World(_observed(m, data, cell, x), truth)
        raise RuntimeError(f"none of {TRIES} worlds drawn from the priors was possible")

    def densities(eta: np.ndarray) -> dict[str, Any]:
        order = np.argsort(data.models.time, kind="stable")
        named = {"first": order[0], "middle": order[len(order) // 2], "last": order[-1]}
        return {f"log density, {name} model": eta[..., i] for name, i in named.items()}

    def estimate(values: Mapping[str, Any], given: Any, seed: int) -> dict[str, Any]:
        drawn = draw_targets(dict(values), given, layout.facts, switches, seed=seed)
        return quantities(layout, values) | densities(drawn.log_density)

    about = "loss law, performance map, targets and trend"
    return Case("joint", about, problem, draw, estimate)


def quantities(layout: Layout, values: Mapping[str, Any]) -> dict[str, Any]:
    """Scalars of all components, and what only the joint model has."""
    return {
        **trend_quantities(layout.data.models.time, values),
        **{
            f"discrepancy, {name}": values["discrepancy"][..., i]
            for i, name in enumerate(layout.coords["benchmark"])
        },
        **(
            {
                f"growth on {name}": values["rate"] + values["drift"][..., i]
                for i, name in enumerate(layout.coords["benchmark"])
            }
            if layout.switches.benchmark_trends
            else {}
        ),
        **loss_quantities(layout, values),
        **performance_quantities(layout, values),
    }


def _observed(m: PriorProgram, data: JointData, cell: Cells, x: np.ndarray) -> JointData:
    """Put what was drawn in place of what was observed, one score a model and cell."""
    mean, variance = (
        part.T
        for part in score_moments(numpy_ops, cell, m.values["overdispersion"], x[None, :])
    )  # fmt: skip
    if cell.score is not None:
        who = np.argmax(data.scores.count, axis=0), np.arange(data.scores.count.shape[1])
        drawn = draw_about(m.rng, mean[who], variance[who], cell.tail)
        return _reference_observed(m, data)._replace(scores=data.scores._replace(score=drawn))
    precision = mean * (1.0 - mean) / variance - 1.0
    # Logs of gamma draws: a score next to 0 or 1 keeps its logarithm.
    hit = _log_gamma(m.rng, mean * precision)
    miss = _log_gamma(m.rng, (1.0 - mean) * precision)
    whole = np.logaddexp(hit, miss)
    there = data.scores.count > 0
    return _reference_observed(m, data)._replace(
        scores=data.scores._replace(
            log_score=np.where(there, hit - whole, 0.0),
            log_miss=np.where(there, miss - whole, 0.0),
            count=there.astype(float),
        )
    )


def _reference_observed(m: PriorProgram, data: JointData) -> JointData:
    return data._replace(
        runs=data.runs._replace(log_loss=m.observed["log_loss"]),
        checkpoints=data.checkpoints._replace(correct=m.observed["correct"].astype(float)),
    )


def _log_gamma(rng: np.random.Generator, shape: np.ndarray) -> np.ndarray:
    """Log of gamma draws of any shape, without underflow (Marsaglia & Tsang's boost)."""
    boost = np.log(rng.random(shape.shape)) / shape
    return np.log(rng.standard_gamma(shape + 1.0)) + boost
