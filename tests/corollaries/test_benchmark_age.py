"""Growth on newer over older benchmarks, where both are known."""

import numpy as np
import pytest
import xarray as xr

from densing.results.corollaries.change import benchmark_age

NAMES = ["BBH", "MMLU", "MATH", "MBPP", "HumanEval"]


def run_of(rates, *, names=NAMES, spread=0.0, draws=2000):
    rates = np.broadcast_to(np.asarray(rates, float), (1, draws, len(names)))
    dims = ("chain", "draw", "benchmark")
    scatter = xr.Dataset({"drift_spread": (("chain", "draw"), np.full((1, draws), spread))})
    derived = xr.Dataset({"benchmark_rate": (dims, rates)}, {"benchmark": list(names)})
    return xr.DataTree.from_dict({"/posterior": scatter, "/derived": derived})


def test_older_and_newer_by_date_of_release():
    told = benchmark_age(run_of([1.0, 2.0, 4.0, 2.0, 99.0]))
    assert [row["name"] for row in told["older"]["benchmarks"]] == ["MMLU", "MATH"]
    assert [row["name"] for row in told["newer"]["benchmarks"]] == ["MBPP", "BBH"]
    assert told["ratio"]["median"] == pytest.approx(0.5)
    assert told["p_newer_faster"] == 0.0
    assert told["in_general"]["upper"] == pytest.approx(0.5)  # benchmarks that do not scatter


def test_few_benchmarks_that_scatter_say_little_of_their_kind():
    told = benchmark_age(run_of([2.0, 3.0, 3.0, 2.0, 2.5], spread=1.0))
    assert told["p_newer_faster"] == 0.0
    assert told["p_newer_faster_in_general"] == pytest.approx(0.16, abs=0.03)  # one deviation
    assert told["in_general"]["upper"] > 1.0


def test_nothing_where_there_is_nothing_to_compare():
    assert benchmark_age(run_of([1.0], names=["MMLU"])) is None
    assert benchmark_age(run_of([1.0, 2.0], names=["ARC-C", "ARC-E"])) is None  # of one day
    assert benchmark_age(run_of([1.0, 2.0], names=["QUIZ", "MMLU"])) is None
    bare = run_of([1.0, 2.0], names=["MMLU", "BBH"])
    bare["derived"] = xr.DataTree()
    assert benchmark_age(bare) is None
