"""The four tables together: replaced, extended, judged at once, hashed."""

import subprocess
import sys

import pandas as pd
import pytest

from densing.data import EVIDENCE_VERSION, Evidence, TableError, load_evidence

from .conftest import RUNS


@pytest.fixture(scope="module")
def evidence():
    return load_evidence()


def test_import_is_cheap():
    code = "import sys, densing.data; print([m for m in ('pandas',) if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_repr_counts(evidence):
    text = repr(evidence)
    assert f"{len(evidence.catalog)} scores of {evidence.catalog['model'].nunique()} models" in text
    assert "minicpm, olmo2" in text


def test_hash_does_not_depend_on_order(evidence):
    tables = {
        name: getattr(evidence, name).sample(frac=1, random_state=1).iloc[:, ::-1]
        for name in ("reference_runs", "calibration_points", "catalog", "benchmarks")
    }
    assert Evidence(**tables).hash == evidence.hash
    catalog = evidence.catalog.copy()
    catalog.loc[0, "score"] += 1e-4
    tables["catalog"] = catalog
    assert Evidence(**tables).hash != evidence.hash


def test_hash_survives_the_file(evidence, tmp_path):
    paths = {}
    for name in ("reference_runs", "calibration_points", "catalog", "benchmarks"):
        paths[name] = tmp_path / f"{name}.csv"
        getattr(evidence, name).to_csv(paths[name], index=False)
    assert load_evidence(**paths).hash == evidence.hash


def test_own_catalog_replaces_the_bundled_one(write, evidence):
    own = load_evidence(catalog=write("catalog"))
    assert own.catalog["model"].tolist() == ["A-7B", "A-7B", "B-70B"]
    assert len(own.reference_runs) == len(evidence.reference_runs)


def test_own_reference_drops_foreign_calibration(write):
    own = load_evidence(reference_runs=write("reference_runs"))
    assert own.references == ["mine"]
    assert own.calibration_points.empty


def test_own_benchmarks_extend_and_override(write):
    rows = [["benchmark", "items", "chance"], ["MMLU", "100", "0.2"], ["XQuiz", "50", "0.5"]]
    table = load_evidence(benchmarks=write("benchmarks", rows=rows)).benchmarks
    table = table.set_index("benchmark")
    assert table.loc["MMLU", ["items", "chance"]].tolist() == [100, 0.2]
    assert table.loc["XQuiz", "chance"] == 0.5
    assert table.loc["BBH", "items"] == 6511


def test_benchmark_known_by_its_items_alone(write):
    rows = [[*row, "items" if i == 0 else "40"] for i, row in enumerate(RUNS)]
    rows = [[cell if cell != "MMLU" else "XQuiz" for cell in row] for row in rows]
    catalog = [
        ["model", "release_date", "params", "benchmark", "score", "items"],
        ["A", "2024-01-01", "7e9", "XQuiz", "0.5", "40"],
    ]
    own = load_evidence(
        reference_runs=write("reference_runs", rows=rows), catalog=write("catalog", rows=catalog)
    )
    row = own.benchmarks.set_index("benchmark").loc["XQuiz"]
    assert (row["items"], row["chance"]) == (40, 0.0)


def test_frames_are_taken(evidence):
    again = load_evidence(catalog=evidence.catalog, reference_runs=evidence.reference_runs)
    assert again.hash == evidence.hash


def test_faults_of_every_table_come_together(write, tmp_path):
    catalog = write("catalog", {(2, "score"): "45"})
    runs = write("reference_runs", {(2, "loss"): "0"})
    with pytest.raises(TableError) as error:
        load_evidence(
            catalog=catalog, reference_runs=runs, calibration_points=tmp_path / "none.csv"
        )
    assert {f.file for f in error.value.faults} == {"catalog.csv", "reference_runs.csv", "none.csv"}
    assert str(error.value).startswith("3 faults in 3 tables")


def test_catalog_benchmark_without_reference(write):
    rows = [["benchmark", "items", "chance"], ["XQuiz", "50", "0.5"]]
    path = write("catalog", {(4, "benchmark"): "XQuiz"})
    with pytest.raises(TableError, match="no reference runs") as error:
        load_evidence(catalog=path, benchmarks=write("benchmarks", rows=rows))
    (fault,) = error.value.faults
    assert (fault.file, fault.row, fault.value) == ("catalog.csv", 4, "XQuiz")


def test_calibration_without_reference(write):
    with pytest.raises(TableError, match="no runs") as error:
        load_evidence(calibration_points=write("calibration_points"))
    assert {f.value for f in error.value.faults} == {"mine"}


def test_reference_without_scores(write):
    rows = [row[:-1] for row in RUNS]
    with pytest.raises(TableError, match="losses but no scores") as error:
        load_evidence(reference_runs=write("reference_runs", rows=rows))
    assert "calibration points" in error.value.faults[0].cure


def test_nothing_in_common(write):
    rows = [[cell if cell != "MMLU" else "MMLU-cloze" for cell in row] for row in RUNS]
    with pytest.raises(TableError, match="shares no benchmark"):
        load_evidence(reference_runs=write("reference_runs", rows=rows))


def test_loading_changes_no_frame_handed_in(evidence):
    before = evidence.catalog.copy()
    load_evidence(catalog=evidence.catalog)
    pd.testing.assert_frame_equal(before, evidence.catalog)


def test_the_version_says_which_tables_are_ones_own(write, evidence):
    assert evidence.version == EVIDENCE_VERSION
    own = load_evidence(catalog=write("catalog"), benchmarks=write("benchmarks"))
    assert own.version == f"{EVIDENCE_VERSION}, with own benchmarks, catalog"
