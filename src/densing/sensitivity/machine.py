"""One compiled program for all universes of a shape, and the leader they start from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from threadpoolctl import threadpool_limits

from densing.inference.laplace import mean_curvature, rewhitened
from densing.inference.news import nobody
from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.nuts import FIRST_STEP, Pace
from densing.inference.potential import Inputs
from densing.inference.sampler import Enough, Sampled, Sampler, build_sampler
from densing.inference.settings import Settings
from densing.inference.shaping import PILOTS, STAGE, among_last
from densing.inference.starts import find_starts
from densing.models.joint import JointData, Switches, joint
from densing.models.prior import Prior
from densing.models.program import Program
from densing.models.shapes import KNOTS
from densing.sensitivity.integration import check
from densing.sensitivity.leaders import Leader, farthest, inherited
from densing.sensitivity.padding import Shape, Sizes
from densing.sensitivity.transport import Transport, find_peak, transport

MAX_RHAT, MIN_ESS = 1.02, 100.0
"""Limits of the growth rates, which are all that a universe tells. With 100 effective draws Monte
Carlo moves a median by an eighth of the posterior's standard deviation and an end of its interval
by a fifth: each is read beside a hundred others."""
MAX_RHAT_ANY = 1.1
"""Limit on R-hat of any other quantity: Gelman & Rubin's, against chains in different modes."""
FOLLOWERS = 2
"""Chains of a universe that starts from a leader."""
CANDIDATES = 24
"""Draws of the leader that compete to be the starts."""
WARMUP, SETTLE = 25, 50
"""Draws that the step size of a chain adapts over where the shape is known, and where the chain
comes from a dispersed start, too."""
EXTENSION = 25
"""Draws that chains go on for while they do not suffice."""
CAREFUL = 0.6
"""Factor on the step size of chains that diverged twice."""
AGAIN = 3 + PILOTS
"""Stage of a second try's random numbers, after the pilots'; a third one's is the next."""


@dataclass(frozen=True)
class Machine:
    """A sampler of all universes of a shape: the first leads, the others follow."""

    sampler: Sampler
    switches: Switches

    def integration(
        self, values: Mapping[str, np.ndarray], inputs: Inputs, **more: Any
    ) -> dict[str, float]:
        """Check the integration grid at draws of a universe (`integration.check`)."""
        return check(values, inputs, self.switches, **more)

    def lead(
        self, inputs: Inputs, *, seed: int, enough: Enough, elder: Leader | None = None
    ) -> Sampled:
        """Fit from dispersed starts, until the draws are `enough` (`universe.suffices`).

        From nothing without an `elder`; with one, its shape is inherited, not learnt.
        """
        sampler = self.sampler
        if elder is None:
            return sampler.sample(inputs, seed=seed, enough=enough)
        with threadpool_limits(1, user_api="blas"):
            starts, laplace, evaluations = find_starts(
                sampler.potential, inputs, chains=sampler.settings.chains, seed=seed,
                workers=sampler.workers, tell=nobody,
            )  # fmt: skip
            whitening = inherited(elder, sampler.potential.labels, laplace)
        far = farthest(np.asarray(starts), FOLLOWERS)
        return sampler.run(
            inputs, whitening, laplace.centre + far @ np.asarray(laplace.scale).T, seed=seed,
            enough=enough, pace=Pace(elder.step_size, SETTLE), extension=EXTENSION, give_up=True,
        ).after(evaluations, {"compile": 0.0, "sample": 0.0})  # fmt: skip

    def leader(self, sampled: Sampled, inputs: Inputs, *, trustworthy: bool) -> Leader:
        """Keep what others start from."""
        chains = sampled.chains
        shape = rewhitened(sampled.whitening, chains.position, chains.slope)
        origin = np.zeros(chains.position.shape[-1])
        peak = find_peak(self.sampler.potential.value_and_grad, inputs, shape, origin)
        position = (chains.position - shape.centre) @ np.linalg.inv(shape.scale).T
        energy = -chains.statistics.lp
        labels = self.sampler.potential.labels
        return Leader(labels, shape, peak, chains.step_size, position, energy, trustworthy)

    def energy(self, position: np.ndarray, inputs: Inputs) -> np.ndarray:
        """Negative log density at flat vectors of shape (..., size), shape (...).

        By the program that modes are searched with, which is compiled already.
        """
        flat = position.reshape(-1, position.shape[-1])
        of = [float(self.sampler.potential.value_and_grad(z, inputs)[0]) for z in flat]
        return np.asarray(of).reshape(position.shape[:-1])

    def reach(self, leader: Leader, inputs: Inputs) -> Transport:
        """Find the way from the leader to a universe of its shape."""
        value_and_grad = self.sampler.potential.value_and_grad
        peak = find_peak(value_and_grad, inputs, leader.whitening, leader.peak.centre)
        return transport(leader.whitening, leader.peak, peak)

    def follow(
        self, leader: Leader, way: Transport, inputs: Inputs, *, seed: int, enough: Enough
    ) -> Sampled:
        """Sample a universe of the leader's shape from the leader's draws, carried there."""
        pool = leader.position.reshape(-1, leader.position.shape[-1])
        some = np.random.default_rng(seed).choice(len(pool), CANDIDATES, replace=False)
        starts = way.whitening.centre + pool[some] @ way.whitening.scale.T
        # Where the universe's shape is another, some draws land far out: the likeliest are taken.
        excess = self.energy(starts, inputs) - leader.energy.ravel()[some]
        starts = starts[np.argsort(np.nan_to_num(excess, nan=np.inf))[:FOLLOWERS]]
        return self.sampler.run(
            inputs, way.whitening, starts, seed=seed, enough=enough,
            pace=Pace(leader.step_size, WARMUP), extension=EXTENSION, give_up=True,
        ).after(way.evaluations + CANDIDATES, {"compile": 0.0, "sample": 0.0})  # fmt: skip

    def again(
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
            grad = self.sampler.potential.value_and_grad
            with threadpool_limits(1, user_api="blas"):
                curved = mean_curvature(grad, inputs, first.whitening, at)
            slope = chains.slope @ np.linalg.solve(first.whitening.scale, curved.scale)
            shape = rewhitened(curved, chains.position, slope)
            pace = Pace(max(chains.step_size, FIRST_STEP), WARMUP)
            spent += 2 * at.size
        return self.sampler.run(
            inputs, shape, chains.position[:, -1], seed=seed + (AGAIN + careful) * STAGE,
            enough=enough, pace=pace, extension=EXTENSION,
        ).after(spent, first.seconds)  # fmt: skip


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
        Of any universe of the shape.
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
            priors=priors, sizes=lengths, settings=settings, workers=workers,
        ),
        shape.switches,
    )  # fmt: skip
