"""What figures share: interval plots, an axis of rates read in months, and placed labels."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator
from matplotlib.transforms import Bbox

from densing.report.style import FRONTIER, INK, MUTED, POPULATION, figure_of, log_ticks
from densing.report.words import months, months_range, percent, plain
from densing.results.estimands import ESTIMANDS

OPEN = 1.6
"""An end that is not bounded is drawn to this multiple of the largest that is."""


def interval_plot(
    ax: Axes,
    rows: Sequence[tuple[str, Mapping[str, Any], Any]],
    *,
    label: Any,
    log: bool = True,
    absent: str = "not within reach",
) -> None:
    """Draw intervals one below the other: (name, interval, colour); medians are labelled.

    An interval without a lower end is not drawn: the word for it is `absent`.
    """
    ends = [v for _, told, _ in rows for v in (told["lower"], told["median"], told["upper"]) if v]
    edge = OPEN * max(ends)
    for y, (_, told, colour) in enumerate(rows):
        if told["lower"] is None:
            ax.annotate(absent, (0.5, y), xycoords=("axes fraction", "data"),
                        ha="center", va="center", color=MUTED, fontsize=8.5)  # fmt: skip
            continue
        high = edge if told["upper"] is None else told["upper"]
        ax.plot([told["lower"], high], [y, y], color=colour, lw=3.2, alpha=0.55)
        if told["upper"] is None:
            ax.plot(edge, y, ">", color=colour, ms=6, alpha=0.7)
        if told["median"] is not None:
            ax.plot(told["median"], y, "o", color=colour, ms=6)
            ax.annotate(label(told["median"]), (told["median"], y), (0, 6), ha="center",
                        textcoords="offset points", color=INK, fontsize=8.5)  # fmt: skip
    ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set_ylim(len(rows) - 0.5, -0.7)
    ax.grid(visible=False, axis="y")
    if log:
        ax.set_xscale("log")
        low, high = ax.get_xlim()
        ax.set_xticks(log_ticks(low, high))
        ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))


COLOURS = {
    "population": (ESTIMANDS["population"], POPULATION),
    "frontier": (ESTIMANDS["frontier"], FRONTIER),
}
MONTHS = (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 12, 24)
QUARTERS = (*(m / 4 for m in range(4, 14)), 3.5, 4, 4.5, 5, 6, 8, 12, 24)
"""In finer steps, for intervals that lie close together."""
DOUBT = "#9aa5b1"


def rate_of(months: float) -> float:
    """Rate, 1 / year, of a doubling time."""
    return 12.0 * float(np.log(2.0)) / months


def limits(
    growths: Iterable[Mapping[str, Any] | None], *, ends: bool = True, margin: float = 0.06
) -> tuple[float, float]:
    """Rates that the intervals (or, without `ends`, the medians) lie between, with a margin."""
    rates = [growth["rate_per_year"] for growth in growths if growth is not None]
    low = min(rate["lower" if ends else "median"] for rate in rates)
    high = max(rate["upper" if ends else "median"] for rate in rates)
    pad = margin * (high - low) + 1e-6
    return low - pad, high + pad


def month_ticks(
    low: float,
    high: float,
    *,
    values: Sequence[float] = MONTHS,
    apart: float = 0.07,
    from_zero: float | None = None,
) -> tuple[list[float], list[str]]:
    """Rates and labels of round doubling times, and of no growth where the axis includes it.

    Parameters
    ----------
    low, high
        Ends of the axis, 1 / year.
    values
        Months that may be labelled, ascending; slow growth comes first where room is short.
    apart, from_zero
        Least distance of a label to the next and to `no growth`, shares of the axis.
    """
    from_zero = apart if from_zero is None else from_zero
    ticks: list[tuple[float, str]] = [(0.0, "no growth")] if low < 0.0 < high else []
    for value in reversed(values):
        rate = rate_of(value)
        if low < rate < high and all(
            abs(rate - t) > (apart if t else from_zero) * (high - low) for t, _ in ticks
        ):
            ticks.append((rate, f"{value:g}"))
    return [rate for rate, _ in ticks], [text for _, text in ticks]


def rate_axis(
    ax: Axes,
    low: float,
    high: float,
    *,
    values: Sequence[float] = MONTHS,
    apart: float = 0.09,
    from_zero: float = 0.14,
) -> None:
    """Let the horizontal axis be the rate, falling to the right, ticked in months.

    A line marks no growth where the axis includes it; the rest is as in `month_ticks`.
    """
    ax.set_xlim(high, low)
    if low < 0 < high:
        ax.axvline(0, color=INK, lw=1)
    ax.set_xticks(*month_ticks(low, high, values=values, apart=apart, from_zero=from_zero))


def rate_band(ax: Axes, growth: Mapping[str, Any], colour: str) -> None:
    """Shade the interval of a rate from top to bottom, with a line at its median."""
    rate = growth["rate_per_year"]
    ax.axvspan(rate["lower"], rate["upper"], color=colour, alpha=0.13, lw=0)
    ax.axvline(rate["median"], color=colour, lw=1.2, alpha=0.7)


def rate_row(
    ax: Axes,
    y: float,
    growth: Mapping[str, Any],
    colour: str,
    *,
    lw: float = 1.6,
    marker: str = "o",
    size: float = 5.5,
    fill: str = "white",
) -> None:
    """Draw the interval of a rate at the height `y`, and its median as a marker."""
    rate = growth["rate_per_year"]
    ax.plot([rate["lower"], rate["upper"]], [y, y], color=colour, lw=lw, alpha=0.75)
    ax.plot(rate["median"], y, marker, color=fill, mec=colour, mew=1.6, ms=size, zorder=5)


def rows_axis(ax: Axes, labels: Sequence[str], **text: Any) -> None:
    """Name the rows of a figure, first on top: words and nothing else on the vertical axis."""
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_yticks(range(len(labels)), labels, **text)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)


def growth_title(name: str, growth: Mapping[str, Any], *, gap: str = " ") -> str:
    """Name of a trend with its doubling time: ``frontier: 2.9 months (90 %: 2.3 to 3.8)``."""
    told = growth["doubling_months"]
    interval = f"({percent(told['prob'])}: {months_range(told)})"
    return f"{name}: {months(told['median'])} months{gap}{interval}"


ANGLES = np.deg2rad([90, 60, 120, 45, 135, 20, 160, 0, 180, -20, -160, -45, -135, -60, -120, -90])
DISTANCES = (7.0, 13.0, 21.0, 31.0, 43.0)
"""Points (1/72 inch) between a marker's centre and its label."""


def place_labels(
    ax: Axes,
    points: np.ndarray,
    texts: Sequence[str],
    *,
    obstacles: np.ndarray,
    keep_clear: Sequence[Artist] = (),
    fontsize: float = 8.0,
) -> list[str]:
    """Label points without overlap, the first of them first.

    Parameters
    ----------
    ax
        Axes whose limits are final.
    points
        Data coordinates of the points to label, shape (label, 2).
    texts
        One label a point.
    obstacles
        Data coordinates that no label should cover, shape (obstacle, 2).
    keep_clear
        Artists that no label may touch.

    Returns
    -------
    list of str
        The labels that found a place.
    """
    figure = figure_of(ax)
    figure.draw_without_rendering()  # settles the layout
    scale = figure.dpi / 72.0
    taken = [artist.get_window_extent() for artist in keep_clear]
    frame = ax.get_window_extent()
    marks = ax.transData.transform(obstacles) if len(obstacles) else np.empty((0, 2))
    anchors = ax.transData.transform(points) if len(texts) else np.empty((0, 2))
    placed = []
    for anchor, text in zip(anchors, texts, strict=True):
        label = ax.annotate(
            plain(text), (0, 0), xycoords="figure pixels", fontsize=fontsize, color=INK, zorder=12
        )
        extent = label.get_window_extent()
        label.remove()
        best = _best_place(anchor, extent.width, extent.height, taken, marks, frame, scale)
        if best is None:
            continue
        offset, box = best
        taken.append(box)
        placed.append(text)
        far = np.hypot(*offset) > DISTANCES[1] + 6
        data = ax.transData.inverted().transform(anchor)
        ax.annotate(
            plain(text), (data[0], data[1]), xytext=(offset[0], offset[1]),
            textcoords="offset points", ha="center", va="center", fontsize=fontsize, color=INK,
            zorder=12,
            arrowprops={"arrowstyle": "-", "color": MUTED, "lw": 0.6, "shrinkA": 1, "shrinkB": 3}
            if far else None,
        )  # fmt: skip
    return placed


def _best_place(
    anchor: np.ndarray,
    width: float,
    height: float,
    taken: Sequence[Bbox],
    marks: np.ndarray,
    frame: Bbox,
    scale: float,
) -> tuple[np.ndarray, Bbox] | None:
    """Offset (points) of the label's centre and its box (pixels) at the cheapest free place."""
    best, cheapest = None, np.inf
    for distance in DISTANCES:
        for rank, angle in enumerate(ANGLES):
            direction = np.array([np.cos(angle), np.sin(angle)])
            reach = distance * scale + np.array([width / 2, height / 2]) * np.abs(direction)
            centre = anchor + direction * reach
            half = np.array([width, height]) / 2 + 1.5 * scale
            box = Bbox([centre - half, centre + half])
            inside = (
                frame.x0 <= box.x0 and box.x1 <= frame.x1
                and frame.y0 <= box.y0 and box.y1 <= frame.y1
            )  # fmt: skip
            if not inside or any(box.overlaps(other) for other in taken):
                continue
            covered = np.all((marks > box.min) & (marks < box.max), axis=1).sum()
            cost = 4.0 * covered + 0.5 * distance + 0.15 * rank
            if cost < cheapest:
                best, cheapest = ((centre - anchor) / scale, box), cost
    return best


def obstacles(
    ax: Axes,
    x: np.ndarray,
    low: np.ndarray,
    middle: np.ndarray,
    high: np.ndarray,
    *,
    dense: np.ndarray,
) -> np.ndarray:
    """Points along every interval and line, and thrice at every dot, shape (obstacle, 2).

    No label fits between those of the intervals that are `dense`, shape (model,).
    """
    share = np.linspace(0.0, 1.0, 7)[:, None]
    bars = np.exp(np.log(low) * (1 - share) + np.log(high) * share)
    xs, ys = [np.tile(x, len(share)), x, x, x], [bars.ravel(), middle, middle, middle]
    for i in np.flatnonzero(dense):
        xs.append(np.full(60, x[i]))
        ys.append(np.geomspace(low[i], high[i], 60))
    for line in ax.get_lines():
        at, height = (np.asarray(v, float) for v in line.get_data())
        if len(at) > 2:
            fine = np.linspace(at[0], at[-1], 150)
            xs.append(fine)
            ys.append(np.exp(np.interp(fine, at, np.log(height))))
    return np.column_stack([np.concatenate(xs), np.concatenate(ys)])
