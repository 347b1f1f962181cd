"""One fit: evidence and a declared model in, a run out."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from densing.data import Evidence
from densing.inference import assemble
from densing.inference.laplace import DISPERSION, Mode, curvature, find_mode
from densing.inference.nuts import Kernel, kernel, sample
from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.potential import Inputs, Potential, Whitening, build
from densing.inference.settings import Settings, load_settings
from densing.inference.targets import draw_targets
from densing.models.declaration import Model, load_model
from densing.models.joint import joint
from densing.models.layout import Layout, lay_out
from densing.results.derive import derived
from densing.results.health import examine

HOPELESS = 30.0
"""A start this many nats above the best one is no mode that matters: it is started again."""


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


def prepare_jax() -> None:
    """Turn on 64 bit and the compilation cache in the user's cache folder."""
    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    if jax.config.jax_compilation_cache_dir is None:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        jax.config.update("jax_compilation_cache_dir", str(base / "densing" / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


def fit(
    evidence: Evidence,
    *,
    model: Model | None = None,
    settings: Settings | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """Sample the joint posterior of `model` given `evidence`.

    Parameters
    ----------
    evidence
        Validated tables (`load_evidence`).
    model, settings
        Declared model and sampler recipe; the defaults where None.
    seed
        Same seed, same machine: same draws.
    listen
        Called with `Progress`, from several threads.

    Returns
    -------
    xarray.DataTree
        Groups posterior, derived, sample_stats, log_likelihood, constant_data; whether it may
        be trusted is in the attribute `health` (see `results.health`).

    Raises
    ------
    SelectionError
        The choices leave nothing to fit.
    """
    model, settings = model or load_model(), settings or load_settings()
    tell = listen or (lambda progress: None)
    prepare_jax()
    tell(Progress("compiling"))
    layout = lay_out(evidence, model.choices)
    began = perf_counter()
    switches = model.choices.switches

    def program(m: NumpyroProgram, data: Any) -> None:
        joint(m, data, switches)

    inputs = jax.tree.map(jnp.asarray, Inputs(layout.data, dict(layout.facts)))
    potential = build(program, model.priors, layout.sizes, inputs)
    starts, whitening, evaluations = find_starts(potential, inputs, settings, seed=seed, tell=tell)
    compiled = kernel(potential, settings)
    found = perf_counter() - began
    chains = sample(
        compiled, inputs, whitening, starts, settings, seed=seed,
        progress=lambda *news: tell(Progress("sampling", *news)),
    )  # fmt: skip
    tell(Progress("deriving"))
    began = perf_counter()
    flat = chains.position.reshape(-1, potential.size)
    values = constrained(potential, inputs, flat)
    targets = draw_targets(values, inputs.data, inputs.facts, switches, seed=seed)

    def by_chain(array: np.ndarray) -> np.ndarray:
        return np.asarray(array).reshape(*chains.position.shape[:2], *array.shape[1:])

    draws = {name: by_chain(array) for name, array in values.items()}
    draws["log_density"] = by_chain(targets.log_density)
    posterior = assemble.labelled(draws, model.priors, layout.coords)
    stats = assemble.sample_stats(chains.statistics)
    steps = chains.warmup_steps + int(chains.statistics.n_steps.sum())
    health = examine(
        posterior,
        stats,
        gradient_evaluations=steps + evaluations,
        integration_error=float(np.abs(targets.integration_error).max()),
    )
    quantities = derived(posterior, layout, seed=seed)
    seconds = {
        "compile": round(found + chains.compile_seconds, 2),
        "sample": round(chains.sample_seconds, 2),
        "derive": round(perf_counter() - began, 2),
    }
    run = xr.DataTree.from_dict(
        {
            "/posterior": posterior,
            "/derived": quantities,
            "/sample_stats": stats,
            "/log_likelihood": log_likelihood(targets.log_likelihood, layout, by_chain),
            "/constant_data": assemble.constant_data(layout),
        }
    )
    run.attrs = assemble.attributes(
        model, layout, evidence.hash,
        settings=settings.model_dump(), seed=seed, health=health.as_dict(seconds),
        models=len(layout.models), scores=len(layout.scores),
    )  # fmt: skip
    return run


def find_starts(
    potential: Potential, inputs: Inputs, settings: Settings, *, seed: int, tell: Listener
) -> tuple[list[np.ndarray], Whitening, int]:
    """Find a starting vector for each chain, the whitening, and the gradients they took."""
    value_and_grad = jax.jit(jax.value_and_grad(potential.negative_log_density))
    keys = iter(jax.random.split(jax.random.key(seed), 10 * settings.chains))
    modes: list[Mode] = []
    evaluations = 0
    while len(modes) < settings.chains:
        key = next(keys, None)
        if key is None:
            break
        mode = find_mode(value_and_grad, inputs, potential.start(key))
        evaluations += mode.evaluations
        tell(Progress("searching modes", done=len(modes) + 1, total=settings.chains))
        modes.append(mode)
        best = min(m.energy for m in modes)
        modes = [m for m in modes if m.energy < best + HOPELESS]
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


def constrained(potential: Potential, inputs: Inputs, flat: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters and derived quantities of each draw, leading axis draw."""
    values = jax.jit(jax.vmap(lambda z: potential.constrain(z, inputs)))(jnp.asarray(flat))
    return {k: np.asarray(v) for k, v in values.items() if not k.endswith("_coordinate")}


def log_likelihood(
    terms: dict[str, np.ndarray], layout: Layout, by_chain: Callable[[np.ndarray], np.ndarray]
) -> xr.Dataset:
    """Pointwise log-likelihoods; `scores` is of all of a model's scores together."""
    dims = {"scores": "model", "log_loss": "run_row", "correct": "checkpoint_row"}
    return xr.Dataset(
        {
            name: (
                ("chain", "draw", dims[name]), by_chain(array),
                {"units": "nats", "long_name": f"log-likelihood of {name}"},
            )
            for name, array in terms.items()
        },
        coords={"model": layout.coords["model"]},
    )  # fmt: skip


__all__ = ["Kernel", "Progress", "fit"]
