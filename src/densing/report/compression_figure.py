"""Derived models beside their originals, and quantised ones beside the same weights."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from densing.report.bars import bars
from densing.report.style import (
    FRONTIER,
    MUTED,
    POPULATION,
    RECORD,
    new_panels,
    stamp,
    style,
)
from densing.report.words import digits
from densing.results.compression import SMALLER

Named = tuple[str, Mapping[str, Any]]
NONE = {"lower": None, "median": None, "upper": None}


@style()
def plot_compression(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw the ratios of densities, as measured and against the trend; quantised models below.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`; its `compression` or its `quantised` is not None.
    narrow
        Means by method instead of pairs, panels below each other, for a phone.
    """
    derived = _methods(answer["compression"]) if narrow else _pairs(answer["compression"])
    weights = _methods(answer["quantised"])
    titles = ("Density over its original's", "The same, each against its day's trend")
    if narrow:
        titles = ("Over its original's", "Against its day's trend")
    panels = [("ratio", titles[0], POPULATION)]
    if derived:
        panels.append(("against_trend", titles[1], FRONTIER))
    axes = new_panels(
        len(panels), columns=1 if narrow else 2, width=4.6 if narrow else 5.6,
        height=1.3 + 0.34 * (len(derived) + len(weights)),
    )  # fmt: skip
    for i, (ax, (key, title, colour)) in enumerate(zip(axes, panels, strict=True)):
        rows = [(name, told[key], colour) for name, told in derived]
        if key == "ratio":
            rows += [(name, told["ratio"], RECORD) for name, told in weights]
        elif not narrow:  # the rows go on beside the first panel's, empty
            rows += [(name, NONE, RECORD) for name, _ in weights]
        if i > 0 and not narrow:
            rows = [("", *rest) for _, *rest in rows]
        bars(ax, rows, label=lambda value: digits(value, figures=2), absent="the same weights")
        ax.axvline(1.0, color=MUTED, lw=1, ls="--", zorder=1)
        if len(rows) > len(derived) > 0:
            ax.axhline(len(derived) - 0.5, color=MUTED, lw=0.8, zorder=1)
        ax.set_title(title)
        ax.set_xlabel("ratio (above 1: denser)")
        if answer["compression_kept"] is None or (key == "ratio" and weights):
            stamp(ax, trustworthy=answer["trustworthy"])  # what is kept is to be trusted
    return axes


def _pairs(told: Mapping[str, Any] | None) -> list[Named]:
    """Pairs by method, those that make a smaller model first."""
    pairs = [] if told is None else told["pairs"]
    ordered = sorted(pairs, key=lambda row: (row["method"] not in SMALLER, row["method"]))
    return [(f"{row['model']} ({row['method']})", row) for row in ordered]


def _methods(told: Mapping[str, Any] | None) -> list[Named]:
    methods = {} if told is None else told["methods"]
    ordered = sorted(methods.items(), key=lambda item: item[0] not in SMALLER)
    return [
        (f"{name} (mean of {row['pairs']})" if row["pairs"] > 1 else name, row)
        for name, row in ordered
    ]
