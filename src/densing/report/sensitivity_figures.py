"""Pictures of reference choices: tornado, spread by choice, and specification curve.

The tornado has a block an axis and a line a level: how far each choice alone moves the doubling
time. The spread says what one standard deviation of each choice moves. The specification curve is
every universe's doubling time in order, with its choices below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from densing.report.axes import (
    COLOURS,
    DOUBT,
    growth_title,
    limits,
    month_ticks,
    rate_axis,
    rate_band,
)
from densing.report.style import FAINT, INK, MUTED, PAPER, figure_of, framed, stamp, style
from densing.report.words import months, months_range, percent, plain
from densing.sensitivity.record import good

GAP = 0.55
"""Empty rows between two blocks of the tornado."""
ROW = 0.158
"""Inches a row."""
LAST = {
    "interactions": "choices together, beyond their sum",
    "posterior": "the evidence: posterior of one universe",
}
"""What is drawn below the axes of the spread."""
DEFAULT = "#c3cad2"
"""Colour of a level that is the axis' default."""


@dataclass(frozen=True)
class Level:
    """One level alone off the default."""

    name: str
    y: float
    growth: Mapping[str, Any]
    """By estimand; None where the level has none."""
    good: bool


@dataclass(frozen=True)
class Block:
    """An axis with the levels that were tried, the fastest growth on top."""

    name: str
    title: str
    y: float
    """Row of the title."""
    levels: tuple[Level, ...]


@style()
def plot_tornado(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw, for each axis, its levels around the default by name, widest axis on top.

    A bar reaches as far as trustworthy medians do. What is not trustworthy is a grey cross, at
    the picture's edge where it would lie beyond.

    Parameters
    ----------
    answer
        `sensitivity.summary.summarise`.
    narrow
        For a phone: the estimands below each other.
    """
    shown = [e for e in COLOURS if answer["default"] and answer["default"][e]]
    rows = blocks(answer, shown)
    last = rows[-1].levels[-1].y
    panels = _panels(len(shown), 1.1 + ROW * (last + 1.5), 4.7 if narrow else 2.9, narrow=narrow)
    low, high = limits(
        growth
        for e in shown
        for growth in [answer["default"][e], *chain(*(trusted(answer, b.name, e) for b in rows))]
    )
    good = answer["default"].get("verdict", "trustworthy") == "trustworthy"
    for ax, estimand in zip(panels, shown, strict=True):
        default = answer["default"][estimand]
        rate_band(ax, default, COLOURS[estimand][1])
        rate_axis(ax, low, high, apart=0.09, from_zero=0.12)
        for block in rows:
            _block(ax, block, estimand, default["rate_per_year"]["median"])
        ax.set_ylim(last + 0.9, -0.9)
        _names(ax, rows, inside=narrow)
        ax.set_xlabel("doubling time, months")
        ax.set_title(growth_title(COLOURS[estimand][0], default, gap="\n"),
                     color=COLOURS[estimand][1])  # fmt: skip
        stamp(ax, trustworthy=good)
    doubt = any(not level.good for block in rows for level in block.levels)
    figure_of(panels).supxlabel(
        "One choice changed at a time. Dot: median; line: 90 % interval;\n"
        "bar: reach of the medians; band: the default's interval."
        + ("\nGrey cross: not trustworthy, counts nowhere." if doubt else ""),
        fontsize=7.5, color=MUTED,
    )  # fmt: skip
    return panels


def _block(ax: Axes, block: Block, estimand: str, centre: float) -> None:
    colour = COLOURS[estimand][1]
    told = [level for level in block.levels if level.growth[estimand] is not None]
    at = [level.growth[estimand]["rate_per_year"]["median"] for level in told if level.good]
    if at:
        start, stop = min([*at, centre]), max([*at, centre])
        top, bottom = block.levels[0].y - 0.42, block.levels[-1].y + 0.42
        ax.add_patch(Rectangle((start, top), stop - start, bottom - top, color=colour, alpha=0.24,
                               lw=0, gid=f"reach of {block.name}"))  # fmt: skip
    for level in block.levels:
        if level.growth[estimand] is None:
            ax.annotate(f"no {COLOURS[estimand][0]}", (centre, level.y), xytext=(4, 0), fontsize=7,
                        textcoords="offset points", color=MUTED, va="center_baseline")  # fmt: skip
            continue
        rate = level.growth[estimand]["rate_per_year"]
        if level.good:
            ax.plot([rate["lower"], rate["upper"]], [level.y] * 2, color=colour, lw=1.1, alpha=0.5)
            ax.plot(rate["median"], level.y, "o", ms=4.2, color=colour, zorder=5)
        else:
            low, high = sorted(ax.get_xlim())
            inside = min(max(rate["median"], low), high)
            ax.plot(inside, level.y, "x", ms=4.5, mew=1.4, color=DOUBT, zorder=5, clip_on=False)


def _names(ax: Axes, rows: Sequence[Block], *, inside: bool) -> None:
    """Name levels beside their rows and axes above them (`inside` the panel: room is short)."""
    levels = [level for block in rows for level in block.levels]
    heads = [] if inside else list(rows)
    ax.set_yticks(
        [*(b.y for b in heads), *(level.y for level in levels)],
        [*(plain(b.title) for b in heads), *(_name(level) for level in levels)],
    )
    bold, doubtful = {b.y for b in heads}, {level.y for level in levels if not level.good}
    for text in ax.get_yticklabels():
        y = text.get_position()[1]
        text.set(fontweight="bold" if y in bold else "normal", fontsize=8 if y in bold else 7.5,
                 color=MUTED if y in doubtful else INK)  # fmt: skip
    for block in rows if inside else ():
        ax.annotate(
            plain(block.title), (0, block.y), xycoords=("axes fraction", "data"), xytext=(3, 0),
            textcoords="offset points", va="center_baseline", fontsize=8, fontweight="bold",
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6, "alpha": 0.8}, zorder=6,
        )  # fmt: skip
    _bare(ax)


def _name(level: Level) -> str:
    return plain(level.name if level.good else f"{level.name} (not trustworthy)")


def blocks(answer: Mapping[str, Any], shown: Sequence[str]) -> list[Block]:
    """Lay out the axes that were tried, from 0 down, the farthest reach of a median on top.

    What is not trustworthy has a row and takes no part in the order of the axes.

    Parameters
    ----------
    answer
        `sensitivity.summary.summarise`.
    shown
        Estimands; the first orders axes and levels.
    """
    found: list[Block] = []
    y = 0.0
    first = shown[0]
    for name in sorted(answer["axes"], key=lambda name: -_reach(answer, name, first)):
        axis = answer["axes"][name]
        tried = {level: told for level, told in axis["levels"].items() if told is not None}
        if not tried:
            continue
        order = sorted(tried, key=lambda level: -_rate(tried[level][first]))
        levels = tuple(
            Level(level, y + 1 + i, tried[level], tried[level]["verdict"] == "trustworthy")
            for i, level in enumerate(order)
        )
        found.append(Block(name, f"{axis['title']} (default: {axis['default']})", y, levels))
        y += 1 + len(levels) + GAP
    return found


def trusted(answer: Mapping[str, Any], axis: str, estimand: str) -> list[Mapping[str, Any]]:
    """Growth at the trustworthy levels of an axis alone."""
    return [
        told[estimand]
        for told in answer["axes"][axis]["levels"].values()
        if told is not None and told[estimand] is not None and told["verdict"] == "trustworthy"
    ]


def moved(answer: Mapping[str, Any], axis: str, estimand: str) -> str:
    """Say between which trustworthy medians the levels of an axis alone move it, months."""
    levels = trusted(answer, axis, estimand)
    if not any(answer["axes"][axis]["levels"].values()):
        return "not tried"
    if not levels:
        return "not trustworthy"
    every = [*levels, answer["default"][estimand]]
    found = [growth["doubling_months"]["median"] for growth in every]
    known = sorted(value for value in found if value is not None)
    if len(known) < len(found):
        return f"{months(known[0])} and more: no growth at one level" if known else "none"
    return f"{months(known[0])} to {months(known[-1])}"


def _reach(answer: Mapping[str, Any], axis: str, estimand: str) -> float:
    centre = _rate(answer["default"][estimand])
    rates = [_rate(growth) for growth in trusted(answer, axis, estimand)]
    return max([centre, *rates]) - min([centre, *rates])


def _rate(growth: Mapping[str, Any] | None) -> float:
    return growth["rate_per_year"]["median"] if growth is not None else float("-inf")


def _panels(count: int, height: float, width: float, *, narrow: bool) -> list[Axes]:
    """Panels of a growth each, side by side or below each other; inches of one."""
    lines, columns = (count, 1) if narrow else (1, count)
    size = width if narrow else 3.1 + width * columns, lines * height
    figure = Figure(figsize=size, layout=framed())
    return list(figure.subplots(lines, columns, squeeze=False, sharey=True).ravel())


def _bare(ax: Axes) -> None:
    """Take away ticks, lines and edge of rows that have names."""
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)


@style()
def plot_variance(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw between which doubling times one standard deviation of each choice moves the default.

    Parameters
    ----------
    answer
        `sensitivity.summary.summarise`.
    narrow
        For a phone: the estimands below each other.
    """
    split = {e: told for e in COLOURS if (told := answer["variance"][e]) is not None}
    names = list(next(iter(split.values()))["axes"])
    labels = [answer["axes"][name]["title"] for name in names] + list(LAST.values())
    places = [*range(len(names)), *(len(names) + 0.5 + i for i in range(len(LAST)))]
    panels = _panels(len(split), 1.2 + 0.23 * len(labels), 4.9 if narrow else 2.75, narrow=narrow)
    parts = {  # every estimand has an order of its own; rows are those of the first
        e: [*(told["axes"][name] for name in names), *(told[k] for k in LAST)]
        for e, told in split.items()
    }
    gap = "\n" if narrow else " "
    far = {e: max(p["rate_per_year"] for p in parts[e] if p) for e in split}
    low = min(told["around_rate_per_year"] - far[e] for e, told in split.items())
    high = max(told["around_rate_per_year"] + far[e] for e, told in split.items())
    for ax, (estimand, told) in zip(panels, split.items(), strict=True):
        title, colour = COLOURS[estimand]
        centre = told["around_rate_per_year"]
        for y, part, own in zip(places, parts[estimand], [*names, None, None], strict=True):
            share = part["rate_per_year"] if part else 0.0
            ax.barh(y, 2 * share, left=centre - share, height=0.66,
                    color=colour if own else DOUBT, alpha=0.8, lw=0)  # fmt: skip
            ax.annotate(_range(part), (centre - share, y), xytext=(4, 0), fontsize=7,
                        textcoords="offset points", va="center_baseline", color=MUTED)  # fmt: skip
        ax.axvline(centre, color=INK, lw=0.9)
        ax.axhline(len(names) - 0.25, color=INK, lw=0.7)
        room = 0.42 * (high - low)  # of the words at the bars' slow end
        rate_axis(ax, low - room, high + 0.06 * (high - low), apart=0.075, from_zero=0.1)
        ax.set_yticks(places, [plain(label) for label in labels], fontsize=8.5)
        ax.set_ylim(places[-1] + 0.6, -0.6)
        _bare(ax)
        ax.tick_params(axis="y", labelcolor=INK)
        ax.set_xlabel("doubling time, months")
        ax.set_title(f"{title}:{gap}{told['universes']} universes", color=colour)
    figure_of(panels).supxlabel(
        "Bar: one standard deviation of a choice over its levels, around the default (line).\n"
        "Taken of growth rates, which a universe without growth has as well.",
        fontsize=7.5, color=MUTED,
    )  # fmt: skip
    return panels


def _range(part: Mapping[str, Any] | None) -> str:
    if part is None:
        return "none"
    fast, slow = part["months"]
    if fast is None:
        return "no growth"
    return f"{months(fast)} to {'no growth' if slow is None else months(slow)}"


@style()
def plot_specification(answer: Mapping[str, Any], *, estimand: str = "population") -> list[Axes]:
    """Draw sorted medians with intervals; below, the level of every axis that is left.

    Parameters
    ----------
    answer
        `sensitivity.summary.summarise`.
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
