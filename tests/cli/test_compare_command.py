"""`densing compare`: contract, figure, refusals and statuses."""

import pytest

from compare.trend_runs import trend_run
from densing.results.run import save_run

ROW = {
    "name", "model", "trustworthy", "reasons", "elpd", "se", "mcse", "p_loo", "elpd_diff", "dse",
    "stacking", "weight", "worst_pareto_k", "population", "frontier", "shape", "at_end",
    "acceleration",
}  # fmt: skip


@pytest.fixture
def paths(tmp_path):
    made = {
        "straight": trend_run(),
        "bent": trend_run("changepoint", slope_change=0.5, changepoint_share=0.4),
        "bad": trend_run("saturating", slowdown=0.3, trustworthy=False),
    }
    return {name: save_run(run, tmp_path / f"{name}.nc") for name, run in made.items()}


def test_the_answer(densing, paths):
    result = densing("compare", paths["straight"], paths["bent"], "--json")
    assert result.status == 0
    answer = result.json
    assert all(set(row) == ROW for row in answer["runs"])
    assert {row["name"]: row["shape"] for row in answer["runs"]} == {
        "straight": "linear", "bent": "changepoint",
    }  # fmt: skip
    bent = next(row for row in answer["runs"] if row["name"] == "bent")
    assert bent["acceleration"]["population"]["p_acceleration"] == 1.0
    assert answer["compared"] == answer["observations"] == 6
    assert set(answer["stacked"]) == {"population", "frontier", "at_end"}


def test_in_words_and_as_a_figure(densing, paths, tmp_path):
    result = densing("compare", paths["straight"], paths["bent"], "--out", tmp_path / "out")
    assert result.status == 0
    for word in ("straight", "stacked", "Growth after the changepoint", "not how it forecasts"):
        assert word in result.out
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"compare.png", "compare.svg", "compare.json"}


def test_an_untrustworthy_run_is_marked(densing, paths, tmp_path):
    result = densing("compare", *paths.values(), "--out", tmp_path / "out")
    assert result.status == 3
    assert "bad is not trustworthy, and was not weighed" in result.out
    assert "R-hat 1.200" in result.out


def test_runs_of_one_name_are_told_apart(densing, paths, tmp_path):
    (tmp_path / "other").mkdir()
    same = save_run(trend_run(rate=2.1), tmp_path / "other" / "straight.nc")
    answer = densing("compare", paths["straight"], same, "--json").json
    assert {row["name"] for row in answer["runs"]} == {str(paths["straight"]), str(same)}


def test_bad_input(densing, paths, tmp_path):
    other = save_run(trend_run(values=(1, 2, 3, 4, 5, 7)), tmp_path / "other.nc")
    (tmp_path / "text.nc").write_text("not a run")
    for arguments, words in (
        ([], ["at least two"]),
        ([paths["bent"]], ["at least two"]),
        ([paths["bent"], paths["bent"]], ["given twice"]),
        ([paths["bent"], tmp_path / "none.nc", tmp_path / "text.nc"],
         ["no such run file", "not a readable run file"]),
        ([paths["bent"], other], ["bent and other differ in values", "value"]),
        ([paths["bent"], paths["straight"], "--prob", "90"], ["between 0 and 1"]),
    ):  # fmt: skip
        result = densing("compare", *arguments)
        assert result.status == 2
        assert all(word in result.err for word in words)
        assert "Traceback" not in result.err
        assert result.out == ""


def test_a_changepoint_outside_the_data_is_refused(densing, tmp_path):
    table = tmp_path / "values.csv"
    table.write_text("name,date,value\na,2023-01-01,1\nb,2024-01-01,2\nc,2025-01-01,5\n")
    result = densing("trend", table, "--set", "shape=fixed_changepoint", "--quiet")
    assert result.status == 2
    assert "changepoint 2022-11-30 does not lie within the data" in result.err
    result = densing("trend", table, "--set", "shape=curly", "--quiet")
    assert result.status == 2
    assert "'local'" in result.err
