"""Sample a `pm.Model` by nutpie: NUTS in Rust, with a low-rank mass matrix.

The density is the PyTensor graph of the `pm.Model`, compiled by JAX: on the bundled evidence
that takes seconds, where Numba takes minutes.
"""

from time import perf_counter
from typing import Any

import nutpie
import pymc

from densing.inference.draws import Draws, draws_of_tree
from densing.inference.news import Listener, Progress, nobody
from densing.inference.settings import Settings

sampler: Any = nutpie  # typed in part only


def sample_nutpie(
    model: pymc.Model, *, settings: Settings, seed: int, listen: Listener | None = None
) -> Draws:
    """Sample `model`; see `pymc_sampling.sample_pymc`."""
    tell = listen or nobody
    tell(Progress("compiling"))
    began = perf_counter()
    compiled = sampler.compile_pymc_model(model, backend="jax", gradient_backend="jax")
    compile_seconds = perf_counter() - began

    def progress(chains: list[Any]) -> None:
        for i, chain in enumerate(chains):
            if chain.started:
                tell(Progress(
                    "sampling", i, chain.finished_draws, chain.total_draws,
                    float(chain.step_size), 0 if chain.tuning else chain.divergences,
                ))  # fmt: skip

    began = perf_counter()  # JAX compiles when the first chain starts: that is in here too
    running = sampler.sample(
        compiled, draws=settings.draws, tune=settings.warmup, chains=settings.chains,
        cores=min(2, settings.chains), seed=seed, adaptation="low_rank",
        target_accept=settings.target_accept, maxdepth=settings.max_tree_depth,
        progress_bar=False, progress_callback=progress, blocking=False,
    )  # fmt: skip
    try:
        run = running.wait()
    except BaseException:  # an interrupt too: no chain goes on, nothing is kept
        running.cancel()
        raise
    sample_seconds = perf_counter() - began
    tell(Progress("deriving"))
    return draws_of_tree(
        run, names={"acceptance_rate": "mean_tree_accept", "lp": "logp"}, evaluations=0,
        seconds={"compile": compile_seconds, "sample": sample_seconds},
    )  # fmt: skip
