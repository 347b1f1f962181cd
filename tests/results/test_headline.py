import json

import numpy as np
import pytest
import xarray as xr

from densing.answers._answer import Growth
from densing.answers.summary import summarise as summary
from densing.files import to_json
from densing.results.interval import as_interval, growth
from densing.results.run import trustworthy

LN2 = np.log(2.0)
INTERVAL = {"median", "lower", "upper", "prob", "kind"}


def run(*, frontier=True, verdict="trustworthy"):
    rng = np.random.default_rng(0)
    rates = {"population_rate": (("chain", "draw"), 2.5 + 0.2 * rng.normal(size=(2, 400)))}
    if frontier:
        rates["frontier_rate"] = (("chain", "draw"), 2.4 + 0.3 * rng.normal(size=(2, 400)))
    dates = np.array(["2024-05-01", "2025-09-30"], dtype=object)
    models = xr.Dataset({"release_date": ("model", dates)}, coords={"model": ["old", "new"]})
    tree = xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset(),
            "/derived": xr.Dataset(rates),
            "/constant_data": models,
        }
    )
    tree.attrs = {
        "model": json.dumps({"name": "default", "choices": {"reference": "minicpm"}}),
        "health": json.dumps({"verdict": verdict, "reasons": []}),
        "versions": json.dumps({"densing": "0.1.0"}), "evidence_hash": "abc",
        "models": np.int64(66), "scores": np.int64(309), "seed": np.int64(1),
    }  # fmt: skip
    return tree


def test_growth_as_the_contract_has_it():
    ours = growth(np.linspace(LN2 / 2, 2 * LN2, 1001), prob=0.8)
    assert set(ours) == {"rate_per_year", "doubling_months", "p_not_growing"}
    assert set(ours["rate_per_year"]) == set(ours["doubling_months"]) == INTERVAL
    assert ours["doubling_months"]["median"] == pytest.approx(12 * LN2 / (1.25 * LN2))
    assert ours["doubling_months"]["prob"] == 0.8
    assert ours["p_not_growing"] == 0.0


def test_negative_draws_are_counted_not_dropped():
    draws = np.concatenate([np.full(30, -1.0), np.full(70, 1.0)])
    ours = growth(draws)
    assert ours["p_not_growing"] == pytest.approx(0.3)
    assert ours["doubling_months"]["upper"] is None
    assert ours["rate_per_year"]["lower"] == -1.0
    assert growth(np.zeros(10))["p_not_growing"] == 1.0


def test_summary_as_the_contract_has_it():
    ours = summary(run())
    assert {"population", "frontier", "diagnostics", "models", "scores", "newest", "reference",
            "choices", "versions"} <= set(ours)  # fmt: skip
    assert (ours["models"], ours["scores"], ours["reference"]) == (66, 309, "minicpm")
    assert ours["population"]["doubling_months"]["median"] == pytest.approx(3.33, abs=0.05)
    json.loads(to_json(ours))


def test_no_frontier():
    assert summary(run(frontier=False))["frontier"] is None


def test_trustworthy():
    assert trustworthy(run())
    assert not trustworthy(run(verdict="not trustworthy"))


def test_an_interval_comes_back_from_its_record():
    record = growth([1.0, 2.0, 3.0])["rate_per_year"]
    assert as_interval(record).as_dict() == record


# ---- in words --------------------------------------------------------------------------------


def sentence(answer, subject):
    return Growth(**answer).sentence(subject)


def test_sentence():
    text = sentence(growth(2.5 + 0.1 * np.linspace(-1, 1, 101)), "Population")
    assert text.startswith("Population doubles every 3.3 months (90 % equal-tailed interval 3.2 to")
    assert "no growth" not in text


def test_sentence_without_an_upper_end():
    text = sentence(growth(np.linspace(-0.5, 2.0, 101)), "Frontier")
    assert "not bounded above" in text
    assert "P(no growth) = 0.2" in text


def test_sentence_with_a_median_below_zero():
    text = sentence(growth(np.linspace(-2.0, 0.5, 101)), "Frontier")
    assert "not bounded above" in text
    assert "about every" not in text
    assert "P(no growth) = 0.8" in text


def test_sentence_without_growth():
    text = sentence(growth(np.linspace(-2.0, -1.0, 101)), "Frontier")
    assert "does not grow" in text
    assert "P(no growth) = 1.00" in text
