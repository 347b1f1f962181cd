"""Fit universes of one shape in one process, each kept as soon as it is done."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp

from densing.inference.sampler import Sampled
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.results.health import chains_did_their_part
from densing.sensitivity.leaders import Leader, NoLeader
from densing.sensitivity.machine import ELSEWHERE, Machine, build_machine
from densing.sensitivity.padding import padded
from densing.sensitivity.plan import Group, Planned
from densing.sensitivity.record import FAULTS, failed, good
from densing.sensitivity.store import (
    read_leader,
    read_universe,
    write_leader,
    write_universe,
)
from densing.sensitivity.tries import until_good
from densing.sensitivity.universe import estimands, from_draws, from_leader, suffices

LED, FOLLOWED = "sampled from dispersed starts", "sampled from the leader's draws"
INHERITED = f"{LED} in another's shape"


def solve(
    group: Group,
    wanted: Sequence[Planned],
    *,
    settings: Settings,
    folder: Path,
    seed: int,
    threads: int,
) -> None:
    """Fit those of `wanted` that `folder` does not hold, the group's leader first if it is theirs.

    Without a leader, and none to fit, nothing is done, nor without the elder that it inherits from:
    another process is at it.
    """
    prepare_jax()
    head = group.members[0]
    leader = read_leader(folder, group.name)
    elder = None
    if leader is None:
        elder = read_leader(folder, group.elder) if group.elder else None
        if head.name not in [p.name for p in wanted] or (group.elder and elder is None):
            return

    inputs_of = partial(_inputs, group)

    def make() -> Machine:
        priors = group.arrays(head)[1]
        return build_machine(
            group.shape, group.sizes, priors, inputs_of(head), settings, workers=threads
        )

    machine = _machine((group.shape, group.sizes, settings.model_dump_json(), threads), make)
    if leader is None:
        began = perf_counter()
        inputs = inputs_of(head)
        sampled, record = _led(machine, inputs, head, seed, elder)
        leader = _leader(machine, sampled, inputs, record)
        if isinstance(leader, Leader):
            record["diagnostics"]["gradient_evaluations"] += leader.evaluations
        write_leader(folder, group.name, leader)
        _keep(folder, head, record, began)
    for planned in wanted:
        if read_universe(folder, planned.name) is None:
            began = perf_counter()
            own = (seed + int(planned.name[:8], 16)) % 2**31
            record = _follow(machine, leader, inputs_of(planned), planned, own)
            _keep(folder, planned, record, began)


def _inputs(group: Group, planned: Planned) -> Inputs:
    facts, _ = group.arrays(planned)
    return jax.tree.map(jnp.asarray, Inputs(padded(planned.layout, group.sizes), facts))


def _leader(
    machine: Machine, sampled: Sampled | None, inputs: Inputs, record: dict[str, Any]
) -> Leader | NoLeader:
    """Keep what the others start from, which is nothing where the numbers break down."""
    if sampled is None:
        return NoLeader(record["diagnostics"]["reasons"][0])
    try:
        return machine.leader(sampled, inputs, trustworthy=good(record))
    except FAULTS as fault:
        return NoLeader(str(fault))


def _follow(
    machine: Machine, leader: Leader | NoLeader, inputs: Inputs, planned: Planned, seed: int
) -> dict[str, Any]:
    """Fit from the leader's draws; from dispersed starts where that way, or its chains, fail."""
    spent = 0
    if isinstance(leader, Leader):
        with suppress(*FAULTS):
            way = machine.reach(leader, inputs)
            record = from_leader(machine, leader, way, inputs, planned.layout)
            if record is None:
                enough = partial(suffices, layout=planned.layout)
                sampled = machine.follow(leader, way, inputs, seed=seed, enough=enough)
                _, record = _tried(machine, sampled, inputs, planned, FOLLOWED, seed)
            if _did_their_part(record):
                return record
            spent = record["diagnostics"]["gradient_evaluations"]
    record = _led(machine, inputs, planned, seed + ELSEWHERE, leader)[1]
    record["diagnostics"]["gradient_evaluations"] += spent
    return record


def _led(
    machine: Machine, inputs: Inputs, planned: Planned, seed: int,
    elder: Leader | NoLeader | None = None,
) -> tuple[Sampled | None, dict[str, Any]]:  # fmt: skip
    """Fit from dispersed starts: in an elder's shape or a matched one, by NUTS where that fails.

    Where the numbers break down, the record says so and there are no draws.
    """
    first: tuple[Callable[..., Sampled], str] = machine.begin, LED
    if isinstance(elder, Leader) and elder.trustworthy:
        first = partial(machine.lead, elder=elder), INHERITED
    enough = partial(suffices, layout=planned.layout)
    sampled, record, spent = None, {}, 0
    for fit, how in (first, (machine.lead, LED)):
        try:
            sampled = fit(inputs, seed=seed, enough=enough)
            sampled, record = _tried(machine, sampled, inputs, planned, how, seed)
        except FAULTS as fault:
            sampled, record = None, failed(estimands(planned.layout), fault)
        record["diagnostics"]["gradient_evaluations"] += spent
        if _did_their_part(record):
            break
        spent = record["diagnostics"]["gradient_evaluations"]
    return sampled, record


def _tried(
    machine: Machine, sampled: Sampled, inputs: Inputs, planned: Planned, how: str, seed: int
) -> tuple[Sampled, dict[str, Any]]:
    """Judge draws, and sample anew while they are not to be trusted."""
    return until_good(
        machine, sampled, inputs, how=how, seed=seed,
        good=_did_their_part,
        judge=lambda some, how: from_draws(machine, some, inputs, planned.layout, how=how),
        enough=partial(suffices, layout=planned.layout),
    )  # fmt: skip


def _did_their_part(record: Mapping[str, Any]) -> bool:
    return chains_did_their_part(record["diagnostics"]["reasons"])


def _keep(folder: Path, planned: Planned, record: dict[str, Any], began: float) -> None:
    record["diagnostics"]["seconds"] = round(perf_counter() - began, 2)
    write_universe(folder, planned.name, planned.about | record)


class _Key:
    """A machine's key, hashed without what it is built from."""

    def __init__(self, key: tuple[Any, ...], make: Callable[[], Machine]) -> None:
        self.key, self.make = key, make

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.key == other.key


def _machine(key: tuple[Any, ...], make: Callable[[], Machine]) -> Machine:
    return _built(_Key(key, make))


@lru_cache(maxsize=12)
def _built(key: _Key) -> Machine:
    """Compiled programs stay with the worker process."""
    return key.make()
