import json
from dataclasses import dataclass

import pytest

from densing.cli.app import run


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def densing(capfd):
    """Run a command in this process: status, standard output and standard error."""

    def call(*arguments):
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Result(status, captured.out, captured.err)

    return call


WORLD = """
seed = 3
models = 12
families = 3
[benchmarks.Alpha]
[benchmarks.Beta]
midpoint = 0.16
"""


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A small simulated world on disk, made by the command itself."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "truth.toml").write_text(WORLD)
    status = run(["simulate", "--truth", str(folder / "truth.toml"), "--out", str(folder / "w")])
    assert status == 0
    return folder / "w"


@pytest.fixture(scope="session")
def tables(world):
    return [
        "--model", world / "model.toml", "--reference", world / "reference_runs.csv",
        "--calibration", world / "calibration_points.csv", "--catalog", world / "catalog.csv",
        "--benchmarks", world / "benchmarks.csv",
    ]  # fmt: skip


@pytest.fixture(scope="session")
def quick_run(world, tables, tmp_path_factory):
    """A run file of the small world, from few draws: fit to be read, not to be believed."""
    out = tmp_path_factory.mktemp("quick") / "run.nc"
    arguments = ["fit", *tables, "--inference", "quick", "--quiet", "--out", out]
    assert run([str(a) for a in arguments]) in (0, 3)
    return out
