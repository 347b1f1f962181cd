"""A world with known truth is recovered through the tables, the fit and the run file."""

import json

import numpy as np
import pytest

from densing.cli.app import run
from densing.results.run import open_run, record


@pytest.mark.slow
def test_the_default_world_is_recovered(tmp_path):
    world, out = tmp_path / "world", tmp_path / "run.nc"
    assert run(["simulate", "--out", str(world)]) == 0
    status = run(
        [
            "fit", "--model", str(world / "model.toml"),
            "--reference", str(world / "reference_runs.csv"),
            "--calibration", str(world / "calibration_points.csv"),
            "--catalog", str(world / "catalog.csv"),
            "--benchmarks", str(world / "benchmarks.csv"), "--quiet", "--out", str(out),
        ]
    )  # fmt: skip
    fitted = open_run(out)
    assert status == 0, record(fitted, "health")["reasons"]
    truth = json.loads((world / "truth.json").read_text())
    derived = fitted["derived"]
    for name in ("population_rate", "frontier_rate"):
        lower, upper = np.quantile(derived[name], [0.05, 0.95])
        assert lower < truth[name] < upper
    density = np.asarray([truth["density"][m] for m in derived["model"].to_numpy()])
    lower, upper = derived["density"].quantile([0.05, 0.95], ("chain", "draw")).to_numpy()
    covered = np.mean((lower < density) & (density < upper))
    # 60 correlated models at a nominal 90 %.
    assert covered >= 0.85
