"""Chains of a compiled kernel (`kernels`): on threads, interruptible.

NumPyro's own kernel does the sampling; this drives it in short blocks so that progress can be
shown, an interrupt is honoured between blocks, and data are arguments of the compiled program.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from densing.inference.kernels import BLOCK, Kernel, Pace
from densing.inference.settings import Settings
from densing.inference.static_hmc import JitteredHMC
from densing.inference.whitening import Inputs, Whitening

WORKERS = 2
"""Threads that chains run on."""
EXTENSION = 100
"""Draws that every chain goes on for where those so far do not suffice."""
EARLY = 2
"""Kept blocks that tell whether to give up: they show a shape as well as twice as many do."""
LONG = 23.0
"""Steps a draw, on average, beyond which another shape pays: half of the trees then end at the
depth that they are held to while a chain adapts, 31 steps, and not at the one before. Of
trajectories of a known length (`steady`) it tells that the step size is a fifth of what it should
be."""


class Statistics(NamedTuple):
    """What the kernel says of each draw; every array has shape (chain, draw)."""

    energy: np.ndarray
    n_steps: np.ndarray
    diverging: np.ndarray
    acceptance_rate: np.ndarray
    step_size: np.ndarray
    lp: np.ndarray


@dataclass(frozen=True)
class Chains:
    """Draws of all chains after warm-up."""

    position: np.ndarray
    """Flat unconstrained vectors, shape (chain, draw, size)."""
    slope: np.ndarray
    """Gradients of the potential there, in whitened coordinates, of the same shape."""
    statistics: Statistics
    warmup_steps: int
    compile_seconds: float
    sample_seconds: float

    @property
    def steps(self) -> int:
        """Gradient evaluations, warm-up included."""
        return self.warmup_steps + int(self.statistics.n_steps.sum())

    @property
    def step_size(self) -> float:
        """Step size after warm-up, the chains' geometric mean."""
        return float(np.exp(np.mean(np.log(self.statistics.step_size[:, -1]))))


def sample(
    compiled: Kernel | JitteredHMC,
    inputs: Inputs,
    whitening: Whitening,
    starts: Sequence[Any],
    settings: Settings,
    *,
    draws: int,
    seed: int,
    enough: Callable[[np.ndarray], bool] = lambda position: True,
    pace: Pace | None = None,
    extension: int = EXTENSION,
    give_up: bool = False,
    workers: int = WORKERS,
    progress: Callable[[int, int, int, float, int], None] | None = None,
) -> Chains:
    """Run one chain of `draws` kept draws from each of `starts` (whitened vectors).

    Parameters
    ----------
    enough
        Told all kept draws, shape (chain, draw, size), whether they suffice; while it says no,
        every chain goes on for `extension` draws, up to `settings.max_draws`.
    pace
        Where the whitening is not the sampler's to change: only the step size adapts, near the one
        that is given, over other draws than the recipe's.
    give_up
        Stop where a draw diverged or trees are `LONG`, after `EARLY` blocks at the earliest: the
        caller tries again in a shape learnt from these.
    progress
        Called from the chains' threads with (chain, draws done, draws in all, step size,
        divergences after warm-up).

    Raises
    ------
    KeyboardInterrupt
        On interrupt, after the running blocks have ended.
    """
    began = perf_counter()
    keys = jax.random.split(jax.random.key(seed), len(starts))
    states = []
    for key, y in zip(keys, starts, strict=True):
        energy, slope = compiled.value_and_grad(whitening.centre + whitening.scale @ y, inputs)
        slope = whitening.scale.T @ slope
        states.append(compiled.begin(key, jnp.asarray(y), energy, slope, inputs, whitening, pace))
    advance = compiled.advance(states[0], inputs, whitening)
    compile_seconds = perf_counter() - began

    began = perf_counter()
    warmup = -(-(settings.warmup if pace is None else pace.warmup) // BLOCK)
    cut = warmup * BLOCK
    most = -(-max(settings.max_draws, draws) // BLOCK)
    stop = threading.Event()
    kept: list[list[Any]] = [[] for _ in starts]

    def run(chain: int, until: int) -> None:
        blocks = kept[chain]
        while len(blocks) < until and not stop.is_set():
            states[chain], news = advance(states[chain], inputs, whitening)
            blocks.append([np.asarray(part) for part in news])
            if progress:
                divergences = sum(int(block[3].sum()) for block in blocks[warmup:])
                done, size = len(blocks) * BLOCK, float(blocks[-1][5][-1])
                progress(chain, done, until * BLOCK, size, divergences)

    def part(index: int) -> np.ndarray:
        return np.stack([np.concatenate([block[index] for block in chain]) for chain in kept])

    asked = -(-draws // BLOCK)
    wanted = min(EARLY, asked) if give_up else asked
    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                until = warmup + wanted
                futures = [pool.submit(run, chain, until) for chain in range(len(starts))]
                ended, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for future in ended:
                    future.result()
                bad = part(3)[:, cut:].any() or part(2)[:, cut:].mean() > LONG
                if wanted >= most or (give_up and bad):
                    break
                if wanted < asked:
                    wanted = asked
                    continue
                if enough(part(0)[:, cut:]):
                    break
                wanted = min(most, wanted + -(-extension // BLOCK))
        finally:
            stop.set()
    last = cut + (draws if wanted == asked else wanted * BLOCK)
    position, energy, steps, diverging, accept, size, lp, slope = (
        part(i)[:, cut:last] for i in range(8)
    )
    return Chains(
        position=position,
        slope=slope,
        statistics=Statistics(energy, steps, diverging, accept, size, lp),
        warmup_steps=int(part(2)[:, :cut].sum()),
        compile_seconds=compile_seconds,
        sample_seconds=perf_counter() - began,
    )
