"""The compiled program of a shape, and the ways to sample with it: cold, matched, warm, retried."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from threadpoolctl import threadpool_limits

from densing.batch.batch_and_match import match
from densing.batch.padding import Shape, Sizes
from densing.batch.transport import (
    WarmStart,
    find_peak,
    held,
    inherited,
    maximin,
    shaped,
    transported,
    typical,
)
from densing.inference.kernels import FIRST_STEP, Pace
from densing.inference.laplace import mean_curvature, rewhitened
from densing.inference.news import nobody
from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.sampler import Enough, Sampled, Sampler, build_sampler
from densing.inference.settings import Settings
from densing.inference.shaping import PILOTS, STAGE, among_last
from densing.inference.starts import find_starts
from densing.inference.targets import grid_errors, typical_error, worst_edge
from densing.inference.trajectories import at_each
from densing.inference.whitening import Inputs, Whitening
from densing.models.joint import JointData, Switches, joint
from densing.models.prior import Prior
from densing.models.program import Program
from densing.models.shapes import KNOTS

WARM_CHAINS = 2
"""Chains of a fit that begins from a warm start."""
CANDIDATES = 24
"""Draws of the warm start that compete to be where chains begin."""
STEP = 0.4
"""Step size that suits a posterior in the shape of a density that matches its gradients."""
MATCHED = 1
"""Seed of that density's points: a warm start and what begins with it are compared by the same."""
WARMUP, SETTLE = 25, 50
"""Draws that the step size of a chain adapts over where the shape is known, and where the chain
comes from a dispersed start, too."""
EXTENSION = 25
"""Draws that chains go on for while they do not suffice."""
CAREFUL = 0.6
"""Factor on the step size of chains that failed twice."""
AGAIN = 3 + PILOTS
"""Stage of a second try's random numbers, after the pilots'; a third one's is the next."""
ELSEWHERE = (AGAIN + 2) * STAGE
"""Added to the seed where a posterior is begun once more, from dispersed starts."""
NOTHING = {"compile": 0.0, "sample": 0.0}
"""Seconds of what is not timed by itself."""
CHECKED = 100
"""Draws that an integration grid is checked at: one number of them, one program."""
PROGRAMS = 12
"""Compiled programs that a process keeps."""


@dataclass(frozen=True)
class Machine:
    """A sampler of all posteriors of a shape.

    Every way to sample returns `Sampled`; draws that are `enough` (`verdict.suffices`) end it.
    """

    sampler: Sampler
    switches: Switches

    @property
    def grad(self) -> Any:
        """Negative log density and its gradient, compiled; of a flat unconstrained vector."""
        return self.sampler.potential.value_and_grad

    @property
    def held(self) -> np.ndarray:
        """Positions of the spreads that a peak is found without."""
        return held(self.sampler.potential.labels)

    def sample_cold(self, inputs: Inputs, *, seed: int, enough: Enough) -> Sampled:
        """Sample by NUTS from dispersed starts; pilots learn the shape."""
        return self.sampler.sample(inputs, seed=seed, enough=enough)

    def sample_matched(self, inputs: Inputs, *, seed: int, enough: Enough) -> Sampled:
        """Sample from dispersed starts in the shape of a density matched there, by static HMC.

        The first draws are dropped: they show the shape for those that are kept.
        """
        starts, laplace, evaluations = self._starts(inputs, self.sampler.settings.chains, seed)
        with threadpool_limits(1, user_api="blas"):
            normal = match(self.grad, inputs, laplace, seed=MATCHED)
        far = np.asarray(starts) @ np.asarray(laplace.scale).T
        pilot = self.sampler.run(
            inputs, normal.metric(of=laplace), laplace.centre + far, seed=seed,
            enough=lambda values: True, pace=Pace(STEP, SETTLE), known=True,
        ).after(evaluations + normal.evaluations, NOTHING)  # fmt: skip
        return self.retry(pilot, inputs, seed=seed + 3 * STAGE, enough=enough, careful=False)

    def sample_inherited(
        self, parent: WarmStart, inputs: Inputs, *, seed: int, enough: Enough
    ) -> Sampled:
        """Sample from dispersed starts in the shape of `parent`'s draws, by static HMC."""
        labels = self.sampler.potential.labels
        starts, laplace, evaluations = self._starts(inputs, WARM_CHAINS + 1, seed)
        with threadpool_limits(1, user_api="blas"):
            around = typical(parent, labels, laplace.centre, self.held)
            peak = find_peak(self.grad, inputs, around, np.zeros(len(labels)), self.held)
            whitening = inherited(parent, labels, peak.metric(of=around))
            normal = match(self.grad, inputs, whitening, seed=MATCHED)
        far = maximin(np.asarray(starts), WARM_CHAINS) @ np.asarray(laplace.scale).T
        spent = evaluations + peak.evaluations + normal.evaluations
        return self.sampler.run(
            inputs, normal.metric(of=whitening), laplace.centre + far, seed=seed, enough=enough,
            pace=Pace(STEP, SETTLE), extension=EXTENSION, give_up=True, known=True,
        ).after(spent, NOTHING)  # fmt: skip

    def sample_warm(
        self, start: WarmStart, inputs: Inputs, *, seed: int, enough: Enough
    ) -> Sampled:
        """Sample a posterior of the warm start's shape from its draws, carried there."""
        with threadpool_limits(1, user_api="blas"):
            peak = find_peak(self.grad, inputs, start.whitening, start.peak.centre, self.held)
            way = transported(start.whitening, start.peak, peak)
            normal = match(self.grad, inputs, way, seed=MATCHED)
            shape, carry = shaped(way, start.normal, normal)
        pool = start.position.reshape(-1, start.position.shape[-1])
        some = np.random.default_rng(seed).choice(len(pool), CANDIDATES, replace=False)
        starts = carry.centre + pool[some] @ carry.scale.T
        # Where the posterior's shape is another, some draws land far out: the likeliest are taken.
        excess = self.energy(starts, inputs) - start.energy.ravel()[some]
        starts = starts[np.argsort(np.nan_to_num(excess, nan=np.inf))[:WARM_CHAINS]]
        spent = peak.evaluations + normal.evaluations + CANDIDATES
        return self.sampler.run(
            inputs, shape, starts, seed=seed, enough=enough, pace=Pace(STEP, WARMUP),
            extension=EXTENSION, give_up=True, known=True,
        ).after(spent, NOTHING)  # fmt: skip

    def retry(
        self, first: Sampled, inputs: Inputs, *, seed: int, enough: Enough, careful: bool
    ) -> Sampled:
        """Sample once more, none of the first draws kept, in the shape that those show.

        In shorter steps where `careful`; the program that is compiled serves for both.
        """
        chains, spent = first.chains, first.gradient_evaluations
        if careful:
            shape = rewhitened(first.whitening, chains.position, chains.slope)
            pace = Pace(CAREFUL * chains.step_size, 0)
        else:
            # Few draws in a bad shape show little by themselves: the curvature among them does.
            at = among_last(chains.position)
            with threadpool_limits(1, user_api="blas"):
                curved = mean_curvature(self.grad, inputs, first.whitening, at)
            slope = chains.slope @ np.linalg.solve(first.whitening.scale, curved.scale)
            shape = rewhitened(curved, chains.position, slope)
            pace = Pace(max(chains.step_size, FIRST_STEP), WARMUP)
            spent += 2 * at.size
        return self.sampler.run(
            inputs, shape, chains.position[:, -1], seed=seed + (AGAIN + careful) * STAGE,
            enough=enough, pace=pace, extension=EXTENSION, known=True,
        ).after(spent, first.seconds)  # fmt: skip

    def _starts(
        self, inputs: Inputs, chains: int, seed: int
    ) -> tuple[list[np.ndarray], Whitening, int]:
        """Dispersed starts, whitened at the best mode, and the gradients they took."""
        with threadpool_limits(1, user_api="blas"):
            return find_starts(
                self.sampler.potential, inputs, chains=chains, seed=seed,
                workers=self.sampler.workers, tell=nobody,
            )  # fmt: skip

    def warm_start(self, sampled: Sampled, inputs: Inputs, *, trustworthy: bool) -> WarmStart:
        """Keep what others begin with."""
        chains = sampled.chains
        shape = rewhitened(sampled.whitening, chains.position, chains.slope)
        labels = self.sampler.potential.labels
        with threadpool_limits(1, user_api="blas"):
            peak = find_peak(self.grad, inputs, shape, np.zeros(len(labels)), self.held)
            normal = match(self.grad, inputs, shape, seed=MATCHED)
        position = (chains.position - shape.centre) @ np.linalg.inv(shape.scale).T
        energy = -chains.statistics.lp
        return WarmStart(labels, shape, peak, normal, position, energy, trustworthy)

    def energy(self, position: np.ndarray, inputs: Inputs) -> np.ndarray:
        """Negative log density at flat vectors of shape (..., size), shape (...).

        By the program that modes are searched with, which is compiled already.
        """
        flat = position.reshape(-1, position.shape[-1])
        found, _ = at_each(self.grad, flat, inputs)
        return found.reshape(position.shape[:-1])

    def integration(
        self, values: Mapping[str, np.ndarray], inputs: Inputs, *, models: int
    ) -> dict[str, float]:
        """Check the integration grid at `CHECKED` draws, spread evenly over all of them.

        Parameters
        ----------
        values
            All quantities, (chain, draw, ...).
        models
            The posterior's own; what comes after them is padding and does not count.

        Returns
        -------
        dict
            `integration_error` and `edge_mass`, as `results.health.examine` takes them.
        """
        flat = {name: value.reshape(-1, *value.shape[2:]) for name, value in values.items()}
        count = len(flat["rate"])
        at = (np.arange(CHECKED) + 0.5) / CHECKED
        drawn = np.searchsorted(np.arange(1, count + 1) / count, at).clip(max=count - 1)
        some = {name: value[drawn] for name, value in flat.items()}
        error, ends = grid_errors(some, inputs.data, inputs.facts, self.switches)
        return {
            "integration_error": typical_error(error[:, :models]),
            "edge_mass": worst_edge(ends[:, :models]),
        }


class Masked:
    """A program that passes over padding: observations that are NaN, models without scores."""

    def __init__(self, program: NumpyroProgram, data: JointData) -> None:
        self.inner = program
        self.real = {
            "scores": jnp.sum(data.scores.count, axis=1) > 0,
            "checkpoints": ~jnp.isnan(data.checkpoints.correct),
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """Condition on those of `value` that are numbers."""
        there = ~jnp.isnan(value)
        with handlers.mask(mask=there):
            self.inner.observe(name, family, args, jnp.where(there, value, 0.0))

    def factor(self, name: str, log_density: Any) -> None:
        """Add the terms of what is no padding."""
        self.inner.factor(name, jnp.where(self.real[name], log_density, 0.0))


def build_machine(
    shape: Shape,
    sizes: Sizes,
    priors: Mapping[str, Prior],
    inputs: Inputs,
    settings: Settings,
    *,
    workers: int,
) -> Machine:
    """Build the programs of a shape; nothing is compiled before it is needed.

    Parameters
    ----------
    priors
        With their numbers named (`padding.numbers_as_data`).
    inputs
        Of any posterior of the shape.
    workers
        Threads that chains run on.
    """
    lengths = {
        "benchmark": shape.benchmarks, "family": sizes.family, "protocol": sizes.protocol,
        "model": sizes.model, "knot": KNOTS,
    }  # fmt: skip
    return Machine(
        build_sampler(
            lambda m, d: joint(cast(Program, Masked(m, d)), d, shape.switches), inputs,
            priors=priors, sizes=lengths, settings=settings, workers=workers, shared=True,
        ),
        shape.switches,
    )  # fmt: skip


_compiled: dict[Any, Any] = {}


def compiled(key: Any, build: Callable[[], Any]) -> Any:
    """Return the program that this process has under `key`, or a new one, kept for the next fit."""
    found = _compiled.pop(key, None) or build()
    while len(_compiled) >= PROGRAMS:
        del _compiled[next(iter(_compiled))]  # what was used longest ago
    _compiled[key] = found
    return found
