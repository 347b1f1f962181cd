"""Figures of models that a run has not seen: expected against reported scores; siblings."""

from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes

from densing.report.axes import date_axis, log_axis, rows_axis
from densing.report.style import (
    FRONTIER,
    INK,
    MUTED,
    POPULATION,
    new_axes,
    new_panels,
    shades,
    stamp,
    style,
)
from densing.report.words import plain
from densing.text import percent, sized


@style()
def plot_predictions(answer: Any) -> list[Axes]:
    """Draw expected against reported scores by benchmark, and misses of averages by date and size.

    Parameters
    ----------
    answer
        `densing.predict(run, table)`.
    """
    panels = new_panels(3, columns=3, width=4.2, height=4.2)
    against, by_date, by_size = panels
    names = list(dict.fromkeys(row.benchmark for row in answer.scores))
    against.plot([0, 1], [0, 1], color=MUTED, lw=0.8, zorder=1)
    for name, colour in zip(names, shades(len(names)), strict=True):
        rows = [row for row in answer.scores if row.benchmark == name]
        x, y = ([row.predicted.median for row in rows], [row.score for row in rows])
        low, high = zip(*((row.predicted.lower, row.predicted.upper) for row in rows), strict=True)
        against.hlines(y, low, high, color=colour, lw=0.7, alpha=0.35)
        against.scatter(x, y, s=13, color=[colour], label=name, zorder=3)
    against.set_xlabel(f"expected, with {percent(answer._prob)} interval")
    against.set_ylabel("reported score")
    against.set_title("Single scores")
    against.legend(fontsize=7, loc="upper left", handletextpad=0.1)
    day = mdates.date2num(pd.DatetimeIndex([row.release_date for row in answer.averages]))
    size = [row.params for row in answer.averages]
    for ax, x in ((by_date, day), (by_size, size)):
        ax.axhline(0.0, color=MUTED, lw=0.8)
        for row, at in zip(answer.averages, x, strict=True):
            told = row.predicted
            colour = MUTED if row.in_run else POPULATION if row.inside else FRONTIER
            ax.plot([at, at], [told.lower - told.median, told.upper - told.median], color=colour,
                    lw=1.4, alpha=0.3)  # fmt: skip
            ax.plot(at, row.average - told.median, "o", color=colour, ms=4)
    by_date.set_title("Average scores: reported less expected")
    date_axis(by_date, most=6)
    by_date.set_ylabel("proportion")
    log_axis(by_size.xaxis, form=sized, most=5)
    by_size.set_xlabel("parameters; orange: outside of the interval", loc="left")
    for ax in panels:
        stamp(ax, trustworthy=answer.good)
    return panels


@style()
def plot_siblings(answer: Any) -> Axes:
    """Draw the slope of ln density on ln parameters of each release, and the pooled one.

    Parameters
    ----------
    answer
        `densing.siblings(run)`.
    """
    ax = new_axes(6.4, 1.4 + 0.24 * len(answer.releases))
    pooled = answer.slope
    ax.axvspan(pooled.lower, pooled.upper, color=POPULATION, alpha=0.15, lw=0)
    ax.axvline(pooled.median, color=POPULATION, lw=1.6)
    ax.axvline(0.0, color=INK, lw=0.8)
    for y, row in enumerate(answer.releases):
        ax.plot([row.slope.lower, row.slope.upper], [y, y], color=MUTED, lw=1.4)
        ax.plot(row.slope.median, y, "o", color=INK, ms=4)
    rows_axis(
        ax,
        [
            plain(f"{row.release.partition(': ')[2] or row.release} ({row.models})")
            for row in answer.releases
        ],
    )
    ax.set_title("Within a release density must not depend on size")
    ax.set_xlabel(
        f"slope of ln density on ln parameters, {percent(answer._prob)} intervals; blue: pooled",
        loc="left",
    )
    stamp(ax, trustworthy=answer.good)
    return ax
