"""The evidence that is bundled: sound, complete, clean, and counted as it should be."""

from importlib import resources

import numpy as np
import pytest

from densing.data import bundled, list_bundled, validate
from densing.data.schemas import TABLES
from densing.data.shipped import WHAT

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


def test_enough_models_and_scores(catalog):
    for rows, models, scores in [
        (catalog, 75, 360),
        (catalog[catalog["derived_from"].isna()], 60, 280),
    ]:
        five = rows[rows["benchmark"].isin(FIVE)]
        count = five.groupby("model")["benchmark"].nunique()
        kept = count.index[count >= 3]
        assert len(kept) >= models
        assert five["model"].isin(kept).sum() >= scores


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
