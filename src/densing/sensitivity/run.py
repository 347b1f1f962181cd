"""Run a multiverse over worker processes; every universe is kept, so a stopped run goes on."""

from collections.abc import Sequence
from functools import partial
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
from densing.sensitivity.store import read_leader, read_universe

WHOLE = 12
"""Groups of at most so many universes are one worker's: their program is compiled once."""
CHUNK = 3
"""Universes of a larger group that a worker takes at a time."""

Job = tuple[Group, tuple[Planned, ...]]


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
        `universes` (records, in the design's order), `around` (the default's model and evidence,
        settings and seed), `skipped` (levels and reason) and `seconds`, of this call alone.
    """
    began = perf_counter()
    groups, skipped = plan(design, model, evidence, settings, seed=seed)
    wanted = [planned for group in groups for planned in group.members]
    files = [folder / "universes" / f"{planned.name}.json" for planned in wanted]
    work = partial(_solve, settings=settings, folder=folder, seed=seed, workers=workers)
    with watching(files, listen):
        # More than once where a chunk came up before its group's leader was done.
        before: list[list[str]] = []
        while (jobs := missing(groups, folder)) and (left := names(jobs)) != before:
            spread(work, jobs, workers=workers)
            before = left
    order = {tuple(u.levels.items()): i for i, u in enumerate(design.universes)}
    records = [r for p in wanted if (r := read_universe(folder, p.name)) is not None]
    return {
        "universes": sorted(records, key=lambda r: order[tuple(r["levels"].items())]),
        "around": {
            "model": model.model_dump(mode="json"),
            "evidence_hash": evidence.hash,
            "settings": settings.model_dump(mode="json"),
            "seed": seed,
        },
        "skipped": [{"levels": dict(s.levels), "reason": s.reason} for s in skipped],
        "seconds": round(perf_counter() - began, 1),
    }


def missing(groups: Sequence[Group], folder: Path) -> list[Job]:
    """List what is left to do: leaders of large groups, small groups, chunks of the large ones.

    In that order leaders are done when the first chunk comes up. A group's programs are compiled
    by one worker if it is small, by each worker if not; the longest small groups come first.
    """
    leaders: list[Job] = []
    whole: list[Job] = []
    chunks: list[Job] = []
    for group in groups:
        head = group.members[0]
        left = [p for p in group.members if read_universe(folder, p.name) is None]
        led = read_leader(folder, group.name) is not None
        if not left:
            continue
        if len(left) <= WHOLE:
            whole.append(_job(group, left if led else [head, *(p for p in left if p != head)]))
            continue
        if not led:
            leaders.append(_job(group, [head]))
            left = [p for p in left if p != head]
        chunks += [_job(group, left[i : i + CHUNK]) for i in range(0, len(left), CHUNK)]
    whole.sort(key=lambda job: -len(job[1]) * job[0].sizes.cell * job[0].sizes.model)
    return leaders + whole + chunks


def names(jobs: Sequence[Job]) -> list[list[str]]:
    """Universes of each job, by name."""
    return [[planned.name for planned in universes] for _, universes in jobs]


def _job(group: Group, universes: Sequence[Planned]) -> Job:
    """Those universes with what they need of their group: jobs travel to other processes."""
    return group.around(universes), tuple(universes)


def _solve(group: Group, universes: Sequence[Planned], *, workers: int, **given: Any) -> None:
    from densing.sensitivity.solve import solve  # brings JAX: in the process that needs it

    solve(group, universes, threads=2 if workers == 1 else 1, **given)
