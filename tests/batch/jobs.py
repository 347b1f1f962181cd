"""Fits that other processes import: they sample nothing, and some die over it."""

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from densing.batch.fit_many import Group


@dataclass(frozen=True, kw_only=True)
class Written(Group):
    """Fits that say who made them, and with which starts; a marker in `leaves` spares a process."""

    title: str
    leaves: str = ""
    deaths: dict[str, int] = field(default_factory=dict)
    """How often a process dies over a fit, by its key."""
    seconds: float = 0.0
    lacking: bool = False

    @property
    def name(self):
        return self.title

    def fit(self, wanted, starts, *, threads):
        if self.lacking:
            raise ModuleNotFoundError("No module named 'densing'")
        if self.warm and self.title not in starts:
            yield self.title, f"start of {self.title}"
        for fit in wanted:
            died = len(list(Path(self.leaves).glob(f"{fit.key} died *")))
            if died < self.deaths.get(fit.key, 0):
                (Path(self.leaves) / f"{fit.key} died {died}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if self.seconds:
                (Path(self.leaves) / f"{fit.key}-{os.getpid()}").touch()
                time.sleep(self.seconds)
            cores = [os.environ.get(name) for name in ("NPROC", "OPENBLAS_NUM_THREADS")]
            yield fit.key, {"pid": os.getpid(), "cores": cores, "starts": dict(starts)}


def group(name, count, **more):
    members = tuple(SimpleNamespace(key=f"{name}{i:03d}") for i in range(count))
    return Written(title=name, members=members, **more)
