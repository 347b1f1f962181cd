"""Commands that are stopped: what they say is there is there, and nothing else."""

import os
import signal
import subprocess
import sys
import time

import pytest

from densing.cli.app import run
from densing.results.run import open_run, save_run
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
        stopped.setattr("densing.report.write._make", interrupted)
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


STAND_IN = """
import sys, time
sys.path[:0] = {paths!r}
import densing.inference.fit as fitting
from report.synthetic import make_run
from densing.cli import main
def fit(*arguments, **named):
    print("fitting", file=sys.stderr, flush=True)
    time.sleep({seconds})
    return make_run()
fitting.fit = fit
if {slow_page}:
    import densing.report.write as writing
    def make(run, folder, **named):
        for name in ("tables/densities.csv", "index.html"):
            (folder / name).parent.mkdir(exist_ok=True)
            with (folder / name).open("w") as file:
                for _ in range(100):
                    time.sleep(0.01)
                    print("a line", file=file, flush=True)
    writing._make = make
sys.argv[1:] = {arguments!r}
main()
"""


def started(arguments, *, seconds=0.0, slow_page=False):
    """A command in a process of its own; its fit is a stand-in that takes `seconds`."""
    script = STAND_IN.format(
        paths=[p for p in sys.path if p], seconds=seconds, slow_page=slow_page,
        arguments=[str(a) for a in arguments],
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr.readline() == "fitting\n"
    return process


@unix
def test_a_polite_end_is_an_interrupt(tmp_path, tables):
    process = started(["fit", *tables, "--quiet", "--out", tmp_path / "run.nc"], seconds=60)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told == "interrupted: nothing was written\n"
    assert list(tmp_path.iterdir()) == []


@unix
def test_a_report_that_is_killed_at_any_moment_leaves_whole_files(tmp_path, tables):
    """The run is written first; the page appears last and refers to what is there."""
    out = tmp_path / "report"
    for i, signum in enumerate((signal.SIGKILL, signal.SIGTERM)):
        left = set(out.glob(".part-*/tables"))
        process = started(["report", *tables, "--quiet", "--out", out], slow_page=True)
        deadline = time.monotonic() + 60
        while not set(out.glob(".part-*/tables")) - left and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1 + 0.4 * i)
        process.send_signal(signum)
        process.communicate(timeout=60)
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
