"""What figures of growth share: an axis of rates that is read in months."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from densing.report.style import FRONTIER, INK, POPULATION
from densing.report.words import months, months_range, percent
from densing.text import ESTIMANDS

COLOURS = {
    "population": (ESTIMANDS["population"], POPULATION),
    "frontier": (ESTIMANDS["frontier"], FRONTIER),
}
MONTHS = (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 12, 24)
QUARTERS = (*(m / 4 for m in range(4, 14)), 3.5, 4, 4.5, 5, 6, 8, 12, 24)
"""In finer steps, for intervals that lie close together."""
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


def rate_axis(
    ax: Axes,
    low: float,
    high: float,
    *,
    values: Sequence[float] = MONTHS,
    apart: float = 0.09,
    from_zero: float = 0.14,
) -> None:
    """Let the horizontal axis be the rate, falling to the right, ticked in months.

    A line marks no growth where the axis includes it; the rest is as in `month_ticks`.
    """
    ax.set_xlim(high, low)
    if low < 0 < high:
        ax.axvline(0, color=INK, lw=1)
    ax.set_xticks(*month_ticks(low, high, values=values, apart=apart, from_zero=from_zero))


def rate_band(ax: Axes, growth: Mapping[str, Any], colour: str) -> None:
    """Shade the interval of a rate from top to bottom, with a line at its median."""
    rate = growth["rate_per_year"]
    ax.axvspan(rate["lower"], rate["upper"], color=colour, alpha=0.13, lw=0)
    ax.axvline(rate["median"], color=colour, lw=1.2, alpha=0.7)


def rate_row(
    ax: Axes,
    y: float,
    growth: Mapping[str, Any],
    colour: str,
    *,
    lw: float = 1.6,
    marker: str = "o",
    size: float = 5.5,
    fill: str = "white",
) -> None:
    """Draw the interval of a rate at the height `y`, and its median as a marker."""
    rate = growth["rate_per_year"]
    ax.plot([rate["lower"], rate["upper"]], [y, y], color=colour, lw=lw, alpha=0.75)
    ax.plot(rate["median"], y, marker, color=fill, mec=colour, mew=1.6, ms=size, zorder=5)


def rows_axis(ax: Axes, labels: Sequence[str], **text: Any) -> None:
    """Name the rows of a figure, first on top: words and nothing else on the vertical axis."""
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_yticks(range(len(labels)), labels, **text)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)


def growth_title(name: str, growth: Mapping[str, Any], *, gap: str = " ") -> str:
    """Name of a trend with its doubling time: ``frontier: 2.9 months (90 %: 2.3 to 3.8)``."""
    told = growth["doubling_months"]
    interval = f"({percent(told['prob'])}: {months_range(told)})"
    return f"{name}: {months(told['median'])} months{gap}{interval}"
