"""Work that other processes import: jobs that write a file, and some that die over it."""

import os
import signal
from pathlib import Path

from densing.results.whole import write_whole
from densing.sensitivity.store import leader_file, write_leader, write_universe

WHERE = "universes"


def write(name, leaves, *, folder):
    """Leave what is in the folder already under the job's name; die at the first try."""
    marker = Path(leaves) / f"{name} died"
    if name == "fatal" and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    seen = ",".join(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.json")))
    write_whole(folder / f"{name}.json", f"{os.getpid()} {folder} {seen}".encode())


def lack(name, leaves, *, folder):
    raise ModuleNotFoundError("No module named 'densing'")


def solve(group, universes, *, folder, leaves, deaths):
    """Write universes as `sensitivity.solve` does; the process dies over some, `deaths` times."""
    for planned in universes:
        died = list(Path(leaves).glob("death*"))
        if planned.name.endswith("002") and len(died) < deaths:
            (Path(leaves) / f"death {len(died)}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if planned.name == group.members[0].name:
            write_leader(folder, group.name, "leader")
        elif not (folder / leader_file(group.name)).exists():
            return
        write_universe(folder, planned.name, {"levels": {}, "pid": os.getpid()})
