"""What figures share: rows of intervals, axes of dates, sizes and rates, legends, placed labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import Bbox

from densing.report.style import FRONTIER, INK, MUTED, POPULATION, figure_of, log_ticks
from densing.report.words import digits, months, months_range, percent, plain
from densing.text import ESTIMANDS

DODGE_DAYS = 5.0
"""Models of one day stand side by side, this far apart."""
OPEN = 1.6
"""An end that is not bounded is drawn to this multiple of the largest that is."""


def dodge(released: pd.DatetimeIndex, params: np.ndarray) -> np.ndarray:
    """Days by which each model moves so that models of one day stand apart, smallest first."""
    table = pd.DataFrame({"date": released, "params": params})
    rank = table.groupby("date")["params"].rank(method="first") - 1
    count = table.groupby("date")["params"].transform("count")
    return (DODGE_DAYS * (rank - (count - 1) / 2)).to_numpy()


def marker_area(params: np.ndarray, *, scale: float = 1.0) -> np.ndarray:
    """Marker areas in square points that grow with the logarithm of size."""
    return scale * np.clip(14.0 + 26.0 * np.log10(params / 3e8), 10.0, 110.0)


def date_ticks(low: float, high: float, *, most: int) -> tuple[pd.DatetimeIndex, list[str]]:
    """Month starts between two matplotlib dates, at most `most`, and their texts."""
    first, last = (pd.Timestamp(mdates.num2date(end)).tz_localize(None) for end in (low, high))
    months = pd.date_range(first, last, freq="MS")
    dates = months
    for step in (1, 2, 3, 4, 6, 12, 24, 60, 120):
        dates = months[(12 * months.year + months.month - 1) % step == 0]
        if len(dates) <= most:
            break
    texts = [f"{d:%Y}" if d.month == 1 else f"{d:%b}" for d in dates]
    if texts and dates[0].month != 1:
        texts[0] += f"\n{dates[0]:%Y}"
    return dates, texts


def date_axis(ax: Axes, *, most: int = 12, ends: tuple[float, float] | None = None) -> None:
    """Label the horizontal axis of matplotlib dates by month and year, between `ends`."""
    dates, texts = date_ticks(*(ends or ax.get_xlim()), most=most)
    ax.set_xticks(mdates.date2num(dates), texts)
    ax.grid(axis="x", visible=False)


def decades_axis(ax: Axes, *, form: Callable[[float], str] | None = None) -> None:
    """Give a logarithmic vertical axis its powers of ten, without exponents."""
    form = form or (lambda value: digits(value, figures=1))
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(base=10, numticks=12))
    ax.yaxis.set_minor_locator(LogLocator(base=10, subs=[]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))


def log_axis(
    axis: Axis, *, form: Callable[[float], str] = "{:g}".format, most: int | None = None
) -> None:
    """Make an axis logarithmic with a few round numbers without exponents, `most` of them."""
    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    ticks = log_ticks(*sorted(axis.get_view_interval()))
    ticks = ticks[:: -(-len(ticks) // most)] if most else ticks
    axis.set_ticks(ticks, [form(tick) for tick in ticks])
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def legend_above(axes: Sequence[Axes], handles: Sequence[Any], *, title: str, columns: int) -> None:
    """Put a legend above all panels of a figure."""
    figure_of(axes).legend(
        handles=handles, title=title, loc="outside upper left", ncols=columns, fontsize=8,
        title_fontsize=8, alignment="left", labelcolor=MUTED,
    )  # fmt: skip


def beside(ax: Axes, y: float, text: str, *, x: float = 1.01, **more: Any) -> None:
    """Write beside the Axes, at the height `y` of its data."""
    ax.annotate(text, (x, y), xycoords=("axes fraction", "data"),
                **({"va": "center", "annotation_clip": False} | more))  # fmt: skip


def fan_end(ax: Axes, day: float, ends: Sequence[float], colour: str) -> None:
    """Say both ends and the median between them (low, middle, high) where a fan ends."""
    for value, points, weight in zip(ends, (7.5, 10.5, 7.5), ("normal", "bold", "normal"),
                                     strict=True):  # fmt: skip
        ax.annotate(
            digits(float(f"{value:.2g}"), figures=2), (day, value), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=points, color=colour,
            fontweight=weight, annotation_clip=False,
        )  # fmt: skip


def mark_day(ax: Axes, day: float, text: str, *, left: bool = False, y: float = 0.015) -> None:
    """Mark a matplotlib date by a dashed line and a word beside it, at a share of the height."""
    ax.axvline(day, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=3)
    ax.annotate(
        text, (day, y), xycoords=("data", "axes fraction"), xytext=(-4 if left else 4, 0),
        textcoords="offset points", ha="right" if left else "left",
        va="top" if y > 0.5 else "baseline", fontsize=7.5, color=MUTED,
    )  # fmt: skip


def interval_plot(
    ax: Axes,
    rows: Sequence[tuple[str, Mapping[str, Any], Any]],
    *,
    label: Callable[[float], str],
    log: bool = True,
    absent: str = "not within reach",
) -> None:
    """Draw intervals one below the other: (name, interval, colour); medians are labelled.

    An interval without a lower end is not drawn: the word for it is `absent`.
    """
    ends = [v for _, told, _ in rows for v in (told["lower"], told["median"], told["upper"]) if v]
    edge = OPEN * max(ends)
    for y, (_, told, colour) in enumerate(rows):
        low, middle, high = (told[key] for key in ("lower", "median", "upper"))
        if low is None:
            beside(ax, y, absent, x=0.5, ha="center", color=MUTED, fontsize=8.5)
            continue
        ax.plot([low, edge if high is None else high], [y, y], color=colour, lw=3.2, alpha=0.55)
        if high is None:
            ax.plot(edge, y, ">", color=colour, ms=6, alpha=0.7)
        if middle is not None:
            ax.plot(middle, y, "o", color=colour, ms=6)
            ax.annotate(label(middle), (middle, y), (0, 6), ha="center",
                        textcoords="offset points", color=INK, fontsize=8.5)  # fmt: skip
    name_rows(ax, [name for name, *_ in rows])
    ax.set_ylim(len(rows) - 0.5, -0.7)
    if log:
        log_axis(ax.xaxis, form=label)
    else:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))


def name_rows(ax: Axes, labels: Sequence[str], **text: Any) -> None:
    """Name rows 0, 1, ... on the vertical axis: words and nothing else."""
    ax.set_yticks(range(len(labels)), labels, **text)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.grid(axis="y", visible=False)


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

    `low` and `high` are the ends of the axis, 1 / year; `values` the months that may be labelled,
    ascending, of which slow growth comes first where room is short. `apart` and `from_zero`: least
    distance of a label to the next and to `no growth`, shares of the axis.
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
    """Name the rows of a figure, first on top, on a vertical axis without a line."""
    ax.set_ylim(len(labels) - 0.4, -0.6)
    name_rows(ax, labels, **text)
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
    """Label points without overlap, the first of them first; return the labels that found a place.

    A label takes the cheapest place around its point: inside the Axes, whose limits are final, off
    all labels before it and all artists to `keep_clear`, and on few obstacles.

    Parameters
    ----------
    points, obstacles
        Data coordinates, shapes (label, 2) and (obstacle, 2).
    """
    figure = figure_of(ax)
    figure.draw_without_rendering()  # settles the layout
    scale, frame = figure.dpi / 72.0, ax.get_window_extent()
    taken = [artist.get_window_extent() for artist in keep_clear]
    marks = ax.transData.transform(obstacles) if len(obstacles) else np.empty((0, 2))
    anchors = ax.transData.transform(points) if len(texts) else np.empty((0, 2))
    ways = np.tile(np.column_stack([np.cos(ANGLES), np.sin(ANGLES)]), (len(DISTANCES), 1))
    distance = np.repeat(DISTANCES, len(ANGLES))
    price = 0.5 * distance + 0.15 * np.tile(np.arange(len(ANGLES)), len(DISTANCES))
    placed = []
    for point, anchor, text in zip(points, anchors, texts, strict=True):
        label = ax.annotate(
            plain(text), (0, 0), xycoords="figure pixels", fontsize=fontsize, color=INK, zorder=12
        )
        size = np.array(label.get_window_extent().size) / 2
        label.remove()
        off = ways * (distance[:, None] * scale + size * np.abs(ways))
        low, high = (anchor + off + side * (size + 1.5 * scale) for side in (-1, 1))
        free = np.all((low >= frame.min) & (high <= frame.max), axis=1)
        for box in taken:
            free &= ~np.all((low <= box.max) & (high >= box.min), axis=1)
        if not free.any():
            continue
        inside = (marks > low[:, None]) & (marks < high[:, None])
        best = np.argmin(np.where(free, price + 4.0 * inside.all(axis=2).sum(axis=1), np.inf))
        offset = off[best] / scale
        taken.append(Bbox([low[best], high[best]]))
        placed.append(text)
        line = {"arrowstyle": "-", "color": MUTED, "lw": 0.6, "shrinkA": 1, "shrinkB": 3}
        ax.annotate(
            plain(text), tuple(point), xytext=tuple(offset), textcoords="offset points",
            ha="center", va="center", fontsize=fontsize, color=INK, zorder=12,
            arrowprops=line if np.hypot(*offset) > DISTANCES[1] + 6 else None,
        )  # fmt: skip
    return placed


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
