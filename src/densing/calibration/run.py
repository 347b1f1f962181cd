"""Fit world after world with one compiled program; each is kept, so a killed run goes on."""

from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from densing import __version__
from densing.calibration.case import Case
from densing.calibration.kept import kept_worlds
from densing.calibration.ranks import place
from densing.inference import assemble
from densing.inference.sampler import Sampler, build_sampler
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.watching import Counter
from densing.inference.whitening import Inputs
from densing.models.coordinates import VERSION
from densing.results.health import examine


def calibrate(
    case: Case,
    settings: Settings,
    folder: Path,
    *,
    worlds: int,
    seed: int = 1,
    workers: int = 2,
    listen: Counter | None = None,
) -> list[dict[str, Any]]:
    """Draw `worlds` worlds of `case`, fit each, and place the truth among its draws.

    Parameters
    ----------
    workers
        Processes to fit in.
    listen
        Told how many worlds are done, and of how many.

    Returns
    -------
    list of dict
        A record a world: `world`, `share` and `rank` by quantity, `verdict`, `reasons`,
        `gradient_evaluations` and `seconds`. Every world, trustworthy or not.
    """
    home = folder / "worlds" / identity(case, settings, seed)
    return kept_worlds(
        home, worlds, lambda: partial(_some_worlds, case, settings, seed), workers=workers,
        listen=listen,
    )  # fmt: skip


def _some_worlds(
    case: Case, settings: Settings, seed: int, numbers: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Fit worlds by number with one compiled program."""
    prepare_jax()
    first = Inputs(case.draw(np.random.default_rng((seed, numbers[0]))).data, dict(case.facts))
    sampler = build_sampler(
        case.program, jax.tree.map(jnp.asarray, first), priors=case.priors, sizes=case.sizes,
        settings=settings, workers=1,
    )  # fmt: skip
    for number in numbers:
        yield number, one_world(case, sampler, seed=seed, number=number)


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
        __version__, VERSION, case.name, priors, dict(case.sizes), case.facts, example,
        settings.model_dump_json(), seed,
    )  # fmt: skip
    with np.printoptions(threshold=2**31, precision=17):
        return sha256(repr(content).encode()).hexdigest()[:16]
