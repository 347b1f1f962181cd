"""Run a multiverse over worker processes; every universe is kept, so a stopped run goes on."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from densing.data import Evidence
from densing.inference.settings import Settings
from densing.inference.spread import spread
from densing.inference.watching import Counter, watching
from densing.models.declaration import DeclarationError, Model
from densing.sensitivity.design import Design
from densing.sensitivity.plan import Group, Planned, plan
from densing.sensitivity.store import leader_file, read_leader, read_universe

WHOLE = 12
"""Groups of at most so many universes are one worker's: their program is compiled once."""
CHUNK = 3
"""Universes of a larger group that a worker takes at a time."""
DEATHS = 3
"""Rounds in a row in which workers died and nothing was done, before it is given up."""

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
    dask: str | None = None,
    listen: Counter | None = None,
) -> dict[str, Any]:
    """Fit every universe of `design` that `folder` does not hold yet.

    Parameters
    ----------
    workers
        Processes of this machine to fit in.
    dask
        Address of a Dask scheduler whose workers fit instead of them.

    Returns
    -------
    dict
        `universes` (records, in the design's order), `around` (the default's model and evidence,
        settings and seed), `skipped` (levels and reason), and of this call alone `seconds` and
        `fitted`, the number of universes that were not there before.

    Raises
    ------
    DeclarationError
        No Dask cluster at that address, or workers that die whatever they are given.
    """
    began = perf_counter()
    with _client(dask) as client:  # before the plan: a dead address is told at once
        groups, skipped = plan(design, model, evidence, settings, seed=seed)
        wanted = [planned for group in groups for planned in group.members]
        files = [folder / "universes" / f"{planned.name}.json" for planned in wanted]
        missed = sum(read_universe(folder, planned.name) is None for planned in wanted)
        work = partial(_solve, settings=settings, seed=seed, workers=workers)
        send = partial(_here, work, folder, workers)
        if client is not None:
            send = partial(_away, client, work, folder)
        with watching(files, listen):
            complete(groups, folder, send)
    return {
        "universes": records(wanted, design, folder),
        "around": {
            "model": model.model_dump(mode="json"),
            "evidence_hash": evidence.hash,
            "settings": settings.model_dump(mode="json"),
            "seed": seed,
        },
        "skipped": [{"levels": dict(s.levels), "reason": s.reason} for s in skipped],
        "seconds": round(perf_counter() - began, 1),
        "fitted": missed - sum(read_universe(folder, p.name) is None for p in wanted),
    }


def records(wanted: Sequence[Planned], design: Design, folder: Path) -> list[dict[str, Any]]:
    """Read what `folder` holds of `wanted`, in the order of `design`.

    What is known beforehand wins: a run of other axes may have kept the same universe under other
    levels.
    """
    order = {tuple(u.levels.items()): i for i, u in enumerate(design.universes)}
    return [
        {**kept, **planned.about}
        for planned in sorted(wanted, key=lambda p: order[tuple(p.universe.levels.items())])
        if (kept := read_universe(folder, planned.name)) is not None
    ]


def complete(groups: Sequence[Group], folder: Path, send: Callable[[Sequence[Job]], bool]) -> None:
    """Send what is missing until nothing is; more than once where workers died.

    Once more, too, where a chunk came up before its group's leader was done.

    Parameters
    ----------
    send
        Has jobs done; returns whether all workers lived. What is done is on disk either way.
    """
    before: list[list[str]] = []
    idle, lived = 0, True
    while jobs := missing(groups, folder):
        left = names(jobs)
        idle = idle + 1 if left == before else 0
        if idle and lived:
            return
        if idle >= DEATHS:
            raise DeclarationError(
                f"worker processes died {DEATHS} times in a row before a universe was done, "
                "perhaps for want of memory: use fewer of them; the same command continues"
            )
        lived, before = send(jobs), left


def _client(address: str | None) -> AbstractContextManager[Any]:
    if address is None:
        return nullcontext()
    from densing.sensitivity.cluster import cluster

    return cluster(address)


def _here(work: Callable[..., None], folder: Path, workers: int, jobs: Sequence[Job]) -> bool:
    """Have jobs done by processes of this machine."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    try:
        spread(partial(work, folder=folder), jobs, workers=workers)
    except TerminatedWorkerError:
        return False
    return True


def _away(client: Any, work: Callable[..., None], folder: Path, jobs: Sequence[Job]) -> bool:
    """Have jobs done by a Dask cluster."""
    from densing.sensitivity.cluster import hand_out

    def needs(group: Group, universes: Sequence[Planned]) -> dict[str, bytes] | None:
        name = leader_file(group.name)
        if not (folder / name).is_file():
            if group.members[0].name not in [p.name for p in universes]:
                return None
            if group.elder is None:
                return {}
            name = leader_file(group.elder)
        return {name: (folder / name).read_bytes()}

    return hand_out(client, work, jobs, folder, needs=needs)


def missing(groups: Sequence[Group], folder: Path) -> list[Job]:
    """List what is left to do: leaders of large groups, small groups, chunks of the large ones.

    In that order leaders are done when the first chunk comes up. A group's programs are compiled
    by one worker if it is small, by each worker if not; the longest small groups come first.
    Until the leader that others inherit from is done, there are the leaders that inherit from none
    and nothing else.
    """
    by_name = {group.name: group for group in groups}
    for group in groups:
        elder = by_name[group.elder] if group.elder else None
        if elder and not _led(elder, folder) and not _led(group, folder) and _left(group, folder):
            alone = [g for g in groups if g.elder is None and not _led(g, folder)]
            return [_job(g, g.members[:1]) for g in alone if g is elder or _left(g, folder)]
    leaders: list[Job] = []
    whole: list[Job] = []
    chunks: list[Job] = []
    for group in groups:
        head = group.members[0]
        left, led = _left(group, folder), _led(group, folder)
        if not left:
            continue
        if len(left) <= WHOLE:
            whole.append(_job(group, left if led else [head, *(p for p in left if p != head)]))
            continue
        if not led:
            leaders.append(_job(group, [head]))
            left = [p for p in left if p != head]
        left = left[::-1]  # the farthest from the default take longest: none of them comes last
        chunks += [_job(group, left[i : i + CHUNK]) for i in range(0, len(left), CHUNK)]
    whole.sort(key=lambda job: -len(job[1]) * job[0].sizes.cell * job[0].sizes.model)
    return leaders + whole + chunks


def _left(group: Group, folder: Path) -> list[Planned]:
    return [p for p in group.members if read_universe(folder, p.name) is None]


def _led(group: Group, folder: Path) -> bool:
    return read_leader(folder, group.name) is not None


def names(jobs: Sequence[Job]) -> list[list[str]]:
    """Universes of each job, by name."""
    return [[planned.name for planned in universes] for _, universes in jobs]


def _job(group: Group, universes: Sequence[Planned]) -> Job:
    """Those universes with what they need of their group: jobs travel to other processes."""
    return group.around(universes), tuple(universes)


def _solve(group: Group, universes: Sequence[Planned], *, workers: int, **given: Any) -> None:
    from densing.sensitivity.solve import solve  # brings JAX: in the process that needs it

    solve(group, universes, threads=2 if workers == 1 else 1, **given)
