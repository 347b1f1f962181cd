"""Worlds on disk, one file each: what is missing is fitted, side by side, and all are read."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from densing.inference.spread import spread
from densing.inference.watching import Counter, watching
from densing.models.declaration import DeclarationError
from densing.results.plain_json import to_json
from densing.results.whole import read_json, write_whole

Work = Callable[[Sequence[int]], Iterator[tuple[int, dict[str, Any]]]]
"""Fits worlds by number, and yields each number with its record."""


def kept_worlds(
    home: Path, worlds: int, make: Callable[[], Work], *, workers: int, listen: Counter | None
) -> list[dict[str, Any]]:
    """Read the records of `worlds` worlds from `home`; what is missing is fitted first.

    Parameters
    ----------
    make
        Prepares the work; called where a world is missing.
    workers
        Processes to fit in.
    listen
        Told how many worlds are done, and of how many.

    Raises
    ------
    DeclarationError
        A worker process died; what was done is kept.
    """
    files = [home / f"{number:05d}.json" for number in range(worlds)]
    missing = [number for number, path in enumerate(files) if read_json(path) is None]
    if missing:
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        shares = [missing[i::workers] for i in range(workers)]
        work = make()
        jobs = [(work, home, share) for share in shares if share]
        try:
            with watching(files, listen):
                spread(_keep, jobs, workers=workers)
        except TerminatedWorkerError:
            raise DeclarationError(
                "a worker process died, perhaps for want of memory: use fewer of them; the same "
                "command continues"
            ) from None
    return [read_json(path) for path in files]


def _keep(work: Work, home: Path, numbers: Sequence[int]) -> None:
    for number, record in work(numbers):
        write_whole(home / f"{number:05d}.json", to_json(record).encode())
