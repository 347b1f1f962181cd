"""A program compiled once for a shape of data, and sampled for any data of that shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from densing.inference.convergence import converged
from densing.inference.laplace import rewhitened
from densing.inference.news import Listener, Progress, nobody
from densing.inference.nuts import WORKERS, Chains, Kernel, kernel, sample
from densing.inference.potential import Inputs, Potential, Whitening, build
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.starts import find_starts
from densing.models.prior import Prior

BATCH = 200
"""Draws whose derived quantities are computed at once."""
SECOND_STAGE = 1_000_003
"""Added to the seed after the pilot, so that its random numbers are not used twice."""


@dataclass(frozen=True)
class Sampled:
    """Draws of a program's parameters and how they were made."""

    values: Mapping[str, np.ndarray]
    """Sampled and derived quantities, shape (chain, draw, ...)."""
    chains: Chains
    whitening: Whitening
    """In whose coordinates the chains moved."""
    gradient_evaluations: int
    seconds: Mapping[str, float]
    """`compile` and `sample`."""


@dataclass(frozen=True)
class Sampler:
    """Compiled once for a shape; data and facts are arguments."""

    potential: Potential
    kernel: Kernel
    settings: Settings
    workers: int
    _constrain: Callable[..., Any]
    _energy: Callable[..., Any]

    def sample(
        self,
        inputs: Inputs,
        *,
        seed: int,
        listen: Listener = nobody,
        enough: Callable[[Mapping[str, np.ndarray]], bool] | None = None,
    ) -> Sampled:
        """Sample from nothing: dispersed starts, modes, a pilot that learns the shape, chains.

        Parameters
        ----------
        inputs
            Arrays of the shape that this was built for.
        listen
            Called with `Progress`, from several threads.
        enough
            Told all kept draws of all quantities, whether they suffice; `converged` by default.
        """
        listen(Progress("compiling"))
        began = perf_counter()
        starts, whitening, evaluations = find_starts(
            self.potential, inputs, chains=self.settings.chains, seed=seed, workers=self.workers,
            tell=listen,
        )  # fmt: skip
        found = perf_counter() - began
        pilot = self.chains(
            inputs, whitening, starts, seed=seed, draws=self.settings.pilot, tell=listen,
            stage="shaping",
        )  # fmt: skip
        shaped = rewhitened(whitening, pilot.position, pilot.slope)
        chains = self.chains(
            inputs, shaped, unshaped(shaped, pilot.position[:, -1]), seed=seed + SECOND_STAGE,
            draws=self.settings.draws, tell=listen, stage="sampling", enough=enough or converged,
        )  # fmt: skip
        listen(Progress("deriving"))
        return Sampled(
            values=self.constrain(chains.position, inputs),
            chains=chains,
            whitening=shaped,
            gradient_evaluations=evaluations + pilot.steps + chains.steps,
            seconds={
                "compile": found + pilot.compile_seconds + chains.compile_seconds,
                "sample": pilot.sample_seconds + chains.sample_seconds,
            },
        )

    def chains(
        self,
        inputs: Inputs,
        whitening: Whitening,
        starts: Any,
        *,
        seed: int,
        draws: int,
        compiled: Kernel | None = None,
        enough: Callable[[Mapping[str, np.ndarray]], bool] | None = None,
        tell: Listener = nobody,
        stage: str = "sampling",
    ) -> Chains:
        """Run a chain from each of `starts` (whitened vectors); see `nuts.sample`."""
        more: dict[str, Any] = {}
        if enough:
            more["enough"] = lambda position: enough(self.constrain(position, inputs))
        return sample(
            compiled or self.kernel, inputs, jax.tree.map(jnp.asarray, whitening), starts,
            self.settings, draws=draws, seed=seed, workers=self.workers,
            progress=lambda *news: tell(Progress(stage, *news)), **more,
        )  # fmt: skip

    def constrain(self, position: np.ndarray, inputs: Inputs) -> dict[str, np.ndarray]:
        """Parameters and derived quantities at flat vectors of shape (chain, draw, size)."""
        values = self._batched(self._constrain, position, inputs)
        return {name: value for name, value in values.items() if not name.endswith("_coordinate")}

    def energy(self, position: np.ndarray, inputs: Inputs) -> np.ndarray:
        """Negative log density at flat vectors of shape (chain, draw, size): (chain, draw)."""
        return self._batched(self._energy, position, inputs)

    def _batched(self, function: Callable[..., Any], position: np.ndarray, inputs: Inputs) -> Any:
        """Compiled for one number of draws, whatever number is asked for."""
        flat = position.reshape(-1, position.shape[-1])
        padded = np.resize(flat, (-(-len(flat) // BATCH) * BATCH, flat.shape[1]))
        parts = [
            function(jnp.asarray(part), inputs) for part in padded.reshape(-1, BATCH, flat.shape[1])
        ]
        lead = position.shape[:-1]

        def whole(*pieces: Any) -> np.ndarray:
            return np.concatenate(pieces)[: len(flat)].reshape(*lead, *pieces[0].shape[1:])

        return jax.tree.map(whole, *parts)


def build_sampler(
    program: Callable[..., Any],
    inputs: Inputs,
    *,
    priors: Mapping[str, Prior],
    sizes: Mapping[str, int],
    settings: Settings,
    workers: int = WORKERS,
) -> Sampler:
    """Build a sampler of `program` (a function of a `Program` and data).

    Nothing is compiled before it is needed.

    Parameters
    ----------
    inputs
        Any data and facts of the shape to come.
    priors
        Declared priors by name; those the program does not ask for are ignored.
    sizes
        Length of each named dimension.
    workers
        Threads that chains run on.
    """
    prepare_jax()
    potential = build(program, priors, sizes, inputs)

    def energies(z: Any, given: Inputs) -> Any:
        return jax.lax.map(partial(_energy, potential, given), z, batch_size=20)

    return Sampler(
        potential, kernel(potential, settings), settings, workers,
        jax.jit(jax.vmap(potential.constrain, in_axes=(0, None))), jax.jit(energies),
    )  # fmt: skip


def _energy(potential: Potential, inputs: Inputs, z: Any) -> Any:
    return potential.negative_log_density(z, inputs)


def unshaped(whitening: Whitening, positions: np.ndarray) -> list[np.ndarray]:
    """Whitened vectors of flat unconstrained ones."""
    scale, centre = np.asarray(whitening.scale), np.asarray(whitening.centre)
    return [np.linalg.solve(scale, z - centre) for z in positions]
