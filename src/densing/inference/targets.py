"""Exact draws of the integrated-out densities, and a check of the integration.

Given a draw of everything else, a model's log effective parameters have a one-dimensional
density, known on a grid up to a constant: inverse-transform sampling on a grid four times finer
than the one that was fitted with, without interpolation. The difference between the two gives
the integration error.
"""

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
        return float(np.sqrt(np.mean(self.integration_error**2)))

    @property
    def worst_edge(self) -> float:
        """Largest share of a model's posterior that lies in an outermost cell of the grid."""
        return float(self.edge_mass.mean(axis=0).max())


def draw_targets(
    values: dict[str, Any], data: JointData, facts: Any, switches: Switches, *, seed: int
) -> TargetDraws:
    """Draw the models' log densities for each joint draw in `values` (leading axis draw)."""
    data, facts = jax.tree.map(jnp.asarray, (data, dict(facts)))
    keys = jax.random.split(jax.random.key(seed), len(next(iter(values.values()))))
    eta, likelihood, error, ends = _drawer(switches)((keys, values), data, facts)
    return TargetDraws(
        log_density=np.asarray(eta),
        log_likelihood={k: np.asarray(v) for k, v in likelihood.items()},
        error=np.asarray(error),
        edge_mass=np.asarray(ends),
    )


@lru_cache(maxsize=8)
def _drawer(switches: Switches) -> Any:
    """Draw for every joint draw; compiled once for a shape of data."""

    def all_draws(items: Any, data: JointData, facts: Any) -> Any:
        return jax.lax.map(partial(_draw, data, facts, switches), items, batch_size=20)

    return jax.jit(all_draws)


def _draw(data: JointData, facts: Any, switches: Switches, item: Any) -> Any:
    """Draw the models' log densities for one joint draw; see `TargetDraws` for the rest."""
    key, theta = item
    points: Any = data.grid.points
    fine = jnp.linspace(points[0], points[-1], REFINEMENT * (len(points) - 1) + 1)
    step = (points[1] - points[0]) / REFINEMENT
    program = ReplayProgram({**facts, **theta})
    joint(program, data, switches)
    likelihood = {k: program.log_likelihood[k] for k in LIKELIHOODS}
    fitted = program.log_likelihood["scores"]
    terms = target_log_density(program, data, switches, fine)
    total = jax.scipy.special.logsumexp(terms, axis=1) + jnp.log(step)
    weights = jnp.exp(terms - terms.max(axis=1, keepdims=True))
    mass = jnp.cumsum(0.5 * (weights[:, 1:] + weights[:, :-1]), axis=1)
    u = jax.random.uniform(key, (terms.shape[0], 1)) * mass[:, -1:]
    cell = jnp.minimum(jnp.sum(mass < u, axis=1), mass.shape[1] - 1)
    rows = jnp.arange(terms.shape[0])
    left, right = weights[rows, cell], weights[rows, cell + 1]
    before = jnp.where(cell > 0, mass[rows, cell - 1], 0.0)
    x = fine[cell] + _within_cell(u[:, 0] - before, left, right) * step
    ends = (mass[:, REFINEMENT - 1] + mass[:, -1] - mass[:, -1 - REFINEMENT]) / mass[:, -1]
    eta = x - log_sizes(program, data, switches) - drift_within(program, data, switches)
    return eta, likelihood | {"scores": total}, fitted - total, ends


def _within_cell(mass: Any, left: Any, right: Any) -> Any:
    """Where in a cell of unit width `mass` lies under a density linear from left to right."""
    root = jnp.sqrt(jnp.maximum(left**2 + 2.0 * (right - left) * mass, 0.0))
    return jnp.clip(2.0 * mass / jnp.maximum(left + root, 1e-300), 0.0, 1.0)
