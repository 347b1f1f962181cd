"""The paper's numbers, to the digits given."""

import numpy as np
import pytest

from densing.paper.checks import other_choices
from densing.paper.claim import NOT_JUDGED, UNCERTAIN, overlap, rounded
from densing.paper.growth import before_rounding
from densing.paper.laws import LOSS, SCORE

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
