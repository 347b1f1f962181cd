import json

import pytest

from densing.cli.app import run
from densing.sensitivity.summary import listed
from recipes import FEW

AXES = """
about = "tiny"
[axes.tokens]
reason = "a convention"
default = "declared"
levels.less = { tokens = 1e12 }
[axes.catalog]
reason = "what counts"
default = "all"
levels."too few" = { released_from = 2100-01-01 }
levels.early = { released_until = 2024-09-01 }
"""


@pytest.fixture(scope="module")
def arguments(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("axes")
    (folder / "axes.toml").write_text(AXES)
    (folder / "few.toml").write_text(FEW)
    return [
        "sensitivity", *tables, "--declaration", folder / "axes.toml", "--universes", 1,
        "--inference", folder / "few.toml", "--workers", 1, "--quiet",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(arguments, tmp_path_factory):
    out = tmp_path_factory.mktemp("multiverse")
    assert run([str(a) for a in [*arguments, "--out", out]]) in (0, 3)
    return out


def test_a_run_of_three_universes(folder):
    answer = json.loads((folder / "sensitivity.json").read_text())
    assert len(answer["universes"]) == 3
    assert answer["universes"][0]["left"] == []
    for universe in answer["universes"]:
        interval = universe["population"]["doubling_months"]
        assert set(interval) == {"median", "lower", "upper", "prob", "kind"}
        assert universe["diagnostics"]["verdict"] in ("trustworthy", "not trustworthy")
    assert answer["diagnostics"]["fitted"] == 3
    assert answer["diagnostics"]["seconds"] > 1.0
    early = answer["universes"][2]
    assert early["models"] < answer["universes"][0]["models"]
    (skipped,) = answer["skipped"]
    assert skipped["levels"]["catalog"] == "too few"
    assert "a trend needs at least 3" in skipped["reason"]


def test_a_stopped_run_continues_with_what_is_missing(densing, arguments, folder):
    kept = sorted((folder / "universes").glob("*.json"))
    before = {path: path.stat().st_mtime_ns for path in kept}
    gone = kept[0]
    gone.unlink()
    (folder / "universes" / f".{gone.name}.1.part").write_text("half a rec")
    result = densing(*arguments, "--out", folder, "--json")
    assert len(result.json["universes"]) == 3
    after = {path: path.stat().st_mtime_ns for path in kept}
    assert [path for path in kept if before[path] != after[path]] == [gone]


def test_an_unknown_axis_is_bad_input(densing, tmp_path):
    out = tmp_path / "none"
    result = densing("sensitivity", "--axes", "tokns", "--out", out)
    assert result.status == 2
    assert "unknown axis 'tokns'; known: tokens, count, law" in result.err
    assert not out.exists()


def test_a_factorial_needs_axes(densing, tmp_path):
    result = densing("sensitivity", "--factorial", "--out", tmp_path / "none")
    assert result.status == 2
    assert "--factorial needs --axes" in result.err


def test_a_number_of_universes_beside_a_factorial_is_refused(densing, tmp_path):
    result = densing(
        "sensitivity", "--factorial", "--axes", "tokens", "--universes", 3,
        "--out", tmp_path / "none",
    )  # fmt: skip
    assert result.status == 2
    assert "leave --universes out" in result.err


def test_the_terminal_says_what_was_skipped_and_what_it_took(densing, arguments, folder):
    result = densing(*arguments, "--out", folder)
    assert "takes 4 universes, more than the 1 asked for" in result.err
    assert "1 combinations are impossible or repeat another:\n  catalog: too few: " in result.out
    default = json.loads((folder / "sensitivity.json").read_text())["diagnostics"]
    assert f"the default universe's own {default['default_gradients']:,}; " in result.out


def test_of_many_lines_the_first_are_named():
    *_, last, more = listed([f"line {i}" for i in range(12)])
    assert (last.text, more.text) == ("line 9", "and 2 more, in sensitivity.json")
    assert last.below
    assert more.below


def test_a_report_refuses_a_run_around_another_model_before_it_fits(
    densing, tables, folder, tmp_path
):
    out = tmp_path / "none"
    result = densing(
        "report", *tables, "--set", "tokens=2e12", "--sensitivity", folder, "--out", out
    )
    assert result.status == 2
    assert "its default is the model" in result.err
    assert not out.exists()
    result = densing("report", *tables, "--sensitivity", tmp_path, "--out", out)
    assert result.status == 2
    assert "no finished sensitivity run of this version" in result.err
