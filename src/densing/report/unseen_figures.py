"""Figures of models that a run has not seen: expected against reported scores; siblings."""

from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes

from densing.report.axes import date_axis, log_axis
from densing.report.style import (
    FRONTIER,
    MUTED,
    POPULATION,
    new_panels,
    shades,
    stamp,
    style,
)
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
