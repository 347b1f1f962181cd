"""What a score will cost over today's cost: a fan for parameters, with hardware, and prices."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from densing.report.forecast_milestones import mark_time
from densing.report.style import FRONTIER, HELD_OUT, POPULATION, new_panels, stamp, style
from densing.report.words import digits

ALPHAS = (0.42, 0.30, 0.20, 0.13)
"""Opacity of the fans, the narrowest first."""
PANELS = {
    "params": ("Parameters it takes", FRONTIER),
    "params_over_hardware": ("The same, over cheaper hardware", POPULATION),
    "price": ("Price of a token, equal performance", HELD_OUT),
}


@style()
def plot_costs(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw the fans of an answer's `costs`, one row for each thing to reach.

    Parameters
    ----------
    answer
        `answers.forecast.forecast(...)`, with `costs`.
    narrow
        Panels below each other, for a phone.
    """
    told = answer["costs"]
    wanted = [
        (name, row[name], row["fans"][name], row["name"])
        for row in told["requests"] for name in ("params", "params_over_hardware")
    ]  # fmt: skip
    if told["price"]:
        wanted.append(("price", told["price"], told["price_fan"], "bundled prices, carried on"))
    columns = 1 if narrow else 3
    axes = new_panels(len(wanted), columns=columns, width=4.6 if narrow else 4.3, height=3.9)
    days = mdates.date2num(pd.DatetimeIndex(told["dates"]))
    drawn = [end for _, _, fans, _ in wanted for end in (*fans[2]["lower"], *fans[2]["upper"])]
    for ax, (name, middle, fans, about) in zip(axes, wanted, strict=True):
        title, colour = PANELS[name]
        for fan, alpha in reversed(list(zip(fans, ALPHAS, strict=True))):
            ax.fill_between(days, fan["lower"], fan["upper"], color=colour, alpha=alpha, lw=0)
        ax.plot(days, [costs["median"] for costs in middle], color=colour, lw=2.2, zorder=4)
        ax.set_title(title, color=colour)
        ax.set_xlabel(about, fontsize=7.5, loc="left")
        _end(ax, days[-1], fans, middle[-1]["median"], colour)
        ax.set_yscale("log")
        ax.set_ylim(min(drawn) / 2, max(drawn) * 2)
        ax.yaxis.set_major_locator(LogLocator(base=10, numticks=9))
        ax.yaxis.set_minor_locator(LogLocator(base=10, subs=[]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: digits(v, figures=1)))
        mark_time(ax, pd.DatetimeIndex(told["dates"]), answer)
        # The test on the past is of density: it is no test of prices.
        tested = answer["backtest"] is not None and name == "params"
        stamp(ax, trustworthy=answer["trustworthy"] or name == "price", tested=tested)
    axes[0].set_ylabel(f"cost, {told['relative_to']} being 1")
    return axes


def _end(ax: Axes, day: float, fans: Sequence[dict[str, Any]], middle: float, colour: str) -> None:
    """Say median and 90 % interval where the fan ends."""
    low, high = fans[2]["lower"][-1], fans[2]["upper"][-1]
    for value, size in ((low, 7.5), (middle, 10.5), (high, 7.5)):
        ax.annotate(
            digits(float(f"{value:.2g}"), figures=2), (day, value), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=size, color=colour,
            fontweight="bold" if value == middle else "normal", annotation_clip=False,
        )  # fmt: skip
