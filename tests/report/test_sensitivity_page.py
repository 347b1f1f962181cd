"""The page's section on reference choices, and what is refused there."""

import json
from types import SimpleNamespace

import pytest

from densing.files import to_json
from densing.report.sensitivity import read_sensitivity, section
from densing.report.sensitivity_figures import moved
from densing.results.run import RunError
from sensitivity.test_answers import ADDITIVE, broken, universe

from .page_parts import MODEL, answer


@pytest.fixture
def kept(tmp_path):
    def keep(record):
        (tmp_path / "sensitivity.json").write_text(to_json(record))
        return tmp_path

    return keep


def read(folder, **other):
    return read_sensitivity(folder, **({"evidence_hash": "abc", "model": MODEL} | other))


def test_a_run_of_the_same_evidence_and_model_is_read(kept):
    folder = kept(answer(*ADDITIVE))
    assert len(read(folder)["universes"]) == 6
    assert read(folder, model=MODEL | {"about": "other words"})["claims"]


def test_another_run_is_refused_and_every_difference_named(kept):
    folder = kept(answer(*ADDITIVE))
    other = MODEL | {"choices": {"tokens": 1e12}}
    with pytest.raises(RunError, match="evidence is not this report's and its default is the mo"):
        read(folder, evidence_hash="xyz", model=other)
    with pytest.raises(RunError, match="with other choices; make it again"):
        read(folder, model=other)
    with pytest.raises(RunError, match="no universe on the default"):
        read(kept(answer(*ADDITIVE[1:])))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"universes": []}'])
def test_a_folder_without_a_finished_run_is_refused_with_the_cure(tmp_path, content):
    (tmp_path / "sensitivity.json").write_text(content)
    with pytest.raises(RunError, match=r"no finished sensitivity run .* densing sensitivity --out"):
        read(tmp_path)
    with pytest.raises(RunError, match="no finished sensitivity run"):
        read(tmp_path / "nowhere")


def test_an_axis_without_growth_at_a_level_says_so():
    still = universe("10T", months=20.0, spread=2.0)
    still["population"]["doubling_months"]["median"] = None
    record = answer(*ADDITIVE[:2], still)
    assert moved(record, "tokens", "population") == "2.0 and more: no growth at one level"
    assert moved(record, "law", "population") == "not tried"


def test_what_is_not_trustworthy_moves_nothing_on_the_page():
    doubtful = universe("10T", months=40.0, verdict="not trustworthy")
    assert moved(answer(*ADDITIVE[:2], doubtful), "tokens", "population") == "2.0 to 3.0"
    assert moved(answer(ADDITIVE[0], doubtful), "tokens", "population") == "not trustworthy"


def test_the_page_lists_what_has_no_answer_and_what_was_skipped():
    record = answer(*ADDITIVE[:2], broken("10T"))
    levels = {"tokens": "1T", "law": "without E"}
    record["skipped"] = [{"levels": levels, "reason": "too <few> scores"}]
    images = {"tornado": SimpleNamespace(narrow="", wide="")}
    page = section(json.loads(to_json(record)), images)
    assert "Without an answer:" in page
    assert "could not be fitted, its numbers break down: Singular matrix" in page
    assert '<details id="skipped"><summary>1 combinations are impossible' in page
    assert "<li>tokens: 1T, law: without E: too &lt;few&gt; scores</li>" in page
