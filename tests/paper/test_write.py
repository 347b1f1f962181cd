import csv
import json
from html.parser import HTMLParser

import pytest

from densing.paper.claim import COLUMNS, VERDICTS, ends_of, number
from densing.paper.page import PICTURES, write_reproduction
from densing.results.interval import Interval
from densing.results.plain_json import to_json

VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.images = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    out = tmp_path_factory.mktemp("paper") / "new"
    assert write_reproduction(result, out, command="densing <x>") == out / "reproduce.html"
    return out


def test_everything_is_written_and_nothing_left_behind(folder):
    files = {path.name for path in folder.iterdir()}
    assert files == {"reproduce.html", "reproduce.csv", "reproduce.json", "figures"}
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert figures == {f"{p.name}.{kind}" for p in PICTURES for kind in ("png", "svg")}


def test_the_page_is_whole_and_stands_alone(folder, result):
    text = (folder / "reproduce.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert len(page.images) == len(PICTURES)
    assert all(len(i["alt"]) > 40 and i["src"].startswith("data:") for i in page.images)
    assert "densing &lt;x&gt;" in text
    assert all(claim.name in text for claim in result.claims)


def test_one_row_a_claim(folder, result):
    with (folder / "reproduce.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["claim"] for row in rows] == [claim.name for claim in result.claims]
    assert len({row["claim"] for row in rows}) == len(rows)
    assert set(rows[0]) == set(COLUMNS)
    assert {row["verdict"] for row in rows} <= set(VERDICTS)


def test_json_shape(folder, result):
    answer = json.loads((folder / "reproduce.json").read_text(encoding="utf-8"))
    assert answer == json.loads(to_json(result.as_dict()))
    assert set(answer) == {
        "claims", "verdicts", "rule", "choices", "public_scores", "contradictions",
        "not_reproduced", "joint_run", "diagnostics", "source", "versions",
    }  # fmt: skip
    assert sum(answer["verdicts"].values()) == len(answer["claims"])
    for claim in answer["claims"]:
        assert set(claim) == {
            "section", "claim", "unit", "published", "reproduced", "agrees", "interval",
            "estimate", "null", "verdict", "note",
        }  # fmt: skip
        if claim["interval"] is not None:
            assert claim["interval"]["prob"] == 0.9


def test_words():
    assert number(0.00652902) == "0.006529"
    assert number(None) == "-"
    assert ends_of(Interval(1.5, 0.293, None)) == "0.293 to not bounded above"
    assert ends_of(Interval(None, None, None)) == "no growth"
