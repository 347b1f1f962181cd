"""Where over sizes the law breaks: bands of sizes against the trend, and benchmark by benchmark."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from densing.report.bars import bars
from densing.report.style import FAINT, FRONTIER, INK, MUTED, PAPER, POPULATION, stamp, style
from densing.report.words import digits, plain

SURPRISE = LinearSegmentedColormap.from_list("surprise", [FRONTIER, PAPER, POPULATION])
MOST = 4.0
"""Powers of ten that a misfit by chance is unlikely by, at the darkest."""
ABSENT = {"lower": None, "median": None, "upper": None}


@style()
def plot_size_bands(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw each band's density over the trend, and each benchmark's scores over prediction.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`.
    narrow
        Panels below each other, for a phone.
    """
    told = answer["size_bands"]
    bands: Sequence[Mapping[str, Any]] = told["bands"]
    names = list(bands[0]["benchmarks"])
    height = 0.9 + 0.5 * len(bands)
    if narrow:
        figure = Figure(figsize=(4.4, 2 * height), layout="constrained")
        left, right = figure.subplots(2, 1)
    else:
        figure = Figure(figsize=(10.8, height), layout="constrained")
        left, right = figure.subplots(1, 2)
    _departures(left, bands, likely=told["likely"])
    _fits(right, bands, names, labels=narrow)
    for ax in (left, right):
        stamp(ax, trustworthy=answer["trustworthy"])
    return [left, right]


def _departures(ax: Axes, bands: Sequence[Mapping[str, Any]], *, likely: float) -> None:
    rows = [
        (_name(band), band["ratio"] or ABSENT,
         FRONTIER if (band["p_departs"] or 0.0) >= likely else POPULATION)
        for band in bands
    ]  # fmt: skip
    if any(band["models"] for band in bands):
        bars(ax, rows, label=lambda value: digits(value, figures=2), absent="no models")
    ax.axvline(1.0, color=INK, lw=1, ls="--", zorder=1)
    for y, band in enumerate(bands):
        if band["models"]:
            ax.annotate(f"{band['p_departs']:.2f}", (1.02, y), xycoords=("axes fraction", "data"),
                        va="center", fontsize=8.5, color=MUTED, annotation_clip=False)  # fmt: skip
    ax.annotate("off with\nprobability", (1.02, -0.02), xycoords="axes fraction", va="top",
                fontsize=7.5, color=MUTED, annotation_clip=False)  # fmt: skip
    ax.set_title("Density over its trend, by size")
    ax.set_xlabel("ratio (above 1: denser than the trend)")


def _name(band: Mapping[str, Any]) -> str:
    count, experts = band["models"], band["experts"]
    if not count:
        return band["name"]
    kinds = f", {experts} MoE" if experts else ""
    return f"{band['name']}\n{count} model{'s' * (count > 1)}{kinds}"


def _fits(
    ax: Axes, bands: Sequence[Mapping[str, Any]], names: Sequence[str], *, labels: bool
) -> None:
    for y, band in enumerate(bands):
        for x, name in enumerate(names):
            cell = band["benchmarks"][name]
            corner = (x - 0.47, y - 0.45)
            if cell is None:
                ax.add_patch(Rectangle(corner, 0.94, 0.9, fc=PAPER, ec=FAINT, lw=0.8, hatch="//"))
                continue
            surprise = np.sign(cell["difference"]) * min(-np.log10(cell["p"]) / MOST, 1.0)
            edge = {"ec": INK, "lw": 2.2} if cell["lacks_fit"] else {"ec": FAINT, "lw": 0.8}
            colour = SURPRISE(0.5 + 0.5 * surprise)
            ax.add_patch(Rectangle(corner, 0.94, 0.9, fc=colour, **edge))
            ax.text(x, y, _points(cell["difference"]), ha="center", va="center", fontsize=8.8,
                    color=PAPER if abs(surprise) > 0.8 else INK,
                    fontweight="bold" if cell["lacks_fit"] else "normal")  # fmt: skip
    ax.set(xlim=(-0.55, len(names) - 0.45), ylim=(len(bands) - 0.5, -0.7))
    ax.set_xticks(range(len(names)), [plain(name) for name in names], fontsize=7 if labels else 8.2)
    shown = [band["name"] for band in bands] if labels else [""] * len(bands)
    ax.set_yticks(range(len(bands)), shown)
    ax.tick_params(length=0, labelcolor=INK)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_title("Scores less what other scores predict", fontsize=9.6 if labels else 10.5)
    ax.set_xlabel("mean difference in points; darker: less like chance")


def _points(difference: float) -> str:
    """Say a difference of proportions in points: `+2.1`, `0.0`."""
    value = round(100 * difference, 1) + 0.0
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}") if value else "0.0"
