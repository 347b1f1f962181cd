"""Places that cannot be written to, disks that are full: one line names the place, status 2."""

import json
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from densing.results.run import save_run
from report.synthetic import make_run

unix = pytest.mark.skipif(os.name != "posix", reason="limits and devices of Unix")


@pytest.fixture(scope="module")
def run_file(tmp_path_factory):
    return save_run(make_run(), tmp_path_factory.mktemp("given") / "run.nc")


@pytest.fixture
def closed(tmp_path):
    """A folder that may not be written to, not even by root, who may write into any other."""
    if os.geteuid() == 0:
        return Path("/sys") if Path("/sys/kernel").is_dir() else pytest.skip("no such folder")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    return folder


WRITERS = [
    "fit --out {}/run.nc", "report --out {}/new", "report --run {run} --out {}/new",
    "sensitivity --out {}/new", "backtest --out {}/new", "calibrate --out {}/new",
    "coverage --out {}/new", "simulate --out {}/new", "reproduce --out {}/new",
    "data add {table} --out {}/new",
    "forecast {run} --until 2026-12-31 --today 2026-01-01 --out {}/new",
    "corollaries {run} --out {}/new", "loss {table} --out {}/run.nc", "trend {table} --out {}/a.nc",
]  # fmt: skip


@unix
@pytest.mark.parametrize("command", WRITERS)
def test_a_closed_folder_is_named_before_the_work(densing, closed, run_file, command, monkeypatch):
    for work in ("fit.fit", "fit.fit_loss", "fit.fit_trend"):
        monkeypatch.setattr(f"densing.inference.{work}", None)
    words = command.format(closed, run=run_file, table=run_file.parent / "mine.csv").split()
    result = densing(*words)
    assert result.status == 2
    (line,) = result.err.strip().splitlines()
    assert line.startswith(f"cannot read or write {closed}"), line
    assert line.endswith("; nothing was written"), line
    assert "tmp" not in line.replace(str(closed), ""), "a name that the user never gave"


@contextmanager
def room_for(size):
    """Files may have no more bytes than this, as on a disk that fills up."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@unix
def test_a_disk_that_fills_up_under_a_fit(densing, tables, tmp_path, monkeypatch):
    monkeypatch.setattr("densing.inference.fit.fit", lambda *a, **k: make_run())
    out = tmp_path / "new" / "run.nc"
    with room_for(4_000):
        result = densing("fit", *tables, "--quiet", "--out", out)
    assert result.status == 2
    assert result.err == f"cannot read or write {out}: File too large; nothing was written\n"
    assert list(out.parent.iterdir()) == []


@unix
def test_a_disk_that_fills_up_under_a_report(densing, run_file, tmp_path):
    out = tmp_path / "report"
    out.mkdir()
    (out / "index.html").write_text("the old page")
    (out / "run.nc").write_bytes(run_file.read_bytes())
    with room_for(20_000):
        result = densing("report", "--run", out / "run.nc", "--out", out)
    assert result.status == 2
    assert "File too large" in result.err
    assert f"densing report --run {out / 'run.nc'} --out {out}" in result.err
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "run.nc"]
    assert (out / "index.html").read_text() == "the old page"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("words", [[], ["data"], ["--version"]])
def test_an_answer_that_finds_no_room_is_a_fault(words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "densing", *words], stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "No space left on device" in line


@unix
@pytest.mark.parametrize(("coding", "more"), [("ascii", ["--json"]), ("ascii", []), ("utf-8", [])])
def test_names_that_the_terminal_cannot_show(tmp_path, coding, more):
    """A file name need not even be text, and a terminal need not know every sign."""
    header = b"model,release_date,params,benchmark,score\n"
    paths = [tmp_path / os.fsdecode(name) for name in (b"caf\xe9.csv", "café.csv".encode())]
    for path in paths:
        path.write_bytes(header + "modèle,2024-01-01,8x7B,MMLU,0.5\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "densing", "check", *paths, *more], capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": coding}, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert (done.stdout + done.stderr).count(b"8x7B") >= 2
    if more:
        assert len(json.loads(done.stdout)["faults"]) == 2
