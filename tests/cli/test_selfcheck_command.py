import pandas as pd
import pytest

from densing.data import bundled
from recipes import FEW


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "few.toml"
    path.write_text(FEW)
    return path


def test_one_object_and_the_status_of_its_verdict(densing, few):
    result = densing(
        "selfcheck", "--inference", few, "--set", 'benchmarks=["HellaSwag"]', "--quiet", "--json"
    )
    answer = result.json
    assert {row["run"] for row in answer["rows"]} == {"7B-4T", "13B-5T"}
    assert {row["benchmark"] for row in answer["rows"]} == {"HellaSwag"}
    for check, count in answer["counts"].items():
        assert count["covered"] == sum(row[check]["inside"] for row in answer["rows"])
        assert count["of"] == 2
    trusted = answer["diagnostics"]["verdict"] == "trustworthy"
    assert result.status == (0 if trusted else 3)


def test_a_reference_without_held_out_runs_is_bad_input(densing):
    result = densing("selfcheck", "--model", "ladder")
    assert result.status == 2
    assert "reference 'minicpm' has no held-out run with loss and accuracy" in result.err
    assert "--above PARAMS" in result.err


def test_everything_held_out_is_bad_input(densing, tmp_path):
    runs = bundled("reference_runs")
    path = tmp_path / "runs.csv"
    pd.DataFrame(runs).to_csv(path, index=False)
    result = densing("selfcheck", "--reference", path, "--above", "1")
    assert result.status == 2
    assert "held-out runs alone on" in result.err


@pytest.mark.parametrize("prob", ["0", "1.5"])
def test_an_impossible_probability_is_bad_input(densing, prob):
    result = densing("selfcheck", "--prob", prob)
    assert result.status == 2
    assert "must lie between 0 and 1" in result.err
