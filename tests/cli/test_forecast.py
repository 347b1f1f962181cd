"""`densing forecast` and `densing backtest`: contract, refusals and statuses."""

import pandas as pd
import pytest

from densing.answers.forecast.outlook import FANS
from densing.text import sized

TODAY = ("--today", "2024-06-30")
"""Whatever the clock says."""


@pytest.fixture(scope="module")
def until(quick_run):
    from densing.results.horizon import released
    from densing.results.run import open_run

    return f"{released(open_run(quick_run)).max() + pd.Timedelta(days=400):%Y-%m-%d}"


def test_forecast(densing, quick_run, until):
    result = densing("forecast", quick_run, "--until", until, *TODAY, "--density", 5, "--json")
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
    assert answer["backtest"] is None
    assert "no kept back-test" in answer["not_backtested"]


def test_forecast_in_words(densing, quick_run, until):
    said = densing(
        "forecast", quick_run, "--until", until, *TODAY, "--score", 0.6, "--benchmark", "Alpha"
    ).out
    assert "a model reaches 0.6 on Alpha" in said
    assert "parameters it takes" in said
    assert "what it costs, 2024-06-30 being 1" in said
    assert "doubles every 2.1 years" in said
    assert "extrapolates 400 days" in said
    assert "Not back-tested" in said


@pytest.mark.parametrize("size", ["4B", "4e9", "4000000000", "4 billion"])
def test_a_size_is_read_as_people_write_it(densing, quick_run, until, size):
    asked = ("--score", 0.6, "--benchmark", "Alpha", "--params", size)
    answer = densing("forecast", quick_run, "--until", until, *TODAY, *asked, "--json").json
    assert answer["milestones"][0]["request"]["params"] == 4e9


def test_sizes_are_said_in_words():
    assert [sized(n) for n in (0.0, 0.4, 1.0, 999.0, 999.6, 6.25e5, 1.31e7, 1.2e8, 4e9)] == [
        "less than 1", "less than 1", "1", "999", "1K", "625K", "13.1M", "120M", "4B",
    ]  # fmt: skip


def test_forecast_writes_figures(densing, quick_run, until, tmp_path):
    out = tmp_path / "ahead"
    assert densing("forecast", quick_run, "--until", until, *TODAY, "--out", out).status in (0, 3)
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
        (["--until", "UNTIL", "--match", "x", "--params", "huge"], "'huge' is not a number: write"),
        (["--until", "UNTIL", "--params", "4"], "such as 4B"),
        (["--until", "UNTIL", "--today", "TODAY"], "swap them?"),
    ],
)
def test_bad_input(densing, quick_run, until, arguments, word):
    late = f"{pd.Timestamp(until) + pd.Timedelta(days=1):%Y-%m-%d}"
    known = {"UNTIL": until, "TODAY": late}
    arguments = [known.get(word, word) for word in arguments]
    if "--today" not in arguments:
        arguments = [*arguments, *TODAY]
    result = densing("forecast", quick_run, *arguments)
    assert result.status == 2
    assert word in result.err
    assert not result.out


def test_backtest_needs_a_past(densing, tables, tmp_path):
    result = densing(
        "backtest", *tables, "--set", "min_scores=99", "--out", tmp_path / "b", "--quiet"
    )
    assert result.status == 2


def test_what_cannot_be_averaged_is_refused_before_any_fit(densing, tmp_path):
    names = ("changepoint", "changepoint", "ladder", "average", "default")
    arguments = [word for name in names for word in ("--with", name)]
    result = densing("backtest", "--model", "ladder", *arguments, "--out", tmp_path / "b")
    assert result.status == 2
    assert "--with changepoint: given twice" in result.err
    assert "--with ladder: given twice" in result.err
    assert "--with average: differs from ladder in benchmarks, min_scores" in result.err
    assert "--with default: differs from ladder in form, benchmarks" in result.err
    ladder = ("backtest", "--model", "ladder", "--out", tmp_path / "b")
    assert densing(*ladder, "--with", "chanepoint").status == 2
    result = densing("backtest", "--with", "changepoint", "--out", tmp_path / "b")
    assert result.status == 2
    assert "add --model ladder" in result.err
    assert not (tmp_path / "b").exists()
