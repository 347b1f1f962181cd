"""Worker processes: one for each core of this machine, or those of an existing Dask cluster.

Two small fits in one process share XLA's thread pool, which then splits what is too small to be
split: a third slower, and both cores busy. So each process has one thread. Both kinds are used as
executors; joblib's own Dask backend is not, since it waits for ever for a job that failed.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.util import find_spec

from densing.models.declaration import DeclarationError

ALONE = dict.fromkeys(
    (
        "NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    ),
    "1",
)  # fmt: skip
"""What tells XLA and libraries of matrices, when a process starts, that it has one core."""
IDLE = 300
"""Seconds after which a worker process without a job ends."""
PATIENCE = 10.0
"""Seconds that a scheduler has to answer."""


class LostWorkerError(RuntimeError):
    """A worker process died over its job."""


def pool(workers: int, backend: str | None = None) -> AbstractContextManager[Executor]:
    """Provide `workers` processes of this machine, or those of the Dask scheduler at `backend`.

    An interrupt or a fault inside the block ends all jobs, and so does the end of this process.

    Raises
    ------
    DeclarationError
        No cluster at that address, or workers that lack densing.
    LostWorkerError
        A worker died; what others were at is lost too.
    """
    return local(workers) if backend is None else cluster(backend)


@contextmanager
def local(workers: int) -> Iterator[Executor]:
    """Provide processes of this machine, each with one core; see `pool`."""
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    executor = get_reusable_executor(
        workers, timeout=IDLE, env=ALONE, initializer=_serve, initargs=(os.getpid(),)
    )
    try:
        yield executor
    except BrokenProcessPool as fault:
        raise LostWorkerError("a worker process died") from fault
    except BaseException:
        executor.shutdown(wait=True, kill_workers=True)
        raise


def _serve(master: int) -> None:
    """Leave interrupts from the keyboard to the master, and end with it, even if it is killed.

    An orphan would go on with its job for minutes, beside the run that the user starts again. And
    loky shall not replace a worker that has grown: what grew are its compiled programs.
    """
    from joblib.externals.loky import process_executor

    process_executor._USE_PSUTIL = False
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == master:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def cluster(address: str, *, patience: float = PATIENCE) -> Iterator[Executor]:
    """Provide the workers of the Dask scheduler at `address`, which share no disk; see `pool`.

    A worker that dies takes no job along: Dask gives it to another one, three times.
    """
    if find_spec("distributed") is None:
        raise DeclarationError("--dask needs Dask: pip install 'densing[dask]'")
    from distributed import Client, KilledWorker

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
        executor = client.get_executor()
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)  # what is still under way is called off
    except (KilledWorker, CancelledError) as fault:
        raise LostWorkerError("a worker of the cluster died") from fault
    except ImportError as fault:
        raise DeclarationError(
            f"a worker of the Dask cluster lacks what a fit needs ({fault}): install the same "
            "version of densing there"
        ) from fault
    finally:
        with suppress(TimeoutError):  # a busy scheduler need not say good-bye
            client.close(timeout=patience)
