"""Fit universes of one shape in one process, each kept as soon as it is done."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from densing.inference.sampler import Sampled
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.results.health import (
    MAX_EDGE_MASS,
    MAX_INTEGRATION_ERROR,
    chains_did_their_part,
)
from densing.sensitivity.leaders import Leader, NoLeader
from densing.sensitivity.machine import ELSEWHERE, Machine
from densing.sensitivity.padding import better
from densing.sensitivity.plan import Group, Planned
from densing.sensitivity.programs import arrays, program
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

    make = partial(program, settings=settings, threads=threads)
    if leader is None:
        began = perf_counter()
        machine, inputs = make(group), arrays(group, head)
        sampled, record = _led(machine, inputs, head, seed, elder)
        leader = _leader(machine, sampled, inputs, record)
        if isinstance(leader, Leader):
            record["diagnostics"]["gradient_evaluations"] += leader.evaluations
        write_leader(folder, group.name, leader)
        if read_universe(folder, head.name) is None:  # what was told once stays, its leader lost
            _keep(folder, head, _on_a_good_grid(record, group, leader, head, seed, make), began)
    for planned in wanted:
        if read_universe(folder, planned.name) is None:
            began = perf_counter()
            own = (seed + int(planned.name[:8], 16)) % 2**31
            record = _follow(make(group), leader, arrays(group, planned), planned, own)
            record = _on_a_good_grid(record, group, leader, planned, own, make)
            _keep(folder, planned, record, began)


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


def _on_a_good_grid(
    record: dict[str, Any], group: Group, leader: Leader | NoLeader, planned: Planned, seed: int,
    make: Callable[[Group], Machine],
) -> dict[str, Any]:  # fmt: skip
    """Fit once more on a finer or longer grid where nothing but the group's grid is at fault."""
    told = record["diagnostics"]
    if good(record) or not _did_their_part(record):
        return record
    own = replace(group, sizes=better(
        group.sizes, coarse=not told["integration_error"] <= MAX_INTEGRATION_ERROR,
        short=not told["edge_mass"] <= MAX_EDGE_MASS,
    ))  # fmt: skip
    record = _follow(make(own), leader, arrays(own, planned), planned, seed)
    record["diagnostics"]["how"] += ", on a grid of its own"
    record["diagnostics"]["gradient_evaluations"] += told["gradient_evaluations"]
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
