import numpy as np
import pandas as pd
import pytest

from densing.report.sensitivity import write_sensitivity
from densing.results.interval import growth
from densing.sensitivity.axes import Axes
from densing.sensitivity.record import LEVELS, failed
from densing.sensitivity.summary import mixture, summarise

AXES = Axes(
    name="toy", about="two axes",
    axes={
        "tokens": {"reason": "a", "default": "5T", "levels": {"1T": {}, "10T": {}}},
        "law": {"reason": "b", "default": "with E", "levels": {"without E": {}}},
    },
)  # fmt: skip


def universe(
    tokens="5T", law="with E", *, months=None, rate=None, spread=0.1, verdict="trustworthy"
):  # fmt: skip
    rate = 12 * np.log(2) / months if rate is None else rate
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


def test_a_multiverse_of_one_universe_is_that_universe():
    one = ADDITIVE[0]
    whole, own = mixture([one], "population"), one["population"]
    for end in ("lower", "median", "upper"):
        assert whole["rate_per_year"][end] == pytest.approx(own["rate_per_year"][end], rel=0.01)
    assert mixture([one], "frontier") is None


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
    assert (
        "in 4 of 6 universes, <= 0.1 in 2; it fails in all with tokens = 10T (2); 1 more"
        in (claim["sentence"])
    )


def test_axes_tell_each_level_alone():
    answer = summarise({"universes": ADDITIVE, "skipped": [], "seconds": 1.0}, AXES)
    alone = answer["axes"]["tokens"]["levels"]["10T"]["population"]["doubling_months"]["median"]
    assert alone == pytest.approx(7.0)
    assert answer["axes"]["law"]["spread"]["frontier"] is None


def test_a_universe_without_an_answer_is_in_the_record_and_counts_nowhere():
    none = universe("10T", months=7.0)
    none |= {"population": None, "quantiles": {}, "p_fast": {}}
    answer = summarise({"universes": [*ADDITIVE[:2], none], "skipped": []}, AXES)
    assert answer["claims"][0]["of"] == 2
    assert answer["multiverse"]["population"]["universes"] == 2
    assert answer["variance"]["population"]["universes"] == 2
    assert answer["axes"]["tokens"]["alike"]["population"]["levels"] == ["5T", "1T"]


def broken(*levels):
    """A universe that could not be fitted."""
    about = universe(*levels, months=3.0)
    fault = np.linalg.LinAlgError("Singular matrix")
    return about | failed(["population", "frontier"], fault)


def test_a_universe_that_could_not_be_fitted_is_counted_and_told(tmp_path):
    answer = summarise({"universes": [*ADDITIVE[:4], broken("10T")], "skipped": []}, AXES)
    assert answer["diagnostics"]["trustworthy"] == 4
    assert [claim["not_trustworthy"] for claim in answer["claims"]] == [1, 1]
    assert answer["multiverse"]["population"]["universes"] == 4
    write_sensitivity(answer, tmp_path)
    row = pd.read_csv(tmp_path / "sensitivity.csv").iloc[-1]
    assert np.isnan(row["population_median"])
    assert row["verdict"] == "not trustworthy"
    assert "its numbers break down: Singular matrix" in row["reasons"]


@pytest.mark.parametrize(
    ("rows", "drawn"),
    [([broken(), *ADDITIVE[1:3]], False), ([ADDITIVE[0], broken("1T")], True)],
    ids=["default", "level"],
)
def test_figures_without_a_default_or_a_level(rows, drawn, tmp_path):
    answer = summarise({"universes": rows, "skipped": []}, AXES)
    write_sensitivity(answer, tmp_path)
    figures = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert "specification-population" in figures
    assert ("tornado" in figures) == drawn


def test_what_it_took_is_told_beside_the_default_ones_own():
    told = summarise({"universes": ADDITIVE, "skipped": []}, AXES)["diagnostics"]
    assert (told["gradient_evaluations"], told["default_gradients"]) == (60, 10)
    assert told["gradients_over_default"] == pytest.approx(6.0)
    told = summarise({"universes": ADDITIVE[1:], "skipped": []}, AXES)["diagnostics"]
    assert told["gradients_over_default"] is None
