"""What commands answer: the contract that other people's scripts rely on."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from densing.results.run import save_run
from report.synthetic import make_run

INTERVAL = {"median", "lower", "upper", "prob", "kind"}
GROWTH = {"rate_per_year", "doubling_months", "p_not_growing"}
DIAGNOSTICS = {
    "max_rhat", "min_ess_bulk", "min_ess_tail", "divergences", "gradient_evaluations", "seconds",
    "verdict", "reasons",
}  # fmt: skip


def check_growth(answer):
    assert set(answer) == GROWTH
    rate, months = answer["rate_per_year"], answer["doubling_months"]
    assert set(rate) == set(months) == INTERVAL
    assert rate["lower"] < rate["median"] < rate["upper"]
    if rate["lower"] > 0:
        assert months["upper"] == pytest.approx(12 * np.log(2) / rate["lower"])
    else:
        assert months["upper"] is None


def test_summary(densing, quick_run):
    result = densing("summary", quick_run, "--json")
    answer = result.json
    assert result.status == (0 if answer["diagnostics"]["verdict"] == "trustworthy" else 3)
    check_growth(answer["population"])
    check_growth(answer["frontier"])
    assert set(answer["diagnostics"]) >= DIAGNOSTICS
    assert set(answer["diagnostics"]["seconds"]) >= {"compile", "sample"}
    assert answer["models"] == 12
    assert answer["reference"] == "simulated"
    assert answer["choices"]["benchmarks"] == ["Alpha", "Beta"]
    assert {"densing", "jax", "numpyro"} <= set(answer["versions"])
    assert (
        densing("summary", quick_run, "--json", "--prob", "0.5").json["population"][
            "rate_per_year"
        ]["prob"]
        == 0.5
    )
    assert "doubles" in densing("summary", quick_run).out


def test_density(densing, quick_run):
    rows = densing("density", quick_run, "--json").json
    assert len(rows) == 12
    for row in rows:
        assert set(row) == {
            "model", "release_date", "params", "density", "effective_params", "p_beyond_reference",
        }  # fmt: skip
        assert row["effective_params"]["median"] == pytest.approx(
            row["density"]["median"] * row["params"], rel=1e-6
        )
        assert 0.0 <= row["p_beyond_reference"] <= 1.0
    assert "model-000" in densing("density", quick_run).out


def test_reading_a_run_imports_no_engine(quick_run):
    code = (
        "import sys; from densing.cli.app import run; "
        f"status = run(['summary', {str(quick_run)!r}]); run(['density', {str(quick_run)!r}]); "
        "print([m for m in ('jax', 'numpyro', 'pymc', 'pytensor', 'nutpie') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_loss_recovers_a_known_law(densing, tmp_path):
    rng = np.random.default_rng(5)
    params, tokens = np.meshgrid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 6))
    loss = 1.8 + 450.0 * params**-0.345 + 1900.0 * tokens**-0.365
    noise = 0.002 * rng.standard_t(4, loss.shape)
    table = pd.DataFrame(
        {"params": params.ravel(), "tokens": tokens.ravel(), "loss": (loss * np.exp(noise)).ravel()}
    )
    table.to_csv(tmp_path / "runs.csv", index=False)
    result = densing("loss", tmp_path / "runs.csv", "--json", "--quiet")
    assert result.status == 0, result.err
    parameters = result.json["parameters"]
    for name, truth in {"irreducible_loss": 1.8, "alpha": 0.345, "beta": 0.365}.items():
        assert set(parameters[name]) == INTERVAL
        middle, width = (
            parameters[name]["median"],
            parameters[name]["upper"] - parameters[name]["lower"],
        )
        assert abs(middle - truth) < 1.5 * width, name
        assert width < 0.2 * truth
    assert set(result.json["diagnostics"]) >= DIAGNOSTICS


def test_trend_on_dated_values(densing, tmp_path):
    rng = np.random.default_rng(8)
    days = np.sort(rng.integers(0, 900, 40))
    value = np.exp(1.0 + 2.0 * days / 365.25 + 0.3 * rng.standard_normal(40))
    table = pd.DataFrame(
        {
            "name": [f"m{i}" for i in range(40)],
            "date": pd.Timestamp("2023-01-01") + pd.to_timedelta(days, unit="D"),
            "value": value,
            "lower": value * 0.8,
            "upper": value * 1.25,
        }
    )
    table.to_csv(tmp_path / "values.csv", index=False)
    result = densing(
        "trend", tmp_path / "values.csv", "--residual", "normal", "--json", "--quiet",
        "--out", tmp_path / "trend.nc",
    )  # fmt: skip
    assert result.status == 0, result.err
    check_growth(result.json["population"])
    assert result.json["frontier"] is None
    rate = result.json["population"]["rate_per_year"]
    assert rate["lower"] < 2.0 < rate["upper"]
    assert densing("summary", tmp_path / "trend.nc", "--json").json["values"] == 40


def test_listings(densing):
    names = [entry["name"] for entry in densing("models", "--json").json]
    assert names[0] == "default"
    assert {"no_irreducible", "population", "average", "olmo2"} <= set(names)
    assert densing("models", "default", "--json").json["priors"]["rate"]["unit"]
    assert "quick" in [entry["name"] for entry in densing("inference", "--json").json]
    listed = densing("data", "--json").json
    assert {"catalog", "reference_runs"} <= {entry["name"] for entry in listed}
    assert densing("data", "benchmarks").out.startswith("benchmark,")


def test_density_of_the_models_asked_for(densing, tmp_path):
    run = make_run()
    run.attrs["kind"] = "joint"
    path = save_run(run, tmp_path / "run.nc")
    rows = densing("density", path, "--json").json
    asked = [rows[3]["model"], rows[1]["model"]]
    assert densing("density", path, *asked, "--json").json == [rows[1], rows[3]]
    assert asked[0] in densing("density", path, asked[0]).out
    result = densing("density", path, asked[0], "plain-9B", "nobody")
    assert (result.status, result.out) == (2, "")
    assert "did you mean plain-" in result.err
    assert "'nobody'" in result.err
