"""Real fits, reports and sensitivity runs, killed at random moments, one after another in a folder.

Each is killed once in a test run; `DENSING_KILLS=20` kills each so many times.
"""

import json
import os
import random
import shlex
import signal
import time
from pathlib import Path

import pytest

from densing.cli.app import run as command
from densing.results.run import open_run, save_run
from processes import Process, age, check_files
from recipes import FEW
from report.synthetic import make_run

pytestmark = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes of Linux")

KILLS = int(os.environ.get("DENSING_KILLS", "1"))
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
STAGES = (
    "compiling the model", "searching the modes", "learning the posterior's shape", "sampling",
    "deriving densities",
)  # fmt: skip
AXES = """
about = "tiny"
[axes.tokens]
reason = "a convention"
default = "declared"
levels.less = { tokens = 1e12 }
levels.more = { tokens = 1e13 }
[axes.catalog]
reason = "what counts"
default = "all"
levels.early = { released_until = 2024-09-01 }
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    (folder / "few.toml").write_text(FEW)
    (folder / "axes.toml").write_text(AXES)
    save_run(make_run(), folder / "run.nc")
    return folder


def snapshot(folder):
    """Every file there is, and when it was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def killed(process, signum, folder, before):
    """Kill a command, and hold it to what is true of any; returns whether it had finished."""
    status = process.kill(signum)
    told = "\n".join([f"{signum.name} in {folder}, status {status}", *process.told])
    parts = set(check_files(folder)) - set(before)
    assert "Traceback" not in told, told
    if status in (0, 3):
        assert not parts
        return True
    if signum == signal.SIGKILL:
        assert status == -signal.SIGKILL
        return False
    assert status == 128 + signum, told
    assert not parts, f"{parts}: an interrupted command clears its parts away"
    said = process.told[-1]
    assert said.startswith("interrupted: "), told
    if said == "interrupted: nothing was written":
        assert snapshot(folder).items() <= before.items(), told
    else:
        assert str(folder) in said
    return False


def test_a_fit(given, tables, tmp_path):
    for _ in range(KILLS):
        signum, stage = random.choice(SIGNALS), random.choice(STAGES)
        before = snapshot(tmp_path)
        process = Process(
            "fit", *tables, "--inference", given / "few.toml", "--out", tmp_path / "run.nc"
        )
        process.wait_for(lambda p, stage=stage: f"{stage} ..." in p.told)
        time.sleep(random.uniform(0.0, 1.0))
        finished = killed(process, signum, tmp_path, before)
        assert (tmp_path / "run.nc").exists() == finished, stage
        (tmp_path / "run.nc").unlink(missing_ok=True)


def test_a_fit_as_it_writes_beside_another_that_writes_the_same_file(tables, tmp_path):
    """One is killed as its part appears; the other's file is whole, the part is swept away."""
    out = tmp_path / "run.nc"
    arguments = ("fit", *tables, "--quiet", "--out", out)
    for _ in range(KILLS):
        out.unlink(missing_ok=True)
        first = Process.stand_in(*arguments, seconds=3.0)
        second = Process.stand_in(*arguments, seconds=3.0)
        first.wait_for(lambda p: list(tmp_path.glob(".run.nc.*.part")), seconds=60)
        first.kill(signal.SIGKILL)
        assert second.end() in (0, 3), second.told
        assert open_run(out).attrs["seed"] is not None
        age(check_files(tmp_path))
        save_run(make_run(models=4, draws=10), out)
        assert [path.name for path in tmp_path.iterdir()] == ["run.nc"]


def test_a_report(given, tmp_path, densing):
    """Its fit is kept; what it tells to do makes the page, whatever the killed ones left."""
    out = tmp_path / "report"
    made = ["report", "--run", given / "run.nc", "--out", out]
    told = None
    for _ in range(KILLS):
        signum = random.choice(SIGNALS)
        before = snapshot(tmp_path)
        left = set(out.glob(".part-*"))
        process = Process(*made)
        process.wait_for(lambda p, left=left: set(out.glob(".part-*")) - left)
        time.sleep(random.uniform(0.0, 3.0))
        if killed(process, signum, tmp_path, before):
            (out / "index.html").unlink()
        elif signum != signal.SIGKILL:
            told = next((t for t in process.told if t.startswith("the fit is kept")), told)
        assert open_run(out / "run.nc").attrs["seed"] is not None
        assert not (out / "index.html").exists()
    age(check_files(out))
    again = shlex.split(told.partition(": ")[2]) if told else ["densing", *map(str, made)]
    assert command(again[1:]) == 0
    assert check_files(out) == []
    assert (out / "index.html").is_file()


def test_a_sensitivity_run(given, tables, tmp_path):
    """What was fitted is kept as it is; the same command fits what is missing, and no more."""
    out = tmp_path / "multiverse"
    arguments = [
        "sensitivity", *tables, "--declaration", given / "axes.toml", "--universes", 1,
        "--inference", given / "few.toml", "--quiet", "--out", out,
    ]  # fmt: skip

    def universes():
        return {p: at for p, at in snapshot(out).items() if p.match("universes/*.json")}

    finished = False
    for _ in range(KILLS):
        signum, workers = random.choice(SIGNALS), random.choice((1, 2)) if KILLS > 1 else 1
        before, kept = snapshot(tmp_path), universes()
        process = Process(*arguments, "--workers", workers)
        process.wait_for(lambda p, kept=kept: len(universes()) > len(kept))
        time.sleep(random.uniform(0.0, 0.5))
        finished = killed(process, signum, tmp_path, before)
        assert kept.items() <= universes().items(), "what was kept was fitted again"
        if finished:
            break
    kept = universes()
    assert kept
    assert command([str(a) for a in [*arguments, "--workers", 1]]) in (0, 3)
    assert kept.items() <= universes().items()
    assert len(universes()) == 4
    assert len(json.loads((out / "sensitivity.json").read_text())["universes"]) == 4
    age(check_files(out))
