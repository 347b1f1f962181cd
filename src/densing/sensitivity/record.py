"""What is kept of a universe: growth, quantiles, the claim it supports. No engine is imported."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from densing.results.interval import growth

FAILED = "could not be fitted"
FAST = 6.0
"""Months: the claim that the doubling time is shorter is followed through all universes."""
LEVELS = np.linspace(0.005, 0.995, 100)
"""Quantiles of the rates that a record keeps, each for one hundredth of the probability."""


def off(levels: Mapping[str, str], defaults: Mapping[str, str]) -> str:
    """Say the levels that are not at their default."""
    return ", ".join(f"{a}: {level}" for a, level in levels.items() if level != defaults.get(a))


def good(record: Mapping[str, Any]) -> bool:
    """Whether a universe's diagnostics passed."""
    return record["diagnostics"]["verdict"] == "trustworthy"


def answers(rates: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Growth records of both estimands (frontier None without one), quantiles and P(fast).

    Parameters
    ----------
    rates
        Draws by estimand, 1 / year, shape (chain, draw).
    """
    limit = 12.0 * np.log(2.0) / FAST
    record: dict[str, Any] = {"population": None, "frontier": None, "quantiles": {}, "p_fast": {}}
    for name, draws in rates.items():
        record[name] = growth(draws)
        record["quantiles"][name] = [float(q) for q in np.quantile(draws, LEVELS)]
        record["p_fast"][name] = float(np.mean(draws > limit))
    return record


def failed(estimands: Iterable[str], fault: Exception) -> dict[str, Any]:
    """Record of a universe whose numbers broke down: no answer, and why."""
    return {
        "population": None, "frontier": None, "quantiles": {},
        "p_fast": dict.fromkeys(estimands),
        "diagnostics": {
            "how": FAILED, "max_rhat": None, "rate_rhat": None,
            "min_ess_bulk": None, "min_ess_tail": None, "divergences": 0,
            "integration_error": None, "edge_mass": None,
            "gradient_evaluations": 0, "verdict": "not trustworthy",
            "reasons": [f"{FAILED}, its numbers break down: {fault}"],
        },
    }  # fmt: skip
