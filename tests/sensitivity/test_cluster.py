"""A real Dask scheduler and two worker processes on loopback, one of which is killed."""

import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from densing.cli.app import run as densing
from densing.models.declaration import DeclarationError
from densing.sensitivity import cluster as module
from densing.sensitivity import run
from densing.sensitivity.cluster import cluster, hand_out
from densing.sensitivity.plan import Group

from . import jobs

distributed = pytest.importorskip("distributed")

TESTS = Path(__file__).resolve().parents[1]
WAIT = 60
"""Seconds for processes to start."""


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler, and a function that starts workers for it."""
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

    try:
        yield SimpleNamespace(address=client.scheduler.address, workers=workers)
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


def test_a_worker_that_is_killed_loses_nothing(scheduler, tmp_path):
    scheduler.workers(2)
    home, leaves = tmp_path / "home", tmp_path / "leaves"
    leaves.mkdir()
    names = ["first", "fatal", *(f"job{i}" for i in range(6)), "late", "never"]

    def needs(name, leaves):
        """One waits for another's file, and one for a file that nobody makes."""
        if name == "never":
            return None
        if name != "late":
            return {}
        return {"first.json": b"first"} if (home / "first.json").exists() else None

    with cluster(scheduler.address) as client:
        assert len(client.nthreads()) == 2
        assert hand_out(client, jobs.write, [(n, str(leaves)) for n in names], home, needs=needs)
        assert len(client.nthreads()) == 1
        told = {p.stem: p.read_text().split() for p in home.glob("*.json")}
        assert set(told) == set(names) - {"never"}
        # Each job had a folder of its worker's own, with what it needed and nothing else.
        assert len({place for _, place, *_ in told.values()}) == len(told)
        assert str(home) not in {place for _, place, *_ in told.values()}
        assert {name: seen for name, (_, _, *seen) in told.items() if seen} == {
            "late": ["first.json"]
        }
        with pytest.raises(DeclarationError, match=r"lacks what a fit needs .*same version"):
            hand_out(client, jobs.lack, [("any", "")], home, needs=lambda *job: {})
        # A whole run: groups led and followed, nobody's disk but ours.
        groups, folder = small_groups(), tmp_path / "run"
        work = partial(jobs.solve, leaves=str(leaves), deaths=0)
        run.complete(groups, folder, partial(run._away, client, work, folder))
        assert run.missing(groups, folder) == []


def small_groups():
    members = tuple(SimpleNamespace(name=f"large{i:03d}") for i in range(run.WHOLE + 2))
    alone = (SimpleNamespace(name="alone000"),)
    sizes = SimpleNamespace(cell=4, model=20)
    return [Group("large", sizes, members), Group("alone", sizes, alone)]


def test_a_local_process_that_is_killed_loses_nothing(tmp_path):
    groups, folder = small_groups(), tmp_path / "run"
    work = partial(jobs.solve, leaves=str(tmp_path), deaths=2)
    run.complete(groups, folder, partial(run._here, work, folder, 2))
    assert len(list(tmp_path.glob("death*"))) == 2
    assert run.missing(groups, folder) == []


def test_processes_that_always_die_are_given_up_in_words(tmp_path):
    sent = []
    with pytest.raises(DeclarationError, match=r"died 3 times in a row .*use fewer"):
        run.complete(small_groups(), tmp_path, lambda jobs: sent.append(jobs) is not None)
    assert len(sent) == run.DEATHS
    # Where all lived, what cannot be done is left.
    run.complete(small_groups(), tmp_path, lambda jobs: sent.append(jobs) is None)
    assert len(sent) == run.DEATHS + 1
