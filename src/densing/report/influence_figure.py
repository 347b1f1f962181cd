"""The answer without each of the models and families that it hangs on most."""

from collections.abc import Sequence
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.answers.influence import doubtful
from densing.answers.influence import left_one_out as influence
from densing.report.rate_axis import (
    COLOURS,
    DOUBT,
    QUARTERS,
    growth_title,
    limits,
    rate_axis,
    rate_band,
    rate_row,
    rows_axis,
)
from densing.report.style import MUTED, stamp, style
from densing.report.words import plain
from densing.results.run import trustworthy


@style()
def plot_influence(
    run: xr.DataTree,
    axes: Sequence[Axes] | None = None,
    *,
    narrow: bool = False,
    rows: int = 15,
    answer: dict[str, Any] | None = None,
) -> list[Axes]:
    """Draw the doubling time without each model or family, one panel for each estimand.

    The axis is the rate, falling to the right and ticked in the months that it means, so that an
    interval without an upper end has its place. The band is the interval with nothing left out.

    Parameters
    ----------
    rows
        How many models and families: families where several models are left out at once.
    answer
        `answers.influence.influence(run)`, where it is at hand.
    """
    answer = answer or influence(run)
    chosen = most_influential(answer, rows)
    shown = [key for key in COLOURS if answer[key] is not None]
    panels = list(axes) if axes is not None else _panels(len(shown), len(chosen), narrow=narrow)
    drawn = [answer[key] for key in shown] + [row[key] for row in chosen for key in shown]
    low, high = limits(drawn, margin=0.08)
    labels = [
        f"all {row['models']} of {plain(row['name'])}" if row["family"] else plain(row["name"])
        for row in chosen
    ]
    for panel, (ax, key) in enumerate(zip(panels, shown, strict=True)):
        title, colour = COLOURS[key]
        rate_band(ax, answer[key], colour)
        for y, row in enumerate(chosen):
            _row(ax, y, row, key, colour)
        ax.set_title(growth_title(title, answer[key], gap="\n" if narrow else " "), color=colour)
        rows_axis(ax, labels if panel == 0 or narrow else [""] * len(labels), fontsize=8)
        rate_axis(ax, low, high, values=QUARTERS)
        ax.set_xlabel("doubling time in months without")
        stamp(ax, trustworthy=trustworthy(run))
    return panels


def most_influential(answer: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    """Models, and families of several models, most influential first; those to refit on top."""
    both = [row | {"family": False} for row in answer["models"]]
    both += [row | {"family": True} for row in answer["families"] if row["models"] > 1]
    return sorted(
        both,
        key=lambda r: (0, -r["pareto_k"]) if r["shift"] is None else (1, -abs(r["shift"])),
    )[:rows]


def _panels(count: int, rows: int, *, narrow: bool) -> list[Axes]:
    height = 1.1 + 0.24 * rows
    size = (4.6, height * count) if narrow else (2.3 + 3.9 * count, height)
    shape = (count, 1) if narrow else (1, count)
    figure = Figure(figsize=size, layout="constrained")
    return list(figure.subplots(*shape, squeeze=False).ravel())


def _row(ax: Axes, y: int, row: dict[str, Any], key: str, colour: str) -> None:
    """Draw one answer: a dot by weights, a square by a refit, grey where that is doubtful."""
    if row[key] is None:
        ax.annotate(
            "needs a refit", (0.015, y), xycoords=("axes fraction", "data"), ha="left",
            va="center", fontsize=8, color=MUTED, style="italic",
        )  # fmt: skip
    elif row["refit"] is None:
        rate_row(ax, y, row[key], colour)
    elif doubtful(row):
        rate_row(ax, y, row[key], DOUBT, marker="s")
        ax.text(
            row[key]["rate_per_year"]["median"], y - 0.2, "not trustworthy", ha="center",
            va="bottom", fontsize=6.5, color=MUTED, style="italic",
        )  # fmt: skip
    else:
        rate_row(ax, y, row[key], colour, marker="s", fill=colour, size=5.0)
