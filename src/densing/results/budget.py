"""Density and hardware together: effective parameters that one budget buys.

A fixed budget runs more parameters each year as hardware gets cheaper, and each parameter does
more as density grows; the rates add up. Hardware is no part of a run: its doubling time of
computation per dollar is a declared prior, log-normal.
"""

from typing import Any

import numpy as np
import xarray as xr

from densing.results.horizon import RequestError
from densing.results.interval import PROB, Interval, doubling_months, interval

HARDWARE_YEARS = 2.1
"""Median of the prior: computation per dollar doubled every 2.1 years in the paper's source."""
HARDWARE_SPREAD = 0.175
"""Standard deviation of its log: 90 % between 1.6 and 2.8 years about a median of 2.1."""
RATES = {"population": "population_rate", "frontier": "frontier_rate"}


def hardware_rate(size: int, *, years: float = HARDWARE_YEARS, seed: int = 1) -> np.ndarray:
    """Draw the growth of computation per dollar from its prior, 1 / year, shape (sample,).

    Raises
    ------
    RequestError
        A doubling time, in years, that is none.
    """
    if not 0.0 < years < 100.0:
        raise RequestError(
            f"--hardware-years must lie between 0 and 100, got {years:g}; 2.1 is usual"
        )
    doubling = years * np.exp(
        HARDWARE_SPREAD * np.random.default_rng(seed).standard_normal(size)
    )  # fmt: skip
    return np.log(2.0) / doubling


def density_rates(run: xr.DataTree) -> dict[str, np.ndarray]:
    """Growth of density over the run's dates, 1 / year, shape (sample,), by estimand."""
    found = run["derived"].to_dataset()
    return {key: found[name].to_numpy().ravel() for key, name in RATES.items() if name in found}


def budget(
    run: xr.DataTree, *, years: float = HARDWARE_YEARS, prob: float = PROB, seed: int = 1
) -> dict[str, Any]:
    """Doubling time, in months, of the effective parameters that one budget buys.

    Returns
    -------
    dict
        `hardware`: the prior's interval; `density` and `together`, by estimand: intervals;
        `factor_per_year`: by estimand, how many times the effective parameters a year later.
    """
    rates = density_rates(run)
    hardware = hardware_rate(next(iter(rates.values())).size, years=years, seed=seed)

    def told(rate: np.ndarray) -> dict[str, Any]:
        return doubling_months(interval(rate, prob=prob)).as_dict()

    return {
        "hardware_years": {"median": years, "log_spread": HARDWARE_SPREAD},
        "hardware": told(hardware),
        "density": {key: told(rate) for key, rate in rates.items()},
        "together": {key: told(rate + hardware) for key, rate in rates.items()},
        "factor_per_year": {
            key: interval(np.exp(rate + hardware), prob=prob).as_dict()
            for key, rate in rates.items()
        },
    }


def halving_months(rate: np.ndarray, *, prob: float) -> Interval:
    """Halving time in months of what falls at `rate`, 1 / year, draws of any shape."""
    return doubling_months(interval(rate, prob=prob))
