"""What the figures share: how published, reproduced and re-estimated values are told apart."""

from collections.abc import Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullLocator

from densing.models.dates import EPOCH
from densing.report.headline import date_ticks
from densing.report.style import FRONTIER, INK, MUTED, figure_of, log_ticks
from densing.report.words import digits

PUBLISHED, REPRODUCED, BAYES = "#c7ced6", INK, FRONTIER
DASHES = (0, (4, 2.5))
ORIGIN = float(mdates.date2num(EPOCH))
DOT: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.7}


def published_line(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Draw a line as the paper prints it: broad and pale, behind everything."""
    ax.plot(x, y, color=PUBLISHED, lw=7, alpha=0.9, zorder=2, solid_capstyle="butt")


def reproduced_line(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Draw as recomputed by the paper's method: thin, dark, dashed."""
    ax.plot(x, y, color=REPRODUCED, lw=1.3, ls=DASHES, zorder=4)


def bayes_band(ax: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray, **more: Any) -> None:
    """Draw a 90 % interval: a coloured band."""
    colour = more.pop("color", BAYES)
    ax.fill_between(x, low, high, color=colour, alpha=more.pop("alpha", 0.2), lw=0, zorder=3)


def key(*, published: str, reproduced: str, bayes: str, colour: str = BAYES) -> list[Any]:
    """Return the handles of a legend that names the three."""
    return [
        Line2D([], [], color=PUBLISHED, lw=7, label=published),
        Line2D([], [], color=REPRODUCED, lw=1.3, ls=DASHES, label=reproduced),
        Patch(color=colour, alpha=0.3, lw=0, label=bayes),
    ]


def key_below(ax: Axes, handles: Sequence[Any]) -> None:
    """Put the legend under the axes, where nothing is drawn."""
    figure = figure_of(ax)
    figure.legend(
        handles=handles, loc="outside lower left", ncols=len(handles), fontsize=8.3,
        labelcolor=MUTED, handlelength=2.4, columnspacing=1.8,
    )  # fmt: skip


def pad(ax: Axes) -> None:
    """Keep words at the edges of a figure off its border."""
    engine = figure_of(ax).get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=0.12, h_pad=0.1)


def date_axis(ax: Axes, *, most: int = 12) -> None:
    """Label an axis of matplotlib dates by month and year."""
    dates, texts = date_ticks(*ax.get_xlim(), most=most)
    ax.set_xticks(mdates.date2num(dates), texts)
    ax.grid(axis="x", visible=False)


def log_axis(ax: Axes) -> None:
    """Give a logarithmic vertical axis a few round numbers without exponents."""
    ax.set_yscale("log")
    ticks = log_ticks(*ax.get_ylim())
    ax.set_yticks(ticks, [digits(tick, figures=1) for tick in ticks])
    ax.yaxis.set_minor_locator(NullLocator())


def percent_axis(ax: Axes) -> None:
    """Label a vertical axis in percent."""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f} %"))
