"""The default fit and the components alone: time, gradients and effective draws."""

import json
import os
import resource
import subprocess
import sys
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

FIT = """
import json, resource, sys
from densing.data import load_evidence
from densing.inference.fit import fit
run = fit(load_evidence(), seed=1)
health = json.loads(run.attrs["health"])
stats = run["sample_stats"]
health["draws"] = int(stats["n_steps"].size)
health["gradients_after_warmup"] = int(stats["n_steps"].sum())
health["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps(health))
"""


def default_fit(cache):
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", FIT], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("state", ["cold", "warm"])
def test_default_fit(benchmark, cache, state):
    """Whole process: imports, compilation (or its cache), sampling, densities."""
    health = benchmark.pedantic(default_fit, args=(cache,), rounds=1)
    effective = min(health["min_ess_bulk"], health["min_ess_tail"])
    benchmark.extra_info.update(
        health, state=state,
        gradients_per_effective_draw=health["gradients_after_warmup"] / health["min_ess_bulk"],
        all_gradients_per_effective_draw=health["gradient_evaluations"] / effective,
    )  # fmt: skip


def chinchilla_like():
    """240 runs of a published law (alpha 0.347, beta 0.367, E 1.817), Student-t noise."""
    rng = np.random.default_rng(1)
    n = np.exp(rng.uniform(np.log(5e7), np.log(1.6e10), 240))
    d = np.exp(rng.uniform(np.log(2e8), np.log(5e11), 240))
    loss = 1.817 + 478 * n**-0.347 + 2144 * d**-0.367
    noise = 0.004 * rng.standard_t(3, 240)
    return pd.DataFrame({"params": n, "tokens": d, "loss": loss * np.exp(noise)})


def test_loss_posterior(benchmark):
    from densing.inference.fit import fit_loss

    runs = chinchilla_like()
    run = benchmark.pedantic(fit_loss, args=(runs,), rounds=1)
    benchmark.extra_info.update(json.loads(run.attrs["health"]))


BOOTSTRAPS = 100


def test_loss_bootstrap(benchmark):
    """The public re-analysis' method (Huber on the log loss, BFGS), a part of its 4,000."""
    runs = chinchilla_like()

    def objective(p, n, d, y):
        a, b, e, alpha, beta = p
        terms = np.stack([a - alpha * n, b - beta * d, np.full_like(n, e)])
        top = terms.max(axis=0)
        off = np.abs(top + np.log(np.exp(terms - top).sum(axis=0)) - y)
        return np.where(off < 1e-3, 0.5 * off**2, 1e-3 * (off - 5e-4)).sum()

    def bootstrap():
        rng = np.random.default_rng(2)
        fits = []
        for _ in range(BOOTSTRAPS):
            row = runs.iloc[rng.integers(len(runs), size=len(runs))]
            data = [np.log(row[c].to_numpy()) for c in ("params", "tokens", "loss")]
            fits.append(
                minimize(objective, [6.2, 7.7, 0.6, 0.35, 0.37], tuple(data), method="BFGS").x
            )
        return fits

    benchmark.pedantic(bootstrap, rounds=1)
    benchmark.extra_info["bootstraps"] = BOOTSTRAPS


def test_trend_alone(benchmark):
    from densing.inference.fit import fit_trend

    rng = np.random.default_rng(3)
    dates = pd.Timestamp("2023-03-01") + pd.to_timedelta(np.sort(rng.integers(0, 900, 60)), "D")
    table = pd.DataFrame({"name": range(60), "date": dates})
    years = (dates - dates[0]).days.to_numpy() / 365.25
    table["value"] = np.exp(2.4 * years + 0.5 * rng.standard_normal(60))
    run = benchmark.pedantic(fit_trend, args=(table,), rounds=1)
    benchmark.extra_info.update(json.loads(run.attrs["health"]))


def command(*arguments):
    began = perf_counter()
    subprocess.run([sys.executable, "-m", "densing", *arguments], check=True, capture_output=True)
    return perf_counter() - began


def test_help_starts(benchmark):
    benchmark.pedantic(command, args=("--help",), rounds=5)


def test_summary_starts(benchmark, tmp_path):
    from densing.inference.fit import fit_trend
    from densing.results.run import save_run

    table = pd.DataFrame(
        {"name": list("abcd"), "value": [1.0, 2.1, 3.9, 8.2],
         "date": pd.to_datetime(["2023-01-01", "2023-07-01", "2024-01-01", "2024-07-01"])}
    )  # fmt: skip
    path = save_run(fit_trend(table, shortfall=False), tmp_path / "run.nc")
    benchmark.pedantic(command, args=("summary", str(path)), rounds=3)


def test_memory_of_this_process():
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 < 8
