"""The back-test of reported scores: naive forecasts, tables, and two origins in earnest."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from densing.calibration.score_backtest import backtest_scores, origins
from densing.cli.app import run as command
from densing.data import load_evidence
from densing.inference.settings import load_settings
from densing.models.family_layout import select_scores
from densing.results.backtest import OURS
from densing.results.naive_scores import (
    HALF_YEAR,
    LINE,
    NAIVE,
    NO_GROWTH,
    PRIOR_LINE,
    RECORDS,
    Reported,
    naive_scores,
)
from densing.results.score_forecasts import (
    AVERAGE,
    SINGLE,
    judged,
    log_predictive,
    score_table,
    sentence,
)
from recipes import FEW


def world(count=200, rate=0.5, noise=0.3, seed=4):
    """Models of four years on two benchmarks whose logits grow in ln N and the date."""
    rng = np.random.default_rng(seed)
    size, time = rng.normal(0.0, 1.0, count), np.sort(rng.uniform(-4.0, 0.0, count))
    shared = rng.standard_normal((count, 1))
    error = noise * (0.8 * shared + 0.6 * rng.standard_normal((count, 2)))
    z = np.array([0.2, 0.0]) + 0.6 * size[:, None] + rate * time[:, None] + error
    return Reported(0.98 / (1.0 + np.exp(-z)), size, time)


def drawn(name, past, at=1.0, samples=4000):
    new = Reported(np.full((1, 2), np.nan), np.zeros(1), np.array([at]))
    found = naive_scores(name, past, new, np.zeros(2), np.full(2, 1e5), samples=samples)
    assert found.shape == (samples, 1, 2)
    share = np.clip(found[:, 0] / 0.98, 1e-4, 1 - 1e-4)
    return np.log(share / (1 - share))


def test_a_line_in_size_and_date_finds_the_truth():
    z = drawn(LINE, world())
    assert z.mean(axis=0) == pytest.approx([0.7, 0.5], abs=0.12)
    assert z.std(axis=0) == pytest.approx([0.3, 0.3], rel=0.15)
    assert np.corrcoef(z.T)[0, 1] == pytest.approx(0.64, abs=0.12)


def test_without_growth_the_last_half_year_is_nearer():
    past = world()
    none, recent = (drawn(name, past).mean(axis=0) for name in (NO_GROWTH, HALF_YEAR))
    assert none == pytest.approx([0.2 - 1.0, -1.0], abs=0.2)
    assert recent == pytest.approx([0.2 - 0.125, -0.125], abs=0.2)


def test_the_prior_rate_holds_where_there_is_little_evidence():
    past = world(rate=0.0)
    few = Reported(past.score[-12:], past.log_size[-12:], past.time[-12:])
    line, prior = (drawn(name, few, at=3.0).std(axis=0).mean() for name in (LINE, PRIOR_LINE))
    assert prior < 0.7 * line
    many = drawn(PRIOR_LINE, world(count=2000, rate=0.0), at=1.0).mean(axis=0)
    assert many == pytest.approx([0.2, 0.0], abs=0.15)


def test_a_line_through_records_grows_as_they_do():
    past = world(rate=0.5, noise=0.05)
    z = [drawn(RECORDS, past, at=at).mean(axis=0) for at in (0.0, 1.0)]
    assert z[1] - z[0] == pytest.approx([0.5, 0.5], abs=0.12)


def test_missing_scores_are_no_scores():
    past = world()
    gaps = past._replace(score=np.where(np.random.default_rng(1).random((200, 2)) < 0.3, np.nan,
                                        past.score))  # fmt: skip
    for name in NAIVE:
        assert np.isfinite(drawn(name, gaps, samples=50)).all()


def judgements(shift, name, origin="2023-06-30", count=20, seed=2):
    rng = np.random.default_rng(seed)
    score = np.full((count, 2), 0.5) + 0.02 * rng.standard_normal((count, 2))
    score[0, 1] = np.nan
    models = pd.DataFrame(
        {
            "model": [f"{origin} {i}" for i in range(count)],
            "release": [f"{origin} r{i // 2}" for i in range(count)],
            "release_date": pd.date_range(origin, periods=count, freq="18D")
            + pd.Timedelta(days=1),
        }
    )  # fmt: skip
    draws = 0.5 + shift + 0.02 * rng.standard_normal((500, count, 2))
    return judged(name, origin, models, ["A", "B"], draws, score)


def test_scores_and_averages_are_judged():
    rows = judgements(0.0, OURS)
    assert [row["kind"] for row in rows].count(AVERAGE) == 20
    assert [row["kind"] for row in rows].count(SINGLE) == 39
    first = next(row for row in rows if row["kind"] == AVERAGE)
    single = next(row for row in rows if row["kind"] == SINGLE and row["model"] == first["model"])
    assert first["observed"] == single["observed"]
    assert first["lead_days"] == 1


def test_the_table_weighs_origins_equally_and_tells_who_is_behind():
    rows = [
        *judgements(0.0, OURS), *judgements(0.0, OURS, "2023-12-31", count=6),
        *judgements(0.1, LINE), *judgements(0.1, LINE, "2023-12-31", count=6),
    ]  # fmt: skip
    rows = [row for row in rows if row["kind"] == AVERAGE]
    table = score_table(rows)
    assert [(row["months"], row["forecaster"]) for row in table] == [
        (m, name) for m in (3, 6, 12) for name in (OURS, LINE)
    ]  # fmt: skip
    ours, line = table[-2:]
    frame = pd.DataFrame([row for row in rows if row["forecaster"] == OURS])
    frame = frame[frame["lead_days"] <= 366]
    assert ours["crps"] == pytest.approx(frame.groupby("origin")["crps"].mean().mean())
    assert ours["n"] == 26
    assert ours["origins"] == 2
    assert ours["coverage"] > 0.75
    assert line["coverage"] == 0.0
    assert line["bias"] == pytest.approx(0.1, abs=0.02)
    assert line["crps_more"] == pytest.approx(line["crps"] - ours["crps"])
    assert line["crps_more"] > 5 * line["se_crps_more"] > 0.0
    assert line["log_score_less"] > 0.0
    assert 0.0 < ours["mcse_crps"] < 0.01
    assert f"better in both than {LINE}." in sentence(table, "average scores")


def test_origins_have_a_year_of_models_before_them(families_model):
    scores = select_scores(load_evidence(), families_model.choices)
    assert origins(scores) == [date(2022, 6, 30), date(2022, 12, 31)]
    late = scores[scores["release_date"] > "2022-02-01"]
    assert not origins(late)


def test_two_origins_are_refitted_scored_and_kept(families_model, tmp_path, capfd):
    """The command, once for the fits and once more from what it kept."""
    recipe = tmp_path / "few.toml"
    recipe.write_text(FEW)
    out = tmp_path / "out"
    arguments = [
        "backtest", "--out", str(out), "--inference", str(recipe), "--quiet",
        "--set", "released_until=2023-06-30",
        "--set", f"benchmarks={','.join(families_model.choices.benchmarks)}",
    ]  # fmt: skip
    assert command(arguments) == 3
    assert "mean over the origins" in capfd.readouterr().out
    told = json.loads((out / "backtest.json").read_text())
    assert [row["origin"] for row in told["origins"]] == ["2022-06-30", "2022-12-31"]
    assert not told["trustworthy"]
    assert {row["forecaster"] for row in told["score_table"]} == {OURS, *NAIVE}
    assert {"months", "forecaster", "n", "coverage", "crps", "log_score", "mcse_crps"} <= set(
        told["score_table"][0]
    )
    for row in told["score_table"]:
        assert 0.0 < row["crps"] < 0.5
    kept = sorted((out / "origins").glob("*.nc"))
    assert len(kept) == 2
    before = [path.stat().st_mtime_ns for path in kept]
    again = backtest_scores(load_evidence(), families_model, load_settings(recipe), out / "origins")
    assert [path.stat().st_mtime_ns for path in sorted((out / "origins").glob("*.nc"))] == before
    assert again["score_table"] == told["score_table"]
    forecasts = json.loads((out / "forecasts.json").read_text())
    assert set(forecasts) == {"average_forecasts", "score_forecasts"}
    for row in told["origins"]:
        assert len(row["benchmarks"]) == 4


def test_a_score_beyond_all_draws_costs_as_much_as_one_unforeseen():
    near = np.full((500, 1), 0.5) + 0.01 * np.random.default_rng(1).standard_normal((500, 1))
    assert log_predictive(near, np.array([0.9]))[0] == pytest.approx(np.log(0.01))
    at_centre = log_predictive(near, np.array([0.5]))[0]
    assert at_centre == pytest.approx(np.log(0.99 / 0.01 / np.sqrt(2 * np.pi)), abs=0.15)
