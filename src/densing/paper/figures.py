"""The paper's figures redrawn: published, reproduced and re-estimated lines told apart."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from densing.answers.summary import summarise as trend_summary
from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.paper import published as pub
from densing.paper.growth import MONTH, SECTION, days, months
from densing.paper.laws import Panel, Sigmoid
from densing.paper.reproduce import Reproduction
from densing.report.axes import (
    beside,
    date_axis,
    legend_above,
    log_axis,
    marker_area,
    name_rows,
    place_labels,
)
from densing.report.style import (
    FRONTIER,
    HELD_OUT,
    INK,
    MUTED,
    POPULATION,
    RECORD,
    figure_of,
    new_axes,
    new_panels,
    shades,
    stamp,
    style,
)
from densing.report.words import digits, months_range, plain, size
from densing.results.derive import trend_lines
from densing.results.interval import Interval, as_interval
from densing.results.line import Line
from densing.results.run import record, trustworthy
from densing.results.shortfall import window_of

PUBLISHED, REPRODUCED, BAYES, GREY = "#c7ced6", INK, FRONTIER, "#8d99a6"
DASHES = (0, (4, 2.5))
ORIGIN = float(mdates.date2num(EPOCH))
DRAWS = 1500
"""Of a curve's posterior, for its band."""
BEYOND = (1e7, 1e12)
"""Sizes over which the loss curve is used to find effective parameters."""


def published_line(ax: Axes, x: np.ndarray, y: np.ndarray, *, width: float = 7) -> None:
    """Draw a line as the paper prints it: broad and pale, behind everything."""
    ax.plot(x, y, color=PUBLISHED, lw=width, alpha=0.9, zorder=2, solid_capstyle="butt")


def reproduced_line(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Draw as recomputed by the paper's method: thin, dark, dashed."""
    ax.plot(x, y, color=REPRODUCED, lw=1.3, ls=DASHES, zorder=4)


def bayes_band(
    ax: Axes, x: np.ndarray, low: Any, high: Any, *, color: str = BAYES, alpha: float = 0.2
) -> None:
    """Draw a 90 % interval: a coloured band."""
    ax.fill_between(x, low, high, color=color, alpha=alpha, lw=0, zorder=3)


def key(*, published: str, reproduced: str, bayes: str) -> list[Any]:
    """Return the handles of a legend that names the three."""
    return [
        Line2D([], [], color=PUBLISHED, lw=7, label=published),
        Line2D([], [], color=REPRODUCED, lw=1.3, ls=DASHES, label=reproduced),
        Patch(color=BAYES, alpha=0.3, lw=0, label=bayes),
    ]


def pad(ax: Axes) -> None:
    """Keep words at the edges of a figure off its border."""
    engine = figure_of(ax).get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=0.12, h_pad=0.1)


def _printed(ax: Axes, line: Line, rate: float, span: np.ndarray, *, falls: bool = False) -> None:
    """Draw a printed rate a day through the centre of the reproduced line."""
    height = line(np.asarray(line.centre)) + rate * (span - line.centre)
    published_line(ax, ORIGIN + span, np.exp(-height if falls else height))


def _dated(
    ax: Axes,
    day: np.ndarray,
    value: np.ndarray,
    names: Sequence[str],
    order: Sequence[int],
    *,
    records: np.ndarray,
    area: Any,
    ylim: tuple[float, float] | None = None,
    handles: Sequence[Any],
) -> None:
    """Scatter points by date, the record-setters dark, and name them where there is room.

    `order` are the points to name, the first ones first; `handles` the legend below.
    """
    is_record = np.isin(np.arange(len(day)), records)
    ax.scatter(ORIGIN + day, value, s=area, c=np.where(is_record, INK, GREY), alpha=0.9, zorder=5,
               edgecolors="white", linewidths=0.7)  # fmt: skip
    if ylim is not None:
        ax.set_ylim(ylim)
    log_axis(ax.yaxis, form=lambda tick: digits(tick, figures=1))
    date_axis(ax)
    figure_of(ax).legend(
        handles=handles, loc="outside lower left", ncols=len(handles), fontsize=8.3,
        labelcolor=MUTED, handlelength=2.4, columnspacing=1.8,
    )  # fmt: skip
    pad(ax)
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


def _records_first(records: np.ndarray, params: np.ndarray) -> list[int]:
    """Positions to name: the record-setters, then the largest of the others."""
    return [*records, *[i for i in np.argsort(-params) if i not in records][:14]]


@style()
def draw_growth(result: Reproduction) -> Axes:
    """Draw Figure 1: published densities, the record line, and the Bayesian frontier."""
    ax = new_axes(9.2, 5.8)
    growth, rule, line = result.growth, result.growth.rule, result.growth.rule.line
    span = np.linspace(-20, rule.day.max() + 25, 60)
    centre = record(growth.trend, "centre")["time"]
    time, window = span / DAYS_PER_YEAR - centre, window_of(rule.day / DAYS_PER_YEAR - centre)
    _, frontier = trend_lines(growth.trend["posterior"].to_dataset(), time, window=window)
    assert frontier is not None
    low, middle, high = np.exp(np.quantile(frontier, [0.05, 0.5, 0.95], axis=(0, 1)))
    _printed(ax, line, np.log(2) / (float(pub.MONTHS) * MONTH), span)
    bayes_band(ax, ORIGIN + span, low, high)
    ax.plot(ORIGIN + span, middle, color=FRONTIER, lw=2, zorder=3.5)
    reproduced_line(ax, ORIGIN + span, np.exp(line(span)))
    ax.set_xlim(ORIGIN + span[[0, -1]])
    ax.set_title("Capability density of the paper's models, and three lines", fontsize=13, pad=10)
    ax.set_ylabel("published density: effective over actual parameters")
    found = months(line.slope_interval())
    answer = as_interval(trend_summary(growth.trend)["frontier"]["doubling_months"]).as_dict()
    handles = key(
        published=f"printed: {pub.MONTHS} months",
        reproduced=f"reproduced, {line.count} records (dark): {found.median:.2f} months",
        bayes=f"Bayesian frontier, all {len(rule.day)}: {months_range(answer)} months (90 %)",
    )
    params = growth.table["params"].to_numpy(float)
    _dated(
        ax, rule.day, growth.table["density"].to_numpy(), list(growth.table["model"]),
        _records_first(rule.records, params), records=rule.records,
        area=marker_area(params, scale=0.9), ylim=(0.012, 14), handles=handles,
    )  # fmt: skip
    stamp(ax, trustworthy=trustworthy(growth.trend))
    return ax


@style()
def draw_prices(result: Reproduction) -> Axes:
    """Draw Figure 3a: prices and the cheapest line."""
    ax = new_axes(8.2, 5.0)
    prices, rule, line = result.prices, result.price_rule, result.price_rule.line
    span = np.linspace(rule.day.min() - 25, rule.day.max() + 40, 60)
    _printed(ax, line, np.log(2) / (float(pub.PRICE_MONTHS) * MONTH), span, falls=True)
    low, high = line.band(span)
    bayes_band(ax, ORIGIN + span, np.exp(-high), np.exp(-low))
    reproduced_line(ax, ORIGIN + span, np.exp(-line(span)))
    ax.set_xlim(ORIGIN + span[[0, -1]])
    ax.set_title("Price of inference: how fast the cheapest halves", fontsize=13, pad=10)
    ax.set_ylabel("US dollars a million tokens")
    claim = next(c for c in result.claims if c.name == "halving time: cheapest line")
    assert claim.interval is not None
    handles = key(
        published=f"printed: {pub.PRICE_MONTHS} months",
        reproduced=f"reproduced, {line.count} prices (dark): {claim.reproduced:.2f}",
        bayes=f"its posterior: {months_range(claim.interval.as_dict())} (90 %)",
    )
    names = list(prices["model"])
    order = [*rule.records, *(i for i in range(len(names)) if i not in rule.records)]
    _dated(
        ax, rule.day, prices["usd_per_million_tokens"].to_numpy(), names, order,
        records=rule.records, area=58.0, ylim=(0.03, 60), handles=handles,
    )  # fmt: skip
    return ax


@style()
def draw_chatgpt(result: Reproduction) -> Axes:
    """Draw Figure 3c: MMLU density on both sides of ChatGPT."""
    ax = new_axes(9.2, 5.8)
    eras = result.chatgpt
    cut = float(days([pub.CHATGPT])[0])
    ends = (eras.day.min() - 40, eras.day.max() + 40)
    ax.axvline(ORIGIN + cut, color=MUTED, lw=1, ls=(0, (2, 2)), zorder=1)
    for era, printed, colour, reach in (
        (eras.before, pub.BEFORE, POPULATION, (ends[0], cut)),
        (eras.after, pub.AFTER, FRONTIER, (cut, ends[1])),
    ):
        span, line = np.linspace(*reach, 80), era.line
        _printed(ax, line, float(printed), span)
        bayes_band(ax, ORIGIN + span, *np.exp(line.band(span)), color=colour, alpha=0.15)
        reproduced_line(ax, ORIGIN + span, np.exp(line(span)))
    ax.set_xlim(ORIGIN + ends[0], ORIGIN + ends[1])
    ax.set_title("MMLU density before and after ChatGPT", fontsize=13, pad=10)
    ax.set_ylabel("published density (MMLU)")
    ax.annotate(
        "ChatGPT ", (ORIGIN + cut, 0.985), xycoords=("data", "axes fraction"), ha="right", va="top",
        fontsize=8, color=MUTED,
    )  # fmt: skip
    ax.annotate(
        f"{eras.before.line.count} records: the 90 % band\nleaves the chart above and below",
        (0.03, 0.6), xycoords="axes fraction", fontsize=9, color=POPULATION, linespacing=1.4,
    )  # fmt: skip
    handles = key(
        published=f"printed: {pub.BEFORE} and {pub.AFTER} a day",
        reproduced=f"reproduced, records (dark): {eras.before.line.slope:.4f} "
        f"and {eras.after.line.slope:.4f}",
        bayes="90 % band, after",
    )
    band = Patch(color=POPULATION, alpha=0.3, lw=0, label="90 % band, before")
    params = eras.table["params"].to_numpy(float)
    _dated(
        ax, eras.day, eras.table["density"].to_numpy(), list(eras.table["model"]),
        _records_first(eras.records, params), records=eras.records,
        area=marker_area(params, scale=0.9), ylim=(0.0006, 16),
        handles=[*handles[:2], band, handles[2]],
    )  # fmt: skip
    return ax


def _panels(
    result: Reproduction,
    draw: Callable[[Axes, Panel], None],
    handles: list[Any],
    *,
    title: str,
    columns: int = 3,
) -> list[Axes]:
    """Draw one panel a benchmark, and a legend above."""
    laws = result.laws
    axes = new_panels(len(laws), columns=3, width=3.3, height=2.85)
    for ax, (name, panel) in zip(axes, laws.items(), strict=True):
        draw(ax, panel)
        ax.set_title(plain(name))
    legend_above(axes, handles, title=title, columns=columns)
    return axes


def _law_band(draws: np.ndarray, panel: Panel, n: Any, d: Any) -> np.ndarray:
    """Return the ends of the 90 % band of a law's loss at sizes and tokens, shape (2, point)."""
    n0, d0 = (np.log(panel.runs[k].to_numpy(float)).mean() for k in ("params", "tokens"))
    alpha, beta, size_term, data_term, rest = (c[:, None] for c in draws[:DRAWS].T)
    with np.errstate(over="ignore"):
        x, y = np.log(n) - n0, np.log(d) - d0
        loss = rest + size_term * np.exp(-alpha * x) + data_term * np.exp(-beta * y)
    return np.quantile(loss, [0.05, 0.95], axis=0)


def _loss_axes(ax: Axes, xlabel: str) -> None:
    ax.set(xlabel=xlabel, ylabel="loss (nats)", xscale="log")
    low, high = ax.get_xlim()
    steps = 10.0 ** np.arange(np.ceil(np.log10(low)), np.log10(high))
    steps = steps[:: max(1, -(-len(steps) // 4))]
    log_axis(ax.xaxis)
    ax.set_xticks(steps, [size(step) for step in steps])
    log_axis(ax.yaxis)


@style()
def draw_loss_curves(result: Reproduction) -> list[Axes]:
    """Draw Extended Data Figure 1a: loss against tokens for each size, curve on curve."""
    first = next(iter(result.laws.values()))
    sizes = np.unique(first.runs["params"].to_numpy(float))
    colours = shades(len(sizes))

    def draw(ax: Axes, panel: Panel) -> None:
        runs = panel.runs
        for colour, params in zip(colours, sizes, strict=True):
            own = runs[runs["params"] == params]
            tokens = np.geomspace(0.85 * own["tokens"].min(), 1.18 * own["tokens"].max())
            published_line(ax, tokens, panel.published_law.loss(params, tokens), width=5.5)
            bayes_band(ax, tokens, *_law_band(panel.law_draws, panel, params, tokens), alpha=0.35)
            ax.plot(tokens, panel.law.loss(params, tokens), color=INK, lw=1, ls=DASHES)
            ax.plot(own["tokens"], own["loss"], "o", color=colour, ms=4.2, mec="white", mew=0.5,
                    zorder=6)  # fmt: skip
        ax.set_yscale("log")
        ax.set_ylim(0.9 * runs["loss"].min(), 1.1 * runs["loss"].max())
        _loss_axes(ax, "training tokens")

    handles = key(published="published curve", reproduced="reproduced", bayes="90 % posterior band")
    handles += [
        Line2D([], [], color=c, marker="o", ls="", ms=4.5, label=size(s))
        for c, s in zip(colours, sizes, strict=True)
    ]
    title = "Loss curves where they were fitted lie close together. Dots: runs, by parameters"
    return _panels(result, draw, handles, title=title, columns=9)


@style()
def draw_loss_beyond(result: Reproduction) -> list[Axes]:
    """Draw the loss curves where they are used: at the journal's tokens, far beyond the runs."""
    params = np.geomspace(*BEYOND, 70)

    def draw(ax: Axes, panel: Panel) -> None:
        seen = panel.runs["params"].to_numpy(float)
        ax.axvspan(seen.min(), seen.max(), color=INK, alpha=0.06, lw=0)
        published_line(ax, params, panel.published_law.loss(params, pub.TOKENS))
        for draws, colour in ((panel.law_draws, BAYES), (panel.free_draws, POPULATION)):
            low, high = _law_band(draws, panel, params, pub.TOKENS)
            low = np.maximum(low, 1e-4)
            bayes_band(ax, params, low, high, color=colour, alpha=0.22)
            for edge in (low, high):
                ax.plot(params, edge, color=colour, lw=0.7, alpha=0.7, zorder=3)
        reproduced_line(ax, params, panel.law.loss(params, pub.TOKENS))
        if panel.best_squares < 0.999 * panel.squares:
            ax.plot(params, panel.best_law.loss(params, pub.TOKENS), color=BAYES, lw=2, zorder=4)
        ax.set(xlim=BEYOND, ylim=(0.035, 0.6), yscale="log")
        _loss_axes(ax, f"parameters, at {size(pub.TOKENS)} tokens")

    handles = [
        *key(published="published curve", reproduced="reproduced", bayes="same law, 90 %"),
        Patch(color=POPULATION, alpha=0.3, lw=0, label="with irreducible loss, 90 %"),
        Line2D([], [], color=BAYES, lw=2, label="better optimum of least squares"),
        Line2D([], [], color=INK, alpha=0.12, lw=7, label="sizes that were trained"),
    ]
    most = size(next(iter(result.laws.values())).runs["tokens"].max())
    title = f"Loss curves where they are used: {size(pub.TOKENS)} tokens, where the runs saw {most}"
    return _panels(result, draw, handles, title=title)


@style()
def draw_score_curves(result: Reproduction) -> list[Axes]:
    """Draw Extended Data Figure 1b: score against loss."""

    def draw(ax: Axes, panel: Panel) -> None:
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
            ax.plot(rows["loss"], 100 * rows["score"], marker, color=colour, ms=5.5, mec="white",
                    mew=0.6, zorder=6)  # fmt: skip
        ax.set(xlabel="loss (nats)", ylabel="score", ylim=(-3, 106))
        ax.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=" %"))

    handles = [
        *key(published="published curve", reproduced="reproduced, ends as published",
             bayes="90 % posterior band, all checkpoints"),
        Line2D([], [], color=POPULATION, lw=1.2, label="least squares in all four, fitted only"),
        Line2D([], [], color=INK, marker="o", ls="", label="fitted checkpoint"),
        Line2D([], [], color=HELD_OUT, marker="^", ls="", label="held-out checkpoint"),
    ]  # fmt: skip
    title = "From loss to score: the fitted checkpoints alone do not fix the ceiling"
    return _panels(result, draw, handles, title=title)


def _named_rows(ax: Axes, names: list[str], *, fontsize: float, title: str, pad: float) -> None:
    """Name the rows of a figure from below, and put its title at the left."""
    name_rows(ax, [plain(name) for name in names], fontsize=fontsize)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_title(title, fontsize=12.5, pad=pad, x=0.0)


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
        beside(ax, y, f"×{row['ratio']:.2f}", x=1.015, fontsize=10, fontweight="bold",
               color=colour)  # fmt: skip
    ax.set_xlim(0.25, 2.8)
    log_axis(ax.xaxis, form=lambda tick: digits(tick, figures=1))
    ax.set_xlabel("published density: from the original (grey) to the derived model")
    less = sum(row["ratio"] < 1 for row in pairs)
    names = [f"{row['model']}\n{row['method']} from {row['parent']}" for row in pairs]
    title = f"{less} of {len(pairs)} derived models are less dense than their original"
    _named_rows(ax, names, fontsize=8.2, title=title, pad=10)
    pad(ax)
    return ax


@style()
def draw_doubling(result: Reproduction) -> Axes:
    """Draw every doubling time of the headline claim, with the printed one as a line."""
    rows = list(_doubling_rows(result))[::-1]
    ax = new_axes(9.2, 0.42 * len(rows) + 1.5)
    ax.axvline(float(pub.MONTHS), color=PUBLISHED, lw=7, zorder=1)
    ax.annotate(
        f"printed: {pub.MONTHS}", (float(pub.MONTHS), 1.0), xycoords=("data", "axes fraction"),
        xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8.5, color=MUTED,
    )  # fmt: skip
    left, right = 1.9, 18.0
    for y, (_, found, colour) in enumerate(rows):
        low, high = found.lower or right, found.upper or right * 2
        ax.plot([low, min(high, right)], [y, y], color=colour, lw=3.4, zorder=3)
        if high > right:
            ax.plot(right * 0.985, y, ">", color=colour, ms=7, zorder=4, clip_on=False)
        if found.median is not None and found.median < right:
            ax.plot(found.median, y, "o", color="white", mec=colour, mew=1.9, ms=7, zorder=5)
        beside(ax, y, months_range(found.as_dict()), x=1.02, fontsize=8.8, color=colour,
               fontweight="bold")  # fmt: skip
    ax.set(xscale="log", xlim=(left, right))
    ax.xaxis.set_major_locator(FixedLocator([2, 2.5, 3, 3.5, 4, 5, 6, 8, 12]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("doubling time of density in months (90 % intervals, logarithmic)")
    _named_rows(ax, [name for name, *_ in rows], fontsize=8.8, title="One law, many doubling times",
                pad=20)  # fmt: skip
    pad(ax)
    return ax


def _doubling_rows(result: Reproduction) -> Iterator[tuple[str, Interval, str]]:
    chance = result.growth.rule.chance
    for c in result.choices:
        name = f"record line, {c.name}, {size(c.tokens)} tokens"
        yield name, months(c.rule.line.slope_interval()), INK
    middle = float(np.log(2.0) / (np.median(chance.slope) * MONTH))
    yield "record line of data that do not grow", Interval(middle, *chance.months()), MUTED
    for claim in result.claims:
        name = claim.name.removeprefix("doubling time: ")
        estimated = name.startswith(("frontier", "typical", "joint"))
        if claim.section == SECTION and claim.interval is not None and estimated:
            yield name, claim.interval, FRONTIER if "frontier" in name else POPULATION
