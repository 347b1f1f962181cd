"""Progress of work that leaves files: how many are there."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

Counter = Callable[[int, int], None]
"""Told how many are done, and of how many."""


@contextmanager
def watching(files: Sequence[Path], listen: Counter | None) -> Iterator[None]:
    """Tell every second how many of `files` exist, while the block runs."""
    if listen is None:
        yield
        return
    stop = threading.Event()

    def look() -> None:
        listen(sum(path.exists() for path in files), len(files))

    def watch() -> None:
        while not stop.wait(1.0):
            look()

    look()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        look()
