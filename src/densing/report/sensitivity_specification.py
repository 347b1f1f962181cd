"""Specification curve: every universe's doubling time in order, and its choices below."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.report.axes import COLOURS, DOUBT, limits, month_ticks
from densing.report.style import FAINT, INK, MUTED, framed, style
from densing.report.words import months, months_range, percent, plain
from densing.sensitivity.record import good

DEFAULT = "#c3cad2"
"""Colour of a level that is the axis' default."""


@style()
def plot_specification(answer: Mapping[str, Any], *, estimand: str = "population") -> list[Axes]:
    """Draw sorted medians with intervals; below, the level of every axis that is left.

    Parameters
    ----------
    answer
        `sensitivity.answers.summarise`.
    estimand
        `population` or `frontier`.
    """
    universes = sorted(
        (u for u in answer["universes"] if u[estimand] is not None),
        key=lambda u: -u[estimand]["rate_per_year"]["median"],
    )
    rows = _rows(answer, universes)
    figure = Figure(figsize=(11.0, 3.6 + 0.155 * len(rows)), layout=framed())
    top, below = figure.subplots(
        2, 1, sharex=True, height_ratios=[3.2, 0.155 * len(rows) + 0.4], squeeze=True
    )
    _curve(top, answer, universes, estimand)
    titles = {name: axis["title"] for name, axis in answer["axes"].items()}
    _choices(below, universes, rows, titles, COLOURS[estimand][1])
    return [top, below]


def _curve(
    ax: Axes, answer: Mapping[str, Any], universes: Sequence[Mapping[str, Any]], estimand: str
) -> None:
    title, colour = COLOURS[estimand]
    whole = answer["multiverse"][estimand]
    if whole is not None:
        rate, told = whole["rate_per_year"], whole["doubling_months"]
        ax.axhspan(rate["lower"], rate["upper"], color=FAINT, alpha=0.55, lw=0)
        ax.annotate(
            f"each universe counted once: {months(told['median'])} months "
            f"({percent(told['prob'])}: {months_range(told)})",
            (0.995, rate["upper"]), xycoords=("axes fraction", "data"), ha="right", va="bottom",
            color=MUTED, fontsize=8.5,
        )  # fmt: skip
    # What is not trustworthy does not stretch the axis: it is at the edge where it lies beyond.
    low, high = limits(
        [u[estimand] for u in universes if good(u)] or [u[estimand] for u in universes]
    )
    for x, universe in enumerate(universes):
        rate = universe[estimand]["rate_per_year"]
        shade = colour if good(universe) else DOUBT
        default = not universe["left"]
        ax.plot([x, x], [rate["lower"], rate["upper"]], color=INK if default else shade,
                lw=2.6 if default else 1.5, alpha=1.0 if default else 0.45)  # fmt: skip
        marker = "D" if default else "o" if good(universe) else "x"
        ax.plot(x, min(max(rate["median"], low), high), marker, color=INK if default else shade,
                ms=6 if default else 4, zorder=5, clip_on=False)  # fmt: skip
        if default:
            ax.axhline(rate["median"], color=INK, lw=0.8, ls=(0, (4, 3)), zorder=1)
    if low < 0.0 < high:
        ax.axhline(0, color=INK, lw=1)
    ticks, labels = month_ticks(low, high)
    ax.set(ylim=(low, high), xlim=(-1, len(universes)))
    ax.set_yticks(ticks, labels)
    ax.set_ylabel("doubling time, months")
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    ax.grid(axis="x", visible=False)
    doubtful = sum(not good(u) for u in universes)
    note = f"; {doubtful} not trustworthy, grey crosses" if doubtful else ""
    ax.set_title(
        f"{title}: doubling time in {len(universes)} universes, sorted\n"
        f"(lines: 90 % intervals; diamond: the default{note})"
    )


def _rows(
    answer: Mapping[str, Any], universes: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """(axis, level) from top to bottom: the default level of each axis first."""
    seen = {(axis, level) for u in universes for axis, level in u["levels"].items()}
    return [
        (name, level)
        for name, axis in answer["axes"].items()
        for level in (axis["default"], *axis["levels"])
        if (name, level) in seen
    ]


def _choices(
    ax: Axes, universes: Sequence[Mapping[str, Any]], rows: Sequence[tuple[str, str]],
    titles: Mapping[str, str], colour: str,
) -> None:  # fmt: skip
    place = {row: y for y, row in enumerate(rows)}
    marks = [
        (x, place[axis, level], colour if axis in universe["left"] else DEFAULT)
        for x, universe in enumerate(universes)
        for axis, level in universe["levels"].items()
    ]
    for shade in (DEFAULT, colour):  # one line each: a line for each mark takes seconds to draw
        of = [(x, y) for x, y, mark in marks if mark == shade]
        ax.plot([x for x, _ in of], [y for _, y in of], "s", ms=3.6, color=shade)
    first = [y for y, (axis, _) in enumerate(rows) if not y or rows[y - 1][0] != axis]
    for band, (start, stop) in enumerate(zip(first, [*first[1:], len(rows)], strict=True)):
        if band % 2:
            ax.axhspan(start - 0.5, stop - 0.5, color=FAINT, alpha=0.4, lw=0)
        ax.annotate(
            plain(titles[rows[start][0]]), (1.005, (start + stop - 1) / 2),
            xycoords=("axes fraction", "data"), va="center", fontweight="bold", fontsize=8,
            annotation_clip=False,
        )  # fmt: skip
    ax.set_yticks(np.arange(len(rows)), [plain(level) for _, level in rows], fontsize=6.8)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="both", length=0, labelcolor=INK, labelbottom=False)
    ax.grid(visible=False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel("one column a universe: grey the default level, coloured a level off the default")
