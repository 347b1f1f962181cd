"""Figures 1, 3a and 3c: densities and prices by date, with every line through them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from densing.answers.summary import summarise as trend_summary
from densing.models.dates import DAYS_PER_YEAR
from densing.paper import published as pub
from densing.paper.chatgpt import Era
from densing.paper.growth import MONTH, days, months
from densing.paper.look import (
    DOT,
    ORIGIN,
    bayes_band,
    date_axis,
    key,
    key_below,
    log_axis,
    pad,
    published_line,
    reproduced_line,
)
from densing.paper.reproduce import Reproduction
from densing.report.headline import marker_area
from densing.report.labels import place_labels
from densing.report.style import FRONTIER, INK, MUTED, POPULATION, new_axes, stamp, style
from densing.report.words import months_range
from densing.results.derive import trend_lines
from densing.results.interval import as_interval
from densing.results.line import Line
from densing.results.run import record, trustworthy
from densing.results.shortfall import window_of

GREY = "#8d99a6"


def _dots(
    ax: Axes, day: np.ndarray, value: np.ndarray, kept: np.ndarray, area: np.ndarray | float
) -> None:
    """Scatter all points, the record-setters dark."""
    is_record = np.isin(np.arange(len(day)), kept)
    colours = np.where(is_record, INK, GREY)
    ax.scatter(ORIGIN + day, value, s=area, c=colours, alpha=0.9, zorder=5, **DOT)


def _name(ax: Axes, day: np.ndarray, value: np.ndarray, names: list[str], order: list[int]) -> None:
    """Name points where there is room, those first in `order` first."""
    points = np.column_stack([ORIGIN + day, value])
    lines = []
    for line in ax.get_lines():
        x, y = (np.asarray(v, float) for v in line.get_data())
        if len(x) > 2:  # straight on these axes
            ends = (np.linspace(x[0], x[-1], 80), np.geomspace(y[0], y[-1], 80))
            lines.append(np.column_stack(ends))
        elif len(x) == 2 and x[0] == x[1]:  # a date, from top to bottom
            lines.append(np.column_stack([np.full(80, x[0]), np.geomspace(*ax.get_ylim(), 80)]))
    obstacles = np.concatenate([points, points, *lines])
    place_labels(ax, points[order], [names[i] for i in order], obstacles=obstacles, fontsize=7.6)


@style()
def draw_growth(result: Reproduction) -> Axes:
    """Draw Figure 1: published densities, the record line, and the Bayesian frontier."""
    ax = new_axes(9.2, 5.8)
    growth, line = result.growth, result.growth.line
    value = growth.table["density"].to_numpy()
    span = np.linspace(-20, growth.day.max() + 25, 60)
    anchor = line(np.asarray(line.centre))
    printed = anchor + np.log(2) / (float(pub.MONTHS) * MONTH) * (span - line.centre)
    centre = record(growth.trend, "centre")["time"]
    time, window = span / DAYS_PER_YEAR - centre, window_of(growth.day / DAYS_PER_YEAR - centre)
    _, frontier = trend_lines(growth.trend["posterior"].to_dataset(), time, window=window)
    assert frontier is not None
    low, middle, high = np.exp(np.quantile(frontier, [0.05, 0.5, 0.95], axis=(0, 1)))
    published_line(ax, ORIGIN + span, np.exp(printed))
    bayes_band(ax, ORIGIN + span, low, high)
    ax.plot(ORIGIN + span, middle, color=FRONTIER, lw=2, zorder=3.5)
    reproduced_line(ax, ORIGIN + span, np.exp(line(span)))
    params = growth.table["params"].to_numpy(float)
    _dots(ax, growth.day, value, growth.records, marker_area(params, scale=0.9))
    ax.set(xlim=ORIGIN + span[[0, -1]], ylim=(0.012, 14))
    log_axis(ax)
    date_axis(ax)
    ax.set_title("Capability density of the paper's models, and three lines", fontsize=13, pad=10)
    ax.set_ylabel("published density: effective over actual parameters")
    found = months(line.slope_interval())
    answer = as_interval(trend_summary(growth.trend)["frontier"]["doubling_months"]).as_dict()
    key_below(ax, key(
        published=f"printed: {pub.MONTHS} months",
        reproduced=f"reproduced, {line.count} records (dark): {found.median:.2f} months",
        bayes=f"Bayesian frontier, all {len(value)}: {months_range(answer)} months (90 %)",
    ))  # fmt: skip
    others = [i for i in np.argsort(-params) if i not in growth.records]
    pad(ax)
    _name(ax, growth.day, value, list(growth.table["model"]), [*growth.records, *others[:14]])
    stamp(ax, trustworthy=trustworthy(growth.trend))
    return ax


@style()
def draw_prices(result: Reproduction) -> Axes:
    """Draw Figure 3a: prices and the cheapest line."""
    ax = new_axes(8.2, 5.0)
    prices, line = result.prices, result.prices.line
    value = prices.table["usd_per_million_tokens"].to_numpy()
    span = np.linspace(prices.day.min() - 25, prices.day.max() + 40, 60)
    anchor = line(np.asarray(line.centre))
    printed = anchor - np.log(2) / (float(pub.PRICE_MONTHS) * MONTH) * (span - line.centre)
    published_line(ax, ORIGIN + span, np.exp(printed))
    low, high = line.band(span)
    bayes_band(ax, ORIGIN + span, np.exp(low), np.exp(high))
    reproduced_line(ax, ORIGIN + span, np.exp(line(span)))
    _dots(ax, prices.day, value, prices.cheapest, 58.0)
    ax.set(xlim=ORIGIN + span[[0, -1]], ylim=(0.03, 60))
    log_axis(ax)
    date_axis(ax)
    ax.set_title("Price of inference: how fast the cheapest halves", fontsize=13, pad=10)
    ax.set_ylabel("US dollars a million tokens")
    claim = next(c for c in result.claims if c.name == "halving time: cheapest line")
    assert claim.interval is not None
    key_below(ax, key(
        published=f"printed: {pub.PRICE_MONTHS} months",
        reproduced=f"reproduced, {line.count} prices (dark): {claim.reproduced:.2f}",
        bayes=f"its posterior: {months_range(claim.interval.as_dict())} (90 %)",
    ))  # fmt: skip
    names = list(prices.table["model"])
    others = [i for i in range(len(names)) if i not in prices.cheapest]
    pad(ax)
    _name(ax, prices.day, value, names, [*prices.cheapest, *others])
    return ax


@style()
def draw_chatgpt(result: Reproduction) -> Axes:
    """Draw Figure 3c: MMLU density on both sides of ChatGPT."""
    ax = new_axes(9.2, 5.8)
    eras = result.chatgpt
    value = eras.table["density"].to_numpy()
    cut = float(days([pub.CHATGPT])[0])
    ends = (eras.day.min() - 40, eras.day.max() + 40)
    ax.axvline(ORIGIN + cut, color=MUTED, lw=1, ls=(0, (2, 2)), zorder=1)
    for era, printed, colour, reach in (
        (eras.before, pub.BEFORE, POPULATION, (ends[0], cut)),
        (eras.after, pub.AFTER, FRONTIER, (cut, ends[1])),
    ):
        _era(ax, era, float(printed), colour, np.linspace(*reach, 80))
    kept = np.concatenate([eras.before.records, eras.after.records])
    params = eras.table["params"].to_numpy(float)
    _dots(ax, eras.day, value, kept, marker_area(params, scale=0.9))
    ax.set(xlim=(ORIGIN + ends[0], ORIGIN + ends[1]), ylim=(0.0006, 16))
    log_axis(ax)
    date_axis(ax)
    ax.set_title("MMLU density before and after ChatGPT", fontsize=13, pad=10)
    ax.set_ylabel("published density (MMLU)")
    ax.annotate(
        "ChatGPT ", (ORIGIN + cut, 0.985), xycoords=("data", "axes fraction"), ha="right", va="top",
        fontsize=8, color=MUTED,
    )  # fmt: skip
    handles = key(
        published=f"printed: {pub.BEFORE} and {pub.AFTER} a day",
        reproduced=f"reproduced, records (dark): {eras.before.line.slope:.4f} "
        f"and {eras.after.line.slope:.4f}",
        bayes="90 % band, after", colour=FRONTIER,
    )  # fmt: skip
    band = Patch(color=POPULATION, alpha=0.3, lw=0, label="90 % band, before")
    key_below(ax, [*handles[:2], band, handles[2]])
    ax.annotate(
        f"{eras.before.line.count} records: the 90 % band\nleaves the chart above and below",
        (0.03, 0.6), xycoords="axes fraction", fontsize=9, color=POPULATION, linespacing=1.4,
    )  # fmt: skip
    others = [i for i in np.argsort(-params) if i not in kept]
    pad(ax)
    _name(ax, eras.day, value, list(eras.table["model"]), [*kept, *others[:14]])
    return ax


def _era(ax: Axes, era: Era, printed: float, colour: str, span: np.ndarray) -> None:
    line: Line = era.line
    anchor = line(np.asarray(line.centre))
    published_line(ax, ORIGIN + span, np.exp(anchor + printed * (span - line.centre)))
    low, high = line.band(span)
    bayes_band(ax, ORIGIN + span, np.exp(low), np.exp(high), color=colour, alpha=0.15)
    reproduced_line(ax, ORIGIN + span, np.exp(line(span)))
