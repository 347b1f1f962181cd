"""What the figures of a multiverse share: a rate axis that is read in months."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from densing.report.style import FRONTIER, POPULATION

COLOURS = {"population": ("typical new model", POPULATION), "frontier": ("frontier", FRONTIER)}
MONTHS = (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 12, 24)
DOUBT = "#9aa5b1"


def rate_of(months: float) -> float:
    """Rate, 1 / year, of a doubling time."""
    return 12.0 * float(np.log(2.0)) / months


def limits(
    growths: Iterable[Mapping[str, Any] | None], *, ends: bool = True
) -> tuple[float, float]:
    """Rates that the intervals (or, without `ends`, the medians) lie between, with a margin."""
    rates = [growth["rate_per_year"] for growth in growths if growth is not None]
    low = min(rate["lower" if ends else "median"] for rate in rates)
    high = max(rate["upper" if ends else "median"] for rate in rates)
    pad = 0.06 * (high - low) + 1e-6
    return low - pad, high + pad


def month_ticks(low: float, high: float, *, apart: float = 0.07) -> tuple[list[float], list[str]]:
    """Rates and labels of round doubling times, at least `apart` of the axis from each other."""
    ticks: list[tuple[float, str]] = []
    if low < 0.0 < high:
        ticks.append((0.0, "no growth"))
    for value in reversed(MONTHS):
        rate = rate_of(value)
        if low < rate < high and all(abs(rate - t) > apart * (high - low) for t, _ in ticks):
            ticks.append((rate, f"{value:g}"))
    return [rate for rate, _ in ticks], [text for _, text in ticks]
