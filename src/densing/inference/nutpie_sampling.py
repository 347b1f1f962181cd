"""Sample a `pm.Model` by nutpie: NUTS in Rust, with a low-rank mass matrix.

The density is the PyTensor graph of the `pm.Model`, compiled by JAX: on the bundled evidence
that takes seconds, where Numba takes minutes.
"""

from time import perf_counter
from typing import Any

import numpy as np
import nutpie
import pymc

from densing.inference.news import Listener, Progress
from densing.inference.nuts import Statistics
from densing.inference.pymc_sampling import PymcDraws, leapfrogs, named
from densing.inference.settings import Settings

sampler: Any = nutpie  # typed in part only


def sample_nutpie(
    model: pymc.Model, *, settings: Settings, seed: int, listen: Listener | None = None
) -> PymcDraws:
    """Sample `model`; see `pymc_sampling.sample_pymc`."""
    tell = listen or (lambda progress: None)
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
    stats = run["sample_stats"]
    return PymcDraws(
        values=named(run["posterior"]),
        statistics=Statistics(
            energy=stats["energy"].to_numpy(),
            n_steps=stats["n_steps"].to_numpy().astype(np.int64),
            diverging=stats["diverging"].to_numpy(),
            acceptance_rate=stats["mean_tree_accept"].to_numpy(),
            step_size=stats["step_size"].to_numpy(),
            lp=stats["logp"].to_numpy(),
        ),
        gradient_evaluations=leapfrogs(run),
        seconds={"compile": round(compile_seconds, 2), "sample": round(sample_seconds, 2)},
    )
