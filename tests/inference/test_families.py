"""A world drawn from the families model is recovered by its fit."""

import numpy as np
import pandas as pd
import pytest

from densing.data import load_evidence
from densing.inference.fit import fit
from densing.inference.settings import load_settings
from densing.models.declaration import load_model

RATES = {"MMLU": 0.8, "MATH": 1.6, "HellaSwag": 0.3}
"""Growth of log density on each benchmark, 1 / year."""
SLOPES = {"MMLU": 0.5, "MATH": 0.6, "HellaSwag": 0.45}
LEVELS = {"MMLU": 0.2, "MATH": -1.0, "HellaSwag": 0.8}
CHANCE = {"MMLU": 0.25, "MATH": 0.0, "HellaSwag": 0.25}
SPREADS = {"family": 0.5, "release": 0.3, "model": 0.2}
SIZES = (1e9, 3e9, 8e9, 30e9)


def world(seed=1, families=14, releases=2):
    """A catalog of `families` with releases of four sizes each, and the truth of their densities.

    Plain NumPy: no formula of the package.
    """
    rng, rows = np.random.default_rng(seed), []
    for f in range(families):
        family = SPREADS["family"] * rng.standard_normal()
        begins = rng.uniform(2021.0, 2024.5)
        alone = {name: 0.2 * rng.standard_normal() for name in RATES}
        for r in range(releases):
            day = begins + 0.6 * r
            release = family + SPREADS["release"] * rng.standard_normal()
            own = {name: alone[name] + 0.2 * rng.standard_normal() for name in RATES}
            for size in SIZES:
                shift = release + SPREADS["model"] * rng.standard_normal()
                for name, rate in RATES.items():
                    x = np.log(size / 7e9) + rate * (day - 2023.0) + shift
                    z = LEVELS[name] + SLOPES[name] * x + own[name]
                    p = CHANCE[name] + (0.98 - CHANCE[name]) / (1 + np.exp(-z))
                    y = rng.binomial(5000, p) / 5000 + 0.01 * rng.standard_normal()
                    date = pd.Timestamp("2021-01-01") + pd.Timedelta(days=365.25 * (day - 2021.0))
                    rows.append((f"F{f}-{r}-{size:.0e}", date.normalize(), size, name,
                                 float(np.clip(y, 0.001, 0.999)), f"F{f}", f"{r}"))  # fmt: skip
    columns = ["model", "release_date", "params", "benchmark", "score", "family", "release"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.slow
def test_a_world_of_the_model_is_recovered():
    evidence = load_evidence(catalog=world())
    model = load_model().choose(benchmarks=list(RATES), shape="linear")
    run = fit(evidence, model=model, settings=load_settings("quick"), seed=1)

    def inside(draws, truth):
        lower, upper = np.quantile(draws, [0.05, 0.95], axis=(0, 1))
        return (lower <= truth) & (truth <= upper)

    derived, posterior = run["derived"], run["posterior"]
    assert list(posterior["benchmark"].to_numpy()) == list(RATES)
    truths = np.array(list(RATES.values()))
    assert inside(derived["population_rate"], truths.mean())
    assert inside(derived["benchmark_rate"], truths).all()
    assert inside(posterior["slope"], np.array(list(SLOPES.values()))).all()
    for name, truth in SPREADS.items():
        assert inside(posterior[f"{name}_spread"], truth), name
