"""Tornado: how far each reference choice alone moves the doubling time."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from densing.report.axes import COLOURS, DOUBT, growth_title, limits, rate_axis, rate_band
from densing.report.sensitivity_rows import Block, Level, blocks, trusted
from densing.report.style import INK, MUTED, PAPER, framed, stamp, style
from densing.report.words import plain

ROW = 0.158
"""Inches a row."""


@style()
def plot_tornado(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw, for each axis, its levels around the default by name, widest axis on top.

    A bar reaches as far as trustworthy medians do. What is not trustworthy is a grey cross, at
    the picture's edge where it would lie beyond.

    Parameters
    ----------
    answer
        `sensitivity.answers.summarise`.
    narrow
        For a phone: the estimands below each other.
    """
    shown = [e for e in COLOURS if answer["default"] and answer["default"][e]]
    rows = blocks(answer, shown)
    last = rows[-1].levels[-1].y
    lines, columns = (len(shown), 1) if narrow else (1, len(shown))
    width = 4.7 if narrow else 3.1 + 2.9 * columns
    figure = Figure(figsize=(width, lines * (1.1 + ROW * (last + 1.5))), layout=framed())
    panels = list(figure.subplots(lines, columns, squeeze=False, sharey=True).ravel())
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
    figure.supxlabel(
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
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)


def _name(level: Level) -> str:
    return plain(level.name if level.good else f"{level.name} (not trustworthy)")
