"""Exact draws of the integrated-out densities, and a check of the integration.

Given a draw of everything else, a model's log effective parameters have a one-dimensional
density, known on a grid up to a constant: inverse-transform sampling on a grid four times finer
than the one that was fitted with, without interpolation. The difference between the two gives
the integration error.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from densing.inference.replay import ReplayProgram
from densing.models.joint import (
    JointData,
    Switches,
    drift_within,
    joint,
    log_sizes,
    target_log_density,
)

REFINEMENT = 4
LIKELIHOODS = ("log_loss", "correct", "checkpoints")
"""Observations and factors of the reference; with `scores` and the priors, the joint density."""


class TargetDraws(NamedTuple):
    """Draws of the target models and pointwise log-likelihoods."""

    log_density: np.ndarray
    """Natural log density of each model, shape (draw, model)."""
    log_likelihood: dict[str, np.ndarray]
    """By observation: `scores` (draw, model), `log_loss` (draw, run row), `correct` and
    `checkpoints` (draw, checkpoint row): that its loss can lie above the irreducible one."""
    error: np.ndarray
    """Fitted log-likelihood (interpolated curves, coarse points) minus one with the curves
    evaluated at fine points, shape (draw, model)."""
    edge_mass: np.ndarray
    """Share of posterior mass in the first and last cell of the coarse grid, (draw, model)."""

    @property
    def integration_error(self) -> np.ndarray:
        """Error of the joint log-likelihood of all models' scores, shape (draw,)."""
        return self.error.sum(axis=1)

    def first(self, models: int) -> "TargetDraws":
        """Return the same of the first `models` models: what comes after them is padding."""
        scores = self.log_likelihood["scores"][:, :models]
        return TargetDraws(
            self.log_density[:, :models], {**self.log_likelihood, "scores": scores},
            self.error[:, :models], self.edge_mass[:, :models],
        )  # fmt: skip

    @property
    def typical_error(self) -> float:
        """Root mean square of the integration error over draws, nats."""
        return typical_error(self.error)

    @property
    def worst_edge(self) -> float:
        """Largest share of a model's posterior that lies in an outermost cell of the grid."""
        return worst_edge(self.edge_mass)


def typical_error(error: np.ndarray) -> float:
    """Root mean square over draws of the joint error, nats, from `TargetDraws.error`."""
    return float(np.sqrt(np.mean(error.sum(axis=1) ** 2)))


def worst_edge(edge_mass: np.ndarray) -> float:
    """Largest share of a model's posterior in an outermost cell, from `TargetDraws.edge_mass`."""
    return float(edge_mass.mean(axis=0).max())


def draw_targets(
    values: dict[str, Any], data: JointData, facts: Any, switches: Switches, *, seed: int
) -> TargetDraws:
    """Draw the models' log densities for each joint draw in `values` (leading axis draw)."""
    data, facts = jax.tree.map(jnp.asarray, (data, dict(facts)))
    keys = jax.random.split(jax.random.key(seed), len(next(iter(values.values()))))
    eta, likelihood, error, ends = _drawer(_draw, switches)((keys, values), data, facts)
    return TargetDraws(
        log_density=np.asarray(eta),
        log_likelihood={k: np.asarray(v) for k, v in likelihood.items()},
        error=np.asarray(error),
        edge_mass=np.asarray(ends),
    )


def grid_errors(
    values: dict[str, Any], data: JointData, facts: Any, switches: Switches
) -> tuple[np.ndarray, np.ndarray]:
    """`error` and `edge_mass` of `TargetDraws` alone: half of the program to compile."""
    data, facts = jax.tree.map(jnp.asarray, (data, dict(facts)))
    error, ends = _drawer(_check, switches)(values, data, facts)
    return np.asarray(error), np.asarray(ends)


@lru_cache(maxsize=16)
def _drawer(each: Callable[..., Any], switches: Switches) -> Any:
    """Do something for every joint draw; compiled once for a shape of data."""

    def all_draws(items: Any, data: JointData, facts: Any) -> Any:
        return jax.lax.map(partial(each, data, facts, switches), items, batch_size=20)

    return jax.jit(all_draws)


class _Integral(NamedTuple):
    """The densities of one joint draw's models on the fine grid, shapes (model, point) and less."""

    points: Any
    step: Any
    weights: Any
    """Densities, each model's largest 1."""
    cells: Any
    """Mass between a point and the next."""
    total: Any
    """Log of the integral, shape (model,)."""

    @property
    def ends(self) -> Any:
        """Share of the mass in the first and last cell of the coarse grid, shape (model,)."""
        outer = jnp.concatenate([self.cells[:, :REFINEMENT], self.cells[:, -REFINEMENT:]], axis=1)
        return outer.sum(axis=1) / self.cells.sum(axis=1)


def _integrate(program: ReplayProgram, data: JointData, switches: Switches) -> _Integral:
    """Integrate on the fine grid, curves evaluated at every point."""
    points: Any = data.grid.points
    fine = jnp.linspace(points[0], points[-1], REFINEMENT * (len(points) - 1) + 1)
    step = (points[1] - points[0]) / REFINEMENT
    joint(program, data, switches)
    terms = target_log_density(program, data, switches, fine)
    total = jax.scipy.special.logsumexp(terms, axis=1) + jnp.log(step)
    weights = jnp.exp(terms - terms.max(axis=1, keepdims=True))
    return _Integral(fine, step, weights, 0.5 * (weights[:, 1:] + weights[:, :-1]), total)


def _check(data: JointData, facts: Any, switches: Switches, theta: Any) -> Any:
    """Error of the fitted integral and the mass at its ends, for one joint draw."""
    program = ReplayProgram({**facts, **theta})
    integral = _integrate(program, data, switches)
    return program.log_likelihood["scores"] - integral.total, integral.ends


def _draw(data: JointData, facts: Any, switches: Switches, item: Any) -> Any:
    """Draw the models' log densities for one joint draw; see `TargetDraws` for the rest."""
    key, theta = item
    program = ReplayProgram({**facts, **theta})
    integral = _integrate(program, data, switches)
    likelihood = {k: program.log_likelihood[k] for k in LIKELIHOODS}
    fitted, total, weights = program.log_likelihood["scores"], integral.total, integral.weights
    mass = jnp.cumsum(integral.cells, axis=1)
    u = jax.random.uniform(key, (len(mass), 1)) * mass[:, -1:]
    cell = jnp.minimum(jnp.sum(mass < u, axis=1), mass.shape[1] - 1)
    rows = jnp.arange(len(mass))
    left, right = weights[rows, cell], weights[rows, cell + 1]
    before = jnp.where(cell > 0, mass[rows, cell - 1], 0.0)
    x = integral.points[cell] + _within_cell(u[:, 0] - before, left, right) * integral.step
    eta = x - log_sizes(program, data, switches) - drift_within(program, data, switches)
    return eta, likelihood | {"scores": total}, fitted - total, integral.ends


def _within_cell(mass: Any, left: Any, right: Any) -> Any:
    """Where in a cell of unit width `mass` lies under a density linear from left to right."""
    root = jnp.sqrt(jnp.maximum(left**2 + 2.0 * (right - left) * mass, 0.0))
    return jnp.clip(2.0 * mass / jnp.maximum(left + root, 1e-300), 0.0, 1.0)
