"""Jobs done by an existing Dask cluster; what they write comes home to who has the folder.

No disk is shared: a job gets the files it needs, writes into a folder of its worker's own, and
that folder's new files come back. A worker that dies takes no job along: Dask gives it to another
one, three times, and `run` sends what is then still missing again.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from densing.models.declaration import DeclarationError
from densing.results.whole import write_whole

PATIENCE = 10.0
"""Seconds that a scheduler has to answer."""
Files = Mapping[str, bytes]
"""By path from the folder."""

_one_at_a_time = threading.Lock()
"""Of a worker with several threads: a fit takes what its process has."""


@contextmanager
def cluster(address: str, *, patience: float = PATIENCE) -> Iterator[Any]:
    """Connect to the scheduler at `address` while the block runs.

    Raises
    ------
    DeclarationError
        Dask is not installed, no scheduler answers, or it has no worker.
    """
    if find_spec("distributed") is None:
        raise DeclarationError("--dask needs Dask: pip install 'densing[dask]'")
    from distributed import Client

    try:
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as fault:
        raise DeclarationError(
            f"no Dask scheduler answers at {address!r} ({fault or type(fault).__name__}): start "
            "one with `dask scheduler` and give its address, or use --workers"
        ) from None
    try:
        if not client.nthreads():
            raise DeclarationError(
                f"the Dask scheduler at {address!r} has no workers: start some with "
                f"`dask worker {address}`, in an environment that has densing"
            )
        yield client
    finally:
        with suppress(TimeoutError):  # a busy scheduler need not say good-bye
            client.close(timeout=patience)


def hand_out(
    client: Any,
    work: Callable[..., None],
    jobs: Sequence[Sequence[Any]],
    folder: Path,
    *,
    needs: Callable[..., Files | None],
) -> bool:
    """Do `work(*job, folder=...)` for each job on the cluster; keep what it writes in `folder`.

    Parameters
    ----------
    needs
        Of a job: files of the folder that it needs; None while another job has yet to make them.
        Jobs that still wait when all others are done are left undone.

    Returns
    -------
    bool
        Whether every job that was sent came home: False where workers died under one.
    """
    from distributed import KilledWorker, as_completed

    waiting, home = list(jobs), True

    def ready() -> list[Any]:
        sent = []
        for job in list(waiting):
            files = needs(*job)
            if files is not None:
                waiting.remove(job)
                sent.append(client.submit(away, work, tuple(job), files, pure=False))
        return sent

    under_way = as_completed(ready(), loop=client.loop)
    for future in under_way:
        fault = future.exception() if future.status == "error" else None
        if future.status == "cancelled" or isinstance(fault, KilledWorker):
            home = False
            continue
        if isinstance(fault, ImportError):
            raise DeclarationError(
                f"a worker of the Dask cluster lacks what a fit needs ({fault}): install the same "
                "version of densing there"
            )
        for name, content in future.result().items():
            write_whole(folder / name, content)
        for more in ready():
            under_way.add(more)
    return home


def away(work: Callable[..., None], job: Sequence[Any], files: Files) -> dict[str, bytes]:
    """Do a job in a folder of its own, on a worker; returns the files that it left there."""
    with _one_at_a_time, TemporaryDirectory() as place:
        home = Path(place)
        for name, content in files.items():
            write_whole(home / name, content)
        work(*job, folder=home)
        return {
            str(path.relative_to(home).as_posix()): path.read_bytes()
            for path in sorted(home.rglob("*"))
            if path.is_file() and path.relative_to(home).as_posix() not in files
        }
