"""One compiled program for all universes of a shape, and the leader they start from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from threadpoolctl import threadpool_limits

from densing.inference.kernels import FIRST_STEP, Pace
from densing.inference.laplace import mean_curvature, rewhitened
from densing.inference.matching import match
from densing.inference.news import nobody
from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.sampler import Enough, Sampled, Sampler, build_sampler
from densing.inference.settings import Settings
from densing.inference.shaping import PILOTS, STAGE, among_last
from densing.inference.starts import find_starts
from densing.inference.walks import at_each
from densing.inference.whitening import Inputs, Whitening
from densing.models.joint import JointData, Switches, joint
from densing.models.prior import Prior
from densing.models.program import Program
from densing.models.shapes import KNOTS
from densing.sensitivity.integration import check
from densing.sensitivity.leaders import Leader, farthest, inherited, typical
from densing.sensitivity.padding import Shape, Sizes
from densing.sensitivity.transport import Transport, find_peak, held, shaped, transport

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
STEP = 0.4
"""Step size that suits a posterior in the shape of a density that matches its gradients."""
MATCHED = 1
"""Seed of that density's points: a leader and those that follow it are compared by the same."""
WARMUP, SETTLE = 25, 50
"""Draws that the step size of a chain adapts over where the shape is known, and where the chain
comes from a dispersed start, too."""
EXTENSION = 25
"""Draws that chains go on for while they do not suffice."""
CAREFUL = 0.6
"""Factor on the step size of chains that diverged twice."""
AGAIN = 3 + PILOTS
"""Stage of a second try's random numbers, after the pilots'; a third one's is the next."""
ELSEWHERE = (AGAIN + 2) * STAGE
"""Added to the seed where a universe is begun once more, from dispersed starts."""
NOTHING = {"compile": 0.0, "sample": 0.0}
"""Seconds of what is not timed by itself."""


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
            starts, laplace, evaluations = self._starts(inputs, FOLLOWERS + 1, seed)
            grad, labels = sampler.potential.value_and_grad, sampler.potential.labels
            around = typical(elder, labels, laplace.centre, held(labels))
            peak = find_peak(grad, inputs, around, np.zeros(len(labels)), held(labels))
            whitening = inherited(elder, labels, peak.in_place_of(around))
            normal = match(grad, inputs, whitening, seed=MATCHED)
        far = farthest(np.asarray(starts), FOLLOWERS) @ np.asarray(laplace.scale).T
        spent = evaluations + peak.evaluations + normal.evaluations
        return sampler.run(
            inputs, normal.in_place_of(whitening), laplace.centre + far, seed=seed, enough=enough,
            pace=Pace(STEP, SETTLE), extension=EXTENSION, give_up=True, known=True,
        ).after(spent, NOTHING)  # fmt: skip

    def begin(self, inputs: Inputs, *, seed: int, enough: Enough) -> Sampled:
        """Fit from dispersed starts in the shape of a density matched there, by known distances.

        The first draws are dropped: they show the shape for those that are kept.
        """
        sampler = self.sampler
        with threadpool_limits(1, user_api="blas"):
            starts, laplace, evaluations = self._starts(inputs, sampler.settings.chains, seed)
            normal = match(sampler.potential.value_and_grad, inputs, laplace, seed=MATCHED)
        far = np.asarray(starts) @ np.asarray(laplace.scale).T
        pilot = sampler.run(
            inputs, normal.in_place_of(laplace), laplace.centre + far, seed=seed,
            enough=lambda values: True, pace=Pace(STEP, SETTLE), known=True,
        ).after(evaluations + normal.evaluations, NOTHING)  # fmt: skip
        return self.again(pilot, inputs, seed=seed + 3 * STAGE, enough=enough, careful=False)

    def _starts(
        self, inputs: Inputs, chains: int, seed: int
    ) -> tuple[list[np.ndarray], Whitening, int]:
        """Dispersed starts, whitened at the best mode, and the gradients they took."""
        return find_starts(
            self.sampler.potential, inputs, chains=chains, seed=seed,
            workers=self.sampler.workers, tell=nobody,
        )  # fmt: skip

    def leader(self, sampled: Sampled, inputs: Inputs, *, trustworthy: bool) -> Leader:
        """Keep what others start from."""
        chains = sampled.chains
        shape = rewhitened(sampled.whitening, chains.position, chains.slope)
        labels, grad = self.sampler.potential.labels, self.sampler.potential.value_and_grad
        with threadpool_limits(1, user_api="blas"):
            peak = find_peak(grad, inputs, shape, np.zeros(len(labels)), held(labels))
            normal = match(grad, inputs, shape, seed=MATCHED)
        position = (chains.position - shape.centre) @ np.linalg.inv(shape.scale).T
        energy = -chains.statistics.lp
        return Leader(labels, shape, peak, normal, position, energy, trustworthy)

    def energy(self, position: np.ndarray, inputs: Inputs) -> np.ndarray:
        """Negative log density at flat vectors of shape (..., size), shape (...).

        By the program that modes are searched with, which is compiled already.
        """
        flat = position.reshape(-1, position.shape[-1])
        found, _ = at_each(self.sampler.potential.value_and_grad, flat, inputs)
        return found.reshape(position.shape[:-1])

    def reach(self, leader: Leader, inputs: Inputs) -> Transport:
        """Find the way from the leader to a universe of its shape."""
        fixed = held(self.sampler.potential.labels)
        grad = self.sampler.potential.value_and_grad
        with threadpool_limits(1, user_api="blas"):
            peak = find_peak(grad, inputs, leader.whitening, leader.peak.centre, fixed)
        return transport(leader.whitening, leader.peak, peak)

    def follow(
        self, leader: Leader, way: Transport, inputs: Inputs, *, seed: int, enough: Enough
    ) -> Sampled:
        """Sample a universe of the leader's shape from the leader's draws, carried there."""
        with threadpool_limits(1, user_api="blas"):
            grad = self.sampler.potential.value_and_grad
            normal = match(grad, inputs, way.whitening, seed=MATCHED)
            shape, carry = shaped(way.whitening, leader.normal, normal)
        pool = leader.position.reshape(-1, leader.position.shape[-1])
        some = np.random.default_rng(seed).choice(len(pool), CANDIDATES, replace=False)
        starts = carry.centre + pool[some] @ carry.scale.T
        # Where the universe's shape is another, some draws land far out: the likeliest are taken.
        excess = self.energy(starts, inputs) - leader.energy.ravel()[some]
        starts = starts[np.argsort(np.nan_to_num(excess, nan=np.inf))[:FOLLOWERS]]
        return self.sampler.run(
            inputs, shape, starts, seed=seed, enough=enough, pace=Pace(STEP, WARMUP),
            extension=EXTENSION, give_up=True, known=True,
        ).after(way.evaluations + normal.evaluations + CANDIDATES, NOTHING)  # fmt: skip

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
            enough=enough, pace=pace, extension=EXTENSION, known=True,
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
            priors=priors, sizes=lengths, settings=settings, workers=workers, shared=True,
        ),
        shape.switches,
    )  # fmt: skip
