import numpy as np
import pytest

from densing.results.growth import growth
from densing.sensitivity.answers import decomposition, multiverse, summarise
from densing.sensitivity.axes import Axes
from densing.sensitivity.record import LEVELS

AXES = Axes(
    name="toy", about="two axes",
    axes={
        "tokens": {"reason": "a", "default": "5T", "levels": {"1T": {}, "10T": {}}},
        "law": {"reason": "b", "default": "with E", "levels": {"without E": {}}},
    },
)  # fmt: skip


def universe(tokens="5T", law="with E", *, months, spread=0.1, verdict="trustworthy"):
    rate = 12 * np.log(2) / months
    draws = rate + spread * np.linspace(-2, 2, 2001)
    levels = {"tokens": tokens, "law": law}
    left = [name for name, axis in AXES.axes.items() if levels[name] != axis.default]
    return {
        "name": str(left), "levels": levels, "left": left, "changes": {}, "choices": {},
        "models": 5, "scores": 9, "population": growth(draws), "frontier": None,
        "quantiles": {"population": np.quantile(draws, LEVELS).tolist()},
        "p_fast": {"population": float(np.mean(draws > 2 * np.log(2)))},
        "diagnostics": {
            "how": "sampled", "verdict": verdict, "gradient_evaluations": 10,
            "reasons": [] if verdict == "trustworthy" else ["chains disagree"],
        },
    }  # fmt: skip


TOKENS = {"5T": 0.0, "1T": -1.0, "10T": 4.0}
LAW = {"with E": 0.0, "without E": 0.5}
ADDITIVE = [
    universe(t, law, months=3.0 + TOKENS[t] + LAW[law])
    for t, law in [("5T", "with E"), ("1T", "with E"), ("10T", "with E"), ("5T", "without E"),
                   ("1T", "without E"), ("10T", "without E")]
]  # fmt: skip


def test_additive_effects_are_found_exactly_and_nothing_is_left():
    found = decomposition(ADDITIVE, AXES, "population")
    assert found["axes"]["tokens"] == pytest.approx(np.std(list(TOKENS.values())))
    assert found["axes"]["law"] == pytest.approx(0.25)
    assert list(found["axes"]) == ["tokens", "law"]
    assert found["interactions"] == pytest.approx(0.0, abs=1e-9)


def test_an_interaction_is_left_over():
    rows = [*ADDITIVE[:-1], universe("10T", "without E", months=12.0)]
    assert decomposition(rows, AXES, "population")["interactions"] > 1.0


def test_a_multiverse_of_one_universe_is_that_universe():
    one = ADDITIVE[0]
    whole, own = multiverse([one], "population"), one["population"]
    for end in ("lower", "median", "upper"):
        assert whole["rate_per_year"][end] == pytest.approx(own["rate_per_year"][end], rel=0.01)
    assert multiverse([one], "frontier") is None


def test_what_cannot_be_trusted_is_shown_but_not_counted():
    doubtful = universe("1T", months=20.0, verdict="not trustworthy")
    result = {"universes": [*ADDITIVE, doubtful], "skipped": [], "seconds": 1.0}
    answer = summarise(result, AXES)
    assert doubtful in answer["universes"]
    assert answer["multiverse"]["population"]["universes"] == 6
    assert answer["diagnostics"]["verdict"] == "not trustworthy"
    claim = answer["claims"][0]
    # Sure below six months: 3, 2, 3.5, 2.5; sure above: 7 and 7.5.
    assert (claim["supported"], claim["opposed"], claim["of"]) == (4, 2, 6)
    assert claim["not_trustworthy"] == 1
    assert "in 4 of 6 universes, <= 0.1 in 2; 1 more" in claim["sentence"]


def test_axes_tell_each_level_alone():
    answer = summarise({"universes": ADDITIVE, "skipped": [], "seconds": 1.0}, AXES)
    alone = answer["axes"]["tokens"]["levels"]["10T"]["population"]["doubling_months"]["median"]
    assert alone == pytest.approx(7.0)
    assert answer["axes"]["law"]["spread_months"]["frontier"] is None
