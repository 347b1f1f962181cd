"""What figures of growth share: an axis of rates that is read in months."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from densing.report.style import FRONTIER, POPULATION
from densing.results.estimands import ESTIMANDS

COLOURS = {
    "population": (ESTIMANDS["population"], POPULATION),
    "frontier": (ESTIMANDS["frontier"], FRONTIER),
}
MONTHS = (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 12, 24)
DOUBT = "#9aa5b1"


def rate_of(months: float) -> float:
    """Rate, 1 / year, of a doubling time."""
    return 12.0 * float(np.log(2.0)) / months


def limits(
    growths: Iterable[Mapping[str, Any] | None], *, ends: bool = True, margin: float = 0.06
) -> tuple[float, float]:
    """Rates that the intervals (or, without `ends`, the medians) lie between, with a margin."""
    rates = [growth["rate_per_year"] for growth in growths if growth is not None]
    low = min(rate["lower" if ends else "median"] for rate in rates)
    high = max(rate["upper" if ends else "median"] for rate in rates)
    pad = margin * (high - low) + 1e-6
    return low - pad, high + pad


def month_ticks(
    low: float,
    high: float,
    *,
    values: Sequence[float] = MONTHS,
    apart: float = 0.07,
    from_zero: float | None = None,
) -> tuple[list[float], list[str]]:
    """Rates and labels of round doubling times, and of no growth where the axis includes it.

    Parameters
    ----------
    low, high
        Ends of the axis, 1 / year.
    values
        Months that may be labelled, ascending; slow growth comes first where room is short.
    apart, from_zero
        Least distance of a label to the next and to `no growth`, shares of the axis.
    """
    from_zero = apart if from_zero is None else from_zero
    ticks: list[tuple[float, str]] = [(0.0, "no growth")] if low < 0.0 < high else []
    for value in reversed(values):
        rate = rate_of(value)
        if low < rate < high and all(
            abs(rate - t) > (apart if t else from_zero) * (high - low) for t, _ in ticks
        ):
            ticks.append((rate, f"{value:g}"))
    return [rate for rate, _ in ticks], [text for _, text in ticks]
