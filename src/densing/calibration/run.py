"""Fit world after world with one compiled program; each is kept, so a killed run goes on."""

import json
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from densing import __version__
from densing.calibration.case import Case
from densing.calibration.ranks import place
from densing.inference import assemble
from densing.inference.potential import Inputs
from densing.inference.sampler import Sampler, build_sampler
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.results.health import examine
from densing.results.plain_json import to_json
from densing.results.whole import write_whole

Listener = Callable[[int, int], None]
"""Told how many worlds are done, and of how many."""


def calibrate(
    case: Case,
    settings: Settings,
    folder: Path,
    *,
    worlds: int,
    seed: int = 1,
    workers: int = 2,
    listen: Listener | None = None,
) -> list[dict[str, Any]]:
    """Draw `worlds` worlds of `case`, fit each, and place the truth among its draws.

    Returns
    -------
    list of dict
        A record a world: `world`, `share` and `rank` by quantity, `verdict`, `reasons`,
        `gradient_evaluations` and `seconds`. Every world, trustworthy or not.
    """
    prepare_jax()
    home = folder / "worlds" / identity(case, settings, seed)
    sampler: list[Sampler] = []

    def work(number: int) -> dict[str, Any]:
        path = home / f"{number:05d}.json"
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
        if not sampler:
            first = Inputs(case.draw(np.random.default_rng((seed, number))).data, dict(case.facts))
            sampler.append(build_sampler(
                case.program, jax.tree.map(jnp.asarray, first), priors=case.priors,
                sizes=case.sizes, settings=settings, workers=1,
            ))  # fmt: skip
        record = one_world(case, sampler[0], seed=seed, number=number)
        write_whole(path, to_json(record).encode())
        return record

    tell = listen or (lambda done, total: None)
    tell(0, worlds)
    records = [work(0)]  # compiled before threads meet
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, number) for number in range(1, worlds)]
        try:
            for done, future in enumerate(futures, start=1):
                wait(futures[:done], return_when=FIRST_EXCEPTION)
                records.append(future.result())
                tell(done + 1, worlds)
        finally:
            for future in futures:
                future.cancel()
    return records


def one_world(case: Case, sampler: Sampler, *, seed: int, number: int) -> dict[str, Any]:
    """Draw a world, fit it and place its truth."""
    began = perf_counter()
    rng = np.random.default_rng((seed, number))
    world = case.draw(rng)
    inputs = jax.tree.map(jnp.asarray, Inputs(world.data, dict(case.facts)))
    own = int(rng.integers(2**31))
    sampled = sampler.sample(inputs, seed=own)
    health = examine(
        assemble.unlabelled(sampled.values), assemble.sample_stats(sampled.chains.statistics),
        gradient_evaluations=sampled.gradient_evaluations,
    )  # fmt: skip
    flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
    estimates = case.estimate(flat, world.data, own)
    places = {k: place(draws, float(world.truth[k]), rng) for k, draws in estimates.items()}
    return {
        "world": number,
        "share": {k: p.share for k, p in places.items()},
        "rank": {k: p.rank for k, p in places.items()},
        "verdict": health.verdict, "reasons": list(health.reasons),
        "gradient_evaluations": sampled.gradient_evaluations,
        "seconds": round(perf_counter() - began, 2),
    }  # fmt: skip


def identity(case: Case, settings: Settings, seed: int) -> str:
    """Digest of everything that a world's record follows from."""
    priors = {name: prior.model_dump_json() for name, prior in case.priors.items()}
    example = case.draw(np.random.default_rng(0)).data
    content = (
        __version__, case.name, priors, dict(case.sizes), case.facts, example,
        settings.model_dump_json(), seed,
    )  # fmt: skip
    with np.printoptions(threshold=2**31, precision=17):
        return sha256(repr(content).encode()).hexdigest()[:16]
