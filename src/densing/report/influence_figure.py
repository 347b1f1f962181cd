"""The answer without each of the models and families that it hangs on most."""

from collections.abc import Sequence
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.report.rate_axis import COLOURS, limits, month_ticks
from densing.report.style import INK, MUTED, stamp, style
from densing.report.words import months, months_range, percent, plain
from densing.results.headline import trustworthy
from densing.results.influence import influence

MONTHS = (1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.5, 5, 6, 8, 12, 24)


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
        `results.influence.influence(run)`, where it is at hand.
    """
    answer = answer or influence(run)
    chosen = most_influential(answer, rows)
    shown = [key for key in COLOURS if answer[key] is not None]
    panels = list(axes) if axes is not None else _panels(len(shown), len(chosen), narrow=narrow)
    drawn = [answer[key] for key in shown] + [row[key] for row in chosen for key in shown]
    ends = limits(drawn, margin=0.08)
    gap = "\n" if narrow else " "
    for panel, (ax, key) in enumerate(zip(panels, shown, strict=True)):
        title, colour = COLOURS[key]
        full = answer[key]
        rate, told = full["rate_per_year"], full["doubling_months"]
        ax.axvspan(rate["lower"], rate["upper"], color=colour, alpha=0.13, lw=0)
        ax.axvline(rate["median"], color=colour, lw=1.2, alpha=0.7)
        for y, row in enumerate(chosen):
            _row(ax, y, row[key], colour)
        ax.set_title(
            f"{title}: {months(told['median'])} months{gap}"
            f"({percent(told['prob'])}: {months_range(told)})",
            color=colour,
        )  # fmt: skip
        _axes(ax, chosen, ends, names=panel == 0 or narrow)
        stamp(ax, trustworthy=trustworthy(run))
    return panels


def most_influential(answer: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    """Models, and families of several models, most influential first; those to refit on top."""
    both = [row | {"family": False} for row in answer["models"]]
    both += [row | {"family": True} for row in answer["families"] if row["models"] > 1]
    return sorted(
        both, key=lambda r: (r["reliable"], -abs(r["shift"]) if r["reliable"] else -r["pareto_k"])
    )[:rows]


def _panels(count: int, rows: int, *, narrow: bool) -> list[Axes]:
    height = 1.1 + 0.24 * rows
    size = (4.6, height * count) if narrow else (2.3 + 3.9 * count, height)
    shape = (count, 1) if narrow else (1, count)
    figure = Figure(figsize=size, layout="constrained")
    return list(figure.subplots(*shape, squeeze=False).ravel())


def _row(ax: Axes, y: int, growth: dict[str, Any] | None, colour: str) -> None:
    if growth is None:
        ax.annotate(
            "needs a refit", (0.015, y), xycoords=("axes fraction", "data"), ha="left",
            va="center", fontsize=8, color=MUTED, style="italic",
        )  # fmt: skip
        return
    rate = growth["rate_per_year"]
    ax.plot([rate["lower"], rate["upper"]], [y, y], color=colour, lw=1.6, alpha=0.75)
    ax.plot(rate["median"], y, "o", color="white", mec=colour, mew=1.6, ms=5.5, zorder=5)


def _axes(
    ax: Axes, chosen: list[dict[str, Any]], ends: tuple[float, float], *, names: bool
) -> None:
    low, high = ends
    ax.set(xlim=(high, low), ylim=(len(chosen) - 0.4, -0.6))
    if low < 0 < high:
        ax.axvline(0, color=INK, lw=1)
    ax.set_xticks(*month_ticks(low, high, values=MONTHS, apart=0.09, from_zero=0.14))
    labels = [
        f"all {row['models']} of {plain(row['name'])}" if row["family"] else plain(row["name"])
        for row in chosen
    ]
    ax.set_yticks(range(len(chosen)), labels if names else [""] * len(chosen), fontsize=8)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("doubling time in months without")
