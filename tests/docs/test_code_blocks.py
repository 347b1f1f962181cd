"""Every code block of README and documentation runs, and prints what it says it prints.

A page's blocks share one namespace and one folder. Files come from blocks with a title; `run.nc` is
a small synthetic run. Blocks after ``<!-- run: slow -->`` take minutes; those after
``<!-- run: no, REASON -->`` are only looked at.
"""

import doctest
import shlex
import subprocess
import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import densing as dn
from densing.inference.settings import load_settings
from report.synthetic import make_run

from .blocks import HOWS, PAGES, blocks

FILES = ("csv", "toml")
RUN = ("python", "console")
SHOWN = ("sh", "text", "mermaid", *FILES)
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def folder(tmp_path, monkeypatch):
    dn.save_run(with_arvizs_groups(make_run()), tmp_path / "run.nc")
    monkeypatch.chdir(tmp_path)
    plt.switch_backend("Agg")
    yield tmp_path
    plt.close("all")


def with_arvizs_groups(run):
    """Add what the synthetic run lacks of a real one's groups (tests/notebook/test_arviz.py)."""
    rng = np.random.default_rng(1)
    shape = (run["posterior"].sizes["chain"], run["posterior"].sizes["draw"])
    models, rows = run["derived"]["model"], run["constant_data"]["score"]
    terms = rng.normal(-3.0, 0.1, (*shape, models.size))
    dims = ("chain", "draw", "model")
    run["log_likelihood"] = xr.DataTree(
        xr.Dataset({"scores": (dims, terms)}, coords={"model": models})
    )
    predicted = rng.beta(2.0, 2.0, (*shape, rows.size))
    dims = ("chain", "draw", "score_row")
    run["posterior_predictive"] = xr.DataTree(xr.Dataset({"score": (dims, predicted)}))
    run["observed_data"] = xr.DataTree(xr.Dataset({"score": ("score_row", rows.to_numpy())}))
    rate = ("chain", "draw"), rng.normal(0.0, 2.5, (1, 100))
    run["prior"] = xr.DataTree(xr.Dataset({"rate": rate}))
    return run


def follow(path, folder, *, slow):
    """Run the blocks of a page in order."""
    namespace = {"__name__": "__main__"}
    for block in blocks(path):
        if block.title:
            (folder / block.title).write_text(block.code)
        if block.language not in RUN or block.how == "no" or (block.how == "slow" and not slow):
            continue
        if block.language == "python":
            where = f"{block.page}:{block.line}"
            exec(compile("\n" * (block.line - 1) + block.code, where, "exec"), namespace)
        for command, expected in block.commands if block.language == "console" else ():
            printed, status = call(command)
            if expected:
                assert doctest.OutputChecker().check_output(expected, printed, LOOSE), printed
            else:
                assert status == 0, printed


def call(command):
    program, *arguments = shlex.split(command)
    assert program == "densing"
    done = subprocess.run(
        [sys.executable, "-m", "densing", *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr, done.returncode


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_runs(path, folder, capsys):
    follow(path, folder, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [p for p in PAGES if any(b.how == "slow" for b in blocks(p))], ids=lambda p: p.name
)
def test_a_page_runs_whole(path, folder, capsys, monkeypatch):
    """README's fit is the default one and has to be trustworthy; others only have to run."""
    if path.name == "README.md":
        follow(path, folder, slow=True)
        return
    monkeypatch.setattr("densing.answers.given.load_settings", lambda _: load_settings("quick"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dn.NotTrustworthyWarning)
        follow(path, folder, slow=True)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_block_is_overlooked(path):
    found = blocks(path)
    text = path.read_text(encoding="utf-8")
    assert text.count("\n```") == 2 * len(found), "a fence is not closed or has another form"
    for block in found:
        assert block.language in (*RUN, *SHOWN), f"{block.page}:{block.line}"
        assert block.how in HOWS, f"{block.page}:{block.line}"
        assert (block.title is None) or block.language in FILES
        if block.language == "python":
            compile(block.code, block.page, "exec")


def test_commands_that_are_not_run_exist(capsys):
    """Commands of blocks that are only looked at, and options they use, are known."""
    import re

    from densing.cli.app import build

    app = build()

    for page in PAGES:
        for block in blocks(page):
            if block.language not in ("console", "sh"):
                continue
            lines = block.code.splitlines()
            commands = [line.removeprefix("$ ").split("#")[0] for line in lines]
            for command in commands:
                if not command.startswith("densing ") or "..." in command:
                    continue
                name, *arguments = shlex.split(command)[1:]
                options = [a for a in arguments if re.match(r"--\w", a)]
                path = [] if name.startswith("-") else [name]
                if path and arguments and arguments[0] in app[name]:
                    path.append(arguments[0])
                app([*path, "--help"], exit_on_error=False, result_action="return_value")
                shown = capsys.readouterr().out
                for option in options:
                    assert option in shown, f"{block.page}:{block.line}: {command}"
