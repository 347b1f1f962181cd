"""Sample a `pm.Model` by PyMC's own NUTS: modes, a pilot, chains, as in the NumPyro engine.

PyMC would learn a mass matrix of some hundred dimensions from nothing; here it is the curvature
at the mode, then the pilot's covariance. The density is the PyTensor graph, compiled by JAX.
Chains run one after the other, in this process: JAX does not survive a fork.
"""

from time import perf_counter
from typing import Any

import numpy as np
import pymc
import xarray as xr
from pymc.blocking import DictToArrayBijection, RaveledVars

from densing.inference.draws import Draws, draws_of_tree, leapfrogs
from densing.inference.laplace import DISPERSION, Mode, curvature, find_mode, rewhitened
from densing.inference.news import Listener, Progress, nobody
from densing.inference.settings import Settings
from densing.inference.shaping import STAGE
from densing.inference.starts import HOPELESS
from densing.inference.whitening import Whitening

pm: Any = pymc  # typed in part only
MODE = "JAX"
"""PyTensor's compiler: C takes minutes for this graph and may be missing, Numba takes longer."""
NOTHING: Any = None
"""Data are constants of a `pm.Model`, not arguments."""


def sample_pymc(
    model: pymc.Model, *, settings: Settings, seed: int, listen: Listener | None = None
) -> Draws:
    """Sample `model`.

    Parameters
    ----------
    model
        As `pymc_engine.pm_model` builds it.
    listen
        Called with `Progress`.

    Raises
    ------
    KeyboardInterrupt
        On interrupt, also where PyMC itself would return the draws it has.
    """
    tell = listen or nobody
    tell(Progress("compiling"))
    began = perf_counter()
    chains = _Chains(model, settings, tell)
    starts, whitening, evaluations = _starts(chains, settings, seed=seed, tell=tell)
    compile_seconds = perf_counter() - began
    began = perf_counter()
    pilot = chains.run("shaping", whitening, starts, draws=settings.pilot, seed=seed)
    whitening = rewhitened(whitening, chains.positions)
    run = chains.run(
        "sampling", whitening, list(chains.positions[:, -1]), draws=settings.draws,
        seed=seed + STAGE,
    )  # fmt: skip
    sample_seconds = perf_counter() - began
    tell(Progress("deriving"))
    return draws_of_tree(
        run, names={}, evaluations=evaluations + leapfrogs(pilot),
        seconds={"compile": compile_seconds, "sample": sample_seconds},
    )  # fmt: skip


class _Chains:
    """The model's density over flat vectors, and PyMC's chains on it under a given metric."""

    def __init__(self, model: pymc.Model, settings: Settings, tell: Listener) -> None:
        self.model, self.settings, self.tell = model, settings, tell
        compiled: Any = model.logp_dlogp_function(ravel_inputs=True, mode=MODE)
        compiled.set_extra_values({})
        self._compiled = compiled
        self.origin = DictToArrayBijection.map(model.initial_point())
        self.positions = np.empty((0, 0, 0))
        """Flat vectors of the last run's kept draws, shape (chain, draw, size)."""

    def value_and_grad(self, z: Any, _: Any = None) -> tuple[float, np.ndarray]:
        """Negative log density and its gradient."""
        value, slope = self._compiled(np.asarray(z))
        return -float(value), -np.asarray(slope)

    def run(
        self, stage: str, whitening: Whitening, starts: list[np.ndarray], *, draws: int, seed: int
    ) -> xr.DataTree:
        """Run a chain from each start: warm-up, then `draws` kept draws."""
        settings, count = self.settings, len(starts)
        scale, total = np.asarray(whitening.scale), settings.warmup + draws
        positions: list[list[np.ndarray]] = [[] for _ in starts]
        done, divergences = [0] * count, [0] * count

        def progress(trace: Any, draw: Any) -> None:
            chain, stats = draw.chain, draw.stats[0]
            done[chain] += 1
            if not draw.tuning:
                positions[chain].append(DictToArrayBijection.map(draw.point).data)
                divergences[chain] += int(stats["diverging"])
            if done[chain] % 50 == 0:
                self.tell(Progress(
                    stage, chain, done[chain], total, float(stats["step_size"]),
                    divergences[chain],
                ))  # fmt: skip

        with self.model:
            step = pm.NUTS(
                scaling=scale @ scale.T, is_cov=True, target_accept=settings.target_accept,
                max_treedepth=settings.max_tree_depth, compile_kwargs={"mode": MODE},
            )  # fmt: skip
        info = self.origin.point_map_info
        run = pm.sample(
            draws, tune=settings.warmup, chains=count, cores=1, step=step,
            initvals=[DictToArrayBijection.rmap(RaveledVars(z, info)) for z in starts],
            random_seed=seed, model=self.model, callback=progress, discard_tuned_samples=False,
            progressbar=False, quiet=True, compute_convergence_checks=False, blas_cores=None,
        )  # fmt: skip
        if done != [total] * count:  # PyMC keeps what it has when it is interrupted
            raise KeyboardInterrupt
        self.positions = np.asarray(positions)
        return run


def _starts(
    chains: _Chains, settings: Settings, *, seed: int, tell: Listener
) -> tuple[list[np.ndarray], Whitening, int]:
    """Dispersed start of each chain about a mode of its own; whitening; gradients they took.

    As `starts.find_starts`: modes that do not matter are started again.
    """
    rng, size = np.random.default_rng(seed), len(chains.origin.data)
    modes: list[Mode] = []
    evaluations = 2 * size
    for _ in range(10 * settings.chains):
        mode = find_mode(chains.value_and_grad, NOTHING, rng.uniform(-2.0, 2.0, size))
        evaluations += mode.evaluations
        modes.append(mode)
        best = min(modes, key=lambda mode: mode.energy)
        modes = [mode for mode in modes if mode.energy < best.energy + HOPELESS]
        tell(Progress("searching modes", done=len(modes), total=settings.chains))
        if len(modes) == settings.chains:
            break
    best = min(modes, key=lambda mode: mode.energy)
    whitening = curvature(chains.value_and_grad, NOTHING, best)
    starts = [
        modes[chain % len(modes)].position
        + DISPERSION * np.asarray(whitening.scale) @ rng.standard_normal(size)
        for chain in range(settings.chains)
    ]
    return starts, whitening, evaluations
