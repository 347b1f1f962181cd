"""Processes of this machine, and a real Dask scheduler with two workers on loopback; some die."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from densing.batch import workers as module
from densing.batch.fit_many import Records, fit_many
from densing.batch.workers import cluster
from densing.cli.app import run as densing
from densing.models.declaration import DeclarationError
from processes import Process

from .jobs import group

TESTS = Path(__file__).resolve().parents[1]
WAIT = 60
"""Seconds for processes to start."""


@pytest.fixture
def keep(tmp_path):
    return Records(tmp_path / "records", tmp_path / "starts")


# ---- this machine ----


def test_one_worker_stays_here(keep):
    fit_many([group("few", 2)], keep=keep, workers=1)
    assert keep.read("few001")["pid"] == os.getpid()


def test_workers_are_processes_with_one_core_each(keep, monkeypatch):
    monkeypatch.setenv("NPROC", "7")
    groups = [group(name, 2, warm=False) for name in "abcd"]
    assert fit_many(groups, keep=keep, workers=2) == 8
    told = [keep.read(fit.key) for g in groups for fit in g.members]
    assert all(record["pid"] != os.getpid() for record in told)
    assert all(record["cores"] == ["1", "1"] for record in told)
    assert os.environ["NPROC"] == "7"


MASTER = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from densing.batch.fit_many import Records, fit_many
from batch.jobs import group
folder = Path({folder!r})
groups = [group(name, 1, warm=False, leaves=str(folder), seconds=1000.0) for name in "ab"]
fit_many(groups, keep=Records(folder / "records"), workers=2)
"""


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes of Linux")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_master(tmp_path, signum):
    """Killed, it cannot tell them; from the keyboard, they get the interrupt with it."""
    master = Process(script=MASTER.format(paths=[p for p in sys.path if p], folder=str(tmp_path)))
    master.wait_for(lambda _: len(list(tmp_path.iterdir())) == 2, seconds=60)
    assert len(list(tmp_path.iterdir())) == 2
    assert master.kill(signum) != 0, "and none of them is left"
    assert sum("Traceback" in line for line in master.told) <= 1, "its own"


def test_a_local_process_that_is_killed_loses_nothing(keep, tmp_path):
    deaths = {"large002": 1, "alone000": 1}
    groups = [group(n, c, leaves=str(tmp_path), deaths=deaths) for n, c in SMALL.items()]
    assert fit_many(groups, keep=keep, workers=2) == 15
    assert len(list(tmp_path.glob("* died *"))) == 2
    assert fit_many(groups, keep=keep, workers=2) == 0


SMALL = {"large": 14, "alone": 1}


def test_processes_that_always_die_are_given_up_in_words(keep, tmp_path):
    groups = [group("few", 2, leaves=str(tmp_path), deaths={"few000": 99})]
    with pytest.raises(DeclarationError, match=r"died 3 times in a row .*use fewer.*continues"):
        fit_many(groups, keep=keep, workers=2)
    assert keep.read("few000") is None
    assert fit_many([group("few", 2)], keep=keep, workers=1) == 2


# ---- a cluster ----


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler, and a function that starts workers for it."""
    distributed = pytest.importorskip("distributed")
    home = tmp_path_factory.mktemp("dask")
    paths = [str(TESTS), *sys.path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments], cwd=home, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        started.append(process)
        return process

    file = home / "scheduler.json"
    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
          "--scheduler-file", str(file))  # fmt: skip
    client = None
    for _ in range(WAIT):
        try:
            client = distributed.Client(scheduler_file=str(file), timeout=1, set_as_default=False)
            break
        except (OSError, ValueError):
            continue
    assert client is not None

    def workers(count):
        for _ in range(count):
            start("worker", "--scheduler-file", str(file), "--host", "127.0.0.1", "--nthreads", "1",
                  "--no-nanny", "--no-dashboard")  # fmt: skip
        client.wait_for_workers(count, timeout=WAIT)

    def left():
        return len(client.nthreads())

    try:
        yield SimpleNamespace(address=client.scheduler.address, workers=workers, left=left)
    finally:
        with suppress(TimeoutError):
            client.close(timeout=WAIT)
        for process in started:
            process.kill()
            process.wait()


def test_no_cluster_is_told_in_one_sentence(scheduler, monkeypatch, capsys, tmp_path):
    with (
        pytest.raises(DeclarationError, match="no Dask scheduler answers at 'tcp:"),
        cluster("tcp://127.0.0.1:9", patience=1.0),
    ):
        pass
    with (
        pytest.raises(DeclarationError, match=r"has no workers: start some with `dask worker tcp:"),
        cluster(scheduler.address),
    ):
        pass
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    out = tmp_path / "out"
    command = ["sensitivity", "--axes", "law", "--dask", "tcp://127.0.0.1:9", "--quiet"]
    assert densing([*command, "--out", str(out)]) == 2
    assert "pip install 'densing[dask]'" in capsys.readouterr().err
    assert not list(out.rglob("*.json"))


def test_a_worker_of_a_cluster_that_is_killed_loses_nothing(scheduler, keep, tmp_path):
    scheduler.workers(2)
    assert scheduler.left() == 2
    leaves = {"leaves": str(tmp_path)}
    large = group("large", 14, **leaves)
    alone = group("alone", 1, parent="large", deaths={"alone000": 1}, **leaves)
    lacking = group("lacking", 1, lacking=True)
    with pytest.raises(DeclarationError, match=r"lacks what a fit needs .*same version"):
        fit_many([lacking], keep=keep, backend=scheduler.address)
    assert fit_many([large, alone], keep=keep, backend=scheduler.address) == 15
    assert scheduler.left() == 1
    told = {fit.key: keep.read(fit.key) for g in (large, alone) for fit in g.members}
    assert os.getpid() not in {record["pid"] for record in told.values()}
    # Each has the starts that it needs, and its records come home.
    assert told["large000"]["starts"] == {}
    assert told["large013"]["starts"] == {"large": "start of large"}
    assert told["alone000"]["starts"] == {"large": "start of large"}
