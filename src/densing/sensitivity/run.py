"""Run a multiverse: leaders first, then all universes, over worker processes, resumable."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any

from densing.data import Evidence
from densing.inference.settings import Settings
from densing.inference.spread import spread
from densing.inference.watching import Counter, watching
from densing.models.declaration import Model
from densing.sensitivity.design import Design
from densing.sensitivity.plan import Group, Planned, plan
from densing.sensitivity.store import (
    read_leader,
    read_universe,
    write_leader,
    write_universe,
)

CHUNK = 6
"""Universes that a worker takes at a time."""


def run(
    design: Design,
    model: Model,
    evidence: Evidence,
    settings: Settings,
    folder: Path,
    *,
    seed: int = 1,
    workers: int = 1,
    listen: Counter | None = None,
) -> dict[str, Any]:
    """Fit every universe of `design` that `folder` does not hold yet.

    Returns
    -------
    dict
        `universes` (records, in the design's order), `skipped` (levels and reason) and
        `seconds`, of this call alone.
    """
    began = perf_counter()
    groups, skipped = plan(design, model, evidence, settings, seed=seed)
    wanted = [planned for group in groups for planned in group.members]
    threads = 2 if workers == 1 else 1
    files = [folder / "universes" / f"{planned.name}.json" for planned in wanted]
    with watching(files, listen):
        leaders, rest = [], []
        for group in groups:
            head = group.members[0]
            missing = [p for p in group.members if read_universe(folder, p.name) is None]
            if missing and read_leader(folder, group.name) is None:
                leaders.append((group, (head,)))
                missing = [p for p in missing if p is not head]
            cuts = range(0, len(missing), CHUNK)
            rest += [(group, tuple(missing[i : i + CHUNK])) for i in cuts]
        # The program with most universes first: the long job must not come last.
        leaders.sort(key=lambda job: -len(job[0].members))
        # Group by group: a worker compiles few programs, and the first told are the nearest.
        for jobs in (leaders, rest):
            work = partial(solve, settings=settings, folder=folder, seed=seed, threads=threads)
            spread(work, jobs, workers=workers)
    order = {tuple(u.levels.items()): i for i, u in enumerate(design.universes)}
    records = [r for p in wanted if (r := read_universe(folder, p.name)) is not None]
    return {
        "universes": sorted(records, key=lambda r: order[tuple(r["levels"].items())]),
        "skipped": [{"levels": dict(s.levels), "reason": s.reason} for s in skipped],
        "seconds": round(perf_counter() - began, 1),
    }


def solve(
    group: Group,
    members: Sequence[Planned],
    *,
    settings: Settings,
    folder: Path,
    seed: int,
    threads: int,
) -> None:
    """Fit universes of one group and write their records; the first may have to lead."""
    import jax
    import jax.numpy as jnp

    from densing.inference.potential import Inputs
    from densing.inference.setup import prepare_jax
    from densing.sensitivity.padding import padded
    from densing.sensitivity.universe import from_draws, from_leader

    prepare_jax()

    def inputs_of(planned: Planned) -> Inputs:
        facts, _ = group.arrays(planned)
        arrays = Inputs(padded(planned.layout, group.sizes), facts)
        return jax.tree.map(jnp.asarray, arrays)

    head = group.members[0]
    key = (group.shape, group.sizes, settings.model_dump_json(), threads)
    machine = _machine(key, lambda: (group.arrays(head)[1], inputs_of(head), settings))
    leader = read_leader(folder, group.name)
    for planned in members:
        began = perf_counter()
        own = (seed + int(planned.name[:8], 16)) % 2**31
        inputs = inputs_of(planned)
        record, sampled, how = None, None, "sampled from the leader's draws"
        if leader is None:
            leader, first = machine.lead(inputs_of(head), seed=seed)
            write_leader(folder, group.name, leader)
            if planned is head:
                sampled, how = first, "sampled from dispersed starts"
        elif planned is not head and _good(read_universe(folder, head.name)):
            record = from_leader(machine, leader, inputs, planned.layout)
        if record is None:
            sampled = sampled or machine.follow(leader, inputs, seed=own)
            record = from_draws(sampled, planned.layout, how=how)
            if not _good(record):
                sampled = machine.again(sampled, inputs, seed=own)
                record = from_draws(sampled, planned.layout, how=f"{how}, twice")
        record["diagnostics"]["seconds"] = round(perf_counter() - began, 2)
        write_universe(folder, planned.name, planned.about | record)


def _good(record: dict[str, Any] | None) -> bool:
    return record is not None and record["diagnostics"]["verdict"] == "trustworthy"


class _Key:
    """A machine's key, hashed without what it is built from."""

    def __init__(self, key: tuple[Any, ...], make: Callable[[], Any]) -> None:
        self.key, self.make = key, make

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.key == other.key


def _machine(key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    return _built(_Key(key, make))


@lru_cache(maxsize=12)
def _built(key: _Key) -> Any:
    """Compiled programs stay with the worker process."""
    from densing.sensitivity.machine import build_machine

    shape, sizes, _, threads = key.key
    priors, inputs, settings = key.make()
    return build_machine(shape, sizes, priors, inputs, settings, workers=threads)
