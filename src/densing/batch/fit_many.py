"""Fit many posteriors and keep each as soon as it is done, so that a stopped call goes on.

Fits come in groups, a group for each compiled program. The first of a group may give the others
their warm start, and one group's warm start may be another's parent. Whoever fits returns records;
this process alone writes them.
"""

import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np

from densing.batch.workers import LostWorkerError, pool
from densing.data import Evidence
from densing.files import read_json, to_json, write_whole
from densing.inference.settings import Settings
from densing.models.declaration import DeclarationError, Model

FORMAT = 5
"""Raised where the same evidence, model and recipe get another answer or record."""
WHOLE = 12
"""Groups of at most so many fits are one worker's: their program is compiled once."""
CHUNK = 3
"""Fits of a larger group that a worker takes at a time."""
DEATHS = 3
"""Times in a row that workers die with nothing done, before it is given up."""

Counter = Callable[[int, int], None]
"""Called with how many are done, and of how many."""


def identity(*content: Any) -> str:
    """Digest of everything that a fit's record follows from.

    Parameters
    ----------
    content
        Whatever has a faithful `repr`; models (without name and words), recipes and evidence are
        told by what they contain.
    """

    def plain(part: Any) -> Any:
        if isinstance(part, Model):
            return part.model_dump_json(exclude={"name", "about"})
        if isinstance(part, Settings):
            return part.model_dump_json()
        return part.hash if isinstance(part, Evidence) else part

    with np.printoptions(threshold=2**31, precision=17):
        text = repr((FORMAT, *map(plain, content)))
    return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Records:
    """A folder of records, a JSON file each; warm starts lie in a folder of their own."""

    folder: Path
    starts: Path = field(default=Path())

    def read(self, key: str) -> dict[str, Any] | None:
        """Return the record of a fit; None where there is none that can be read."""
        record = read_json(self.folder / f"{key}.json")
        return record if isinstance(record, dict) else None

    def write(self, key: str, record: dict[str, Any]) -> None:
        """Keep the record of a fit."""
        write_whole(self.folder / f"{key}.json", to_json(record).encode())

    def read_start(self, name: str) -> Any:
        """Return a group's warm start; None where there is none that can be read."""
        try:
            return pickle.loads((self.starts / f"{name}.pickle").read_bytes())
        except Exception:  # bytes that are no pickle raise whatever they spell
            return None

    def write_start(self, name: str, start: Any) -> None:
        """Keep a group's warm start."""
        write_whole(self.starts / f"{name}.pickle", pickle.dumps(start))


@dataclass(frozen=True, kw_only=True)
class Group:
    """Fits that share a compiled program; a subclass says how they are fitted."""

    members: tuple[Any, ...]
    """Each has a `key`, the name of its record; the first one makes the warm start, if any."""
    warm: bool = True
    """Whether the others begin at a warm start from the first."""
    parent: str | None = None
    """Group whose warm start the first one begins with; None: it begins alone."""

    @property
    def name(self) -> str:
        """Identity of the group's warm start."""
        return self.members[0].key

    @property
    def cost(self) -> float:
        """About how long a fit takes, in any unit."""
        return 1.0

    def around(self, some: Sequence[Any]) -> Self:
        """Return the same group with its first member and `some` alone."""
        head = self.members[0]
        return replace(self, members=(head, *(fit for fit in some if fit.key != head.key)))

    def fit(
        self, wanted: Sequence[Any], starts: Mapping[str, Any], *, threads: int
    ) -> Iterator[tuple[str, Any]]:
        """Fit `wanted`; yield each key with its record, and `name` with a new warm start.

        Parameters
        ----------
        starts
            The group's own warm start and its parent's, by name, as far as they are there.
        threads
            That chains may run on.
        """
        raise NotImplementedError


Job = tuple[Group, tuple[Any, ...], dict[str, Any]]
"""A group (around what is wanted of it: jobs travel), what is wanted, and its starts."""


def fit_many(
    groups: Sequence[Group],
    *,
    keep: Any,
    workers: int = 1,
    backend: str | None = None,
    listen: Counter | None = None,
) -> int:
    """Fit every member of `groups` that `keep` does not hold yet; return how many that were.

    Parameters
    ----------
    keep
        Holds records under their keys, and warm starts: `Records`, or whatever reads and writes
        as it does.
    workers
        Processes of this machine; one stays in this process, and keeps fit by fit.
    backend
        Address of a Dask scheduler, whose workers fit in their place.
    listen
        Told how many fits are there, and of how many.

    Raises
    ------
    DeclarationError
        No Dask cluster at that address, or workers that die whatever they are given.
    """
    board = Board(groups, keep, workers)
    before = len(board.missing)

    def take(group: Group, found: Sequence[tuple[str, Any]]) -> None:
        for name, value in found:
            board.take(group, name, value)
            if listen:
                listen(board.total - len(board.missing), board.total)

    if listen:
        listen(board.total - before, board.total)
    if workers == 1 and backend is None:
        while jobs := board.ready():
            group, wanted, starts = jobs[0]
            for pair in group.fit(wanted, starts, threads=2):
                take(group, [pair])
        return before
    deaths = 0
    while board.missing:
        try:
            with pool(workers, backend) as executor:
                under_way: dict[Future[Any], Job] = {}
                while True:
                    for job in board.ready(under_way.values()):
                        under_way[executor.submit(_do, *job)] = job
                    if not under_way:
                        return before
                    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                        group = under_way.pop(future)[0]
                        take(group, future.result())
                        deaths = 0
        except LostWorkerError as fault:
            deaths += 1
            if deaths >= DEATHS:
                raise DeclarationError(
                    f"worker processes died {DEATHS} times in a row before a fit was done, "
                    "perhaps for want of memory: use fewer of them; the same command continues"
                ) from fault
    return before


_one_at_a_time = threading.Lock()
"""Of a worker with several threads: a fit takes what its process has."""


def _do(group: Group, wanted: Sequence[Any], starts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Do a job in a worker process."""
    with _one_at_a_time:
        return list(group.fit(wanted, starts, threads=1))


class Board:
    """What is still to be fitted, and which of it waits for nothing."""

    def __init__(self, groups: Sequence[Group], keep: Any, workers: int = 1) -> None:
        self.groups, self.keep, self.workers = groups, keep, workers
        keys = [fit.key for group in groups for fit in group.members]
        self.total = len(keys)
        self.missing = {key for key in keys if keep.read(key) is None}
        found = {g.name: keep.read_start(g.name) for g in groups if g.warm}
        self.starts = {name: start for name, start in found.items() if start is not None}

    def take(self, group: Group, name: str, value: Any) -> None:
        """Keep what a job returned; what was told once stays."""
        if group.warm and name == group.name:
            self.keep.write_start(name, value)
            self.starts[name] = value
        elif name in self.missing:
            self.keep.write(name, value)
            self.missing.discard(name)

    def ready(self, busy: Iterable[Job] = ()) -> list[Job]:
        """List the jobs that can be done now, beside those that are `busy`.

        A group's first member comes before the others, and alone where other groups begin with
        its warm start. A small group is one worker's; of a large one a worker takes a few, the
        farthest from the first (they take longest) before the others.
        """
        taken = {fit.key for _, wanted, _ in busy for fit in wanted}
        parents = {
            g.parent for g in self.groups if self._left(g) and g.name not in self.starts
        } - {None, *self.starts}  # fmt: skip
        firsts: list[Job] = []
        whole: list[Job] = []
        chunks: list[Job] = []
        for group in self.groups:
            head = group.members[0]
            left = [fit for fit in self._left(group) if fit.key not in taken]
            led = not group.warm or group.name in self.starts
            if not led and (head.key in taken or group.parent in parents):
                continue
            if group.name in parents or (not led and len(left) > WHOLE):
                firsts.append(self._job(group, [head]))
            elif left and group.warm and len(left) <= WHOLE:
                others = [fit for fit in left if fit.key != head.key]
                whole.append(self._job(group, left if led else [head, *others]))
            elif left:
                left = left[::-1] if group.warm else left
                size = min(CHUNK, -(-len(left) // self.workers))
                chunks += [self._job(group, left[i : i + size]) for i in range(0, len(left), size)]
        whole.sort(key=lambda job: -len(job[1]) * job[0].cost)
        return firsts + whole + chunks

    def _left(self, group: Group) -> list[Any]:
        return [fit for fit in group.members if fit.key in self.missing]

    def _job(self, group: Group, wanted: Sequence[Any]) -> Job:
        names = [name for name in (group.name, group.parent) if name in self.starts]
        return group.around(wanted), tuple(wanted), {name: self.starts[name] for name in names}
