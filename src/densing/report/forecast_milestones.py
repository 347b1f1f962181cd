"""Milestones: the probability that each is reached by a day, and the size it takes by then."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from densing.report.headline import date_ticks
from densing.report.style import FAINT, FRONTIER, MUTED, PAPER, POPULATION, RECORD, stamp, style
from densing.report.words import plain, size

WHO = {
    "frontier": ("frontier", FRONTIER),
    "record": ("some released model", RECORD),
    "population": ("typical new model", POPULATION),
}
LARGEST = 1e14
"""Sizes beyond this are drawn as without bound."""


@style()
def plot_milestones(
    answer: dict[str, Any], axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw each milestone of a forecast's answer: probability over time, size over time.

    Parameters
    ----------
    answer
        `answers.forecast.forecast(...)`.
    axes
        One Axes a panel (`panels_of(answer)` counts them); a new figure where None.
    narrow
        Panels below each other, for a phone.
    """
    wanted = panels_of(answer)
    panels = list(axes) if axes is not None else _panels(len(wanted), narrow=narrow)
    dates = pd.DatetimeIndex(answer["dates"])
    for ax, (milestone, kind) in zip(panels, wanted, strict=True):
        (_probability if kind == "probability" else _size)(ax, milestone, dates)
        mark_time(ax, dates, answer)
        said = milestone["name"] if kind == "probability" else f"{milestone['name']}: at what size"
        title = "\n".join(textwrap.wrap(plain(said[0].upper() + said[1:]), 36))
        ax.set_title(title, fontsize=10)
        stamp(ax, trustworthy=answer["trustworthy"], tested=answer["backtest"] is not None)
    return panels


def panels_of(answer: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Panels there are to draw: milestone, and `probability` or `size`."""
    out = []
    for milestone in answer["milestones"]:
        if milestone.get("population"):
            out.append((milestone, "probability"))
        elif milestone.get("params_needed"):
            out.append((milestone, "size"))
    return out


def _panels(count: int, *, narrow: bool) -> list[Axes]:
    columns = 1 if narrow else min(count, 3)
    lines = -(-count // columns)
    figure = Figure(figsize=(4.7 * columns, 3.9 * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for spare in axes[count:]:
        spare.set_axis_off()
    return list(axes[:count])


def _probability(ax: Axes, milestone: dict[str, Any], dates: pd.DatetimeIndex) -> None:
    x, ends = mdates.date2num(dates), []
    for name, (title, colour) in WHO.items():
        told = milestone.get(name)
        if told is None:
            continue
        ax.plot(x, told["probability"], color=colour, lw=2.2, zorder=4)
        middle = told["date"]["median"]
        if middle is not None:
            day = mdates.date2num(pd.Timestamp(middle))
            if day >= x[0]:
                ax.plot(day, 0.5, "o", color="white", mec=colour, mew=1.8, ms=6, zorder=6)
        ends.append((told["probability"][-1], title, colour, middle))
    ax.axhline(0.5, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=1)
    ax.set_ylim(-0.02, 1.04)
    _ends(ax, x[-1], ends)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.0f} %"))
    ax.set_ylabel("probability that it is reached")


def _ends(ax: Axes, x: float, ends: list[tuple[float, str, str, str | None]]) -> None:
    """Name the curves where they end, in their order and apart from each other."""
    ends = sorted(ends, key=lambda end: end[0])
    low, high = ax.get_ylim()
    places = spread_out([(end[0] - low) / (high - low) for end in ends])
    for (y, title, colour, middle), place in zip(ends, places, strict=True):
        when = "" if middle is None else f", median {pd.Timestamp(middle):%b %Y}"
        _name(ax, x, place, f"{title}\n{chance(y)}{when}", colour)


def chance(probability: float) -> str:
    """Say a probability; what is not certain is never rounded to certainty."""
    if 0 < probability < 0.01 or 0.99 < probability < 1:
        return "under 1 %" if probability < 0.5 else "over 99 %"
    return f"{100 * probability:.0f} %"


def spread_out(heights: list[float], *, least: float = 0.125) -> list[float]:
    """Move ascending heights (shares of an axis) at least so far apart, and keep them inside."""
    places: list[float] = []
    for height in heights:
        places.append(max(height, places[-1] + least) if places else height)
    drift = sum(places) / len(places) - sum(heights) / len(heights)
    lowest, highest = places[0] - drift, places[-1] - drift
    inside = max(0.05 - lowest, 0.0) - max(highest - 0.95, 0.0)
    return [place - drift + inside for place in places]


def _name(ax: Axes, x: float, place: float, text: str, colour: str) -> None:
    ax.annotate(
        text, (x, ax.get_ylim()[0]), xytext=(1.035, place), textcoords="axes fraction",
        va="center", fontsize=8, color=colour, fontweight="bold", linespacing=1.3,
        annotation_clip=False,
    )  # fmt: skip


def _size(ax: Axes, milestone: dict[str, Any], dates: pd.DatetimeIndex) -> None:
    x = mdates.date2num(dates)
    seen, ends = [], []
    for name in ("frontier", "population"):
        sizes = milestone["params_needed"].get(name)
        if sizes is None:
            continue
        title, colour = WHO[name]
        low, middle, high = (
            np.array([np.inf if i[key] is None else i[key] for i in sizes])
            for key in ("lower", "median", "upper")
        )
        ax.fill_between(x, np.minimum(low, LARGEST), np.minimum(high, LARGEST), color=colour,
                        alpha=0.17, lw=0, zorder=2)  # fmt: skip
        ax.plot(x, np.where(middle < LARGEST, middle, np.nan), color=colour, lw=2.2, zorder=4)
        seen += [v for v in (*low, *middle, *high) if 0 < v < LARGEST]
        ends.append((middle[-1], title, colour))
    if milestone.get("unseen"):
        ax.set_xlabel(textwrap.fill(milestone["unseen"], 62), fontsize=7.5, color=MUTED, loc="left")
    ax.set_yscale("log")
    bottom, top = (min(seen) / 2, max(seen) * 2) if seen else (1e8, 1e12)
    ax.set_ylim(bottom, top)
    least = milestone["smallest_seen"]
    if least > bottom:
        ax.axhspan(bottom, least, facecolor="none", edgecolor=FAINT, hatch="////", lw=0, zorder=1)
        ax.annotate(
            "smaller than any\nmodel of the run", (0.02, 0.02), xycoords="axes fraction",
            fontsize=7.5, color=MUTED, zorder=6,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2.0},
        )  # fmt: skip
    ax.yaxis.set_major_locator(LogLocator(base=10, numticks=12))
    ax.yaxis.set_minor_locator(LogLocator(base=10, subs=[]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: size(v)))
    ax.set_ylabel("parameters it takes (90 %)")
    ends.sort()
    span = np.log(top / bottom)
    shares = [min(float(np.log(value / bottom) / span), 0.95) for value, *_ in ends]
    for (value, title, colour), place in zip(ends, spread_out(shares), strict=True):
        text = size(value) if value < LARGEST else "no size as median"
        _name(ax, x[-1], place, f"{title}\n{text}", colour)


def mark_time(ax: Axes, dates: pd.DatetimeIndex, answer: Mapping[str, Any]) -> None:
    """Set the axis of time, and say where today is."""
    low, high = (float(mdates.date2num(day)) for day in (dates[0], dates[-1]))
    ticks, texts = date_ticks(low, high, most=5)
    ax.set_xlim(low, high)
    ax.set_xticks(mdates.date2num(ticks), texts)
    ax.grid(axis="x", visible=False)
    today = pd.Timestamp(answer["extrapolation"]["today"])
    if dates[0] < today < dates[-1]:
        ax.axvline(float(mdates.date2num(today)), color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=3)
        ax.annotate(
            "today", (mdates.date2num(today), 0.985), xycoords=("data", "axes fraction"),
            xytext=(4, 0), textcoords="offset points", va="top", fontsize=7.5, color=MUTED,
        )  # fmt: skip
