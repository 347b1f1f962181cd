"""The tab key, and what `densing` alone says."""

import shutil
import subprocess
import sys

import pytest

from densing.cli.app import FIRST_STEPS, GROUPS, run
from densing.models.declaration import declared


def test_the_first_steps_are_commands_that_exist(densing):
    shown = densing().out
    commands = {name for group in GROUPS.values() for name in group}
    assert len(FIRST_STEPS) == 5
    for step in FIRST_STEPS:
        assert step in shown
        program, name, *arguments = step.split()
        assert program == "densing"
        assert name in commands
        known = densing(name, "--help").out
        assert all(word in known for word in arguments if word.startswith("--"))
    assert "densing --help" in shown


def test_help_lists_commands_in_order_of_use(densing):
    shown = densing("--help").out
    places = [shown.index(f"│ {name} ") for group in GROUPS.values() for name in group]
    assert places == sorted(places)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_script_for_each_shell_knows_every_command(densing, shell):
    script = densing("completion", shell).out
    assert all(name in script for group in GROUPS.values() for name in group)
    assert "--dry-run" in script or "dry-run" in script


def test_an_unknown_shell_is_told_which_there_are(densing):
    result = densing("completion", "tcsh")
    assert (result.status, result.out) == (2, "")
    assert "bash" in result.err


def test_a_shell_that_cannot_be_told_is_asked_for(densing, monkeypatch):
    import cyclopts.completion.detect as detect

    def fail():
        raise detect.ShellDetectionError

    monkeypatch.setattr(detect, "detect_shell", fail)
    monkeypatch.setattr("cyclopts.completion.detect_shell", fail)
    result = densing("completion")
    assert (result.status, result.out) == (2, "")
    assert "bash, zsh, fish, powershell" in result.err


def test_the_script_is_put_where_the_shell_finds_it(densing, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    result = densing("completion", "bash", "--install")
    assert result.status == 0, result.err
    (script,) = tmp_path.rglob("completions/densing")
    assert str(script) in result.out


def offered(capfd, *words):
    capfd.readouterr()
    run(["__complete", *words])
    lines = capfd.readouterr().out.split("\x1fbegin\n")[1].splitlines()
    return {line.split("\t")[0] for line in lines}


def test_declared_names_and_tables_are_offered(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").touch()
    assert offered(capfd, "fit", "--model", "") >= {*declared("models"), "own.toml"}
    assert offered(capfd, "models", "") >= set(declared("models"))
    assert offered(capfd, "fit", "--inference", "") >= set(declared("inference"))
    assert {"catalog", "sources"} <= offered(capfd, "data", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(densing, tmp_path):
    (tmp_path / "densing.bash").write_text(densing("completion", "bash").out)
    program = tmp_path / "densing"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m densing "$@"\n')
    program.chmod(0o755)
    lines = [
        f"PATH={tmp_path}:$PATH; source {tmp_path}/densing.bash",
        'try() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(); _densing; '
        'echo "${COMPREPLY[*]}"; }',
        "try densing fore; try densing data add --dr; try densing fit --model oli; "
        "try densing fit --model olm",
    ]
    done = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["forecast", "--dry-run", "", "olmo2"]


def test_help_of_a_command_is_its_docstring(densing):
    for name in ("density", "forecast", "influence", "calibrate"):
        assert "\n\n" in densing(name, "--help").out.split("╭")[0].strip()
    assert "their intervals move" in " ".join(densing("density", "--help").out.split())
    every = [name for group in GROUPS.values() for name in group]
    assert all("System Message" not in densing(name, "--help").out for name in every)
