"""The paper's corollaries beside posteriors: the right numbers in the right rows."""

from dataclasses import replace

import numpy as np
import pytest

from densing.paper.claim import NOT_JUDGED, NOT_SUPPORTED, SUPPORTED, UNCERTAIN
from densing.paper.corollaries import (
    acceleration_again,
    compression_again,
    hardware_claims,
)
from densing.paper.growth import MONTH
from densing.results.acceleration import acceleration
from densing.results.corollaries import corollaries
from densing.results.run import log_densities
from report.synthetic import make_run

PAPERS = ("Gemma-2-27B", "Gemma-2-9B", "Llama-3.1-8B", "Llama-3.1-Minitron-4B-Depth",
          "Llama-3.1-Minitron-4B-Width", "Llama-3.2-1B", "other-7B", "other-3B")  # fmt: skip


def derived_run(*, trustworthy=True):
    """A run of models that the paper compresses, by the catalog's names."""
    run = make_run(trustworthy=trustworthy, spread=0.01)
    out = {}
    for name, node in run.children.items():
        dataset = node.to_dataset()
        if "model" in dataset.dims:
            dataset = dataset.assign_coords(model=list(PAPERS))
        out[name] = dataset
    said = [""] * len(PAPERS)
    said[3] = said[4] = said[5] = "pruned and distilled from Llama-3.1-8B"
    out["constant_data"]["derived_from"] = ("model", np.asarray(said, object))
    tree = type(run).from_dict({f"/{name}": dataset for name, dataset in out.items()})
    tree.attrs = run.attrs
    return tree


def test_prices_and_budgets_are_those_of_the_corollaries(result, claims):
    run = make_run()
    told = corollaries(run)
    price = claims["halving time: at an equal score"]
    assert price.interval.as_dict() == told["prices"]["halving_months"]
    rows = {c.name: c for c in hardware_claims(result.growth, replace(result.runs, joint=run))}
    for key, name in (("frontier", "frontier"), ("population", "typical model")):
        found = rows[f"doubling time with hardware: {name} of the joint model"]
        months = told["budget"]["together"][key]
        assert found.interval.lower == pytest.approx(months["lower"] * MONTH)
        assert found.interval.upper == pytest.approx(months["upper"] * MONTH)
        assert found.null[0] == pytest.approx(told["budget"]["hardware"]["lower"] * MONTH)


def test_a_standing_field_leaves_hardware_alone(result):
    """Where density may not grow, the interval reaches into the null: hardware's own times."""
    run = make_run(rate=0.05, spread=0.2)
    rows = {c.name: c for c in hardware_claims(result.growth, replace(result.runs, joint=run))}
    found = rows["doubling time with hardware: typical model of the joint model"]
    assert found.interval.upper is None or found.interval.upper > found.null[0]
    assert found.verdict == NOT_SUPPORTED


def test_what_is_absent_says_how_to_get_it(claims):
    for name, cure in (
        ("doubling time with hardware: joint model", "--run RUN.nc"),
        ("share of derived models less dense, joint model", "--derived derived.nc"),
    ):
        assert claims[name].verdict == NOT_JUDGED
        assert cure in claims[name].note


def test_one_bent_trend_gives_the_acceleration(result, claims):
    told = acceleration(result.runs.bent)
    assert told["changepoint"]["lower"] == told["changepoint"]["upper"] == "2022-11-30"
    for key, name in (("frontier", "frontier"), ("population", "typical model")):
        claim = claims[f"acceleration, bent trend, {name}"]
        assert claim.interval.lower == told[key]["ratio"]["lower"]
        assert claim.verdict in (UNCERTAIN, SUPPORTED)
    doubtful = result.runs.bent.copy()
    doubtful.attrs = doubtful.attrs | {"health": make_run(trustworthy=False).attrs["health"]}
    runs = replace(result.runs, bent=doubtful)
    assert not runs.trustworthy
    assert not replace(result, runs=runs).trustworthy
    for claim in acceleration_again(runs):
        assert claim.verdict == UNCERTAIN
        assert claim.note.startswith("NOT TRUSTWORTHY")


def test_the_papers_pairs_are_found_among_derived_models(result):
    run = derived_run()
    rows = {c.name: c for c in compression_again(result.pairs, replace(result.runs, derived=run))}
    assert set(rows) == {
        "share of derived models less dense, joint model", "Gemma2-9B over Gemma2-27B",
        "Llama-3.1-Minitron-4B over Llama-3.1-8B", "Llama-3.2-1B over Llama-3.1-8B",
    }  # fmt: skip
    own = log_densities(run)
    ratio = np.exp(own[:, 1] - own[:, 0])
    gemma = rows["Gemma2-9B over Gemma2-27B"]
    assert gemma.interval.median == pytest.approx(np.median(ratio))
    assert gemma.published == "1.69"
    both = np.exp(own[:, [3, 4]].mean(axis=1) - own[:, 2])
    minitron = rows["Llama-3.1-Minitron-4B over Llama-3.1-8B"]
    assert minitron.interval.upper == pytest.approx(np.quantile(both, 0.95))
    assert "mean of 2" in minitron.note
    assert "3 pruned or distilled" in rows["share of derived models less dense, joint model"].note


def test_a_doubtful_run_supports_nothing(result):
    runs = replace(result.runs, derived=derived_run(trustworthy=False))
    assert not runs.trustworthy
    assert {c.verdict for c in compression_again(result.pairs, runs)} == {UNCERTAIN}
