"""`densing forecast` and `densing backtest`: contract, refusals and statuses."""

import pandas as pd
import pytest

from densing.results.forecast import FANS


@pytest.fixture(scope="module")
def until(quick_run):
    from densing.results.horizon import released
    from densing.results.run import open_run

    return f"{released(open_run(quick_run)).max() + pd.Timedelta(days=400):%Y-%m-%d}"


def test_forecast(densing, quick_run, until):
    result = densing("forecast", quick_run, "--until", until, "--density", 5, "--json")
    answer = result.json
    assert result.status == (0 if answer["trustworthy"] else 3)
    for name in ("population", "frontier", "new_model", "record"):
        assert len(answer[name]) == len(answer["dates"])
        assert set(answer[name][0]) == {"median", "lower", "upper", "prob", "kind"}
        assert [fan["prob"] for fan in answer["fans"][name]] == list(FANS)
    (milestone,) = answer["milestones"]
    for name in ("population", "frontier", "record"):
        assert len(milestone[name]["probability"]) == len(answer["dates"])
        assert {"median", "lower", "upper"} <= set(milestone[name]["date"])
    assert answer["extrapolation"]["until"] == until
    assert answer["extrapolation"]["days_beyond"] == 400
    assert not answer["backtest"]["same"]


def test_forecast_in_words(densing, quick_run, until):
    said = densing(
        "forecast", quick_run, "--until", until, "--score", 0.6, "--benchmark", "Alpha"
    ).out
    assert "a model reaches 0.6 on Alpha" in said
    assert "parameters it takes" in said
    assert "extrapolates 400 days" in said
    assert "Not back-tested" in said


def test_forecast_writes_figures(densing, quick_run, until, tmp_path):
    out = tmp_path / "ahead"
    assert densing("forecast", quick_run, "--until", until, "--out", out).status in (0, 3)
    assert (out / "fan.png").stat().st_size > 10_000
    assert (out / "milestones.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--until", "1999-01-01"], "before the data"),
        (["--until", "2099-01-01"], "more than 5 years"),
        (["--until", "soon"], "no date"),
        (["--until", "UNTIL", "--match", "nobody"], "no model 'nobody'"),
        (["--until", "UNTIL", "--score", "60", "--benchmark", "Alpha"], "write 0.6"),
        (["--until", "UNTIL", "--prob", "90"], "between 0 and 1"),
    ],
)
def test_bad_input(densing, quick_run, until, arguments, word):
    arguments = [until if a == "UNTIL" else a for a in arguments]
    result = densing("forecast", quick_run, *arguments)
    assert result.status == 2
    assert word in result.err
    assert not result.out


def test_backtest_needs_a_past(densing, tables, tmp_path):
    result = densing(
        "backtest", *tables, "--set", "min_scores=99", "--out", tmp_path / "b", "--quiet"
    )
    assert result.status == 2
