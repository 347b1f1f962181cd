"""The whole reproduction: the paper's numbers, re-estimates, figures, folder and command.

One file, so that `--dist loadfile` makes the reproduction once.
"""

import csv
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from densing.answers.summary import summarise as summary
from densing.cli.app import run as command
from densing.files import to_json
from densing.paper import page as write
from densing.paper import reproduce as room
from densing.paper.checks import other_choices
from densing.paper.claim import (
    COLUMNS,
    NOT_JUDGED,
    NOT_SUPPORTED,
    SUPPORTED,
    UNCERTAIN,
    VERDICTS,
    ends_of,
    number,
    overlap,
    rounded,
)
from densing.paper.corollaries import acceleration_again, compression_again, hardware_claims
from densing.paper.figures import draw_growth
from densing.paper.growth import MONTH, before_rounding, growth_claims
from densing.paper.laws import LOSS, SCORE
from densing.paper.page import PICTURES, write_reproduction
from densing.report.style import figure_of
from densing.results.acceleration import acceleration
from densing.results.corollaries import corollaries
from densing.results.interval import Interval
from densing.results.run import log_densities, save_run
from report.synthetic import make_run

FRONTIER = [
    "Llama-65B", "Phi-1-1.2B", "Phi-1.5-1.2B", "Phi-2-2B", "MiniCPM-2.4B", "MiniCPM-1.2B",
    "Gemma2-9B", "MiniCPM3-4B", "Mistral-Small-24B",
]  # fmt: skip


def test_the_record_line(result, claims):
    growth = result.growth
    assert growth.table["model"].iloc[growth.rule.records].tolist() == FRONTIER
    assert set(growth.table.loc[growth.table["on_frontier"], "model"]) == set(FRONTIER)
    assert f"{growth.rule.line.slope:.6f}" == "0.006529"
    assert f"{growth.rule.line.intercept:.4f}" == "-2.6113"
    assert f"{growth.rule.line.r2:.4f}" == "0.9340"
    assert f"{claims['doubling time: record line'].reproduced:.2f}" == "3.49"


def test_both_sides_of_chatgpt(result):
    before, after = result.chatgpt.before, result.chatgpt.after
    assert (before.line.count, after.line.count) == (3, 6)
    # The bundled densities have five decimals (GPT-3's three digits): the figure's own slopes,
    # 0.004796 and 0.007311, lie among those that the rounding leaves, and only just differ.
    for era, drawn, far in ((before, "0.004796", 2e-6), (after, "0.007311", 1e-6)):
        low, high = before_rounding(era)
        assert low < era.line.slope < high
        assert overlap(rounded(drawn), (low, high))
        assert high - low < 1.1e-5
        assert era.line.slope == pytest.approx(float(drawn), abs=far)
    assert result.chatgpt.restarts == 1
    assert result.chatgpt.record_ratio.upper is None


@pytest.mark.parametrize(
    ("name", "value", "agrees"),
    [
        ("growth of the record line", 0.006529, True),
        ("R2 of the record line", 0.9340, True),
        ("doubling time: record line", 3.488, True),
        ("doubling time: preprint, reference at 1T tokens", 3.093, False),
        ("acceleration, records", 1.524, True),
        ("fall of the lowest price", 266.67, True),
        ("halving time: cheapest line", 2.495, False),
        ("share of derived models less dense", 6 / 7, True),
        ("doubling time with the printed rate", 87.70, True),
        ("doubling time with the record line", 93.26, False),
        ("MiniCPM-2.4B over Mistral-7B", 34.99, True),
    ],
)
def test_each_claim(claims, name, value, agrees):
    assert claims[name].reproduced == pytest.approx(value, rel=2e-4)
    assert claims[name].agrees is agrees


def test_compression_pairs(result):
    ratios = dict(zip(result.pairs["model"], result.pairs["ratio"].round(2), strict=True))
    assert ratios == {
        "Gemma2-9B": 1.69, "Gemma2-2B": 0.49, "Gemma2-9B-GPTQ": 0.50, "Llama-3.1-8B-GPTQ": 0.54,
        "Llama-3.1-Minitron-4B": 0.61, "Llama-3.2-3B": 0.61, "Llama-3.2-1B": 0.30,
    }  # fmt: skip


def test_all_twelve_curves(result):
    for section in (LOSS, SCORE):
        curves = [c for c in result.claims if c.section == section and c.agrees is not None]
        kept = [c for c in curves if "ceiling" not in c.name]
        assert len(kept) == 12
        assert all(c.agrees for c in kept), [c.name for c in kept if not c.agrees]


@pytest.mark.parametrize(
    ("name", "alpha", "beta", "squares"),
    [
        ("MMLU", 0.347, 0.139, 5.58e-4),
        ("MATH", 0.499, 0.138, 6.75e-4),
        ("AVERAGE", 0.365, 0.168, 8.52e-4),
    ],
)
def test_three_published_loss_curves_are_the_worse_optimum(result, name, alpha, beta, squares):
    panel = result.laws[name]
    assert panel.best_squares == pytest.approx(squares, rel=2e-3)
    assert panel.best_squares < 0.9 * panel.squares
    assert (panel.best_law.alpha, panel.best_law.beta) == pytest.approx((alpha, beta), abs=1e-3)


def test_other_panels_are_at_their_best_optimum(result):
    for name in ("BBH", "MBPP", "HumanEval"):
        panel = result.laws[name]
        assert panel.best_squares == pytest.approx(panel.squares, rel=1e-6)


def test_other_tokens_and_the_other_optimum(result):
    found = [
        (c.tokens, c.rule.line.count, round(c.months, 2))
        for c in other_choices(result.growth, result.laws)
    ]
    assert found == [
        (1e12, 11, 3.09), (5e12, 9, 3.49), (15e12, 9, 3.72), (np.inf, 9, 4.40), (5e12, 7, 4.84),
    ]  # fmt: skip


def test_the_last_digit_is_explained(claims):
    note = claims["growth before ChatGPT"].note
    assert "0.004796 from the figure's points" in note
    assert "five decimals, which leave 0.004792 to 0.004803" in note
    assert "0.007311 from the figure's points" in claims["growth after ChatGPT"].note


def test_three_points_tell_nothing(claims):
    for name in ("growth before ChatGPT", "acceleration, records", "acceleration, all models"):
        assert claims[name].verdict == UNCERTAIN
    assert "three points" in claims["growth before ChatGPT"].note


def test_the_absent_joint_model_says_how_to_get_it(claims):
    row = claims["doubling time: joint model"]
    assert row.verdict == NOT_JUDGED
    assert "densing fit" in row.note


def test_contradictions_are_recomputed(result):
    text = "\n".join(result.contradictions)
    for part in ("3.09 to 3.49", "93.3 days", "2.49", "2.53", "BBH 102.2 %", "0.41 times", "43.6"):
        assert part in text
    assert len(result.contradictions) == 10


PAPERS = ("Gemma-2-27B", "Gemma-2-9B", "Llama-3.1-8B", "Llama-3.1-Minitron-4B-Depth",
          "Llama-3.1-Minitron-4B-Width", "Llama-3.2-1B", "other-7B", "other-3B")  # fmt: skip


def derived_run(*, trustworthy=True):
    """A run of models that the paper compresses, by the catalog's names."""
    run = make_run(trustworthy=trustworthy, spread=0.01)
    out = {}
    for name, node in run.children.items():
        dataset = node.to_dataset()
        if "model" in dataset.dims:
            dataset = dataset.assign_coords(model=list(PAPERS))
        out[name] = dataset
    said = [""] * len(PAPERS)
    said[3] = said[4] = said[5] = "pruned and distilled from Llama-3.1-8B"
    out["constant_data"]["derived_from"] = ("model", np.asarray(said, object))
    tree = type(run).from_dict({f"/{name}": dataset for name, dataset in out.items()})
    tree.attrs = run.attrs
    return tree


def test_prices_and_budgets_are_those_of_the_corollaries(result, claims):
    run = make_run()
    told = corollaries(run)
    price = claims["halving time: at an equal score"]
    assert price.interval.as_dict() == told["prices"]["halving_months"]
    rows = {c.name: c for c in hardware_claims(result.growth, replace(result.runs, joint=run))}
    for key, name in (("frontier", "frontier"), ("population", "typical model")):
        found = rows[f"doubling time with hardware: {name} of the joint model"]
        months = told["budget"]["together"][key]
        assert found.interval.lower == pytest.approx(months["lower"] * MONTH)
        assert found.interval.upper == pytest.approx(months["upper"] * MONTH)
        assert found.null[0] == pytest.approx(told["budget"]["hardware"]["lower"] * MONTH)


def test_a_standing_field_leaves_hardware_alone(result):
    """Where density may not grow, the interval reaches into the null: hardware's own times."""
    run = make_run(rate=0.05, spread=0.2)
    rows = {c.name: c for c in hardware_claims(result.growth, replace(result.runs, joint=run))}
    found = rows["doubling time with hardware: typical model of the joint model"]
    assert found.interval.upper is None or found.interval.upper > found.null[0]
    assert found.verdict == NOT_SUPPORTED


def test_what_is_absent_says_how_to_get_it(claims):
    for name, cure in (
        ("doubling time with hardware: joint model", "--run RUN.nc"),
        ("share of derived models less dense, joint model", "--derived derived.nc"),
    ):
        assert claims[name].verdict == NOT_JUDGED
        assert cure in claims[name].note


def test_one_bent_trend_gives_the_acceleration(result, claims):
    told = acceleration(result.runs.bent)
    assert told["changepoint"]["lower"] == told["changepoint"]["upper"] == "2022-11-30"
    for key, name in (("frontier", "frontier"), ("population", "typical model")):
        claim = claims[f"acceleration, bent trend, {name}"]
        assert claim.interval.lower == told[key]["ratio"]["lower"]
        assert claim.verdict in (UNCERTAIN, SUPPORTED)
    doubtful = result.runs.bent.copy()
    doubtful.attrs = doubtful.attrs | {"health": make_run(trustworthy=False).attrs["health"]}
    runs = replace(result.runs, bent=doubtful)
    assert not runs.trustworthy
    assert not replace(result, runs=runs).trustworthy
    for claim in acceleration_again(runs):
        assert claim.verdict == UNCERTAIN
        assert claim.note.startswith("NOT TRUSTWORTHY")


def test_the_papers_pairs_are_found_among_derived_models(result):
    run = derived_run()
    rows = {c.name: c for c in compression_again(result.pairs, replace(result.runs, derived=run))}
    assert set(rows) == {
        "share of derived models less dense, joint model", "Gemma2-9B over Gemma2-27B",
        "Llama-3.1-Minitron-4B over Llama-3.1-8B", "Llama-3.2-1B over Llama-3.1-8B",
    }  # fmt: skip
    own = log_densities(run)
    ratio = np.exp(own[:, 1] - own[:, 0])
    gemma = rows["Gemma2-9B over Gemma2-27B"]
    assert gemma.interval.median == pytest.approx(np.median(ratio))
    assert gemma.published == "1.69"
    both = np.exp(own[:, [3, 4]].mean(axis=1) - own[:, 2])
    minitron = rows["Llama-3.1-Minitron-4B over Llama-3.1-8B"]
    assert minitron.interval.upper == pytest.approx(np.quantile(both, 0.95))
    assert "mean of 2" in minitron.note
    assert "3 pruned or distilled" in rows["share of derived models less dense, joint model"].note


def test_a_doubtful_run_supports_nothing(result):
    runs = replace(result.runs, derived=derived_run(trustworthy=False))
    assert not runs.trustworthy
    assert {c.verdict for c in compression_again(result.pairs, runs)} == {UNCERTAIN}


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
        "densing fit --model ladder --out",
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


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_every_figure_has_words(picture, result):
    assert isinstance(picture.draw(result), Figure)
    assert len(picture.alt(result)) > 40
    assert picture.caption.endswith(".")


def test_a_doubtful_frontier_is_stamped(result):
    trend = result.growth.trend.copy()
    trend.attrs["health"] = trend.attrs["health"].replace('"trustworthy"', '"not trustworthy"')
    doubtful = replace(result, growth=replace(result.growth, trend=trend))
    ax = draw_growth(doubtful)
    assert "NOT TRUSTWORTHY" in [text.get_text() for text in ax.texts]
    assert "NOT TRUSTWORTHY" not in [text.get_text() for text in draw_growth(result).texts]
    labels = [text.get_text() for text in figure_of(ax).legends[0].get_texts()]
    assert labels[0] == "printed: 3.5 months"
    assert "3.49 months" in labels[1]


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
