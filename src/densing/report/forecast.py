"""Density to come: fans, milestones with the sizes they take, and costs."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from densing.report.density import date_ticks, dodge
from densing.report.style import (
    FAINT,
    FRONTIER,
    HELD_OUT,
    INK,
    MUTED,
    PAPER,
    POPULATION,
    RECORD,
    new_panels,
    stamp,
    style,
)
from densing.report.words import digits, plain, size
from densing.results.forecast import FANS, Outlook
from densing.results.headline import trustworthy
from densing.results.horizon import released
from densing.results.releases import running_record

NEW_MODEL = "#56859f"
"""The population's blue, paler: the same line, and how far single models scatter about it."""
FAN_PANELS = {
    "population": ("Typical new model", POPULATION),
    "new_model": ("One new model", NEW_MODEL),
    "frontier": ("Frontier: the day's best practice", FRONTIER),
    "record": ("Record: the densest released so far", RECORD),
}
ALPHAS = (0.42, 0.30, 0.20, 0.13)
"""Opacity of the fans, the narrowest first."""
POINTS = 90


@style()
def plot_fan(
    outlook: Outlook, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the data and a fan of 50, 80, 90 and 95 % for each estimand, one panel each.

    Parameters
    ----------
    outlook
        `results.forecast.look_ahead(run, until=...)`.
    axes
        One Axes a panel; a new figure where None.
    narrow
        Panels below each other, for a phone.
    """
    shown = [name for name in FAN_PANELS if name in outlook.draws]
    panels = list(axes) if axes is not None else _fan_axes(len(shown), narrow=narrow)
    drawn = {name: _path(outlook, name) for name in shown}
    for ax, name in zip(panels, shown, strict=True):
        title, colour = FAN_PANELS[name]
        _data(ax, outlook)
        days, values = drawn[name]
        for prob, alpha in reversed(list(zip(FANS, ALPHAS, strict=True))):
            low, high = np.exp(np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2], axis=0))
            ax.fill_between(days, low, high, color=colour, alpha=alpha, lw=0, zorder=2)
        middle = np.exp(np.median(values, axis=0))
        ax.plot(days, middle, color=colour, lw=2.2, zorder=4)
        _fan_end(ax, days[-1], np.exp(np.quantile(values[:, -1], [0.05, 0.5, 0.95])), colour)
        ax.set_title(title, color=colour)
    _frame(panels, outlook, narrow=narrow)
    good, tested = trustworthy(outlook.run), outlook.backtest["same"]
    for ax in panels:
        stamp(ax, trustworthy=good, tested=tested, falling=True)
    return panels


def _fan_axes(count: int, *, narrow: bool) -> list[Axes]:
    columns = 1 if narrow else 2 if count == 4 else count
    rows = count // columns
    size = (4.8, 3.5 * rows) if narrow else (5.2 * columns, 3.9 * rows if rows > 1 else 4.9)
    figure = Figure(figsize=size, layout="constrained")
    return list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel())


def _corner(ax: Axes) -> tuple[bool, bool]:
    """Whether an Axes begins a row and ends a column of its figure."""
    spec = ax.get_subplotspec()
    return (True, True) if spec is None else (spec.is_first_col(), spec.is_last_row())


def _path(outlook: Outlook, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Days (matplotlib) and log density (sample, day) of what a panel shows."""
    span = outlook.span
    begin = span.last if name == "record" else span.first
    days = pd.DatetimeIndex(
        sorted({*pd.date_range(begin, span.until, periods=POINTS).normalize(), span.last})
    )
    if name == "record":
        offsets = (days - span.first).days.to_numpy()
        values = running_record(outlook.draws["record"][:, 0], outlook.new, offsets)
    elif name == "new_model":
        rng = np.random.default_rng(outlook.seed)
        values = outlook.ahead.new_models(rng, outlook.ahead.time(days))
    else:
        values = outlook.ahead.lines(outlook.ahead.time(days))[name]
    return mdates.date2num(days), values


def _data(ax: Axes, outlook: Outlook) -> None:
    run = outlook.run
    density = run["derived"]["density"].to_numpy()
    low, middle, high = np.quantile(density, [0.05, 0.5, 0.95], axis=(0, 1))
    days = released(run)
    x = mdates.date2num(days) + dodge(days, run["constant_data"]["counted_params"].to_numpy())
    ax.vlines(x, low, high, colors="#7b8794", lw=0.7, alpha=0.45, zorder=5)
    ax.scatter(x, middle, s=13, c=INK, alpha=0.8, edgecolors="white", linewidths=0.5, zorder=6)


def _fan_end(ax: Axes, day: float, ends: np.ndarray, colour: str) -> None:
    """Say median and 90 % interval where the fan ends."""
    low, middle, high = (digits(value, figures=2) for value in _rounded(ends))
    ax.annotate(
        f"{middle}", (day, ends[1]), xytext=(5, 0), textcoords="offset points", va="center",
        fontsize=10.5, fontweight="bold", color=colour, annotation_clip=False,
    )  # fmt: skip
    for value, text in ((ends[0], low), (ends[2], high)):
        ax.annotate(
            text, (day, value), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=7.5, color=colour, annotation_clip=False,
        )  # fmt: skip


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.2g}") for value in values]


def _frame(panels: Sequence[Axes], outlook: Outlook, *, narrow: bool) -> None:
    span = outlook.span
    first, until, end = (float(mdates.date2num(d)) for d in (span.first, span.until, span.last))
    density = outlook.run["derived"]["density"].to_numpy()
    floor = np.quantile(density, 0.05, axis=(0, 1)).min()
    top = max(np.exp(np.quantile(v[:, -1], 0.975)) for v in outlook.draws.values())
    for ax in panels:
        ax.set_yscale("log")
        ax.set_ylim(floor / 2, top * 2)
        ax.yaxis.set_major_locator(LogLocator(base=10, numticks=12))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: digits(v, figures=1)))
        ax.yaxis.set_minor_locator(LogLocator(base=10, subs=[]))
        ax.set_xlim(first - 0.03 * (until - first), until + 0.19 * (until - first))
        dates, texts = date_ticks(first, until, most=5)
        ax.set_xticks(mdates.date2num(dates), texts)
        ax.grid(axis="x", visible=False)
        ax.axvspan(end, until, color="#f2f4f6", lw=0, zorder=0)
        _mark(ax, end, "data end", "right")
        if span.last < span.today < span.until:
            _mark(ax, float(mdates.date2num(span.today)), "today", "left")
    for ax in panels:
        if _corner(ax)[0]:
            ax.set_ylabel("density: effective over actual parameters")
    beyond = span.extrapolation()
    corner = next((ax for ax in panels if all(_corner(ax))), panels[0])
    corner.set_xlabel(
        f"shades: 50, 80, 90, 95 %; at the right end the median and its 90 % interval"
        f"{'\n' if narrow else ';  '}{beyond['days_beyond']} days beyond the data, "
        f"{beyond['multiple_of_span']:.1f} times their span  ·  densing",
        fontsize=7.5, color=MUTED, loc="left", labelpad=8,
    )  # fmt: skip


def _mark(ax: Axes, day: float, text: str, side: str) -> None:
    ax.axvline(day, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=3)
    ax.annotate(
        text, (day, 0.015), xycoords=("data", "axes fraction"), fontsize=7.5, color=MUTED,
        xytext=(-4 if side == "right" else 4, 0), textcoords="offset points", ha=side,
    )  # fmt: skip


WHO = {
    "frontier": ("frontier", FRONTIER),
    "record": ("some released model", RECORD),
    "population": ("typical new model", POPULATION),
}
LARGEST = 1e14
"""Sizes beyond this are drawn as without bound."""


@style()
def plot_milestones(
    answer: dict[str, Any], axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw each milestone of a forecast's answer: probability over time, size over time.

    Parameters
    ----------
    answer
        `results.forecast.forecast(...)`.
    axes
        One Axes a panel (`panels_of(answer)` counts them); a new figure where None.
    narrow
        Panels below each other, for a phone.
    """
    wanted = panels_of(answer)
    panels = list(axes) if axes is not None else _milestone_axes(len(wanted), narrow=narrow)
    dates = pd.DatetimeIndex(answer["dates"])
    for ax, (milestone, kind) in zip(panels, wanted, strict=True):
        (_probability if kind == "probability" else _size)(ax, milestone, dates)
        mark_time(ax, dates, answer)
        said = milestone["name"] if kind == "probability" else f"{milestone['name']}: at what size"
        title = "\n".join(textwrap.wrap(plain(said[0].upper() + said[1:]), 36))
        ax.set_title(title, fontsize=10)
        stamp(ax, trustworthy=answer["trustworthy"], tested=answer["backtest"] is not None)
    return panels


def panels_of(answer: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Panels there are to draw: milestone, and `probability` or `size`."""
    out = []
    for milestone in answer["milestones"]:
        if milestone.get("population"):
            out.append((milestone, "probability"))
        elif milestone.get("params_needed"):
            out.append((milestone, "size"))
    return out


def _milestone_axes(count: int, *, narrow: bool) -> list[Axes]:
    columns = 1 if narrow else min(count, 3)
    lines = -(-count // columns)
    figure = Figure(figsize=(4.7 * columns, 3.9 * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for spare in axes[count:]:
        spare.set_axis_off()
    return list(axes[:count])


def _probability(ax: Axes, milestone: dict[str, Any], dates: pd.DatetimeIndex) -> None:
    x, ends = mdates.date2num(dates), []
    for name, (title, colour) in WHO.items():
        told = milestone.get(name)
        if told is None:
            continue
        ax.plot(x, told["probability"], color=colour, lw=2.2, zorder=4)
        middle = told["date"]["median"]
        if middle is not None:
            day = mdates.date2num(pd.Timestamp(middle))
            if day >= x[0]:
                ax.plot(day, 0.5, "o", color="white", mec=colour, mew=1.8, ms=6, zorder=6)
        ends.append((told["probability"][-1], title, colour, middle))
    ax.axhline(0.5, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=1)
    ax.set_ylim(-0.02, 1.04)
    _ends(ax, x[-1], ends)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.0f} %"))
    ax.set_ylabel("probability that it is reached")


def _ends(ax: Axes, x: float, ends: list[tuple[float, str, str, str | None]]) -> None:
    """Name the curves where they end, in their order and apart from each other."""
    ends = sorted(ends, key=lambda end: end[0])
    low, high = ax.get_ylim()
    places = spread_out([(end[0] - low) / (high - low) for end in ends])
    for (y, title, colour, middle), place in zip(ends, places, strict=True):
        when = "" if middle is None else f", median {pd.Timestamp(middle):%b %Y}"
        _name(ax, x, place, f"{title}\n{chance(y)}{when}", colour)


def chance(probability: float) -> str:
    """Say a probability; what is not certain is never rounded to certainty."""
    if 0 < probability < 0.01 or 0.99 < probability < 1:
        return "under 1 %" if probability < 0.5 else "over 99 %"
    return f"{100 * probability:.0f} %"


def spread_out(heights: list[float], *, least: float = 0.125) -> list[float]:
    """Move ascending heights (shares of an axis) at least so far apart, and keep them inside."""
    places: list[float] = []
    for height in heights:
        places.append(max(height, places[-1] + least) if places else height)
    drift = sum(places) / len(places) - sum(heights) / len(heights)
    lowest, highest = places[0] - drift, places[-1] - drift
    inside = max(0.05 - lowest, 0.0) - max(highest - 0.95, 0.0)
    return [place - drift + inside for place in places]


def _name(ax: Axes, x: float, place: float, text: str, colour: str) -> None:
    ax.annotate(
        text, (x, ax.get_ylim()[0]), xytext=(1.035, place), textcoords="axes fraction",
        va="center", fontsize=8, color=colour, fontweight="bold", linespacing=1.3,
        annotation_clip=False,
    )  # fmt: skip


def _size(ax: Axes, milestone: dict[str, Any], dates: pd.DatetimeIndex) -> None:
    x = mdates.date2num(dates)
    seen, ends = [], []
    for name in ("frontier", "population"):
        sizes = milestone["params_needed"].get(name)
        if sizes is None:
            continue
        title, colour = WHO[name]
        low, middle, high = (
            np.array([np.inf if i[key] is None else i[key] for i in sizes])
            for key in ("lower", "median", "upper")
        )
        ax.fill_between(x, np.minimum(low, LARGEST), np.minimum(high, LARGEST), color=colour,
                        alpha=0.17, lw=0, zorder=2)  # fmt: skip
        ax.plot(x, np.where(middle < LARGEST, middle, np.nan), color=colour, lw=2.2, zorder=4)
        seen += [v for v in (*low, *middle, *high) if 0 < v < LARGEST]
        ends.append((middle[-1], title, colour))
    if milestone.get("unseen"):
        ax.set_xlabel(textwrap.fill(milestone["unseen"], 62), fontsize=7.5, color=MUTED, loc="left")
    ax.set_yscale("log")
    bottom, top = (min(seen) / 2, max(seen) * 2) if seen else (1e8, 1e12)
    ax.set_ylim(bottom, top)
    least = milestone["smallest_seen"]
    if least > bottom:
        ax.axhspan(bottom, least, facecolor="none", edgecolor=FAINT, hatch="////", lw=0, zorder=1)
        ax.annotate(
            "smaller than any\nmodel of the run", (0.02, 0.02), xycoords="axes fraction",
            fontsize=7.5, color=MUTED, zorder=6,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2.0},
        )  # fmt: skip
    ax.yaxis.set_major_locator(LogLocator(base=10, numticks=12))
    ax.yaxis.set_minor_locator(LogLocator(base=10, subs=[]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: size(v)))
    ax.set_ylabel("parameters it takes (90 %)")
    ends.sort()
    span = np.log(top / bottom)
    shares = [min(float(np.log(value / bottom) / span), 0.95) for value, *_ in ends]
    for (value, title, colour), place in zip(ends, spread_out(shares), strict=True):
        text = size(value) if value < LARGEST else "no size as median"
        _name(ax, x[-1], place, f"{title}\n{text}", colour)


def mark_time(ax: Axes, dates: pd.DatetimeIndex, answer: Mapping[str, Any]) -> None:
    """Set the axis of time, and say where today is."""
    low, high = (float(mdates.date2num(day)) for day in (dates[0], dates[-1]))
    ticks, texts = date_ticks(low, high, most=5)
    ax.set_xlim(low, high)
    ax.set_xticks(mdates.date2num(ticks), texts)
    ax.grid(axis="x", visible=False)
    today = pd.Timestamp(answer["extrapolation"]["today"])
    if dates[0] < today < dates[-1]:
        ax.axvline(float(mdates.date2num(today)), color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=3)
        ax.annotate(
            "today", (mdates.date2num(today), 0.985), xycoords=("data", "axes fraction"),
            xytext=(4, 0), textcoords="offset points", va="top", fontsize=7.5, color=MUTED,
        )  # fmt: skip


ALPHAS = (0.42, 0.30, 0.20, 0.13)
"""Opacity of the fans, the narrowest first."""
COST_PANELS = {
    "params": ("Parameters it takes", FRONTIER),
    "params_over_hardware": ("The same, over cheaper hardware", POPULATION),
    "price": ("Price of a token, equal performance", HELD_OUT),
}


@style()
def plot_costs(answer: Mapping[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw the fans of an answer's `costs`, one row for each thing to reach.

    Parameters
    ----------
    answer
        `results.forecast.forecast(...)`, with `costs` of `results.cost_ahead.cost_ahead`.
    narrow
        Panels below each other, for a phone.
    """
    told = answer["costs"]
    wanted = [
        (name, row[name], row["fans"][name], row["name"])
        for row in told["requests"] for name in ("params", "params_over_hardware")
    ]  # fmt: skip
    if told["price"]:
        wanted.append(("price", told["price"], told["price_fan"], "bundled prices, carried on"))
    columns = 1 if narrow else 3
    axes = new_panels(len(wanted), columns=columns, width=4.6 if narrow else 4.3, height=3.9)
    days = mdates.date2num(pd.DatetimeIndex(told["dates"]))
    drawn = [end for _, _, fans, _ in wanted for end in (*fans[2]["lower"], *fans[2]["upper"])]
    for ax, (name, middle, fans, about) in zip(axes, wanted, strict=True):
        title, colour = COST_PANELS[name]
        for fan, alpha in reversed(list(zip(fans, ALPHAS, strict=True))):
            ax.fill_between(days, fan["lower"], fan["upper"], color=colour, alpha=alpha, lw=0)
        ax.plot(days, [costs["median"] for costs in middle], color=colour, lw=2.2, zorder=4)
        ax.set_title(title, color=colour)
        ax.set_xlabel(about, fontsize=7.5, loc="left")
        _cost_end(ax, days[-1], fans, middle[-1]["median"], colour)
        ax.set_yscale("log")
        ax.set_ylim(min(drawn) / 2, max(drawn) * 2)
        ax.yaxis.set_major_locator(LogLocator(base=10, numticks=9))
        ax.yaxis.set_minor_locator(LogLocator(base=10, subs=[]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: digits(v, figures=1)))
        mark_time(ax, pd.DatetimeIndex(told["dates"]), answer)
        # The test on the past is of density: it is no test of prices.
        tested = answer["backtest"] is not None and name == "params"
        stamp(ax, trustworthy=answer["trustworthy"] or name == "price", tested=tested)
    axes[0].set_ylabel(f"cost, {told['relative_to']} being 1")
    return axes


def _cost_end(
    ax: Axes, day: float, fans: Sequence[dict[str, Any]], middle: float, colour: str
) -> None:
    """Say median and 90 % interval where the fan ends."""
    low, high = fans[2]["lower"][-1], fans[2]["upper"][-1]
    for value, points in ((low, 7.5), (middle, 10.5), (high, 7.5)):
        ax.annotate(
            digits(float(f"{value:.2g}"), figures=2), (day, value), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=points, color=colour,
            fontweight="bold" if value == middle else "normal", annotation_clip=False,
        )  # fmt: skip
