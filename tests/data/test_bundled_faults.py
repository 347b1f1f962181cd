"""Faults that tables of scores are known for: none is bundled, and each would be found."""

import re
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from densing.data import EVIDENCE_DATE, bundled

FIRST = pd.Timestamp("2019-02-14")
GENERATIONS = [
    ("LLaMA", "Llama-2", "Llama-3", "Llama-3.1", "Llama-3.2", "Llama-4"),
    ("Qwen", "Qwen1.5", "Qwen2", "Qwen2.5", "Qwen3", "Qwen3.5"),
    ("Gemma", "Gemma-2", "Gemma-3", "Gemma-4"),
    ("DeepSeek-LLM", "DeepSeek-V2", "DeepSeek-V3", "DeepSeek-V3.1", "DeepSeek-V4"),
    ("OLMo", "OLMo-0424", "OLMo-2-1124", "OLMo-2-0325", "Olmo-3"),
    ("Falcon", "Falcon2", "Falcon3", "Falcon-H1"),
    ("StableLM-Alpha", "StableLM-Alpha-v2", "StableLM-2-1.6B"),
    ("OpenLLaMA", "OpenLLaMA-v2"), ("Phi-1", "Phi-1.5", "Phi-2"), ("Yi", "Yi-1.5"),
    ("GPT-2", "GPT-Neo", "GPT-J", "GPT-NeoX", "Pythia"), ("Ling", "Ling-2.0", "Ling-2.6"),
]  # fmt: skip
SIZE = re.compile(r"(?<![\w.])(?:(\d+)x)?(\d+(?:\.\d+)?)([MBT])(?![a-z])")
UNIT = {"M": 1e6, "B": 1e9, "T": 1e12}


@pytest.fixture(scope="module")
def catalog():
    return bundled("catalog")


def of_models(catalog):
    return catalog.drop_duplicates("model").set_index("model")


def likelihood_as_generated(catalog):
    """Sources two of whose BBH scores are those that the likelihood of options gives."""
    wide = catalog.pivot(index="model", columns="benchmark", values="score")
    near = (wide["BBH"] - wide["BBH-choice"]).abs() < 0.01
    able = near.index[near & (wide["MMLU"] > 0.6)]
    rows = catalog[(catalog["benchmark"] == "BBH") & catalog["model"].isin(able)]
    count = rows["source"].value_counts()
    return set(count.index[count >= 2])


def scores_of_another_model(catalog):
    """Pairs of models with the same digits on three benchmarks or more."""
    wide = catalog[catalog["benchmark"] != "AVERAGE"]
    wide = wide.pivot(index="model", columns="benchmark", values="score")
    values = wide.to_numpy()
    return {
        (wide.index[i], wide.index[j])
        for i, j in combinations(range(len(values)), 2)
        if (np.abs(values[i] - values[j]) < 1e-9).sum() >= 3
    }


def copied_columns(catalog, repeats):
    """Pairs of sources that agree to the last digit in a third of what they share, and thrice."""
    both = pd.concat([catalog, repeats])[["model", "benchmark", "score", "source"]]
    pairs = both.merge(both, on=["model", "benchmark"])
    pairs = pairs[pairs["source_x"] < pairs["source_y"]]
    pairs = pairs.assign(equal=(pairs["score_x"] - pairs["score_y"]).abs() < 5e-5)
    told = pairs.groupby(["source_x", "source_y"])["equal"].agg(["sum", "mean"])
    return set(told.index[(told["sum"] >= 3) & (told["mean"] > 1 / 3)])


def sizes_that_differ_from_the_name(catalog):
    """Models none of whose counts is within a factor of 1.4 of a size in its name."""
    wrong = set()
    for name, row in of_models(catalog).iterrows():
        said = [float(x or 1) * float(n) * UNIT[u] for x, n, u in SIZE.findall(name)]
        without = row["params"] - np.nan_to_num(row["embedding_params"])
        counts = [row["params"], without, row["active_params"]]
        near = [abs(np.log(c / n)) < np.log(1.4) for c in counts for n in said if c > 0]
        if said and not any(near):
            wrong.add(name)
    return wrong


def weights_under_two_names(catalog):
    """Models of one release with the same counts."""
    models = of_models(catalog).dropna(subset=["embedding_params"])
    twice = models.duplicated(["release", "params", "embedding_params"], keep=False)
    return set(models.index[twice])


def dates_out_of_order(catalog):
    """Models before the first, after the evidence, before their parents; releases too early."""
    models = of_models(catalog)
    day = models["release_date"]
    wrong = set(models.index[(day < FIRST) | (day > pd.Timestamp(EVIDENCE_DATE))])
    hubs = models["hub_id"].str.split("/").str[-1].str.lower()
    for name, parent in models["derived_from"].dropna().items():
        words = {word.split("/")[-1].strip("().,;").lower() for word in parent.split()}
        known = [m for m in models.index if m.lower() in words or hubs[m] in words]
        wrong |= {name for m in known if day[name] < day[m]}
    first = models.groupby("release")["release_date"].min()
    for line in GENERATIONS:
        wrong |= {b for a, b in pairwise(line) if first[b] < first[a]}
    span = models.groupby("release")["release_date"].agg(np.ptp)
    return wrong | set(span.index[span > pd.Timedelta(days=300)])


def mathematics_with_thoughts(catalog):
    """Models with chain of thought in mid-training whose MATH passes for the plain kind."""
    rows = catalog[(catalog["benchmark"] == "MATH") & catalog["cot_mid_training"]]
    return set(rows.loc[~rows["protocol"].str.contains("CoT mid-training"), "model"])


def test_none_is_bundled(catalog):
    assert not likelihood_as_generated(catalog)
    assert not scores_of_another_model(catalog)
    assert not copied_columns(catalog, bundled("repeats"))
    assert not sizes_that_differ_from_the_name(catalog)
    assert not weights_under_two_names(catalog)
    assert not dates_out_of_order(catalog)
    assert not mathematics_with_thoughts(catalog)


def test_counts_agree_with_the_architecture(catalog):
    models = of_models(catalog)
    sparse = models["architecture"] == "moe"
    assert (models.loc[sparse, "active_params"] < models.loc[sparse, "params"]).all()
    dense = models["architecture"] == "dense"
    assert (models.loc[dense, "active_params"] == models.loc[dense, "params"]).all()
    left = models["active_params"] - models["embedding_params"].fillna(0)
    assert (left > 0).all()


def changed(catalog, model, benchmark=None, **values):
    rows = catalog["model"] == model
    if benchmark:
        rows &= catalog["benchmark"] == benchmark
    assert rows.any()
    table = catalog.copy()
    for column, value in values.items():
        table.loc[rows, column] = value
    return table


def test_likelihood_bbh_among_generated_ones_is_found(catalog):
    wrong = catalog
    for model, score in (("Falcon3-7B", 0.510), ("Falcon3-10B", 0.597)):
        wrong = changed(wrong, model, "BBH", score=score, source="falcon3-blog")
    assert likelihood_as_generated(wrong) == {"falcon3-blog"}


def test_scores_of_an_earlier_model_are_found(catalog):
    wrong = catalog
    earlier = catalog[catalog["model"] == "LLaMA-65B"].set_index("benchmark")["score"]
    for benchmark in ("MATH", "HumanEval", "GSM8K"):
        wrong = changed(wrong, "Llama-2-70B", benchmark, score=earlier[benchmark])
    assert scores_of_another_model(wrong) == {("LLaMA-65B", "Llama-2-70B")}


def test_a_quoted_column_is_found(catalog):
    repeats = bundled("repeats")
    own = catalog[(catalog["source"] == "kimi-k2-report") & (catalog["benchmark"] != "AVERAGE")]
    quoted = own.assign(source="some-report")
    assert copied_columns(catalog, pd.concat([repeats, quoted])) == {
        ("kimi-k2-report", "some-report")
    }


def test_a_wrong_size_is_found(catalog):
    wrong = changed(catalog, "OpenLLaMA-7B-v2", params=13e9, active_params=13e9)
    assert sizes_that_differ_from_the_name(wrong) == {"OpenLLaMA-7B-v2"}


def test_a_second_name_is_found(catalog):
    again = catalog[catalog["model"] == "Llama-2-7B"].assign(model="Llama-2-7b-hf")
    wrong = pd.concat([catalog, again], ignore_index=True)
    assert weights_under_two_names(wrong) == {"Llama-2-7B", "Llama-2-7b-hf"}
    assert scores_of_another_model(wrong) == {("Llama-2-7B", "Llama-2-7b-hf")}


@pytest.mark.parametrize(
    ("model", "day", "found"),
    [
        ("Qwen2.5-7B", "2024-06-01", "Qwen2.5"),
        ("CodeLlama-13B", "2023-01-01", "CodeLlama-13B"),
        ("RWKV-4-14B", "2023-09-22", "RWKV-4"),
        ("Puro-2B", "2027-01-01", "Puro-2B"),
    ],
)
def test_a_date_out_of_order_is_found(catalog, model, day, found):
    assert found in dates_out_of_order(changed(catalog, model, release_date=pd.Timestamp(day)))


def test_mathematics_pooled_with_earlier_ones_is_found(catalog):
    wrong = changed(catalog, "Ling-mini-2.0", "MATH", protocol="4-shot")
    assert mathematics_with_thoughts(wrong) == {"Ling-mini-2.0"}
