"""Derived models beside their originals, and other architectures beside dense models."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from densing.report.bars import bars
from densing.report.style import FRONTIER, INK, POPULATION, new_panels, stamp, style
from densing.report.words import digits


@style()
def plot_compression(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw the ratios of densities, as measured and against the trend.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run, derived=...)`; its `compression` is not None.
    """
    pairs = sorted(answer["compression"]["pairs"], key=lambda row: row["method"])
    height = 1.2 + 0.34 * len(pairs)
    axes = new_panels(2, columns=1 if narrow else 2, width=4.4 if narrow else 5.6, height=height)
    panels = (
        ("ratio", "Density over its original's", POPULATION),
        ("against_trend", "The same, each against its day's trend", FRONTIER),
    )
    for i, (ax, (key, title, colour)) in enumerate(zip(axes, panels, strict=True)):
        rows = [
            (f"{row['model']} ({row['method']})" if i == 0 or narrow else "", row[key], colour)
            for row in pairs
        ]
        bars(ax, rows, label=lambda value: digits(value, figures=2))
        ax.axvline(1.0, color=INK, lw=1, ls="--", zorder=1)
        ax.set_title(title)
        ax.set_xlabel("ratio (above 1: denser)")
        stamp(ax, trustworthy=answer["trustworthy"])
    return axes
