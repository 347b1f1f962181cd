"""Sample the posterior of any program: modes, pilot, chains; engine-side and shape-agnostic."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from densing.inference.laplace import DISPERSION, Mode, curvature, find_mode, rewhitened
from densing.inference.nuts import WORKERS, Chains, kernel, sample
from densing.inference.potential import Inputs, Potential, Whitening, build
from densing.inference.settings import Settings
from densing.models.prior import Prior
from densing.results.health import MAX_RHAT, MIN_ESS, convergence

HOPELESS = 30.0
"""A start this many nats above the best one is no mode that matters: it is started again."""
MARGIN = 1.1
"""By how much the draws must pass the thresholds of the verdict before sampling stops."""
BATCH = 200
"""Draws whose derived quantities are computed at once."""
SECOND_STAGE = 1_000_003
"""Added to the seed after the pilot, so that its random numbers are not used twice."""


@dataclass(frozen=True)
class Progress:
    """What a fit reports while it runs."""

    stage: str
    chain: int = 0
    done: int = 0
    total: int = 0
    step_size: float = float("nan")
    divergences: int = 0


Listener = Callable[[Progress], None]


@dataclass(frozen=True)
class Sampled:
    """Draws of a program's parameters and how they were made."""

    values: Mapping[str, np.ndarray]
    """Sampled and derived quantities, shape (chain, draw, ...)."""
    chains: Chains
    inputs: Inputs
    gradient_evaluations: int
    seconds: dict[str, float]


def prepare_jax() -> None:
    """Turn on 64 bit and the compilation cache in the user's cache folder."""
    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    if jax.config.jax_compilation_cache_dir is None:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        jax.config.update("jax_compilation_cache_dir", str(base / "densing" / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


def sample_posterior(
    program: Callable[..., Any],
    data: Any,
    *,
    priors: Mapping[str, Prior],
    sizes: Mapping[str, int],
    facts: Mapping[str, Any],
    settings: Settings,
    seed: int,
    listen: Listener | None = None,
) -> Sampled:
    """Sample `program` (a function of a `Program` and data) given arrays `data`.

    Parameters
    ----------
    priors
        Declared priors by name; those the program does not ask for are ignored.
    sizes
        Length of each named dimension.
    facts
        Arrays that priors refer to by name.
    listen
        Called with `Progress`, from several threads.
    """
    tell = listen or (lambda progress: None)
    prepare_jax()
    tell(Progress("compiling"))
    began = perf_counter()
    inputs = jax.tree.map(jnp.asarray, Inputs(data, dict(facts)))
    potential = build(program, priors, sizes, inputs)
    starts, whitening, evaluations = find_starts(potential, inputs, settings, seed=seed, tell=tell)
    compiled = kernel(potential, settings)
    found = perf_counter() - began

    def stage(name: str) -> Callable[..., None]:
        return lambda *news: tell(Progress(name, *news))

    constrain = constrainer(potential, inputs)
    pilot = sample(
        compiled, inputs, whitening, starts, settings,
        draws=settings.pilot, seed=seed, progress=stage("shaping"),
    )  # fmt: skip
    whitening = rewhitened(whitening, pilot.position, pilot.slope)
    starts = [
        np.linalg.solve(whitening.scale, last - whitening.centre) for last in pilot.position[:, -1]
    ]
    chains = sample(
        compiled, inputs, jax.tree.map(jnp.asarray, whitening), starts, settings,
        draws=settings.draws, seed=seed + SECOND_STAGE, progress=stage("sampling"),
        enough=lambda position: converged(constrain(position)),
    )  # fmt: skip
    tell(Progress("deriving"))
    return Sampled(
        values=constrain(chains.position),
        chains=chains,
        inputs=inputs,
        gradient_evaluations=evaluations + pilot.steps + chains.steps,
        seconds={
            "compile": round(found + pilot.compile_seconds + chains.compile_seconds, 2),
            "sample": round(pilot.sample_seconds + chains.sample_seconds, 2),
        },
    )


def converged(
    values: Mapping[str, np.ndarray], *, max_rhat: float = MAX_RHAT, min_ess: float = MIN_ESS
) -> bool:
    """Whether draws of all quantities, (chain, draw, ...), pass the verdict with a margin.

    The margin is for what is only computed afterwards, and for the luck of stopping early.
    """
    for value in values.values():
        for scalar in np.moveaxis(value.reshape(*value.shape[:2], -1), -1, 0):
            rhat, bulk, tail = convergence(scalar)
            if not min(bulk, tail) >= MARGIN * min_ess:
                return False
            if len(scalar) > 1 and not rhat - 1.0 <= (max_rhat - 1.0) / MARGIN:
                return False
    return True


def find_starts(
    potential: Potential, inputs: Inputs, settings: Settings, *, seed: int, tell: Listener
) -> tuple[list[np.ndarray], Whitening, int]:
    """Find a starting vector for each chain, the whitening, and the gradients they took."""
    value_and_grad = potential.value_and_grad
    keys = jax.random.split(jax.random.key(seed), 10 * settings.chains)
    modes: list[Mode] = []
    evaluations = tried = 0
    potential.value_and_grad(potential.start(keys[0]), inputs)  # compiled before threads meet
    with ThreadPoolExecutor(WORKERS) as pool:
        while len(modes) < settings.chains and tried < len(keys):
            batch = keys[tried : tried + settings.chains - len(modes)]
            tried += len(batch)
            found = pool.map(
                lambda key: find_mode(value_and_grad, inputs, potential.start(key)), batch
            )
            for mode in found:
                evaluations += mode.evaluations
                modes.append(mode)
            best = min(m.energy for m in modes)
            modes = [m for m in modes if m.energy < best + HOPELESS]
            tell(Progress("searching modes", done=len(modes), total=settings.chains))
    best_mode = min(modes, key=lambda m: m.energy)
    whitening = curvature(value_and_grad, inputs, best_mode)
    evaluations += 2 * potential.size
    rng = np.random.default_rng(seed)
    starts = []
    for chain in range(settings.chains):
        offset = modes[chain % len(modes)].position - best_mode.position
        wide = DISPERSION * rng.standard_normal(potential.size)
        starts.append(np.linalg.solve(whitening.scale, offset) + wide)
    return starts, jax.tree.map(jnp.asarray, whitening), evaluations


def constrainer(
    potential: Potential, inputs: Inputs
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """Parameters and derived quantities at flat vectors of shape (chain, draw, size).

    Compiled for one number of draws, whatever number is asked for.
    """
    evaluate = jax.jit(jax.vmap(potential.constrain, in_axes=(0, None)))

    def constrain(position: np.ndarray) -> dict[str, np.ndarray]:
        flat = position.reshape(-1, potential.size)
        padded = np.resize(flat, (-(-len(flat) // BATCH) * BATCH, potential.size))
        parts = [
            evaluate(jnp.asarray(part), inputs)
            for part in padded.reshape(-1, BATCH, potential.size)
        ]
        return {
            name: np.concatenate([part[name] for part in parts])[: len(flat)].reshape(
                *position.shape[:2], *parts[0][name].shape[1:]
            )
            for name in parts[0]
            if not name.endswith("_coordinate")
        }

    return constrain
