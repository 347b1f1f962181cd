"""What follows from a growing density: times, prices, sizes and ratios, one panel each."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from densing.report.bars import bars
from densing.report.contrasts_figure import architecture_ratios, growth_ratios
from densing.report.style import (
    FRONTIER,
    HELD_OUT,
    INK,
    MUTED,
    POPULATION,
    RECORD,
    log_ticks,
    new_panels,
    shades,
    stamp,
    style,
)  # fmt: skip
from densing.report.words import size
from densing.results.price_trend import PriceTrend

LARGEST = 1e14
"""Parameters beyond which a size is drawn as an arrow."""


@style()
def plot_corollaries(
    answer: Mapping[str, Any], prices: PriceTrend, *, narrow: bool = False
) -> list[Axes]:
    """Draw the corollaries of a run.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`.
    prices
        `results.price_trend.price_trend()`, for the dots.
    narrow
        Panels below each other, for a phone.
    """
    axes = new_panels(6, columns=1 if narrow else 2, width=4.4 if narrow else 5.4, height=3.5)
    _times(axes[0], answer)
    _prices(axes[1], prices)
    _halves(axes[2], answer["half_size"])
    _sizes(axes[3], answer["sizes"])
    growth_ratios(axes[4], answer)
    architecture_ratios(axes[5], answer["architectures"])
    for ax in axes:
        stamp(ax, trustworthy=answer["trustworthy"])
    return axes


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{float(f'{value:.2g}'):g}"


def _times(ax: Axes, answer: Mapping[str, Any]) -> None:
    told = answer["budget"]
    names = (("population", "typical model", POPULATION), ("frontier", "frontier", FRONTIER))
    rows = [(f"density, {name}", told["density"][key], colour)
            for key, name, colour in names if key in told["density"]]  # fmt: skip
    rows += [("hardware (prior)", told["hardware"], MUTED)]
    rows += [(f"both, {name}", told["together"][key], colour)
             for key, name, colour in names if key in told["together"]]  # fmt: skip
    rows += [("price at equal score", answer["prices"]["halving_months"], RECORD)]
    rows += [(f"  {name.replace(' the', '')}", told, RECORD)
             for name, told in answer["prices"]["levels"].items()]  # fmt: skip
    bars(ax, rows, label=_short)
    ax.set_title("Months to double or to halve")
    ax.set_xlabel("months (price: to halve)")


def _prices(ax: Axes, prices: PriceTrend) -> None:
    table = prices.table
    names = sorted(prices.by_benchmark)
    for name, colour in zip(names, shades(len(names)), strict=True):
        own = table[table["benchmark"] == name]
        ax.plot(own["date"], own["price_at_equal_score"], "o", ms=3.6, mec="white", mew=0.4,
                color=colour, label=name)  # fmt: skip
    low, middle, high = np.exp(np.quantile(prices.line, [0.05, 0.5, 0.95], axis=0))
    ax.fill_between(prices.days, low, high, color=RECORD, alpha=0.25, lw=0, zorder=1)
    ax.plot(prices.days, middle, color=RECORD, lw=2)
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.set_yticks(log_ticks(low, high))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"${_short(value)}"))
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    ax.set_title("Price of an equal score")
    ax.set_ylabel("a million tokens, moved to one score")
    ax.legend(fontsize=7.5, loc="lower left", handletextpad=0.2, labelspacing=0.25)


def _halves(ax: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    drawn = [(row["model"], row["months"], FRONTIER) for row in rows]
    bars(ax, drawn, label=_short, log=False)
    ax.set_xlim(left=-0.3)
    ax.set_title("Until half the size does the same")
    ax.set_xlabel("months from release, at best practice")


def _sizes(ax: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    dates = rows[0]["dates"] if rows else []
    colours = (MUTED, FRONTIER, HELD_OUT)
    for y, row in enumerate(rows):
        shown = zip(dates, row["params"], colours, (-0.24, 0.0, 0.24), strict=True)
        for when, told, colour, off in shown:
            if told["lower"] is None or told["median"] is None or told["median"] > LARGEST:
                continue
            far = told["upper"] is None or told["upper"] > LARGEST
            high = LARGEST if far else told["upper"]
            ax.plot([told["lower"], high], [y + off] * 2, color=colour, lw=2.6, alpha=0.5)
            if far:
                ax.plot(LARGEST, y + off, ">", color=colour, ms=5, alpha=0.7)
            ax.plot(told["median"], y + off, "o", color=colour, ms=5,
                    label=when if y == 0 else None)  # fmt: skip
    if rows:
        ax.axvline(rows[0]["smallest_seen"], color=MUTED, lw=1, ls=":",
                   label="smallest model")  # fmt: skip
    ax.set_yticks(range(len(rows)), [f"{row['benchmark']} {row['score']:.2f}" for row in rows])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    ticks = log_ticks(low, high)
    ax.set_xticks(ticks[:: -(-len(ticks) // 6)])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: size(value)))
    ax.set_title("Size that a score takes")
    ax.set_xlabel("parameters, at best practice")
    if rows:
        ax.legend(fontsize=7.5, loc="best", handletextpad=0.2)
