"""The one ladder of attempts: warm, then dispersed in a known or matched shape, then cold.

Each rung is tried up to three times: in a better shape, then in smaller steps. No draw of a failed
attempt is kept, and every gradient is counted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from densing.batch.fit_many import Group, identity
from densing.batch.machine import ELSEWHERE, Machine, build_machine, compiled
from densing.batch.padding import Shape, Sizes, better, common, numbers_as_data, padded, shape_of
from densing.batch.transport import NoStart, WarmStart
from densing.batch.verdict import suffices
from densing.inference.sampler import Sampled
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.coordinates import VERSION
from densing.models.declaration import Model
from densing.models.layout import Layout
from densing.results.health import MAX_EDGE_MASS, MAX_INTEGRATION_ERROR, chains_did_their_part

FAULTS = (np.linalg.LinAlgError, FloatingPointError)
"""What a posterior's numbers may raise; anything else is a mistake and is not kept quiet."""
DISPERSED, WARM = "sampled from dispersed starts", "sampled from the leader's draws"
INHERITED = f"{DISPERSED} in another's shape"
RETRIES = {"twice": False, "three times": True}
"""Tries after the first, and whether their steps are small ones."""

Record = dict[str, Any]


@dataclass(frozen=True)
class JointFit:
    """A joint model to be fitted to evidence; a subclass makes a record of its draws."""

    key: str
    """Name of its record."""
    seed: int
    model: Model
    layout: Layout

    def record(self, machine: Machine, sampled: Sampled, inputs: Inputs, *, how: str) -> Record:
        """Make the record of draws, with `diagnostics` (`how`, `reasons`, ...)."""
        raise NotImplementedError

    def failed(self, fault: Exception) -> Record:
        """Make the record of a fit whose numbers broke down."""
        raise fault


@dataclass(frozen=True, kw_only=True)
class JointGroup(Group):
    """Joint models of one shape: the first is fitted cold and starts the others."""

    shape: Shape
    sizes: Sizes
    settings: Settings

    @property
    def name(self) -> str:
        """Identity of the first one's fit in this shape; how it began has no part in it."""
        return identity(VERSION, self.shape, self.sizes, self.members[0].key)

    @property
    def cost(self) -> float:
        """About how long a gradient takes, in any unit."""
        return self.sizes.cell * self.sizes.model

    def arrays(self, fit: JointFit) -> Inputs:
        """Return a member's data and facts in the group's shape."""
        facts = {**fit.layout.facts, **numbers_as_data(fit.model.priors)[1]}
        return jax.tree.map(jnp.asarray, Inputs(padded(fit.layout, self.sizes), facts))

    def machine(self, threads: int) -> Machine:
        """Return the shape's program, which this process may have already."""
        head = self.members[0]
        key = (self.shape, self.sizes, self.settings.model_dump_json(), threads)
        return compiled(key, lambda: build_machine(
            self.shape, self.sizes, numbers_as_data(head.model.priors)[0], self.arrays(head),
            self.settings,
            workers=threads,
        ))  # fmt: skip

    def fit(
        self, wanted: Sequence[JointFit], starts: Mapping[str, Any], *, threads: int
    ) -> Iterator[tuple[str, Any]]:
        """Fit `wanted`; without a warm start the first member, too, which gives it."""
        prepare_jax()
        head, start = self.members[0], starts.get(self.name)
        if start is None:
            ladder, began = Ladder(self, head, threads), perf_counter()
            sampled, record = ladder.climb(starts.get(self.parent or ""), follow=False)
            start = ladder.warm_start(sampled, record)
            if isinstance(start, WarmStart):
                record["diagnostics"]["gradient_evaluations"] += start.evaluations
            yield self.name, start
            yield head.key, timed(ladder.on_a_good_grid(record, start), began)
            wanted = [fit for fit in wanted if fit.key != head.key]
        for fit in wanted:
            ladder, began = Ladder(self, fit, threads), perf_counter()
            yield fit.key, timed(ladder.on_a_good_grid(ladder.climb(start)[1], start), began)


def joint_groups(
    fits: Sequence[JointFit], settings: Settings, *, head: Callable[[JointFit], Any]
) -> list[JointGroup]:
    """Put fits of one shape together, in a common size; `head` orders them, the first first."""
    found: dict[Shape, list[JointFit]] = {}
    for fit in fits:
        found.setdefault(shape_of(fit.layout, fit.model), []).append(fit)
    return [
        JointGroup(
            members=tuple(sorted(members, key=head)), shape=shape, settings=settings,
            sizes=common([fit.layout for fit in members]),
        )
        for shape, members in found.items()
    ]  # fmt: skip


def timed(record: Record, began: float) -> Record:
    """Return the record with the seconds since `began`."""
    record["diagnostics"]["seconds"] = round(perf_counter() - began, 2)
    return record


def chains_passed(record: Mapping[str, Any]) -> bool:
    """Whether a record's chains did their part; no further chain mends a grid."""
    return chains_did_their_part(record["diagnostics"]["reasons"])


@dataclass(frozen=True)
class Ladder:
    """The attempts at one fit, in the program of its group."""

    group: JointGroup
    one: JointFit
    threads: int

    @cached_property
    def ready(self) -> tuple[Machine, Inputs]:
        """Return the group's program, and what it is given of the fit."""
        return self.group.machine(self.threads), self.group.arrays(self.one)

    @property
    def enough(self) -> Callable[[Mapping[str, np.ndarray]], bool]:
        """Whether draws may end an attempt."""
        return partial(suffices, layout=self.one.layout)

    def climb(
        self, start: WarmStart | NoStart | None, *, follow: bool = True
    ) -> tuple[Sampled | None, Record]:
        """Fit from a warm start, then from dispersed starts, until chains pass.

        Where the numbers break down on the last rung, the record says so and there are no draws.

        Parameters
        ----------
        start
            Of the fit's own group; a parent's, whose shape alone serves, where it is not to
            `follow` it.
        """
        machine, inputs = self.ready
        seed = self.one.seed + (ELSEWHERE if follow else 0)
        rungs: list[tuple[Callable[..., Sampled], str, int]] = []
        if follow and isinstance(start, WarmStart):
            rungs.append((partial(machine.sample_warm, start), WARM, self.one.seed))
        if isinstance(start, WarmStart) and start.trustworthy:
            rungs.append((partial(machine.sample_inherited, start), INHERITED, seed))
        else:
            rungs.append((machine.sample_matched, DISPERSED, seed))
        rungs.append((machine.sample_cold, DISPERSED, seed))
        sampled, record, spent, broken = None, {}, 0, None
        for sample, how, own in rungs:
            try:
                sampled = sample(inputs, seed=own, enough=self.enough)
                sampled, record = self.retried(sampled, how, own)
                broken = None
            except FAULTS as fault:
                broken = fault
                continue
            spent += record["diagnostics"]["gradient_evaluations"]
            if chains_passed(record):
                break
        if broken is not None:
            sampled, record = None, self.one.failed(broken)
        record["diagnostics"]["gradient_evaluations"] = spent
        return sampled, record

    def retried(self, sampled: Sampled, how: str, seed: int) -> tuple[Sampled, Record]:
        """Judge draws and sample anew while their chains fail.

        A bad shape is what fails most often, and the draws that show it mend it. Small steps cost
        twice the gradients: they are for chains that fail in the new shape too, by divergences or
        because one of them never enters where spreads are small.
        """
        machine, inputs = self.ready
        record = self.one.record(machine, sampled, inputs, how=how)
        for times, careful in RETRIES.items():
            if chains_passed(record):
                break
            sampled = machine.retry(sampled, inputs, seed=seed, enough=self.enough, careful=careful)
            record = self.one.record(machine, sampled, inputs, how=f"{how}, {times}")
        return sampled, record

    def warm_start(self, sampled: Sampled | None, record: Record) -> WarmStart | NoStart:
        """Keep what the others begin with, which is nothing where the numbers break down."""
        if sampled is None:
            return NoStart(record["diagnostics"]["reasons"][0])
        machine, inputs = self.ready
        trustworthy = record["diagnostics"]["verdict"] == "trustworthy"
        try:
            return machine.warm_start(sampled, inputs, trustworthy=trustworthy)
        except FAULTS as fault:
            return NoStart(str(fault))

    def on_a_good_grid(self, record: Record, start: WarmStart | NoStart) -> Record:
        """Fit once more on a finer or longer grid where nothing but the grid is at fault."""
        told = record["diagnostics"]
        if told["verdict"] == "trustworthy" or not chains_passed(record):
            return record
        own = replace(self.group, sizes=better(
            self.group.sizes, coarse=not told["integration_error"] <= MAX_INTEGRATION_ERROR,
            short=not told["edge_mass"] <= MAX_EDGE_MASS,
        ))  # fmt: skip
        record = replace(self, group=own).climb(start)[1]
        record["diagnostics"]["how"] += ", on a grid of its own"
        record["diagnostics"]["gradient_evaluations"] += told["gradient_evaluations"]
        return record
