"""The evidence that is bundled: sound, complete, clean, and counted as it should be."""

from importlib import resources

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from densing.data import EVIDENCE_DATE, bundled, coverage, list_bundled, validate
from densing.data.coverage import counted
from densing.data.schemas import TABLES
from densing.data.shipped import WHAT, delphi

FIVE = ["MMLU", "BBH", "MATH", "HumanEval", "MBPP"]


@pytest.fixture(scope="module")
def catalog():
    return bundled("catalog")


@pytest.fixture(scope="module")
def models(catalog):
    return catalog.drop_duplicates("model").set_index("model")


@pytest.mark.parametrize("kind", sorted(set(TABLES) & set(WHAT)))
def test_validates(kind):
    assert len(validate(bundled(kind), kind)) == len(bundled(kind))


def test_every_file_is_listed():
    folder = resources.files("densing.data") / "bundled"
    files = {f.name.removesuffix(".csv") for f in folder.iterdir() if f.name.endswith(".csv")}
    assert files == set(WHAT) == set(list_bundled()["name"])


def test_unknown_table_lists_the_known():
    with pytest.raises(ValueError, match="there are: reference_runs"):
        bundled("recipes")


@pytest.mark.parametrize("name", sorted(set(WHAT) - {"benchmarks"}))
def test_every_row_has_a_source_with_a_licence(name):
    table, sources = bundled(name), bundled("sources").set_index("source")
    assert sources["licence"].notna().all()
    assert sources.index.is_unique
    if name != "sources":
        assert table["source"].notna().all()
        assert set(table["source"]) <= set(sources.index)


def test_what_the_evidence_covers(catalog):
    told = coverage().set_index(["by", "value"])
    whole = told.loc[("all", "")]
    assert whole["models"] >= 250
    assert whole["scores"] >= 1500
    assert whole["effective_families"] > 12
    assert pd.Timestamp(EVIDENCE_DATE) - pd.Timestamp(whole["last"]) < pd.Timedelta(days=120)
    assert set(told.loc["type"].index) >= {
        "mathematics and code", "exams and reasoning", "common sense",
    }  # fmt: skip
    rows = counted()
    late = rows[rows["release_date"] > "2025-06-30"]
    assert late["model"].nunique() >= 35
    assert told.loc["half-year", "scores"].sum() == len(rows) == whole["scores"]
    assert told.loc["half-year"].index[0] == "2019H1"
    assert "AVERAGE" not in told.loc["benchmark"].index
    five = rows[rows["benchmark"].isin(FIVE)].groupby("model")["benchmark"].nunique()
    assert (five >= 3).sum() >= 130


def test_what_a_table_of_ones_own_covers():
    mine = pd.DataFrame(
        {
            "model": ["a", "a", "b"], "family": ["x", "x", "y"], "derived_from": [None] * 3,
            "release": ["a", "a", "b"], "benchmark": ["MMLU", "own", "MMLU"], "score": [0.5] * 3,
            "release_date": pd.to_datetime(["2024-06-30"] * 3), "protocol": [None] * 3,
        }
    )  # fmt: skip
    told = coverage(mine).set_index(["by", "value"])
    assert told.loc[("all", ""), ["models", "scores"]].tolist() == [1, 2]
    assert list(told.loc["half-year"].index) == ["2024H1"]
    assert set(told.loc["type"].index) == {"exams and reasoning", "not said"}


def test_eight_reference_families_are_declared(catalog):
    references = bundled("references").set_index("reference")
    assert len(references) == 8
    scored = references["kind"] == "score only"
    assert set(references.index[~scored]) == set(bundled("reference_runs")["reference"])
    scores = bundled("reference_scores")
    assert set(references.index[scored]) == set(scores["reference"])
    assert set(references.loc[scored, "release"]) <= set(catalog["release"])
    known = catalog.assign(size=catalog["params"] - catalog["embedding_params"])
    sizes = known.drop_duplicates("model").set_index("model")["size"]
    assert (scores["params"] == scores["run"].map(sizes)).all()
    assert scores.groupby("reference")["run"].nunique().to_dict() == {"qwen2.5": 7, "qwen3": 5}
    assert not scores.duplicated(["reference", "run", "benchmark"]).any()


def test_the_misprinted_loss_is_left_out():
    runs = bundled("reference_runs")
    pile = runs[runs["reference"] == "pile"]
    assert "pythia-1.4b-deduped" not in set(pile["run"])
    by_size = pile[pile["run"].str.contains("pythia")].drop_duplicates("run")
    by_size = by_size.sort_values("params")
    deduped = by_size["run"].str.endswith("deduped")
    assert by_size.loc[deduped, "loss"].is_monotonic_decreasing
    assert by_size.loc[~deduped, "loss"].is_monotonic_decreasing


@pytest.mark.parametrize("reference", ["pile", "gadre-c4", "gadre-rpj", "gadre-rw"])
def test_scores_of_a_ladder_fall_with_its_loss(reference):
    runs = bundled("reference_runs")
    runs = runs[(runs["reference"] == reference) & (runs["benchmark"] == "HellaSwag")].dropna(
        subset=["accuracy"]
    )
    assert runs["accuracy"].corr(runs["loss"], method="spearman") < -0.97


def missed(fitted, held_out):
    """Relative errors of an additive law with a free irreducible loss, on the runs held out."""

    def law(p, runs):
        n, d = np.log(runs["params"] / 1e9), np.log(runs["tokens"] / 1e10)
        terms = np.exp(p[0] - p[1] * n) + np.exp(p[2] - p[3] * d) + np.exp(p[4])
        return np.log(terms) - np.log(runs["loss"])

    start = [-0.5, 0.3, -0.5, 0.3, 0.0]
    best = least_squares(law, start, args=(fitted,), loss="soft_l1", f_scale=0.01)
    return np.abs(np.expm1(law(best.x, held_out)))


def test_delphi_is_a_hard_test_of_a_loss_law():
    fitted, held_out = delphi()
    assert (len(fitted), len(held_out)) == (81, 7)
    assert abs(np.log(fitted["params"]).corr(np.log(fitted["tokens"]))) < 0.5
    assert 0.02 < missed(fitted, held_out).max() < 0.13
    near, _ = delphi(near=2.2)
    assert 20 < len(near) < len(fitted)
    assert missed(near, held_out).max() < 0.01


def test_marin_has_loss_and_score_of_one_checkpoint():
    points = bundled("marin")
    assert (points.groupby("benchmark").size() == 4).all()
    assert {"MATH", "HumanEval", "MBPP"} <= set(points["benchmark"])
    assert len(validate(points, "calibration_points")) == len(points)


def test_cloze_scores_for_the_second_reference(catalog):
    count = catalog.groupby("benchmark")["model"].nunique()
    assert count["HellaSwag"] >= 100
    assert count["ARC-C"] >= 100
    assert count[["ARC-E", "PIQA"]].min() >= 15
    cloze = catalog[catalog["benchmark"].isin(["HellaSwag", "ARC-C", "ARC-E", "PIQA"])]
    form = cloze["protocol"].str.startswith("cloze") | cloze["protocol"].isin(cloze["source"])
    assert set(cloze.loc[~form, "protocol"]) <= {"4-shot acc, Swallow"}
    assert cloze["protocol"].str.startswith("cloze").mean() > 0.9


def test_one_row_a_model_and_benchmark(catalog):
    assert not catalog.duplicated(["model", "benchmark"]).any()
    assert catalog.groupby("model")["hub_id"].nunique().max() == 1
    assert catalog.groupby("hub_id")["model"].nunique().max() == 1
    assert catalog["hub_id"].dropna().str.contains("/").all()
    assert catalog["date_precision"].isin(["day", "month", "upper bound"]).all()
    assert catalog["model"].str.len().max() <= 28
    assert not catalog["model"].str.contains("/").any()


@pytest.mark.parametrize(
    ("model", "non_embedding"),
    [
        ("LLaMA-7B", 6_476_271_616),
        ("Llama-2-7B", 6_476_271_616),
        ("Llama-2-70B", 68_452_360_192),
        ("Mistral-7B-v0.1", 6_979_588_096),
        ("Qwen3-1.7B", 1_409_410_048),
        ("Mixtral-8x7B", 46_440_648_704),
    ],
)
def test_non_embedding_counts(models, model, non_embedding):
    row = models.loc[model]
    assert row["params"] - row["embedding_params"] == non_embedding


def test_counts_by_hand(models):
    # Llama 2 7B: 32 layers of 4 attention and 3 feed-forward matrices and 2 norms, a final norm.
    layer = 4 * 4096**2 + 3 * 4096 * 11008 + 2 * 4096
    assert models.loc["Llama-2-7B", "params"] == 32 * layer + 4096 + 2 * 32000 * 4096
    # Qwen1.5-0.5B: a tied head counts once.
    assert models.loc["Qwen1.5-0.5B", "params"] < 4.7e8
    assert models.loc["Llama-3.1-Minitron-4B-Depth", "params"] == pytest.approx(4.54e9, rel=0.01)
    assert models.loc["Mixtral-8x7B", "active_params"] == pytest.approx(12.88e9, rel=1e-3)


def test_suspect_rows_are_absent_and_listed(catalog):
    left = bundled("left_out")
    scores = catalog.set_index(["model", "benchmark"])["score"]
    suspects = [
        ("Llama-2-70B", "MATH", 0.106),
        ("Llama-2-70B", "HumanEval", 0.237),
        ("Llama-2-70B", "MBPP", 0.377),
        ("Mixtral-8x7B", "BBH", 0.503),
        ("Jamba-v0.1", "BBH", 0.454),
    ]
    for model, benchmark, score in suspects:
        assert scores.get((model, benchmark)) != score
        row = left[(left["model"] == model) & (left["benchmark"] == benchmark)]
        assert score in row["score"].to_numpy()
    assert left["reason"].notna().all()
    assert not {"Phi-4", "INTELLECT-1"} & set(catalog["model"])
    row = ["model", "benchmark", "score", "source"]
    assert left[row].merge(catalog[row]).empty


@pytest.mark.parametrize(
    "model",
    ["Gemma-2-9B", "Gemma-3-27B", "Llama-3.2-1B", "Sheared-LLaMA-1.3B", "Qwen2-57B-A14B",
     "SOLAR-10.7B", "MiniCPM-2B", "CodeLlama-7B"],
)  # fmt: skip
def test_derived_models_are_marked(models, model):
    assert isinstance(models.loc[model, "derived_from"], str)


def test_plain_models_are_not_marked(models):
    plain = ["Llama-2-7B", "Qwen2.5-7B", "Gemma-2-27B", "DeepSeek-V3", "Qwen3-8B"]
    assert models.loc[plain, "derived_from"].isna().all()


def test_average_is_the_mean_of_five(catalog):
    wide = catalog.pivot(index="model", columns="benchmark", values="score")
    known = wide["AVERAGE"].notna()
    assert (known == wide[FIVE].notna().all(axis=1)).all()
    np.testing.assert_allclose(
        wide.loc[known, "AVERAGE"], wide.loc[known, FIVE].mean(axis=1), atol=1e-5
    )


def test_benchmarks_cover_every_table(catalog):
    table = bundled("benchmarks").set_index("benchmark")
    used = set(catalog["benchmark"]) | set(bundled("reference_runs")["benchmark"])
    assert used <= set(table.index)
    assert table.loc["AVERAGE", "chance"] == pytest.approx(table.loc[FIVE, "chance"].mean(), 1e-3)
    assert table.loc["AVERAGE", "items"] == round(25 / (1 / table.loc[FIVE, "items"]).sum())
    baseline = catalog["protocol"] == catalog["benchmark"].map(table["protocol"])
    assert baseline[catalog["benchmark"].isin(["BBH", "MATH", "HellaSwag"])].mean() > 0.75


def test_protocols_are_few_or_a_source_of_their_own(catalog):
    own = catalog["protocol"].isin(set(bundled("sources")["source"]))
    assert (catalog.loc[own, "protocol"] == catalog.loc[own, "source"]).all()
    assert catalog[~own].groupby("benchmark")["protocol"].nunique().max() <= 6


def test_families_are_developer_lines(catalog):
    assert 50 <= catalog["family"].nunique() <= 70
    assert catalog.groupby("release")["family"].nunique().max() == 1


def test_reference_runs_are_whole():
    runs = bundled("reference_runs")
    count = runs.groupby(["reference", "benchmark"]).size()
    assert set(count["minicpm"]) == {33}
    assert set(count["olmo2"]) == {27}
    assert set(count["pile"]) == {29}
    assert count["gadre-c4"].max() + count["gadre-rpj"].max() + count["gadre-rw"].max() == 104
    assert sorted(runs.loc[runs["held_out"], "run"].unique()) == ["13B-5T", "7B-4T"]
    mini = runs[(runs["reference"] == "minicpm") & (runs["benchmark"] == "MMLU")]
    ratio = (mini["tokens"] / mini["params"]).round(2)
    assert set(ratio) == {10, 15, 20, 30, 40, 60}


def test_calibration_is_clean():
    points = bundled("calibration_points")
    assert (points.groupby("benchmark").size() == 12).all()
    assert (points.groupby("benchmark")["held_out"].sum() == 2).all()
    assert not np.signbit(points["score"]).any()
    text = (resources.files("densing.data") / "bundled" / "calibration_points.csv").read_text()
    assert "00000000" not in text
    assert "-0" not in text.replace("minicpm-0", "")


def test_scores_have_no_float_noise(catalog):
    assert (catalog["score"].round(5) == catalog["score"]).all()


def test_published_curves_pass_through_the_runs():
    curves = bundled("published_curves").set_index("benchmark")
    runs = bundled("reference_runs")
    runs = runs[runs["reference"] == "minicpm"]
    c = curves.loc[runs["benchmark"]].reset_index()
    n, d = runs["params"].to_numpy(float), runs["tokens"].to_numpy(float)
    fitted = c["a"] * n ** -c["alpha"] + c["b"] * d ** -c["beta"]
    assert np.median(np.abs(fitted.to_numpy() / runs["loss"].to_numpy() - 1)) < 0.02
