import os
import signal
import sys
import time
from pathlib import Path

import pytest

from densing.inference.spread import spread
from densing.inference.watching import watching
from processes import Process


def leave(path, value):
    path.write_text(f"{value} {os.getpid()} {os.environ.get('NPROC')}")


def test_one_worker_stays_here(tmp_path):
    spread(leave, [(tmp_path / "a", 1)], workers=1)
    assert (tmp_path / "a").read_text().split()[1] == str(os.getpid())


def test_workers_are_processes_with_one_core_each(tmp_path, monkeypatch):
    monkeypatch.setenv("NPROC", "7")
    spread(leave, [(tmp_path / str(i), i) for i in range(4)], workers=2)
    told = [(tmp_path / str(i)).read_text().split() for i in range(4)]
    assert [value for value, _, _ in told] == ["0", "1", "2", "3"]
    assert all(pid != str(os.getpid()) for _, pid, _ in told)
    assert {cores for _, _, cores in told} == {"1"}
    assert os.environ["NPROC"] == "7"


def test_watching_counts_files(tmp_path):
    files, told = [tmp_path / "a", tmp_path / "b"], []
    with watching(files, lambda done, total: told.append((done, total))):
        files[0].write_text("")
    assert told[0] == (0, 2)
    assert told[-1] == (1, 2)


MASTER = """
import os, sys, time
from pathlib import Path
sys.path[:0] = {paths!r}
from densing.inference.spread import spread
from inference.test_spread import toil
spread(toil, [(Path({folder!r}), i) for i in range(2)], workers=2)
"""


def toil(folder, number):
    (folder / f"{number}-{os.getpid()}").touch()
    time.sleep(1000)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes of Linux")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_master(tmp_path, signum):
    """Killed, it cannot tell them; from the keyboard, they get the interrupt with it."""
    master = Process(script=MASTER.format(paths=[p for p in sys.path if p], folder=str(tmp_path)))
    master.wait_for(lambda _: len(list(tmp_path.iterdir())) == 2, seconds=60)
    assert len(list(tmp_path.iterdir())) == 2
    assert master.kill(signum) != 0, "and none of them is left"
    assert sum("Traceback" in line for line in master.told) <= 1, "its own"
