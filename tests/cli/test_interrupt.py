"""Commands that are stopped: what they say is there is there, and nothing else."""

import os
import signal
import subprocess
import sys
import time

import pytest

from densing.cli.app import run
from densing.results.run import open_run, save_run
from processes import Process
from report.synthetic import make_run

unix = pytest.mark.skipif(os.name != "posix", reason="signals of Unix")


def interrupted(*arguments, **named):
    raise KeyboardInterrupt


def test_an_interrupt_says_that_nothing_was_written(monkeypatch, capfd, tmp_path, tables):
    monkeypatch.setattr("densing.inference.fit.fit", interrupted)
    out = tmp_path / "run.nc"
    assert run([str(a) for a in ["fit", *tables, "--quiet", "--out", out]]) == 130
    assert "nothing was written" in capfd.readouterr().err
    assert not out.exists()


def test_a_report_that_is_stopped_keeps_its_fit_and_says_how_to_go_on(
    monkeypatch, capfd, tmp_path, tables
):
    monkeypatch.setattr("densing.inference.fit.fit", lambda *a, **k: make_run())
    out = tmp_path / "report"
    with monkeypatch.context() as stopped:
        stopped.setattr("densing.report.page._make", interrupted)
        assert run([str(a) for a in ["report", *tables, "--quiet", "--out", out]]) == 130
    told = capfd.readouterr().err
    assert f"densing report --run {out / 'run.nc'} --out {out}" in told
    assert "nothing was written" not in told
    assert [path.name for path in out.iterdir()] == ["run.nc"]
    before = (out / "run.nc").stat().st_mtime_ns
    monkeypatch.setattr("densing.inference.fit.fit", interrupted)
    assert run(["report", "--run", str(out / "run.nc"), "--out", str(out)]) == 0
    assert (out / "index.html").is_file()
    assert (out / "run.nc").stat().st_mtime_ns == before


@pytest.mark.parametrize("option", [["--seed", "2"], ["--catalog", "x.csv"], ["--set", "tokens=1"]])
def test_a_run_is_shown_as_it_was_fitted(densing, tmp_path, option):
    path = save_run(make_run(models=4, draws=10), tmp_path / "run.nc")
    result = densing("report", "--run", path, *option, "--out", tmp_path / "report")
    assert result.status == 2
    assert "--run" in result.err
    assert not (tmp_path / "report").exists()


@unix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_polite_end_is_an_interrupt_with_a_status_of_its_own(tmp_path, tables, name):
    signum = getattr(signal, name)
    process = Process.stand_in("fit", *tables, "--quiet", "--out", tmp_path / "run.nc", seconds=60)
    assert process.kill(signum) == 128 + signum
    assert process.told == ["fitting", "interrupted: nothing was written"]
    assert list(tmp_path.iterdir()) == []


EARLY = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *rest):
        if name == "cyclopts":
            os.kill(os.getpid(), signal.SIGTERM)
sys.meta_path.insert(0, Finder())
from densing.cli import main
main()
"""


@unix
def test_a_command_that_is_ended_as_it_starts_says_so():
    process = Process(script=EARLY)
    assert process.end() == 143
    assert process.told == ["interrupted: nothing was written"]


@unix
def test_a_signal_that_is_ignored_stays_so(tmp_path, tables):
    """As SIGHUP is under nohup."""
    script = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + EARLY.replace(
        "SIGTERM", "SIGHUP"
    ).replace("main()\n", "sys.argv[1:] = ['models']\nmain()\n", 2)
    process = Process(script=script)
    assert process.end() == 0
    assert process.told == []


@unix
def test_a_report_that_is_killed_at_any_moment_leaves_whole_files(tmp_path, tables):
    """The run is written first; the page appears last and refers to what is there."""
    out = tmp_path / "report"
    for i, signum in enumerate((signal.SIGKILL, signal.SIGTERM)):
        left = set(out.glob(".part-*/tables"))
        process = Process.stand_in("report", *tables, "--quiet", "--out", out, slow_page=True)
        process.wait_for(lambda p, left=left: set(out.glob(".part-*/tables")) - left, seconds=60)
        time.sleep(0.1 + 0.4 * i)
        process.kill(signum)
        open_run(out / "run.nc")
        assert not (out / "index.html").exists()
        assert not (out / "tables").exists()
        assert len(list(out.glob(".part-*"))) == 1, "the killed one's; the other cleared its own"


@unix
def test_a_reader_that_leaves_is_no_fault():
    process = subprocess.Popen(
        [sys.executable, "-c", "from densing.cli import main; main()", "data", "catalog"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    process.wait(timeout=60)


LOST = """
import os, signal, sys, time
from densing.cli import main
import densing.data
class Freed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass
def bundled(*arguments):
    Freed()
    time.sleep(1000)
densing.data.bundled = bundled
sys.argv[1:] = ["data", "catalog"]
main()
"""


@unix
def test_an_interrupt_that_comes_where_python_drops_it_is_heard():
    """While memory is freed, as JAX hooks into it: a command would go on, after a traceback."""
    process = Process(script=LOST)
    assert process.end() == 143
    assert process.told == ["interrupted: nothing was written"]
