"""Many fits side by side: a process for each core, each with one thread.

Two small fits in one process share XLA's thread pool, which then splits what is too small to be
split: a third slower, and both cores busy. (`tests/inference/test_spread.py`)
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

ALONE = {"NPROC": "1"}
"""What tells XLA, when a process starts, that it has one core."""


def spread(work: Callable[..., Any], jobs: Sequence[Sequence[Any]], *, workers: int) -> None:
    """Call `work` with each job's arguments, `workers` at a time; one worker stays in this process.

    Results are what `work` leaves on disk. An interrupt stops all of them, and so does the end of
    this process.
    """
    if workers == 1:
        for job in jobs:
            work(*job)
        return
    from joblib import Parallel, delayed

    options: Any = {"backend": "loky", "batch_size": 1, "pre_dispatch": workers}
    with _environment(ALONE):
        calls = (delayed(_work)(os.getpid(), work, job) for job in jobs)
        Parallel(n_jobs=workers, **options)(calls)


def _work(master: int, work: Callable[..., Any], job: Sequence[Any]) -> None:
    """Do a job in a worker process."""
    _serve(master)
    work(*job)


@cache
def _serve(master: int) -> None:
    """Leave interrupts from the keyboard to the master, and end with it, even if it is killed.

    An orphan would go on with its job for minutes, beside the run that the user starts again. And
    joblib shall not replace a worker that has grown: what grew are its compiled programs.
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
def _environment(given: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
