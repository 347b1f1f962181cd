"""NUTS on a whitened potential: chains on threads, compiled once, interruptible.

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
from numpyro.infer.hmc import hmc
from numpyro.infer.util import ParamInfo

from densing.inference.potential import Inputs, Potential, Whitening, whitened
from densing.inference.settings import Settings

BLOCK = 50
"""Draws between two looks at the progress and the interrupt."""


class Statistics(NamedTuple):
    """What NUTS says of each draw; every array has shape (chain, draw)."""

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
    statistics: Statistics
    warmup_steps: int
    compile_seconds: float
    sample_seconds: float

    @property
    def steps(self) -> int:
        """Gradient evaluations, warm-up included."""
        return self.warmup_steps + int(self.statistics.n_steps.sum())


@dataclass
class Kernel:
    """Start and block of a chain; the block is compiled when it is first needed, once."""

    value_and_grad: Callable[..., Any]
    """Of the flat unconstrained vector: what the modes were searched with."""
    begin: Callable[..., Any]
    block: Any
    compiled: Callable[..., Any] | None = None

    def advance(self, *example: Any) -> Callable[..., Any]:
        """Return the compiled block, compiling (or loading from the cache) for `example`."""
        ready = self.compiled
        if ready is None:
            ready = self.compiled = self.block.lower(*example).compile()
        return ready


def kernel(potential: Potential, settings: Settings) -> Kernel:
    """Build the jitted steps; keep the result to sample again without recompiling."""
    start, step = hmc(potential_fn_gen=whitened(potential), algo="NUTS")

    def begin(
        key: Any, y: Any, energy: Any, slope: Any, inputs: Inputs, whitening: Whitening
    ) -> Any:
        return start(
            ParamInfo(y, energy, slope),
            settings.warmup,
            step_size=0.3,
            dense_mass=False,
            target_accept_prob=settings.target_accept,
            max_tree_depth=settings.max_tree_depth,
            model_args=(inputs, whitening),
            rng_key=key,
        )

    def one(state: Any, inputs: Inputs, whitening: Whitening) -> tuple[Any, Any]:
        state = step(state, (inputs, whitening))
        kept = (
            whitening.centre + jnp.matmul(whitening.scale, state.z),
            state.energy,
            state.num_steps,
            state.diverging,
            state.accept_prob,
            state.adapt_state.step_size,
            -state.potential_energy,
        )
        return state, kept

    def block(state: Any, inputs: Inputs, whitening: Whitening) -> tuple[Any, Any]:
        return jax.lax.scan(lambda s, _: one(s, inputs, whitening), state, None, length=BLOCK)

    return Kernel(potential.value_and_grad, jax.jit(begin), jax.jit(block))


def sample(
    compiled: Kernel,
    inputs: Inputs,
    whitening: Whitening,
    starts: Sequence[Any],
    settings: Settings,
    *,
    draws: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int, int, float, int], None] | None = None,
) -> Chains:
    """Run one chain of `draws` kept draws from each of `starts` (whitened vectors).

    `progress` is called from the chains' threads with (chain, draws done, draws in all,
    step size, divergences after warm-up).

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
        states.append(compiled.begin(key, jnp.asarray(y), energy, slope, inputs, whitening))
    advance = compiled.advance(states[0], inputs, whitening)
    compile_seconds = perf_counter() - began

    began = perf_counter()
    warmup_blocks, draw_blocks = (-(-n // BLOCK) for n in (settings.warmup, draws))
    total = (warmup_blocks + draw_blocks) * BLOCK
    stop = threading.Event()

    def run(chain: int) -> list[Any]:
        state, blocks, divergences = states[chain], [], 0
        for block in range(warmup_blocks + draw_blocks):
            if stop.is_set():
                break
            state, kept = advance(state, inputs, whitening)
            kept = [np.asarray(part) for part in kept]
            blocks.append(kept)
            if block >= warmup_blocks:
                divergences += int(kept[3].sum())
            if progress:
                done = (block + 1) * BLOCK
                progress(chain, done, total, float(kept[5][-1]), divergences)
        return blocks

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(run, chain) for chain in range(len(starts))]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            blocks = [future.result() for future in futures if future.done()]
        finally:
            stop.set()
    stacked = [
        np.stack([np.concatenate([kept[i] for kept in chain]) for chain in blocks])
        for i in range(7)
    ]
    cut = warmup_blocks * BLOCK
    position, energy, steps, diverging, accept, size, lp = (
        a[:, cut : cut + draws] for a in stacked
    )
    return Chains(
        position=position,
        statistics=Statistics(energy, steps, diverging, accept, size, lp),
        warmup_steps=int(stacked[2][:, :cut].sum()),
        compile_seconds=compile_seconds,
        sample_seconds=perf_counter() - began,
    )
