"""The paper's figures redrawn: published, reproduced and re-estimated lines told apart."""

from collections.abc import Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.paper import published as pub
from densing.paper.growth import MONTH, SECTION, Era, chance_months, days, months
from densing.paper.laws import Panel, Sigmoid
from densing.paper.reproduce import Reproduction
from densing.report.axes import date_ticks, marker_area, place_labels
from densing.report.style import (
    FRONTIER,
    HELD_OUT,
    INK,
    MUTED,
    POPULATION,
    RECORD,
    figure_of,
    log_ticks,
    new_axes,
    new_panels,
    shades,
    stamp,
    style,
)
from densing.report.words import digits, months_range, plain, size
from densing.results.component import trend_summary
from densing.results.derive import trend_lines
from densing.results.headline import as_interval, trustworthy
from densing.results.interval import Interval
from densing.results.line import Line
from densing.results.run import record
from densing.results.shortfall import window_of

PUBLISHED, REPRODUCED, BAYES = "#c7ced6", INK, FRONTIER
DASHES = (0, (4, 2.5))
ORIGIN = float(mdates.date2num(EPOCH))
DOT: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.7}


def published_line(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Draw a line as the paper prints it: broad and pale, behind everything."""
    ax.plot(x, y, color=PUBLISHED, lw=7, alpha=0.9, zorder=2, solid_capstyle="butt")


def reproduced_line(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Draw as recomputed by the paper's method: thin, dark, dashed."""
    ax.plot(x, y, color=REPRODUCED, lw=1.3, ls=DASHES, zorder=4)


def bayes_band(ax: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray, **more: Any) -> None:
    """Draw a 90 % interval: a coloured band."""
    colour = more.pop("color", BAYES)
    ax.fill_between(x, low, high, color=colour, alpha=more.pop("alpha", 0.2), lw=0, zorder=3)


def key(*, published: str, reproduced: str, bayes: str, colour: str = BAYES) -> list[Any]:
    """Return the handles of a legend that names the three."""
    return [
        Line2D([], [], color=PUBLISHED, lw=7, label=published),
        Line2D([], [], color=REPRODUCED, lw=1.3, ls=DASHES, label=reproduced),
        Patch(color=colour, alpha=0.3, lw=0, label=bayes),
    ]


def key_below(ax: Axes, handles: Sequence[Any]) -> None:
    """Put the legend under the axes, where nothing is drawn."""
    figure = figure_of(ax)
    figure.legend(
        handles=handles, loc="outside lower left", ncols=len(handles), fontsize=8.3,
        labelcolor=MUTED, handlelength=2.4, columnspacing=1.8,
    )  # fmt: skip


def pad(ax: Axes) -> None:
    """Keep words at the edges of a figure off its border."""
    engine = figure_of(ax).get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=0.12, h_pad=0.1)


def date_axis(ax: Axes, *, most: int = 12) -> None:
    """Label an axis of matplotlib dates by month and year."""
    dates, texts = date_ticks(*ax.get_xlim(), most=most)
    ax.set_xticks(mdates.date2num(dates), texts)
    ax.grid(axis="x", visible=False)


def log_axis(ax: Axes) -> None:
    """Give a logarithmic vertical axis a few round numbers without exponents."""
    ax.set_yscale("log")
    ticks = log_ticks(*ax.get_ylim())
    ax.set_yticks(ticks, [digits(tick, figures=1) for tick in ticks])
    ax.yaxis.set_minor_locator(NullLocator())


def percent_axis(ax: Axes) -> None:
    """Label a vertical axis in percent."""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f} %"))


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


DRAWS = 1500
BEYOND = (1e7, 1e12)
"""Sizes over which the loss curve is used to find effective parameters."""


def _legend(panels: Sequence[Axes], handles: list[Any], *, title: str, columns: int) -> None:
    figure_of(panels).legend(
        handles=handles, title=title, loc="outside upper left", ncols=columns, fontsize=8.3,
        title_fontsize=8.3, alignment="left", labelcolor=MUTED,
    )  # fmt: skip


def _law_losses(draws: np.ndarray, panel: Panel, n: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Loss of draws of the law at sizes and tokens, shape (draw, point)."""
    n0 = np.log(panel.runs["params"].to_numpy(float)).mean()
    d0 = np.log(panel.runs["tokens"].to_numpy(float)).mean()
    alpha, beta, size_term, data_term, rest = (c[:, None] for c in draws[:DRAWS].T)
    with np.errstate(over="ignore"):
        x, y = np.log(n) - n0, np.log(d) - d0
        return rest + size_term * np.exp(-alpha * x) + data_term * np.exp(-beta * y)


def _loss_axes(ax: Axes, name: str, xlabel: str, *, ticks: int) -> None:
    ax.set(xscale="log", yscale="log", title=plain(name), xlabel=xlabel, ylabel="loss (nats)")
    low, high = ax.get_xlim()
    steps = 10.0 ** np.arange(np.ceil(np.log10(low)), np.log10(high))
    steps = steps[:: max(1, -(-len(steps) // ticks))]
    ax.set_xticks(steps, [size(step) for step in steps])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    marks = log_ticks(*ax.get_ylim())
    ax.set_yticks(marks, [f"{mark:g}" for mark in marks])
    ax.yaxis.set_minor_locator(NullLocator())


@style()
def draw_loss_curves(result: Reproduction) -> list[Axes]:
    """Draw Extended Data Figure 1a: loss against tokens for each size, curve on curve."""
    laws = result.laws.panels
    axes = new_panels(len(laws), columns=3, width=3.3, height=2.85)
    sizes = np.unique(next(iter(laws.values())).runs["params"].to_numpy(float))
    colours = shades(len(sizes))
    for ax, (name, panel) in zip(axes, laws.items(), strict=True):
        runs = panel.runs
        for colour, params in zip(colours, sizes, strict=True):
            at = runs["params"] == params
            tokens = np.geomspace(0.85 * runs["tokens"][at].min(), 1.18 * runs["tokens"][at].max())
            drawn = panel.published_law.loss(params, tokens)
            ax.plot(tokens, drawn, color="#c7ced6", lw=5.5, zorder=2, solid_capstyle="butt")
            values = _law_losses(panel.law_draws, panel, np.full_like(tokens, params), tokens)
            bayes_band(ax, tokens, *np.quantile(values, [0.05, 0.95], axis=0), alpha=0.35)
            ax.plot(tokens, panel.law.loss(params, tokens), color=INK, lw=1, ls=(0, (4, 2.5)))
            ax.plot(
                runs["tokens"][at], runs["loss"][at], "o", color=colour, ms=4.2, mec="white",
                mew=0.5, zorder=6,
            )  # fmt: skip
        ax.set_ylim(0.9 * runs["loss"].min(), 1.1 * runs["loss"].max())
        _loss_axes(ax, name, "training tokens", ticks=4)
    dots = [
        Line2D([], [], color=c, marker="o", ls="", ms=4.5, label=size(s))
        for c, s in zip(colours, sizes, strict=True)
    ]
    lines = key(published="published curve", reproduced="reproduced", bayes="90 % posterior band")
    title = "Loss curves where they were fitted lie close together. Dots: runs, by parameters"
    _legend(axes, [*lines, *dots], title=title, columns=9)
    return axes


@style()
def draw_loss_beyond(result: Reproduction) -> list[Axes]:
    """Draw the loss curves where they are used: at the journal's tokens, far beyond the runs."""
    laws = result.laws.panels
    axes = new_panels(len(laws), columns=3, width=3.3, height=2.85)
    params = np.geomspace(*BEYOND, 70)
    tokens = np.full_like(params, pub.TOKENS)
    for ax, (name, panel) in zip(axes, laws.items(), strict=True):
        seen = panel.runs["params"].to_numpy(float)
        ax.axvspan(seen.min(), seen.max(), color=INK, alpha=0.06, lw=0)
        published_line(ax, params, panel.published_law.loss(params, pub.TOKENS))
        for draws, colour in ((panel.law_draws, BAYES), (panel.free_draws, POPULATION)):
            values = _law_losses(draws, panel, params, tokens)
            low, high = np.quantile(values, [0.05, 0.95], axis=0)
            low = np.maximum(low, 1e-4)
            bayes_band(ax, params, low, high, color=colour, alpha=0.22)
            for edge in (low, high):
                ax.plot(params, edge, color=colour, lw=0.7, alpha=0.7, zorder=3)
        reproduced_line(ax, params, panel.law.loss(params, pub.TOKENS))
        if panel.best_squares < 0.999 * panel.squares:
            ax.plot(params, panel.best_law.loss(params, pub.TOKENS), color=BAYES, lw=2, zorder=4)
        ax.set(xlim=BEYOND, ylim=(0.035, 0.6))
        _loss_axes(ax, name, f"parameters, at {size(pub.TOKENS)} tokens", ticks=4)
    handles = [
        *key(published="published curve", reproduced="reproduced", bayes="same law, 90 %"),
        Patch(color=POPULATION, alpha=0.3, lw=0, label="with irreducible loss, 90 %"),
        Line2D([], [], color=BAYES, lw=2, label="better optimum of least squares"),
        Line2D([], [], color=INK, alpha=0.12, lw=7, label="sizes that were trained"),
    ]
    most = size(next(iter(laws.values())).runs["tokens"].max())
    title = f"Loss curves where they are used: {size(pub.TOKENS)} tokens, where the runs saw {most}"
    _legend(axes, handles, title=title, columns=3)
    return axes


@style()
def draw_score_curves(result: Reproduction) -> list[Axes]:
    """Draw Extended Data Figure 1b: score against loss."""
    laws = result.laws.panels
    axes = new_panels(len(laws), columns=3, width=3.3, height=2.85)
    for ax, (name, panel) in zip(axes, laws.items(), strict=True):
        points = panel.points
        loss = np.linspace(0.55 * points["loss"].min(), 1.05 * points["loss"].max(), 90)
        published_line(ax, loss, panel.published_sigmoid.score(loss))
        curves = Sigmoid(*(c[:, None] for c in panel.map_draws[:DRAWS].T)).score(loss)
        bayes_band(ax, loss, *np.quantile(curves, [0.05, 0.95], axis=0))
        reproduced_line(ax, loss, panel.sigmoid.score(loss))
        ax.plot(loss, panel.free_sigmoid.score(loss), color=POPULATION, lw=1.2, zorder=3.5)
        ax.axhline(100, color=MUTED, lw=0.8, zorder=1)
        held = points["held_out"].astype(bool)
        for rows, marker, colour in ((points[~held], "o", INK), (points[held], "^", HELD_OUT)):
            ax.plot(
                rows["loss"], 100 * rows["score"], marker, color=colour, ms=5.5, mec="white",
                mew=0.6, zorder=6,
            )  # fmt: skip
        ax.set(title=plain(name), xlabel="loss (nats)", ylabel="score", ylim=(-3, 106))
        percent_axis(ax)
    handles = [
        *key(published="published curve", reproduced="reproduced, ends as published",
             bayes="90 % posterior band, all checkpoints"),
        Line2D([], [], color=POPULATION, lw=1.2, label="least squares in all four, fitted only"),
        Line2D([], [], color=INK, marker="o", ls="", label="fitted checkpoint"),
        Line2D([], [], color=HELD_OUT, marker="^", ls="", label="held-out checkpoint"),
    ]  # fmt: skip
    title = "From loss to score: the fitted checkpoints alone do not fix the ceiling"
    _legend(axes, handles, title=title, columns=3)
    return axes


@style()
def draw_pairs(result: Reproduction) -> Axes:
    """Draw Figure 3b: density of each derived model over its original's."""
    pairs: list[Any] = result.pairs.sort_values("ratio").to_dict("records")
    ax = new_axes(8.6, 0.52 * len(pairs) + 1.3)
    for y, row in enumerate(pairs):
        colour = RECORD if row["ratio"] > 1 else FRONTIER
        ax.annotate(
            "", (row["density"], y), (row["parent_density"], y),
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.2, "shrinkA": 5, "shrinkB": 5,
                        "mutation_scale": 13},
        )  # fmt: skip
        ax.plot(row["parent_density"], y, "o", color=PUBLISHED, ms=9, mec=MUTED, mew=0.8, zorder=5)
        ax.plot(row["density"], y, "o", color=colour, ms=9, mec="white", mew=0.8, zorder=5)
        ax.annotate(
            f"×{row["ratio"]:.2f}", (1.015, y), xycoords=("axes fraction", "data"), va="center",
            fontsize=10, fontweight="bold", color=colour,
        )  # fmt: skip
    names = [f"{row['model']}\n{row['method']} from {row['parent']}" for row in pairs]
    ax.set_yticks(range(len(pairs)), [plain(name) for name in names], fontsize=8.2)
    ax.set(xscale="log", xlim=(0.25, 2.8), ylim=(-0.6, len(pairs) - 0.4))
    ticks = log_ticks(0.25, 2.8)
    ax.set_xticks(ticks, [digits(tick, figures=1) for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set_xlabel("published density: from the original (grey) to the derived model")
    less = sum(row["ratio"] < 1 for row in pairs)
    ax.set_title(
        f"{less} of {len(pairs)} derived models are less dense than their original",
        fontsize=12.5, pad=10, x=0.0,
    )  # fmt: skip
    pad(ax)
    return ax


@style()
def draw_doubling(result: Reproduction) -> Axes:
    """Draw every doubling time of the headline claim, with the printed one as a line."""
    rows = _doubling_rows(result)
    ax = new_axes(9.2, 0.42 * len(rows) + 1.5)
    ax.axvline(float(pub.MONTHS), color=PUBLISHED, lw=7, zorder=1)
    ax.annotate(
        f"printed: {pub.MONTHS}", (float(pub.MONTHS), 1.0), xycoords=("data", "axes fraction"),
        xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8.5, color=MUTED,
    )  # fmt: skip
    left, right = 1.9, 18.0
    for y, (_, found, colour) in enumerate(reversed(rows)):
        low = found.lower or right
        high = found.upper or right * 2
        ax.plot([low, min(high, right)], [y, y], color=colour, lw=3.4, zorder=3)
        if high > right:
            ax.plot(right * 0.985, y, ">", color=colour, ms=7, zorder=4, clip_on=False)
        if found.median is not None and found.median < right:
            ax.plot(found.median, y, "o", color="white", mec=colour, mew=1.9, ms=7, zorder=5)
        ax.annotate(
            months_range(found.as_dict()), (1.02, y), xycoords=("axes fraction", "data"),
            va="center", fontsize=8.8, color=colour, fontweight="bold",
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [plain(name) for name, _, _ in reversed(rows)], fontsize=8.8)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.set(xscale="log", xlim=(left, right), ylim=(-0.6, len(rows) - 0.4))
    ticks = [2, 2.5, 3, 3.5, 4, 5, 6, 8, 12]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("doubling time of density in months (90 % intervals, logarithmic)")
    ax.set_title("One law, many doubling times", fontsize=12.5, pad=20, x=0.0)
    pad(ax)
    return ax


def _doubling_rows(result: Reproduction) -> list[tuple[str, Interval, str]]:
    growth = result.growth
    slowest = chance_months(growth.chance)
    middle = float(np.median(growth.chance.slope))
    without = Interval(float(np.log(2.0) / (middle * MONTH)), *slowest)
    rows = [
        (f"record line, {c.name}, {size(c.tokens)} tokens", months(c.line.slope_interval()), INK)
        for c in result.choices
    ]
    rows.append(("record line of data that do not grow", without, MUTED))
    for claim in result.claims:
        name = claim.name.removeprefix("doubling time: ")
        if claim.section == SECTION and claim.interval is not None and name.startswith(
            ("frontier", "typical", "joint")
        ):  # fmt: skip
            colour = FRONTIER if "frontier" in name else POPULATION
            rows.append((name, claim.interval, colour))
    return rows
