"""The wheel carries declarations and evidence, and runs where the checkout is not."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    home = folder / "env"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "-q", wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    return home


def call(home, *command):
    # Dependencies come from this environment; path files (so the editable install) do not.
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_paths()["purelib"]}
    return subprocess.run(
        [home / "bin" / command[0], *command[1:]],
        capture_output=True, text=True, env=environment, cwd=home, check=True,
    ).stdout  # fmt: skip


def test_the_installed_wheel_finds_its_own_declarations_and_evidence(installed):
    where = call(installed, "python", "-c", "import densing; print(densing.__file__)")
    assert str(installed) in where
    assert "no_irreducible" in call(installed, "densing", "models")
    assert "publication" in call(installed, "densing", "inference")
    assert call(installed, "densing", "data", "catalog").count("\n") > 800
    code = "from densing.models.declaration import folder; print(folder('models'))"
    assert str(installed) in call(installed, "python", "-c", code)
    code = "from densing.results.backtested import kept; print(*sorted(kept()))"
    told = call(installed, "python", "-c", code).split()
    assert told == sorted(path.stem for path in (ROOT / "benchmarks/results/backtests").iterdir())
