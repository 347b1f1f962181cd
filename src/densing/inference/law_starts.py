"""Where modes of a joint posterior are searched from: every combination of its laws' own modes.

Points dispersed over all coordinates do not find them: on the paper's average panel twenty of
twenty go down to one mode of the joint posterior, and the laws alone have two.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from densing.inference.laplace import Mode
from densing.inference.law_grid import as_vector, grid_minima
from densing.inference.modes import find_modes
from densing.inference.potential import Inputs, Potential, build
from densing.models.declaration import Model
from densing.models.layout import Layout
from densing.models.loss import RunData, loss_law
from densing.models.program import Program

MOST = 64
"""Combinations at the most, those of the highest densities first."""


def law_starts(
    layout: Layout, model: Model, *, starts: int, seed: int
) -> tuple[list[str], list[np.ndarray]]:
    """Modes of all laws together, partially pooled, from the modes of each alone.

    Returns
    -------
    labels, modes
        Names of the laws' coordinates, as in the joint potential, and their values at each mode,
        shape (label,), the highest first.
    """
    runs, level = layout.data.runs, np.asarray(layout.facts["mean_log_loss"])
    count = len(layout.coords["benchmark"])
    alone = []
    for k in range(count):
        rows = runs.benchmark == k
        own = RunData(*(np.asarray(field)[rows] for field in runs))._replace(
            benchmark=np.zeros(rows.sum(), int)
        )
        potential, inputs = _laws(own, level[[k]], model)
        found = modes_of_law(potential, inputs, model, starts=starts, seed=seed)
        alone.append(
            [(m.energy, dict(zip(potential.labels, m.position, strict=True))) for m in found]
        )
    potential, inputs = _laws(runs, level, model)
    if count == 1:
        return potential.labels, [np.asarray(list(at.values())) for _, at in alone[0]]
    combined = sorted(product(*alone), key=lambda each: sum(energy for energy, _ in each))
    points = [_together(potential.labels, [at for _, at in each]) for each in combined[:MOST]]
    found = find_modes(potential, inputs, starts=0, points=points)
    return potential.labels, [mode.position for mode in found]


def modes_of_law(
    potential: Potential, inputs: Inputs, model: Model, *, starts: int, seed: int
) -> list[Mode]:
    """Modes of one law: from the grid's minima where it is without irreducible loss."""
    points: list[np.ndarray] = []
    if not model.choices.irreducible:
        n, d, log_loss = (np.asarray(inputs.data._asdict()[key]) for key in ("n", "d", "log_loss"))
        points = [as_vector(point, potential.labels) for point in grid_minima(n, d, log_loss)]
    return find_modes(potential, inputs, starts=starts, seed=seed, points=points)


def _laws(runs: RunData, level: np.ndarray, model: Model) -> tuple[Potential, Inputs]:
    """Potential of the loss laws alone."""

    def program(m: Program, data: Any) -> None:
        loss_law(m, data, irreducible=model.choices.irreducible)

    inputs = jax.tree.map(jnp.asarray, Inputs(runs, {"mean_log_loss": level}))
    return build(program, model.priors, {"benchmark": len(level)}, inputs), inputs


def _together(labels: list[str], each: list[Mapping[str, float]]) -> np.ndarray:
    """One point of all laws from a point of each: their own coordinates, the means of the common."""
    point = []
    for label in labels:
        name, _, index = label.partition("[")
        if index:
            point.append(each[int(index.rstrip("]"))][f"{name}[0]"])
        else:
            point.append(float(np.mean([at[label] for at in each])))
    return np.asarray(point)
