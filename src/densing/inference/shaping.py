"""What a posterior's shape is, before the draws that are kept: a scout, its curvature, pilots.

The scout's chains walk, whitened at the mode, to where posterior mass is. The mean curvature there
whitens a pilot, and the pilot's draws and gradients what comes after it. While the trees of a pilot
are long, another one follows: it pays for itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from densing.inference.kernels import FIRST_STEP, Pace
from densing.inference.laplace import mean_curvature, rewhitened
from densing.inference.nuts import LONG, Chains
from densing.inference.whitening import Inputs, Whitening

SCOUT, SCOUT_WARMUP = 25, 50
"""Draws of each chain among whose last ones the curvature is taken, and those on the way there."""
HESSIANS = 4
"""Draws that it is taken at, at least."""
PILOT_WARMUP = 25
"""Draws of a pilot that the step size settles over."""
PILOTS = 3
"""Pilots at most, one after the other while trees are `nuts.LONG`."""
STAGE = 1_000_003
"""Added to the seed so that no stage uses another's random numbers: once for the chains that are
kept, twice for their second try, three times and more for pilots."""


@dataclass(frozen=True)
class Shaped:
    """What the draws that are kept begin with."""

    whitening: Whitening
    position: np.ndarray
    """Where the chains stand, flat unconstrained vectors, shape (chain, size)."""
    step_size: float
    gradient_evaluations: int
    compile_seconds: float
    sample_seconds: float


def shape(
    run: Callable[..., Chains],
    value_and_grad: Callable[..., Any],
    inputs: Inputs,
    whitening: Whitening,
    starts: Sequence[np.ndarray],
    *,
    pilot: int,
    seed: int,
) -> Shaped:
    """Learn the shape of a posterior from `starts`, a whitened vector a chain.

    Parameters
    ----------
    run
        Runs chains of a whitening and starts (`nuts.sample` with all else given); its own `seed`,
        `draws` and `pace` are given here.
    pilot
        Draws of each chain that a pilot keeps.
    """
    chains = run(
        whitening, starts, seed=seed, draws=SCOUT, pace=Pace(FIRST_STEP, SCOUT_WARMUP, SCOUT)
    )
    stages = [chains]
    at = among_last(chains.position)
    with threadpool_limits(1, user_api="blas"):
        whitening = mean_curvature(value_and_grad, inputs, whitening, at)
    for number in range(PILOTS):
        chains = run(
            whitening, unshaped(whitening, chains.position[:, -1]), draws=pilot,
            seed=seed + (3 + number) * STAGE, pace=Pace(chains.step_size, PILOT_WARMUP, pilot),
        )  # fmt: skip
        stages.append(chains)
        whitening = rewhitened(whitening, chains.position, chains.slope)
        if chains.statistics.n_steps.mean() <= LONG:
            break
    return Shaped(
        whitening, chains.position[:, -1], chains.step_size,
        sum(stage.steps for stage in stages) + 2 * at.size,
        sum(stage.compile_seconds for stage in stages),
        sum(stage.sample_seconds for stage in stages),
    )  # fmt: skip


def among_last(position: np.ndarray) -> np.ndarray:
    """Draws spread over those of each chain, its last among them: `HESSIANS` or more in all."""
    chains, draws, size = position.shape
    each = -(-HESSIANS // chains)
    return position[:, np.linspace(0, draws - 1, each + 1).astype(int)[1:]].reshape(-1, size)


def unshaped(whitening: Whitening, positions: np.ndarray) -> list[np.ndarray]:
    """Whitened vectors of flat unconstrained ones."""
    scale, centre = np.asarray(whitening.scale), np.asarray(whitening.centre)
    return [np.linalg.solve(scale, z - centre) for z in positions]
