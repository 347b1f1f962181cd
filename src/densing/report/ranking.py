"""Densities of the models as an interval plot, densest first."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from densing.answers.density import density_table
from densing.report.rate_axis import rows_axis
from densing.report.style import (
    FRONTIER,
    HIGHLIGHT,
    MUTED,
    POPULATION,
    log_ticks,
    new_axes,
    stamp,
    style,
)
from densing.report.words import digits, plain, size
from densing.results.run import trustworthy

BEYOND = 0.05
"""Probability of lying beyond the reference's reach from which a model is marked."""


@style()
def plot_ranking(
    run: xr.DataTree,
    ax: Axes | None = None,
    *,
    narrow: bool = False,
    models: int | None = 30,
    highlight: Sequence[str] = (),
) -> Axes:
    """Draw median density, 50 % and 90 % interval of the densest models (all where None).

    Models to `highlight` stand out, and are there below a line however far down they rank.
    """
    ranked = density_table(run)
    table = ranked[:models]
    top = len(table)
    table += [row for row in ranked[top:] if row["model"] in highlight]
    own = [row["model"] in highlight for row in table]
    inner = {row["model"]: row["density"] for row in density_table(run, prob=0.5)}
    ax = ax or new_axes(4.6 if narrow else 8.6, 1.0 + 0.215 * len(table))
    for y, row in enumerate(table):
        outer, half = row["density"], inner[row["model"]]
        colour = FRONTIER if row["p_beyond_reference"] >= BEYOND else POPULATION
        if own[y]:
            ax.axhspan(y - 0.5, y + 0.5, color=HIGHLIGHT, alpha=0.09, lw=0)
        ax.plot([outer["lower"], outer["upper"]], [y, y], color=colour, lw=1.3, alpha=0.7)
        ax.plot([half["lower"], half["upper"]], [y, y], color=colour, lw=4, alpha=0.55)
        ax.plot(outer["median"], y, "o", color="white", mec=colour, mew=1.6, ms=5.5, zorder=5)
        if not narrow:
            note = f"{digits(outer['median'], figures=2)}   ({row['release_date']})"
            ax.annotate(
                note, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=8,
                color=MUTED, annotation_clip=False,
            )  # fmt: skip
    names = [f"{plain(row['model'])}  {size(row['params'])}" for row in table]
    if len(table) > top:
        names[top:] = [
            f"{ranked.index(row) + 1}.  {name}"
            for row, name in zip(table[top:], names[top:], strict=True)
        ]
        ax.axhline(top - 0.5, color=MUTED, lw=0.9)
    rows_axis(ax, names, fontsize=8)
    for text in np.asarray(ax.get_yticklabels())[own]:
        text.set(color=HIGHLIGHT, fontweight="bold")
    ax.set_xscale("log")
    ticks = log_ticks(*ax.get_xlim())
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.axvline(1.0, color=MUTED, lw=0.9, ls=(0, (4, 3)))
    ax.set_xlabel("density: median, 50 % and 90 % interval")
    if any(row["p_beyond_reference"] >= BEYOND for row in table):
        ax.set_title(
            f"orange: P(beyond the reference's reach) of {BEYOND:.0%} or more",
            fontsize=8.5, color=FRONTIER, fontweight="normal",
        )  # fmt: skip
    stamp(ax, trustworthy=trustworthy(run))
    return ax
