import numpy as np
import pandas as pd
import pytest

from densing.data import load_evidence
from densing.models.choices import Choices
from densing.models.layout import lay_out
from densing.models.select import SelectionError, select

from . import world
from .world import CODE, QUIZ

BASE = {"reference": "mine", "benchmarks": (QUIZ, CODE)}


def chosen(evidence, **changes):
    return select(evidence, Choices(**(BASE | changes)))


def names(selection):
    return selection.models["model"].tolist()


# ---- which rows ------------------------------------------------------------------------------


def test_models_in_order_of_release(evidence):
    assert names(chosen(evidence)) == ["One-7B", "One-13B", "Two-3B", "Two-9B"]


def test_derived_models_only_on_request(evidence):
    assert "One-5B-pruned" not in names(chosen(evidence))
    assert "One-5B-pruned" in names(chosen(evidence, derived=True))


def test_min_scores_counts_benchmarks_not_rows(evidence):
    # One-7B has two reports of Quiz; Two-9B has Quiz alone.
    assert names(chosen(evidence, min_scores=2)) == ["One-7B", "One-13B", "Two-3B"]
    with pytest.raises(SelectionError, match="min_scores = 3"):
        chosen(evidence, min_scores=3)


def test_dates_are_inclusive(evidence):
    kept = chosen(evidence, released_from="2023-03-01", released_until="2024-02-10")
    assert names(kept) == ["One-7B", "One-13B", "Two-3B"]
    with pytest.raises(SelectionError, match="2 models left"):
        chosen(evidence, released_from="2023-07-16")


def test_families_can_be_left_out(evidence):
    table = evidence.catalog.copy()
    table.loc[table["model"] == "Two-3B", "family"] = None
    kept = chosen(world.evidence(catalog=table), exclude_families=("Two",))
    assert names(kept) == ["One-7B", "One-13B", "Two-3B"]
    assert kept.models["family"].tolist() == ["One", "One", "Two-3B"]


def test_own_tokens_need_known_tokens(evidence):
    assert names(chosen(evidence, tokens="own")) == ["One-7B", "One-13B", "Two-9B"]


def test_held_out_rows_are_kept_apart(evidence):
    kept = chosen(evidence)
    assert (len(kept.runs), len(kept.held_out_runs)) == (18, 2)
    assert (len(kept.checkpoints), len(kept.held_out_checkpoints)) == (12, 1)
    everything = chosen(evidence, held_out=True)
    assert (len(everything.runs), len(everything.held_out_runs)) == (20, 0)
    assert (len(everything.checkpoints), len(everything.held_out_checkpoints)) == (13, 0)


def test_runs_with_an_accuracy_are_checkpoints_too(evidence):
    runs = evidence.reference_runs.assign(accuracy=np.nan)
    runs.loc[0, "accuracy"] = 0.27
    runs.loc[runs.index[-1], "accuracy"] = 0.5  # held out
    kept = chosen(world.evidence(reference_runs=runs))
    extra = kept.checkpoints[kept.checkpoints["checkpoint"] == runs.loc[0, "run"]]
    assert extra[["loss", "score", "items"]].to_numpy().tolist() == [
        [runs.loc[0, "loss"], 0.27, 1000.0]
    ]
    assert len(kept.held_out_checkpoints) == 2


def test_tables_are_left_alone(evidence):
    before = {k: getattr(evidence, k).copy() for k in ("reference_runs", "catalog", "benchmarks")}
    chosen(evidence)
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(evidence, name), table)


def test_required_columns_are_enough():
    catalog = world.catalog()[["model", "release_date", "params", "benchmark", "score"]]
    evidence = load_evidence(
        reference_runs=world.runs().drop(columns="held_out"),
        calibration_points=world.points().drop(columns="held_out"),
        catalog=catalog.drop_duplicates(["model", "benchmark"]),
        benchmarks=world.benchmarks().drop(columns="protocol"),
    )
    layout = lay_out(evidence, Choices(**BASE))
    assert layout.models["family"].tolist() == layout.models["model"].tolist()
    assert (len(layout.models), len(layout.selection.runs)) == (5, 20)
    assert layout.coords["protocol"] == []


def test_a_protocol_where_the_baseline_is_unknown():
    catalog = world.catalog().drop_duplicates(["model", "benchmark"])
    evidence = load_evidence(
        reference_runs=world.runs(), calibration_points=world.points(), catalog=catalog,
        benchmarks=world.benchmarks().drop(columns="protocol"),
    )  # fmt: skip
    # Two models each: neither protocol has most of the scores, so neither is the baseline.
    layout = lay_out(evidence, Choices(**BASE))
    assert layout.coords["protocol"] == ["Quiz: 5-shot", "Quiz: letter"]


@pytest.mark.parametrize(
    ("declared", "stated", "baseline", "others"),
    [
        ("5-shot", [None, "5-shot", "letter", "letter"], "5-shot", ["Quiz: letter"]),
        (None, [None, "", None, ""], "", []),
        (None, ["letter"] * 4, "letter", []),
        (None, [None, "letter", "letter", ""], "", ["Quiz: letter"]),
        (None, ["5-shot", "letter", "letter", None], "letter", ["Quiz: 5-shot"]),
        ("", [None, None, None, "letter"], "", ["Quiz: letter"]),
    ],
)
def test_baseline_protocol(declared, stated, baseline, others):
    catalog = world.catalog()
    catalog = catalog[catalog["derived_from"].isna()].drop_duplicates(["model", "benchmark"])
    catalog.loc[catalog["benchmark"] == QUIZ, "protocol"] = stated
    table = world.benchmarks()
    table["protocol"] = [declared, None]
    layout = lay_out(world.evidence(catalog=catalog, benchmarks=table), Choices(**BASE))
    assert dict(layout.selection.baseline) == {QUIZ: baseline, CODE: ""}
    assert layout.coords["protocol"] == others


def test_a_blank_family_is_the_model_itself(evidence):
    catalog = evidence.catalog.copy()
    catalog.loc[catalog["family"] == "Two", "family"] = ""
    kept = chosen(world.evidence(catalog=catalog))
    assert kept.models["family"].tolist() == ["One", "One", "Two-3B", "Two-9B"]


# ---- how many parameters ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ("total", [7e9, 13e9, 3e9, 9e9]),
        ("active", [7e9, 13e9, 3e9, 2e9]),
        ("non-embedding", [6.7e9, 12.6e9, 3e9, 8.2e9]),
    ],
)
def test_counted_params(evidence, count, expected):
    assert chosen(evidence, count=count).models["counted_params"].tolist() == expected


# ---- faults ----------------------------------------------------------------------------------


def test_unknown_reference_lists_the_known(evidence):
    with pytest.raises(SelectionError, match="unknown reference 'minicpm'; known: mine"):
        chosen(evidence, reference="minicpm")


def test_unknown_benchmark_lists_the_known(evidence):
    with pytest.raises(SelectionError, match=r"no runs on MMLU, BBH; it has: Code, Quiz"):
        chosen(evidence, benchmarks=("MMLU", QUIZ, "BBH"))


def test_benchmark_without_pairs_is_named(evidence):
    points = evidence.calibration_points
    with pytest.raises(SelectionError, match=CODE):
        chosen(world.evidence(calibration_points=points[points["benchmark"] != CODE]))


def test_no_pairs_at_all_is_a_selection_error(evidence):
    points = evidence.calibration_points
    with pytest.raises(SelectionError, match=CODE):
        chosen(
            world.evidence(calibration_points=points[points["benchmark"] != CODE]),
            benchmarks=(CODE,),
        )


@pytest.mark.parametrize("table", ["calibration_points", "reference_runs"])
def test_a_benchmark_with_held_out_rows_alone_is_a_selection_error(evidence, table):
    rows = getattr(evidence, table).copy()
    rows.loc[rows["benchmark"] == CODE, "held_out"] = True
    with pytest.raises(SelectionError, match=f"alone on {CODE}: set held_out = true"):
        lay_out(world.evidence(**{table: rows}), Choices(**BASE))


def test_without_any_score_the_number_of_models_is_named(evidence):
    with pytest.raises(SelectionError, match="0 models left"):
        chosen(world.evidence(catalog=evidence.catalog.assign(benchmark="Other")))


def test_a_benchmark_that_no_table_describes_is_named(evidence):
    table = evidence.benchmarks
    with pytest.raises(SelectionError, match=f"benchmarks table for {CODE}"):
        chosen(world.evidence(benchmarks=table[table["benchmark"] != CODE]))


def test_a_benchmark_without_scores_still_lays_out(evidence):
    # Nobody reports Code: its curves rest on the reference alone.
    catalog = evidence.catalog[evidence.catalog["benchmark"] == QUIZ]
    layout = lay_out(world.evidence(catalog=catalog), Choices(**BASE))
    assert layout.data.scores.count.sum() == len(layout.scores) == 5
