"""Quantised models: ratios of densities that are known, and pairs that tell nothing."""

import json

import numpy as np
import pandas as pd
import pytest

from densing.models.laws import log_loss, score
from densing.models.loss import loss_curve
from densing.models.ops import numpy_ops
from densing.models.performance import score_map
from densing.results import quantised as room
from densing.results.posterior import replay_of
from densing.results.quantised import METHODS, quantised, same_weights
from forecast.future_run import future_run

RATIO = 0.7


@pytest.fixture(scope="module")
def run():
    return future_run(models=12, draws=300)


def scored(run, log_params):
    """Scores of reference models on the run's first benchmark, by the mean curve."""
    centre = json.loads(run.attrs["centre"])
    d = np.log(np.median(run["constant_data"]["score_tokens"])) - centre["log_tokens"]
    values = replay_of(run["posterior"]).values
    law, curve = (type(c)(*(f.mean(axis=1)[0] for f in c))
                  for c in (loss_curve(values), score_map(values, link="logit")))  # fmt: skip
    loss = np.exp(log_loss(numpy_ops, law, log_params - centre["log_params"], d))
    return score(numpy_ops, curve, loss)


def table(run, sizes, *, ratio=RATIO, method="quantised 4bit", match="same protocol"):
    name = str(run["constant_data"]["benchmark"].to_numpy()[0])
    parent = np.log(sizes)
    return pd.DataFrame(
        {
            "child": [f"q{i}" for i in range(len(sizes))],
            "parent": [f"m{i}" for i in range(len(sizes))], "method": method, "match": match,
            "benchmark": name, "protocol": "one",
            "child_score": scored(run, parent + np.log(ratio)),
            "parent_score": scored(run, parent),
        }
    )  # fmt: skip


def given(monkeypatch, *tables):
    monkeypatch.setattr(room, "bundled", lambda _: pd.concat(tables))


SIZES = (2e9, 4e9, 6e9)


def test_a_known_ratio_is_found(run, monkeypatch):
    given(monkeypatch, table(run, SIZES), table(run, SIZES, ratio=1.0, method="quantised 8bit"))
    told = quantised(run)["methods"]
    four, eight = told["quantised to 4 bits"], told["quantised to 8 bits"]
    assert four["pairs"] == 3
    assert four["ratio"]["lower"] < RATIO < four["ratio"]["upper"]
    assert eight["ratio"]["lower"] < 1.0 < eight["ratio"]["upper"]
    assert four["ratio"]["median"] < eight["ratio"]["median"]
    assert 0.1 < eight["p_less_dense"] < 0.9


def test_items_are_what_is_not_known(run, monkeypatch):
    """Scores on few questions tell the ratio worse; more pairs tell it better."""
    given(monkeypatch, table(run, SIZES))
    ends = quantised(run)["methods"]["quantised to 4 bits"]["ratio"]
    few = run.copy()
    data = run["constant_data"].to_dataset()
    data["benchmark_items"] = data["benchmark_items"] / 9
    few["constant_data"] = type(run)(data)
    wide = quantised(few)["methods"]["quantised to 4 bits"]["ratio"]
    assert np.log(wide["upper"] / wide["lower"]) > 2 * np.log(ends["upper"] / ends["lower"])


def test_pairs_that_differ_leave_their_mean_open(run, monkeypatch):
    given(monkeypatch, table(run, SIZES))
    alike = quantised(run)["methods"]["quantised to 4 bits"]["ratio"]
    apart = [table(run, SIZES[i : i + 1], ratio=ratio).assign(child=f"q{i}")
             for i, ratio in enumerate((0.35, 0.7, 1.4))]  # fmt: skip
    given(monkeypatch, *apart)
    told = quantised(run)["methods"]["quantised to 4 bits"]["ratio"]
    assert np.log(told["upper"] / told["lower"]) > 2 * np.log(alike["upper"] / alike["lower"])
    assert told["lower"] < RATIO < told["upper"]


def test_pairs_of_one_publisher_are_no_independent_evidence(run, monkeypatch):
    """Six pairs of two publishers who differ say less of the next one than six of six."""
    sizes = np.repeat(SIZES, 2)
    apart = table(run, sizes)
    low = table(run, sizes, ratio=RATIO / 3)["child_score"]
    apart["child_score"] = apart["child_score"].where(np.arange(6) < 3, low)

    def width(names):
        given(monkeypatch, apart.assign(child=names))
        ratio = quantised(run)["methods"]["quantised to 4 bits"]["ratio"]
        return np.log(ratio["upper"] / ratio["lower"])

    of_two = width([f"{'a' if i < 3 else 'b'}/{i}" for i in range(6)])
    assert of_two > 1.2 * width([f"{i}/{i}" for i in range(6)])


def test_what_tells_nothing_takes_no_part(run, monkeypatch):
    guessing = table(run, SIZES[:1])
    guessing[["child_score", "parent_score"]] = run["constant_data"]["chance"].to_numpy()[0] + 0.01
    beyond = table(run, SIZES[:1])
    beyond[["child_score", "parent_score"]] = 0.9999
    given(monkeypatch, table(run, SIZES), guessing.assign(child="g"), beyond.assign(child="b"),
          table(run, SIZES, ratio=0.1, match="by name").assign(child="n"))  # fmt: skip
    told = quantised(run)
    assert told["methods"]["quantised to 4 bits"]["pairs"] == 3
    assert told["left_out"] == 2
    for nothing in (guessing, beyond, table(run, SIZES).assign(benchmark="another")):
        given(monkeypatch, nothing)
        assert quantised(run) is None


def test_an_original_of_two_precisions_counts_once():
    pairs = same_weights(["MMLU"])
    assert not pairs.duplicated(["child", "method", "benchmark"]).any()
    assert set(pairs["method"]) == set(METHODS)
    (row,) = pairs[pairs["child"] == "mistralai/Mixtral-8x7B-v0.1 [4bit]"].itertuples()
    assert row.parent_score == pytest.approx((0.7182 + 0.7188) / 2)
    assert not pairs["child"].str.contains("GPTQ").any()


def test_both_of_a_pair_share_one_discrepancy(run, monkeypatch):
    """It stays in the ratio where curves bend, and does not make the ratio as wide as two would."""
    given(monkeypatch, table(run, SIZES))

    def width(factor):
        other = run.copy()
        posterior = run["posterior"].to_dataset()
        posterior["discrepancy"] = posterior["discrepancy"] * factor
        other["posterior"] = type(run)(posterior)
        ratio = quantised(other)["methods"]["quantised to 4 bits"]["ratio"]
        return np.log(ratio["upper"] / ratio["lower"])

    none, own, large = width(1e-6), width(1.0), width(3.0)
    assert none < own < 1.5 * none
    assert large > 1.1 * none
