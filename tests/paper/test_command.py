import json
from dataclasses import replace
from pathlib import Path

import pytest

from densing.answers.summary import summarise as summary
from densing.cli.app import run as command
from densing.paper import reproduce as room
from densing.paper import write
from densing.paper.claim import NOT_JUDGED, UNCERTAIN
from densing.paper.growth import growth_claims
from densing.results.run import save_run
from report.synthetic import make_run


@pytest.fixture
def given(monkeypatch, result):
    """Let the command find its work done: `result`, or what the test puts in its place."""

    def give(answer=result, *, pages=True):
        monkeypatch.setattr(room, "reproduce", lambda **_: answer)
        if not pages:
            monkeypatch.setattr(write, "write_reproduction", lambda *_, **__: Path("page"))

    return give


@pytest.mark.parametrize(
    "arguments",
    [
        ["--out", "file"],
        ["--out", "file/below"],
        ["--out", "new", "--run", "nowhere.nc"],
        ["--out", "new", "--run", "file"],
        ["--out", "new", "--seed", "one"],
        ["--out", "new", "--nonsense"],
    ],
)
def test_bad_input_is_refused_before_the_work(arguments, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    monkeypatch.setattr(room, "reproduce", lambda **_: pytest.fail("worked"))
    assert command(["reproduce", *arguments]) == 2
    caught = capfd.readouterr()
    assert caught.out == ""
    assert "Traceback" not in caught.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_run_of_a_component_is_no_joint_run(tmp_path, capfd):
    run = make_run()
    run.attrs["kind"] = "trend"
    path = save_run(run, tmp_path / "trend.nc")
    assert command(["reproduce", "--run", str(path), "--out", str(tmp_path / "new")]) == 2
    assert "joint model" in capfd.readouterr().err
    assert not (tmp_path / "new").exists()


def test_json_is_one_object_and_other_files_stay(given, tmp_path, capfd):
    given()
    (tmp_path / "kept.txt").write_text("mine")
    assert command(["reproduce", "--json", "--quiet", "--out", str(tmp_path)]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["joint_run"] is None
    assert (tmp_path / "kept.txt").read_text() == "mine"
    assert (tmp_path / "reproduce.html").exists()


def test_the_table_says_rule_and_verdicts(given, capfd):
    given(pages=False)
    assert command(["reproduce", "--quiet"]) == 0
    text = " ".join(capfd.readouterr().out.split())
    for part in (
        "0.006529",
        "bounded above",
        "not supported",
        "uncertain",
        "densing fit --out",
    ):
        assert part in text


@pytest.mark.parametrize(("columns", "apart"), [(80, "\n"), (120, " (")])
def test_each_re_estimate_has_its_median_and_its_ends(given, capfd, monkeypatch, columns, apart):
    monkeypatch.setenv("COLUMNS", str(columns))
    given(pages=False)
    assert command(["reproduce", "--quiet"]) == 0
    text = capfd.readouterr().out
    table = text.partition("Loss curves")[0].splitlines()  # the rule below is a paragraph
    assert max(map(len, table)) <= columns
    lines = [line.split() for line in table]
    (first,) = (i for i, words in enumerate(lines) if {"≠", "2.495"} <= set(words))
    assert "2.49" in lines[first]
    ends = lines[first + 1] if apart == "\n" else lines[first]
    assert [word.strip("()") for word in ends if word.startswith(("2.01", "(2.01"))]
    assert "by chance" in text  # no re-estimate: what data without growth give
    assert "0.004796 before and" in " ".join(text.split())


def test_a_trend_that_did_not_converge_is_said_and_gives_status_3(given, result, capfd):
    doubtful = make_run(trustworthy=False)
    trend = result.growth.trend.copy()
    trend.attrs["health"] = doubtful.attrs["health"]
    growth = replace(result.growth, trend=trend)
    rows = {claim.name: claim for claim in growth_claims(growth)}
    frontier = rows[f"doubling time: frontier of all {len(growth.table)} densities"]
    assert frontier.verdict == UNCERTAIN
    assert "NOT TRUSTWORTHY" in frontier.note
    given(replace(result, growth=growth), pages=False)
    assert command(["reproduce", "--quiet"]) == 3
    assert "NOT TRUSTWORTHY" in capfd.readouterr().out


def test_the_joint_model_stands_beside_the_headline(result):
    joint = summary(make_run())
    rows = {c.name: c for c in growth_claims(replace(result.growth, joint=joint))}
    frontier = rows["doubling time: joint model, frontier"]
    assert frontier.interval.lower == joint["frontier"]["doubling_months"]["lower"]
    assert frontier.verdict != NOT_JUDGED
    assert "doubling time: joint model" not in rows
    alone = summary(make_run(frontier=False))
    rows = {c.name: c for c in growth_claims(replace(result.growth, joint=alone))}
    assert "doubling time: joint model, frontier" not in rows
    unbounded = summary(make_run(rate=0.05, spread=0.2))
    rows = {c.name: c for c in growth_claims(replace(result.growth, joint=unbounded))}
    assert rows["doubling time: joint model, typical model"].interval.upper is None


def test_an_untrustworthy_joint_run_gives_status_3(given, result):
    joint = summary(make_run(trustworthy=False))
    growth = replace(result.growth, joint=joint)
    given(replace(result, growth=growth), pages=False)
    assert command(["reproduce", "--quiet", "--json"]) == 3
