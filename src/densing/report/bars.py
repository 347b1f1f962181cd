"""Intervals one below the other, medians labelled."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from densing.report.style import INK, MUTED, log_ticks

OPEN = 1.6
"""An end that is not bounded is drawn to this multiple of the largest that is."""


def bars(
    ax: Axes,
    rows: Sequence[tuple[str, Mapping[str, Any], Any]],
    *,
    label: Any,
    log: bool = True,
    absent: str = "not within reach",
) -> None:
    """Draw intervals one below the other: (name, interval, colour); medians are labelled.

    An interval without a lower end is not drawn: the word for it is `absent`.
    """
    ends = [v for _, told, _ in rows for v in (told["lower"], told["median"], told["upper"]) if v]
    edge = OPEN * max(ends)
    for y, (_, told, colour) in enumerate(rows):
        if told["lower"] is None:
            ax.annotate(absent, (0.5, y), xycoords=("axes fraction", "data"),
                        ha="center", va="center", color=MUTED, fontsize=8.5)  # fmt: skip
            continue
        high = edge if told["upper"] is None else told["upper"]
        ax.plot([told["lower"], high], [y, y], color=colour, lw=3.2, alpha=0.55)
        if told["upper"] is None:
            ax.plot(edge, y, ">", color=colour, ms=6, alpha=0.7)
        if told["median"] is not None:
            ax.plot(told["median"], y, "o", color=colour, ms=6)
            ax.annotate(label(told["median"]), (told["median"], y), (0, 6), ha="center",
                        textcoords="offset points", color=INK, fontsize=8.5)  # fmt: skip
    ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set_ylim(len(rows) - 0.5, -0.7)
    ax.grid(visible=False, axis="y")
    if log:
        ax.set_xscale("log")
        low, high = ax.get_xlim()
        ax.set_xticks(log_ticks(low, high))
        ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))
