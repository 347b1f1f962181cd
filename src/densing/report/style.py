"""One look for every figure: a style, its colours, and what all figures share.

Figures are plain `matplotlib.figure.Figure` objects: no pyplot, no window, no state to close.
The style is a context, so that nobody's own settings change.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

INK, MUTED, FAINT, PAPER = "#1f2933", "#616e7c", "#dfe3e8", "#ffffff"
POPULATION, FRONTIER, RECORD, HELD_OUT = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
"""Okabe & Ito's colours: told apart with every kind of colour vision."""
ALARM, DOUBT = "#b3261e", "#8a6100"
HIGHLIGHT = "#8a2c6f"
"""Of models that stand out: one's own."""

RC: dict[Any, Any] = {
    "figure.facecolor": PAPER,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "savefig.facecolor": PAPER,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],  # of one width, nearly: text stays text
    "font.size": 9.5,
    "text.color": INK,
    "text.usetex": False,
    "axes.facecolor": PAPER,
    "axes.edgecolor": "#9aa5b1",
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": "#9aa5b1",
    "ytick.color": "#9aa5b1",
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "densing",
}


@contextmanager
def style() -> Iterator[None]:
    """House style as a context; also usable as a decorator."""
    with mpl.rc_context(RC):
        yield


def framed() -> ConstrainedLayoutEngine:
    """Layout with a hundredth to spare at the sides: letters are wider in one output than another.

    For figures whose words reach the edge.
    """
    return ConstrainedLayoutEngine(rect=(0.012, 0.0, 0.976, 1.0))


def new_axes(width: float, height: float) -> Axes:
    """Return the one Axes of a new figure of that size in inches."""
    return Figure(figsize=(width, height), layout="constrained").subplots()


def new_panels(
    count: int, *, columns: int, width: float, height: float, **shared: bool
) -> list[Axes]:
    """Small multiples: `count` Axes of `width` by `height` inches each, row by row.

    `shared` are the `sharex` and `sharey` of `Figure.subplots`.
    """
    columns = max(1, min(columns, count))
    lines = -(-count // columns)
    figure = Figure(figsize=(columns * width, lines * height), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False, **shared).ravel()
    for spare in axes[count:]:
        spare.set_axis_off()
    return list(axes[:count])


def figure_of(axes: Axes | Sequence[Axes]) -> Figure:
    """Figure that Axes belong to."""
    first = axes if isinstance(axes, Axes) else axes[0]
    figure = first.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def shades(count: int) -> np.ndarray:
    """Colours for ordered things, dark to light, shape (count, 4)."""
    return mpl.colormaps["cividis"](np.linspace(0.0, 0.86, count))


def stamp(ax: Axes, *, trustworthy: bool, tested: bool = True, falling: bool = False) -> None:
    """Mark a result that is not trustworthy across the whole Axes; otherwise do nothing.

    So is a forecast that nobody scored on the past (`tested`), where it is trustworthy. The words
    fall where what is drawn rises (`falling`), so that they are not lost in it.
    """
    if trustworthy and tested:
        return
    text, colour = ("NOT BACK-TESTED", DOUBT) if trustworthy else ("NOT TRUSTWORTHY", ALARM)
    box = ax.get_position()
    width, height = figure_of(ax).get_size_inches() * (box.width / 0.775, box.height / 0.77)
    tilt = np.rad2deg(np.arctan2(height, width)) * (-0.75 if falling else 0.75)
    ax.text(
        0.5, 0.45, text, transform=ax.transAxes, rotation=tilt, ha="center",
        va="center", fontsize=4.4 * min(width, 1.6 * height), fontweight="bold", color=colour,
        alpha=0.4 if trustworthy else 0.27, zorder=50, in_layout=False,
    )  # fmt: skip


def log_ticks(low: float, high: float) -> list[float]:
    """Between three and eight round numbers within the ends of a logarithmic axis."""
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.log10(high) + 1)
    ticks: list[float] = []
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 4, 6, 8), np.arange(2, 20) / 2):
        values = np.outer(decades, steps).ravel()
        ticks = sorted({float(f"{v:.6g}") for v in values if low <= v <= high})
        if len(ticks) >= 3:
            break
    return ticks


def save(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write `stem`.svg and `stem`.png and return them; the same figure gives the same bytes."""
    svg, png = stem.with_suffix(".svg"), stem.with_suffix(".png")
    with style():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # laid out once for both
        figure.savefig(svg, dpi=80, metadata={"Date": None, "Creator": None})
        figure.savefig(png, metadata={"Software": None})
    svg.write_text(compact(svg.read_text(encoding="utf-8")), encoding="utf-8")
    return svg, png


def compact(svg: str) -> str:
    """Drop comments and metadata, keep a hundredth of a point, and say the font once."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<!DOCTYPE.*?>", "", svg, flags=re.DOTALL)
    if font := re.search(r"font-family: ([^;\"]*)", svg):
        svg = re.sub(r"font-family: [^;\"]*(; )?", "", svg)
        svg = svg.replace("<svg ", f'<svg font-family="{font[1].replace("'", "")}" ', 1)
    svg = re.sub(
        r'( d="|translate\(|rotate\(| x="| y=")([^")]*)',
        lambda m: m[1] + re.sub(r"(\.\d\d)\d+", r"\1", m[2].replace("\n", " ")),
        svg,
    )
    svg = re.sub(r'(?<= d=")[^"]*', lambda m: re.sub(r" *([A-Za-z]) *", r"\1", m[0]), svg)
    svg = re.sub(r'(?<= style=")[^"]*', lambda m: re.sub(r"(?<=[:;,]) +", "", m[0]), svg)
    return re.sub(r"\n\s*", "\n", svg)
