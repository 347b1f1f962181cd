"""Figure 3b: derived models beside their originals; and the doubling times in one picture."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from densing.paper import published as pub
from densing.paper.growth import MONTH, SECTION, chance_months, months
from densing.paper.look import PUBLISHED, pad
from densing.paper.reproduce import Reproduction
from densing.report.style import (
    FRONTIER,
    INK,
    MUTED,
    POPULATION,
    RECORD,
    log_ticks,
    new_axes,
    style,
)
from densing.report.words import digits, months_range, plain, size
from densing.results.interval import Interval


@style()
def draw_pairs(result: Reproduction) -> Axes:
    """Draw Figure 3b: density of each derived model over its original's."""
    pairs: list[Any] = result.pairs.sort_values("ratio").to_dict("records")
    ax = new_axes(8.6, 0.52 * len(pairs) + 1.3)
    for y, row in enumerate(pairs):
        colour = RECORD if row["ratio"] > 1 else FRONTIER
        ax.annotate(
            "", (row["density"], y), (row["parent_density"], y),
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.2, "shrinkA": 5, "shrinkB": 5,
                        "mutation_scale": 13},
        )  # fmt: skip
        ax.plot(row["parent_density"], y, "o", color=PUBLISHED, ms=9, mec=MUTED, mew=0.8, zorder=5)
        ax.plot(row["density"], y, "o", color=colour, ms=9, mec="white", mew=0.8, zorder=5)
        ax.annotate(
            f"×{row["ratio"]:.2f}", (1.015, y), xycoords=("axes fraction", "data"), va="center",
            fontsize=10, fontweight="bold", color=colour,
        )  # fmt: skip
    names = [f"{row['model']}\n{row['method']} from {row['parent']}" for row in pairs]
    ax.set_yticks(range(len(pairs)), [plain(name) for name in names], fontsize=8.2)
    ax.set(xscale="log", xlim=(0.25, 2.8), ylim=(-0.6, len(pairs) - 0.4))
    ticks = log_ticks(0.25, 2.8)
    ax.set_xticks(ticks, [digits(tick, figures=1) for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set_xlabel("published density: from the original (grey) to the derived model")
    less = sum(row["ratio"] < 1 for row in pairs)
    ax.set_title(
        f"{less} of {len(pairs)} derived models are less dense than their original",
        fontsize=12.5, pad=10, x=0.0,
    )  # fmt: skip
    pad(ax)
    return ax


@style()
def draw_doubling(result: Reproduction) -> Axes:
    """Draw every doubling time of the headline claim, with the printed one as a line."""
    rows = _rows(result)
    ax = new_axes(9.2, 0.42 * len(rows) + 1.5)
    ax.axvline(float(pub.MONTHS), color=PUBLISHED, lw=7, zorder=1)
    ax.annotate(
        f"printed: {pub.MONTHS}", (float(pub.MONTHS), 1.0), xycoords=("data", "axes fraction"),
        xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8.5, color=MUTED,
    )  # fmt: skip
    left, right = 1.9, 18.0
    for y, (_, found, colour) in enumerate(reversed(rows)):
        low = found.lower or right
        high = found.upper or right * 2
        ax.plot([low, min(high, right)], [y, y], color=colour, lw=3.4, zorder=3)
        if high > right:
            ax.plot(right * 0.985, y, ">", color=colour, ms=7, zorder=4, clip_on=False)
        if found.median is not None and found.median < right:
            ax.plot(found.median, y, "o", color="white", mec=colour, mew=1.9, ms=7, zorder=5)
        ax.annotate(
            months_range(found.as_dict()), (1.02, y), xycoords=("axes fraction", "data"),
            va="center", fontsize=8.8, color=colour, fontweight="bold",
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [plain(name) for name, _, _ in reversed(rows)], fontsize=8.8)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set(xscale="log", xlim=(left, right), ylim=(-0.6, len(rows) - 0.4))
    ticks = [2, 2.5, 3, 3.5, 4, 5, 6, 8, 12]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("doubling time of density in months (90 % intervals, logarithmic)")
    ax.set_title("One law, many doubling times", fontsize=12.5, pad=20, x=0.0)
    pad(ax)
    return ax


def _rows(result: Reproduction) -> list[tuple[str, Interval, str]]:
    growth = result.growth
    slowest = chance_months(growth.chance)
    middle = float(np.median(growth.chance.slope))
    without = Interval(float(np.log(2.0) / (middle * MONTH)), *slowest)
    rows = [
        (f"record line, {c.name}, {size(c.tokens)} tokens", months(c.line.slope_interval()), INK)
        for c in result.choices
    ]
    rows.append(("record line of data that do not grow", without, MUTED))
    for claim in result.claims:
        name = claim.name.removeprefix("doubling time: ")
        if claim.section == SECTION and claim.interval is not None and name.startswith(
            ("frontier", "typical", "joint")
        ):  # fmt: skip
            colour = FRONTIER if "frontier" in name else POPULATION
            rows.append((name, claim.interval, colour))
    return rows
