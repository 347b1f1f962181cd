import csv
import json
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest

from densing.files import to_json
from densing.report import write_report
from densing.report.figures import PICTURES
from densing.report.page import Image, render
from sensitivity.test_answers import ADDITIVE

from .page_parts import DOUBTFUL, Page, answer
from .synthetic import make_run

LIMIT = 3_600_000
"""Bytes of a page without the section on choices: well below the five million that may be."""


@pytest.fixture(scope="module")
def large():
    return make_run(models=160, chains=4, draws=500)


@pytest.fixture(scope="module")
def folder(large, tmp_path_factory):
    """One whole page with every section, of many models: a page takes a quarter of a minute."""
    out = tmp_path_factory.mktemp("report") / "new" / "folder"
    record = json.loads(to_json(answer(*ADDITIVE[:4], DOUBTFUL)))
    command = "densing report --out <here> & there"
    page = write_report(large, out, command=command, sensitivity=record)
    assert page == out / "index.html"
    return out


def test_a_page_of_160_models_is_small(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    before, section = text.split('<section id="sensitivity">')
    assert len((before + section.partition("</section>")[2]).encode()) < LIMIT


def test_everything_is_written_and_nothing_is_left_behind(folder):
    assert {path.name for path in folder.iterdir()} == {"index.html", "figures", "tables"}
    figures = {path.name for path in (folder / "figures").iterdir()}
    drawn = {p.name for p in PICTURES} | {"corollaries", "size_bands", "compression", "tornado",
             "variance", "specification-population"}  # fmt: skip
    assert figures == {f"{name}.{kind}" for name in drawn for kind in ("png", "svg")}
    assert {path.name for path in (folder / "tables").iterdir()} == {
        "corollaries.json", "densities.csv", "summary.json",
    }  # fmt: skip


def test_the_page_stands_alone(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.images) == len(PICTURES) + 6  # of corollaries, and of choices
    assert all(image["alt"] for image in page.images)
    assert all(reference.startswith("data:") for reference in page.references)
    assert not any(re.search(r"\s", reference) for reference in page.references)
    assert not page.links
    assert "@import" not in page.styles
    assert "url(" not in page.styles


def test_names_are_text_and_never_markup(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    data, *code = Page(text).scripts
    assert "<script>alert(1)</script>" in json.dumps(json.loads(data))
    assert len(code) == 3  # the house's, the library, the interactive figure's
    assert not any("alert(1)" in script for script in code)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "A&amp;B-7B" in text
    assert "CODE &amp; &lt;b&gt;MATH" in text
    assert "densing report --out &lt;here&gt; &amp; there" in text
    assert "my &lt;own&gt; table" in text


def test_the_page_says_what_it_must(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    for words in (
        "typical new open model doubles", "that of the frontier doubles", "16", "How to read this",
        "Normal(0, 2.5)",
        "ln density / year", "a &lt; b &amp; c", "5T tokens", "Llama 2 model card", "CC BY 4.0",
        "Held-out checkpoints", "Held-out runs", "Trustworthy", "0123456789abcdef",
    ):  # fmt: skip
        assert words in text, words
    assert 'class="banner"' not in text[: text.index("<main>")]


def test_the_page_shows_choices_with_their_claims_and_their_doubts(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert '<section id="sensitivity">' in text
    assert "Only 4 of 5 universes may be trusted" in text
    assert "Typical new model: P(doubling &lt; 6 months) &gt;= 0.9 in 3 of 4" in text
    assert "tokens 2.0 to 7.0; law 3.0 to 3.5 months" in text
    assert "counted alike, widest for tokens" in " ".join(text.split())


def test_svg_files_are_well_formed(folder):
    for path in (folder / "figures").glob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")


def test_drawings_in_the_page_are_well_formed(folder):
    page = Page((folder / "index.html").read_text(encoding="utf-8"))
    drawings = [text for text in page.references if text.startswith("data:image/svg+xml,")]
    assert len(drawings) > len(PICTURES)
    for text in drawings:
        assert ET.fromstring(unquote(text.partition(",")[2])).tag.endswith("svg")


def test_the_tables_hold_the_numbers(folder, large):
    with (folder / "tables" / "densities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == set(large["derived"]["model"].values)
    medians = [float(row["density_median"]) for row in rows]
    assert medians == sorted(medians, reverse=True)
    assert all(row["prob"] == "0.9" and row["kind"] == "equal-tailed" for row in rows)
    summary = json.loads((folder / "tables" / "summary.json").read_text(encoding="utf-8"))
    assert summary["models"] == 160
    assert summary["population"]["doubling_months"]["kind"] == "equal-tailed"


def page_of(run):
    """Page with empty images: what it says does not hang on them."""
    images = {picture.name: Image("data:,") for picture in PICTURES}
    return render(run, images, command="densing report")


@pytest.fixture
def few_pictures(monkeypatch):
    """Only the quickest figure and no corollaries, for tests of files and not of figures."""
    quick = PICTURES[1:2]
    monkeypatch.setattr("densing.report.answers.corollaries", lambda _: {})
    monkeypatch.setattr("densing.report.page.corollary_figures", lambda *_, **__: {})
    monkeypatch.setattr("densing.report.page.corollary_section", lambda *_: "")
    monkeypatch.setattr("densing.report.page.pictures", lambda _: quick)
    monkeypatch.setattr("densing.report.page.render", lambda run, images, **k: "new")


def test_a_doubtful_run_says_so_at_the_top(doubtful):
    text = page_of(doubtful)
    page = text[: text.index("<main>")]
    assert 'class="banner" role="alert"' in page
    assert "chains disagree: R-hat 1.200" in page
    assert '<h1 class="doubtful">' in page
    assert "<title>Not trustworthy:" in page


def test_a_run_without_frontier_has_one_answer(without_frontier):
    page = page_of(without_frontier)
    assert 'class="card population"' in page
    assert 'class="card frontier"' not in page


def test_an_unbounded_doubling_time_is_said_in_words(unbounded):
    page = page_of(unbounded)
    assert "not bounded above" in page
    assert "P(no growth) = 0." in page


@pytest.mark.usefixtures("few_pictures")
def test_other_files_of_the_folder_stay(run, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.png").write_text("mine")
    (tmp_path / "run.nc").write_text("a run")
    write_report(run, tmp_path, command="x")
    assert (tmp_path / "figures" / "mine.png").read_text() == "mine"
    assert (tmp_path / "run.nc").read_text() == "a run"


@pytest.mark.usefixtures("few_pictures")
def test_a_failure_leaves_the_old_page(run, tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("old")
    monkeypatch.setattr("densing.report.page.render", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(run, tmp_path, command="x")
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert (tmp_path / "index.html").read_text() == "old"
    with pytest.raises(ZeroDivisionError):
        write_report(run, tmp_path / "new", command="x")
    assert not (tmp_path / "new").exists()


def test_numbers_that_json_does_not_know_become_null():
    odd = {"a": [float("nan"), 1.0], "b": float("inf")}
    assert json.loads(to_json(odd)) == {"a": [None, 1.0], "b": None}
