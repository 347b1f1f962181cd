"""Where chains start: dispersed points taken down to their modes, and displaced again."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from densing.inference.laplace import DISPERSION, Mode, curvature, find_mode
from densing.inference.news import Listener, Progress
from densing.inference.potential import Potential
from densing.inference.whitening import Inputs, Whitening

HOPELESS = 30.0
"""A start this many nats above the best one is no mode that matters: it is started again."""


def find_starts(
    potential: Potential, inputs: Inputs, *, chains: int, seed: int, workers: int, tell: Listener
) -> tuple[list[np.ndarray], Whitening, int]:
    """Find a starting vector for each chain, the whitening, and the gradients they took."""
    value_and_grad = potential.value_and_grad
    keys = jax.random.split(jax.random.key(seed), 10 * chains)
    modes: list[Mode] = []
    evaluations = tried = 0
    value_and_grad(potential.start(keys[0]), inputs)  # compiled before threads meet
    search = partial(find_mode, value_and_grad, inputs)
    with ThreadPoolExecutor(workers) as pool:
        while len(modes) < chains and tried < len(keys):
            batch = keys[tried : tried + chains - len(modes)]
            tried += len(batch)
            for mode in pool.map(lambda key: search(potential.start(key)), batch):
                evaluations += mode.evaluations
                modes.append(mode)
            best = min(m.energy for m in modes)
            modes = [m for m in modes if m.energy < best + HOPELESS]
            tell(Progress("searching modes", done=len(modes), total=chains))
    best_mode = min(modes, key=lambda m: m.energy)
    whitening = curvature(value_and_grad, inputs, best_mode)
    evaluations += 2 * potential.size
    rng = np.random.default_rng(seed)
    starts = []
    for chain in range(chains):
        offset = modes[chain % len(modes)].position - best_mode.position
        wide = DISPERSION * rng.standard_normal(potential.size)
        starts.append(np.linalg.solve(whitening.scale, offset) + wide)
    return starts, jax.tree.map(jnp.asarray, whitening), evaluations
