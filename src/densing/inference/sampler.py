"""A program compiled once for a shape of data, and sampled for any data of that shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits

from densing.inference.convergence import converged
from densing.inference.kernels import Kernel, Pace, kernel
from densing.inference.laplace import rewhitened
from densing.inference.news import Listener, Progress, nobody
from densing.inference.nuts import WORKERS, Chains, sample
from densing.inference.potential import Potential, build
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.shaping import STAGE, shape, unshaped
from densing.inference.starts import find_starts
from densing.inference.static_hmc import JitteredHMC
from densing.inference.whitening import Inputs, Whitening
from densing.models.prior import Prior

BATCH = 200
"""Draws whose derived quantities are computed at once."""
Enough = Callable[[Mapping[str, np.ndarray]], bool]


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
    first_divergences: int = 0
    """Divergent transitions of a first try, whose draws were dropped."""

    def after(self, gradient_evaluations: int, seconds: Mapping[str, float]) -> "Sampled":
        """Return the same with what was spent before added."""
        return replace(
            self,
            gradient_evaluations=self.gradient_evaluations + gradient_evaluations,
            seconds={name: value + seconds[name] for name, value in self.seconds.items()},
        )


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
        enough: Enough = converged,
    ) -> Sampled:
        """Sample from nothing: dispersed starts, modes, pilots that learn the shape, chains.

        Where the chains diverge, once more in smaller steps (`again`).

        Parameters
        ----------
        inputs
            Arrays of the shape that this was built for.
        listen
            Called with `Progress`, from several threads.
        enough
            Told all kept draws of all quantities, (chain, draw, ...): whether they suffice.
        """
        listen(Progress("compiling"))
        began = perf_counter()
        # L-BFGS on small matrices: BLAS threads would only wait for each other.
        with threadpool_limits(1, user_api="blas"):
            starts, whitening, evaluations = find_starts(
                self.potential, inputs, chains=self.settings.chains, seed=seed,
                workers=self.workers, tell=listen,
            )  # fmt: skip
        found = perf_counter() - began
        shaped = shape(
            partial(self._chains, inputs, tell=listen, stage="shaping"),
            self.potential.value_and_grad, inputs, whitening, starts, pilot=self.settings.pilot,
            seed=seed,
        )  # fmt: skip
        sampled = self.run(
            inputs, shaped.whitening, shaped.position, seed=seed + STAGE, enough=enough,
            tell=listen, pace=Pace(shaped.step_size, self.settings.warmup),
        ).after(
            evaluations + shaped.gradient_evaluations,
            {"compile": found + shaped.compile_seconds, "sample": shaped.sample_seconds},
        )  # fmt: skip
        if self.settings.careful_accept and sampled.chains.statistics.diverging.any():
            sampled = self.again(sampled, inputs, seed=seed, enough=enough, tell=listen)
        listen(Progress("deriving"))
        return sampled

    def again(
        self, first: Sampled, inputs: Inputs, *, seed: int, enough: Enough = converged,
        tell: Listener = nobody,
    ) -> Sampled:  # fmt: skip
        """Sample once more in smaller steps, none of the first draws kept.

        From where the first chains ended, in the shape of their draws. What remains of divergences
        then, remains in the verdict; how many the first try met is told beside it.
        """
        chains = first.chains
        sampled = self.run(
            inputs, rewhitened(first.whitening, chains.position, chains.slope),
            chains.position[:, -1], seed=seed + 2 * STAGE, enough=enough, careful=True,
            tell=tell,
        )  # fmt: skip
        met = first.first_divergences + int(chains.statistics.diverging.sum())
        sampled = replace(sampled, first_divergences=met)
        return sampled.after(first.gradient_evaluations, first.seconds)

    def run(
        self,
        inputs: Inputs,
        whitening: Whitening,
        starts: np.ndarray,
        *,
        seed: int,
        enough: Enough = converged,
        careful: bool = False,
        known: bool = False,
        tell: Listener = nobody,
        **more: Any,
    ) -> Sampled:
        """Sample in a given shape: a chain from each of `starts`, flat vectors (chain, size).

        By NUTS, or by trajectories of about `steady.LENGTH` where the shape is `known`.
        `more` is handed to `nuts.sample`: `pace`, `extension`, `give_up`.
        """
        chains = self._chains(
            inputs, whitening, unshaped(whitening, starts), seed=seed,
            draws=self.settings.draws, careful=careful, known=known, tell=tell,
            stage="sampling again" if careful else "sampling",
            enough=lambda position: enough(self.constrain(position, inputs)), **more,
        )  # fmt: skip
        seconds = {"compile": chains.compile_seconds, "sample": chains.sample_seconds}
        values = self.constrain(chains.position, inputs)
        return Sampled(values, chains, whitening, chains.steps, seconds)

    def _chains(
        self,
        inputs: Inputs,
        whitening: Whitening,
        starts: Any,
        *,
        careful: bool = False,
        known: bool = False,
        tell: Listener,
        stage: str,
        **more: Any,
    ) -> Chains:
        nuts = self.careful if careful else self.kernel
        return sample(
            self.steady if known else nuts, inputs,
            jax.tree.map(jnp.asarray, whitening), starts, self.settings, workers=self.workers,
            progress=lambda *news: tell(Progress(stage, *news)), **more,
        )  # fmt: skip

    @cached_property
    def careful(self) -> Kernel:
        """The same sampler in smaller steps; compiled only where the first try diverged."""
        accept = self.settings.careful_accept or self.settings.target_accept
        settings = self.settings.model_copy(update={"target_accept": accept})
        return kernel(self.potential, settings)

    @cached_property
    def steady(self) -> JitteredHMC:
        """Trajectories of a known length, for shapes that are known."""
        return JitteredHMC(self.potential, self.settings)

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
    shared: bool = False,
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
    shared
        Whether trajectories of a known length are what will be run (`potential.build`).
    """
    prepare_jax()
    potential = build(program, priors, sizes, inputs, shared=shared)

    def energies(z: Any, given: Inputs) -> Any:
        return jax.lax.map(partial(_energy, potential, given), z, batch_size=20)

    return Sampler(
        potential, kernel(potential, settings), settings, workers,
        jax.jit(jax.vmap(potential.constrain, in_axes=(0, None))), jax.jit(energies),
    )  # fmt: skip


def _energy(potential: Potential, inputs: Inputs, z: Any) -> Any:
    return potential.negative_log_density(z, inputs)
