"""Posterior predictive check: observed against predicted scores, benchmark by benchmark."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from densing.report.style import (
    FRONTIER,
    HELD_OUT,
    MUTED,
    POPULATION,
    figure_of,
    new_panels,
    style,
)
from densing.report.words import percent, plain
from densing.results.interval import PROB
from densing.results.predict import predict_held_out_checkpoints, predict_scores


@style()
def plot_predictive(
    run: xr.DataTree,
    axes: Sequence[Axes] | None = None,
    *,
    narrow: bool = False,
    prob: float = PROB,
    seed: int = 1,
) -> list[Axes]:
    """Draw each score against its predictive interval; those outside stand out."""
    names = [str(name) for name in run["posterior"]["benchmark"].to_numpy()]
    shape = (2.35, 2.5) if narrow else (3.2, 3.2)
    panels = list(axes) if axes is not None else new_panels(
        len(names), columns=2 if narrow else 3, width=shape[0], height=shape[1]
    )  # fmt: skip
    fitted = predict_scores(run, prob=prob, seed=seed)
    held = predict_held_out_checkpoints(run, prob=prob, seed=seed)
    for ax, name in zip(panels, names, strict=True):
        ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
        inside = _points(ax, fitted, name, "o", POPULATION)
        outside = _points(ax, held, name, "^", HELD_OUT)
        counts = f"{inside[0]} of {inside[1]}"
        if outside[1]:
            counts += f"\n▲ {outside[0]} of {outside[1]}"
        ax.text(
            0.03, 0.97, counts, transform=ax.transAxes, va="top", fontsize=8.5, color=MUTED,
            linespacing=1.4,
        )  # fmt: skip
        low, high = _limits([fitted, held], name)
        ax.set(
            title=plain(name), xlabel="predicted score", ylabel="observed score", xlim=(low, high),
            ylim=(low, high), aspect="equal",
        )  # fmt: skip
        for side in (ax.xaxis, ax.yaxis):
            side.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    if axes is None:
        handles = [
            Line2D([], [], color=POPULATION, marker="o", ls="", label="model, inside its interval"),
            Line2D([], [], color=FRONTIER, marker="o", ls="", label="outside"),
            Line2D([], [], color=HELD_OUT, marker="^", ls="", label="held-out checkpoint"),
        ]
        title = f"in each panel: how many are inside their {percent(prob)} predictive interval"
        figure_of(panels).legend(
            handles=handles, title=title, loc="outside upper left", ncols=1 if narrow else 3,
            fontsize=8, title_fontsize=8, alignment="left", labelcolor=MUTED,
        )  # fmt: skip
    return panels


def _points(
    ax: Axes, predicted: xr.Dataset, name: str, marker: str, colour: str
) -> tuple[int, int]:
    """Draw one benchmark's rows; return how many are inside, of how many."""
    chosen = predicted["benchmark"].to_numpy() == name
    low, middle, high, seen, inside = (
        predicted[key].to_numpy()[chosen]
        for key in ("lower", "median", "upper", "observed", "inside")
    )  # fmt: skip
    colours = np.where(inside, colour, FRONTIER)
    ax.hlines(seen, low, high, colors=list(colours), lw=0.9, alpha=0.45, zorder=2)
    size = 20 if marker == "o" else 42
    ax.scatter(
        middle, seen, s=size, marker=marker, c=colours, edgecolors="white", linewidths=0.5, zorder=4
    )
    return int(inside.sum()), len(inside)


def _limits(predictions: Sequence[xr.Dataset], name: str) -> tuple[float, float]:
    ends = [0.4, 0.6]
    for predicted in predictions:
        chosen = predicted["benchmark"].to_numpy() == name
        for key in ("lower", "upper", "observed"):
            ends += predicted[key].to_numpy()[chosen].tolist()
    return max(min(ends) - 0.03, -0.02), min(max(ends) + 0.03, 1.02)
