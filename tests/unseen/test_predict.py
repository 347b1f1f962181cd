"""What a run of families says of models that it has not seen."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import densing as dn
from densing.answers.predict import Judged
from densing.cli.app import run as command
from densing.models.family_predict import left_out
from densing.results.run import save_run
from report.synthetic import make_run

pytestmark = pytest.mark.filterwarnings("ignore::densing.NotTrustworthyWarning")
LATER = ("2023-07-01", "2023-12-31")


@pytest.fixture(scope="module")
def later(families_model):
    """Models that came after the run, with two scores or more."""
    rows = dn.bundled("catalog")
    rows = rows[rows["release_date"].between(*LATER) & rows["derived_from"].isna()]
    rows = rows[rows["benchmark"].isin(families_model.choices.benchmarks)]
    return rows[rows.groupby("model")["benchmark"].transform("nunique") >= 2]


@pytest.fixture(scope="module")
def run_file(families_run, tmp_path_factory):
    return save_run(families_run, tmp_path_factory.mktemp("families") / "run.nc")


@pytest.mark.parametrize("given", ["nothing", "others"])
def test_every_score_and_average_has_its_interval(families_run, later, given):
    told = dn.predict(families_run, later, given=given)
    assert len(told.scores) == len(later)
    assert {row.model for row in told.averages} == set(later["model"])
    score = later.set_index(["model", "benchmark"])["score"]
    for row in told.scores:
        assert row.score == score[row.model, row.benchmark]
        assert 0.0 <= row.predicted.lower < row.predicted.upper <= 1.0
        assert row.inside == (row.predicted.lower <= row.score <= row.predicted.upper)
    average = later.groupby("model")["score"].mean()
    assert [r.average for r in told.averages] == pytest.approx(
        [average[r.model] for r in told.averages]
    )
    assert told.summary.n == later["model"].nunique()
    assert told.summary.n_scores == len(later)
    assert told.summary.coverage.averages == np.mean([row.inside for row in told.averages])
    assert 0.5 < told.summary.coverage.scores <= 1.0
    assert list(told.table()["model"]) == [row.model for row in told.scores]


def test_other_scores_make_a_prediction_better(families_run, later):
    alone, others = (
        dn.predict(families_run, later, given=given).summary for given in ("nothing", "others")
    )
    assert others.log_score_scores > alone.log_score_scores + 0.2
    assert others.crps_scores < 0.9 * alone.crps_scores
    assert others.log_score > alone.log_score + 0.5


def test_models_of_the_run_are_told_and_count_in_no_summary(families_run, later):
    fitted = str(families_run["derived"]["model"].to_numpy()[-1])
    rows = dn.bundled("catalog")
    both = pd.concat([later, rows[rows["model"] == fitted]])
    told = dn.predict(families_run, both)
    assert [row.model for row in told.averages if row.in_run] == [fitted]
    assert told.summary.n == later["model"].nunique()
    assert f"since the run was fitted to them: {fitted}." in repr(told)
    alone = dn.predict(families_run, rows[rows["model"] == fitted])
    assert alone.summary.n == 0
    assert alone.summary.crps is None
    assert "nothing was tested" in repr(alone)


def test_what_is_left_out_follows_the_normal_rule():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(3, 3))
    covariance, precision = root @ root.T + np.eye(3), np.array([4.0, 9.0, 0.0])
    mean, z = np.array([0.2, -0.3, 0.5]), np.array([0.9, -1.0, 0.0])
    copies = 40_000
    logits, noise = left_out(
        rng, np.tile(mean, (copies, 1)), np.tile(covariance, (copies, 1, 1)),
        np.tile(z, (copies, 1)), np.tile(precision, (copies, 1)),
    )  # fmt: skip
    assert np.isnan(logits[:, 2]).all()
    for k, other in ((0, 1), (1, 0)):
        total = covariance[other, other] + 1.0 / precision[other]
        centre = mean[k] + covariance[k, other] / total * (z[other] - mean[other])
        variance = covariance[k, k] - covariance[k, other] ** 2 / total
        assert logits[:, k].mean() == pytest.approx(centre, abs=0.03)
        assert logits[:, k].var() == pytest.approx(variance, rel=0.04)
        assert noise[:, k].std() == pytest.approx(1.0, rel=0.02)
        assert np.corrcoef(logits[:, k], noise[:, k])[0, 1] == pytest.approx(0.0, abs=0.02)


def test_a_sharp_forecast_beside_the_truth_scores_better():
    rng, seen = np.random.default_rng(1), np.full(30, 0.5)
    near = Judged(0.5 + 0.02 * rng.standard_normal((2000, 30)), seen, 0.9).means(seen > 0)
    far = Judged(0.6 + 0.02 * rng.standard_normal((2000, 30)), seen, 0.9).means(seen > 0)
    assert near[0] == 1.0
    assert far[0] == 0.0
    assert near[1] < far[1]
    assert near[2] > far[2]


def test_a_ladder_run_is_told_which_model_to_fit(later):
    with pytest.raises(dn.RunError, match="densing fit --model default"):
        dn.predict(make_run(), later)
    with pytest.raises(dn.RunError, match="densing fit --model default"):
        dn.density(make_run(), models=later)
    with pytest.raises(dn.RunError, match="densing fit --model default"):
        dn.siblings(make_run())


def test_a_table_without_the_runs_benchmarks_is_refused(families_run, later):
    rows = dn.bundled("catalog")
    other = rows[(rows["benchmark"] == "MATH") & (rows["release_date"] > "2024-01-01")]
    other = other[other["release_date"] <= "2025-01-01"]
    with pytest.raises(dn.RunError, match="HumanEval, MMLU, HellaSwag, PIQA"):
        dn.predict(families_run, other)


def test_predict_writes_its_figure_and_its_record(run_file, later, tmp_path, capfd):
    table, out = tmp_path / "mine.csv", tmp_path / "out"
    later.to_csv(table, index=False)
    assert command(["predict", str(run_file), str(table), "--out", str(out)]) == 3
    assert {path.name for path in out.iterdir()} == {"predict.json", "predict.png", "predict.svg"}
    assert "average scores" in capfd.readouterr().out


def test_density_of_a_new_model_needs_no_engine(run_file, later, tmp_path):
    table = tmp_path / "mine.csv"
    later.to_csv(table, index=False)
    code = (
        "import sys; from densing.cli.app import run; "
        f"run(['density', {str(run_file)!r}, '--models', {str(table)!r}]); "
        f"run(['predict', {str(run_file)!r}, {str(table)!r}]); "
        "print([m for m in ('jax', 'numpyro', 'pymc', 'pytensor', 'nutpie') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
