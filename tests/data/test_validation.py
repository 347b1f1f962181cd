"""Values that cannot be true: each fault by hand, with its place and its cure."""

from datetime import date, timedelta

import pytest

from densing.data import Fault, TableError, inspect_table, validate
from densing.data.faults import SHOWN, SHOWN_OF_A_KIND

from .conftest import RUNS, TABLES


def faults_of(path, kind=None, **options):
    return inspect_table(path, kind, **options)[2]


@pytest.mark.parametrize("kind", TABLES)
def test_sound_tables_pass(write, kind):
    assert len(validate(write(kind))) == len(TABLES[kind]) - 1


@pytest.mark.parametrize(
    ("kind", "row", "column", "text", "problem", "cure"),
    [
        ("catalog", 2, "score", "70", "outside [0, 1]", "write 0.7"),
        ("catalog", 2, "score", "-0.1", "outside [0, 1]", "between 0 and 1"),
        ("catalog", 2, "score", "700", "outside [0, 1]", "between 0 and 1"),
        ("catalog", 2, "score", "nan", "blank", "give it"),
        ("catalog", 4, "params", "7", "too few", "7000000000"),
        ("catalog", 4, "params", "0", "too few", "positive"),
        ("catalog", 4, "params", "-7e9", "too few", "positive"),
        ("catalog", 4, "embedding_params", "8e10", "not below params", "all parameters"),
        ("catalog", 4, "active_params", "8e10", "exceeds params", "all parameters"),
        ("catalog", 4, "release_date", "2224-04-18", "plausible", "YYYY"),
        ("catalog", 4, "release_date", "2124-04-18", "beyond", "year"),
        ("catalog", 4, "model", "", "blank", "give it"),
        ("catalog", 3, "params", "8e9", "differs from row 2", "alike"),
        ("catalog", 3, "release_date", "2023-07-19", "(2023-07-18)", "alike"),
        ("catalog", 3, "embedding_params", "", "(260000000)", "alike"),
        ("catalog", 3, "active_params", "6e9", "(7000000000)", "alike"),
        ("catalog", 4, "benchmark", "mmlu", "unknown benchmark", "did you mean 'MMLU'"),
        ("catalog", 4, "benchmark", "XQuiz", "unknown benchmark", "items"),
        ("reference_runs", 3, "tokens", "1.4", "too few", "1400000000000"),
        ("reference_runs", 3, "loss", "0", "not positive", "positive"),
        ("reference_runs", 3, "accuracy", "30", "outside [0, 1]", "write 0.3"),
        ("calibration_points", 3, "loss", "-1", "not positive", "positive"),
        ("benchmarks", 2, "chance", "25", "outside [0, 1)", "write 0.25"),
        ("benchmarks", 2, "items", "0", "count of items", "how many"),
        ("trend", 2, "value", "0", "not positive", "positive"),
        ("trend", 2, "lower", "0.3", "above the value", "correct"),
        ("trend", 2, "upper", "", "blank where lower", "both"),
        ("trend", 2, "prob", "90", "outside (0, 1)", "write 0.9"),
    ],
)
def test_every_fault(write, kind, row, column, text, problem, cure):
    path = write(kind, {(row, column): text})
    found = [f for f in faults_of(path, kind) if (f.row, f.column) == (row, column)]
    assert found
    assert problem in found[0].problem
    assert cure in found[0].cure
    assert found[0].file == f"{kind}.csv"


@pytest.mark.parametrize(
    ("kind", "row", "column", "text"),
    [
        ("catalog", 3, "benchmark", "MMLU"),
        ("calibration_points", 3, "checkpoint", "c0"),
        ("reference_runs", 3, "run", "1e+07-10"),
    ],
)
def test_duplicates(write, kind, row, column, text):
    found = faults_of(write(kind, {(row, column): text}))
    (fault,) = [f for f in found if "repeats" in f.problem]
    assert (fault.row, fault.problem.split(" (")[0]) == (row, "repeats row 2")
    assert "remove" in fault.cure


def test_horizon_is_a_parameter(write):
    soon = (date.today() + timedelta(days=100)).isoformat()
    path = write("catalog", {(4, "release_date"): soon})
    assert not faults_of(path)
    (fault,) = faults_of(path, horizon=timedelta(days=10))
    assert "beyond" in fault.problem


def test_unknown_benchmark_with_items_passes(write):
    rows = [[*row, "items" if i == 0 else "50"] for i, row in enumerate(TABLES["catalog"])]
    path = write("catalog", {(4, "benchmark"): "XQuiz"}, rows=rows)
    assert not faults_of(path)
    assert not faults_of(write("catalog", {(4, "benchmark"): "Y"}), benchmarks=["MMLU", "BBH", "Y"])


def test_one_model_under_two_protocols_passes(write):
    extra = ["protocol", "5-shot", "CoT", "5-shot"]
    rows = [[*row, more] for row, more in zip(TABLES["catalog"], extra, strict=True)]
    path = write("catalog", {(3, "benchmark"): "MMLU"}, rows=rows)
    assert not faults_of(path)


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        (RUNS[:8], "7 runs of 3 sizes and"),
        ([RUNS[0]] + [r for r in RUNS[1:] if "1e+07" not in r[1]], "6 runs of 2 sizes"),
    ],
)
def test_too_few_runs_to_identify_a_law(write, rows, counts):
    (fault,) = faults_of(write("reference_runs", rows=rows))
    assert counts in fault.problem
    assert "at least 8 runs, 3 sizes and 3 numbers of tokens" in fault.cure


def test_held_out_runs_do_not_count(write):
    flags = ["held_out", *["False"] * 7, "True", "True"]
    rows = [[*row, flag] for row, flag in zip(RUNS, flags, strict=True)]
    (fault,) = faults_of(write("reference_runs", rows=rows))
    assert "7 runs" in fault.problem


def test_run_that_changes_size(write):
    rows = [*RUNS, ["mine", "1e+07-10", "2e7", "1e8", "BBH", "1.2", ""]]
    found = faults_of(write("reference_runs", rows=rows))
    assert any(f.column == "params" and "differs from row 2" in f.problem for f in found)


def test_all_at_once_and_nothing_twice(write):
    cells = {
        (2, "score"): "45", (2, "params"): "7", (3, "params"): "7",
        (3, "score"): "38%", (4, "release_date"): "2123-01-01", (4, "embedding_params"): "9e10",
    }  # fmt: skip
    with pytest.raises(TableError) as error:
        validate(write("catalog", cells))
    assert [(f.row, f.column) for f in error.value.faults] == sorted(
        {(2, "score"), (2, "params"), (3, "params"), (3, "score"), (4, "release_date"),
         (4, "embedding_params")} | {(2, "embedding_params"), (3, "embedding_params"),
         (2, "active_params"), (3, "active_params")}
    )  # fmt: skip


def test_faults_of_other_columns_beside_a_missing_one(write):
    rows = [[cell for i, cell in enumerate(row) if i != 1] for row in TABLES["catalog"]]
    found = faults_of(write("catalog", {(2, "score"): "45"}, rows=rows), "catalog")
    assert {(f.row, f.column) for f in found} == {(1, "release_date"), (2, "score")}


def test_message_is_aligned():
    faults = [Fault("t.csv", i, "score", str(i), "is wrong", "write it") for i in range(SHOWN)]
    lines = str(TableError(faults)).splitlines()
    assert lines[0] == f"{SHOWN} faults in 1 table"
    assert len(lines) == SHOWN + 1
    assert len({line.index("is wrong") for line in lines[1:]}) == 1
    assert str(faults[3]) == "t.csv, row 3, score = '3': is wrong; write it"


def test_many_faults_are_grouped_by_kind_and_every_kind_is_shown():
    faults = [
        Fault("t.csv", i, "score", str(i), f"differs from row {i - 1} ({i})", "write it")
        for i in range(2, 9_000)
    ]
    faults += [
        Fault("t.csv", 5, f"column {i}", "x", "is not a number", "write it") for i in range(50)
    ]
    error = TableError(faults)
    lines = str(error).splitlines()
    assert lines[0] == "9048 faults in 1 table, of 51 kinds"
    assert len(lines) == 1 + SHOWN_OF_A_KIND + 1 + 50
    (rest,) = [line for line in lines if "more of this kind" in line]
    assert rest.strip() == "... and 8995 more of this kind, in rows 5 to 8999: 8998 in all"
    for i in range(50):
        assert any(f"column {i} " in line for line in lines)
    assert len(error.faults) == 9048


def test_message_hides_what_cannot_be_printed():
    error = TableError([Fault("t.csv", 2, "score", "\x1b[31m" + "x" * 99, "is wrong", "write it")])
    assert "\x1b" not in str(error)
    assert "…" in str(error)
