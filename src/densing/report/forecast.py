"""Density to come: fans, milestones with the sizes they take, and costs."""

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from densing.answers.forecast.outlook import FANS, Outlook
from densing.report.axes import date_axis, decades_axis, dodge, fan_end, mark_day
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
from densing.report.words import plain, size
from densing.results.horizon import released
from densing.results.releases import running_record
from densing.results.run import trustworthy

FAN_PANELS = {
    "population": ("Typical new model", POPULATION),
    "new_model": ("One new model", "#56859f"),  # paler: single models scatter about the same line
    "frontier": ("Frontier: the day's best practice", FRONTIER),
    "record": ("Record: the densest released so far", RECORD),
}
COST_PANELS = {
    "params": ("Parameters it takes", FRONTIER),
    "params_over_hardware": ("The same, over cheaper hardware", POPULATION),
    "price": ("Price of a token, equal performance", HELD_OUT),
}
WHO = {
    "frontier": ("frontier", FRONTIER),
    "record": ("some released model", RECORD),
    "population": ("typical new model", POPULATION),
}
ALPHAS = (0.42, 0.30, 0.20, 0.13)
"""Opacity of the fans, the narrowest first."""
POINTS = 90
LARGEST = 1e14
"""Sizes beyond this are drawn as without bound."""


@style()
def plot_fan(
    outlook: Outlook, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the data and a fan of 50, 80, 90 and 95 % for each estimand, one panel each.

    Parameters
    ----------
    outlook
        `answers.forecast.outlook.look_ahead(run, until=...)`.
    axes
        One Axes a panel; a new figure where None.
    narrow
        Panels below each other, for a phone.
    """
    names = [name for name in FAN_PANELS if name in outlook.draws]
    columns = 1 if narrow else 2 if len(names) == 4 else len(names)
    width, height = (4.8, 3.5) if narrow else (5.2, 3.9 if columns < len(names) else 4.9)
    panels = list(axes) if axes is not None else new_panels(
        len(names), columns=columns, width=width, height=height, sharex=True, sharey=True
    )  # fmt: skip
    data = outlook.run["derived"]["density"].to_numpy()
    density = np.quantile(data, [0.05, 0.5, 0.95], axis=(0, 1))
    top = max(np.exp(np.quantile(v[:, -1], 0.975)) for v in outlook.draws.values())
    for ax, name in zip(panels, names, strict=True):
        title, colour = FAN_PANELS[name]
        _data(ax, outlook, density)
        days, values = _path(outlook, name)
        for prob, alpha in reversed(list(zip(FANS, ALPHAS, strict=True))):
            low, high = np.exp(np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2], axis=0))
            ax.fill_between(days, low, high, color=colour, alpha=alpha, lw=0, zorder=2)
        ax.plot(days, np.exp(np.median(values, axis=0)), color=colour, lw=2.2, zorder=4)
        fan_end(ax, days[-1], np.exp(np.quantile(values[:, -1], [0.05, 0.5, 0.95])), colour)
        ax.set_title(title, color=colour)
        decades_axis(ax)
        ax.set_ylim(density[0].min() / 2, top * 2)
        _time(ax, outlook)
        stamp(ax, trustworthy=trustworthy(outlook.run), tested=outlook.backtest["same"],
              falling=True)  # fmt: skip
    _words(panels, outlook, narrow=narrow)
    return panels


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


def _data(ax: Axes, outlook: Outlook, density: np.ndarray) -> None:
    low, middle, high = density
    days, data = released(outlook.run), outlook.run["constant_data"]
    x = mdates.date2num(days) + dodge(days, data["counted_params"].to_numpy())
    ax.vlines(x, low, high, colors="#7b8794", lw=0.7, alpha=0.45, zorder=5)
    ax.scatter(x, middle, s=13, c=INK, alpha=0.8, edgecolors="white", linewidths=0.5, zorder=6)


def _time(ax: Axes, outlook: Outlook) -> None:
    """Set the axis of time of a fan; shade what lies beyond the data."""
    span = outlook.span
    first, until, end = (float(mdates.date2num(d)) for d in (span.first, span.until, span.last))
    ax.set_xlim(first - 0.03 * (until - first), until + 0.19 * (until - first))
    date_axis(ax, most=5, ends=(first, until))
    ax.axvspan(end, until, color="#f2f4f6", lw=0, zorder=0)
    mark_day(ax, end, "data end", left=True)
    if span.last < span.today < span.until:
        mark_day(ax, float(mdates.date2num(span.today)), "today")


def _words(panels: Sequence[Axes], outlook: Outlook, *, narrow: bool) -> None:
    """Label the fans' vertical axes, and say below what they show."""
    at = [ax.get_subplotspec() for ax in panels]
    first = [spec is None or spec.is_first_col() for spec in at]
    last = [spec is None or spec.is_last_row() for spec in at]
    for ax, begins in zip(panels, first, strict=True):
        if begins:
            ax.set_ylabel("density: effective over actual parameters")
    beyond = outlook.span.extrapolation()
    corner = next((ax for ax, *both in zip(panels, first, last, strict=True) if all(both)),
                  panels[0])  # fmt: skip
    corner.set_xlabel(
        f"shades: 50, 80, 90, 95 %; at the right end the median and its 90 % interval"
        f"{'\n' if narrow else ';  '}{beyond['days_beyond']} days beyond the data, "
        f"{beyond['multiple_of_span']:.1f} times their span  ·  densing",
        fontsize=7.5, color=MUTED, loc="left", labelpad=8,
    )  # fmt: skip


@style()
def plot_milestones(
    answer: dict[str, Any], axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw each milestone of a forecast's answer: probability over time, size over time.

    Parameters
    ----------
    answer
        `answers.forecast.forecast(...)`.
    axes
        One Axes a panel (`panels_of(answer)` counts them); a new figure where None.
    narrow
        Panels below each other, for a phone.
    """
    wanted = panels_of(answer)
    panels = list(axes) if axes is not None else new_panels(
        len(wanted), columns=1 if narrow else 3, width=4.7, height=3.9
    )  # fmt: skip
    dates = pd.DatetimeIndex(answer["dates"])
    for ax, (milestone, kind) in zip(panels, wanted, strict=True):
        said = milestone["name"]
        if kind == "probability":
            _probability(ax, milestone, dates)
        else:
            _size(ax, milestone, dates)
            said += ": at what size"
        _span(ax, dates, answer)
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


def _span(ax: Axes, dates: pd.DatetimeIndex, answer: dict[str, Any]) -> None:
    """Set the axis of time of an answer, and say where today is."""
    ax.set_xlim(*(float(mdates.date2num(day)) for day in (dates[0], dates[-1])))
    date_axis(ax, most=5)
    today = pd.Timestamp(answer["extrapolation"]["today"])
    if dates[0] < today < dates[-1]:
        mark_day(ax, float(mdates.date2num(today)), "today", y=0.985)


def _probability(ax: Axes, milestone: dict[str, Any], dates: pd.DatetimeIndex) -> None:
    x, ends = mdates.date2num(dates), []
    for name, (title, colour) in WHO.items():
        told = milestone.get(name)
        if told is None:
            continue
        ax.plot(x, told["probability"], color=colour, lw=2.2, zorder=4)
        when = ""
        if (middle := told["date"]["median"]) is not None:
            when = f", median {pd.Timestamp(middle):%b %Y}"
            if (day := mdates.date2num(pd.Timestamp(middle))) >= x[0]:
                ax.plot(day, 0.5, "o", color="white", mec=colour, mew=1.8, ms=6, zorder=6)
        last = told["probability"][-1]
        ends.append((last, f"{title}\n{chance(last)}{when}", colour))
    ax.axhline(0.5, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=1)
    low, high = -0.02, 1.04
    ax.set_ylim(low, high)
    _name_ends(ax, x[-1], ends, lambda value: (value - low) / (high - low))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:.0f} %"))
    ax.set_ylabel("probability that it is reached")


def _name_ends(ax: Axes, x: float, ends: list[tuple[float, str, str]], share: Any) -> None:
    """Name curves (value, text, colour) where they end, in their order and apart.

    `share` is the height of a value, a share of the Axes.
    """
    ends = sorted(ends)
    places = spread_out([share(end[0]) for end in ends])
    for (_, text, colour), place in zip(ends, places, strict=True):
        ax.annotate(
            text, (x, ax.get_ylim()[0]), xytext=(1.035, place), textcoords="axes fraction",
            va="center", fontsize=8, color=colour, fontweight="bold", linespacing=1.3,
            annotation_clip=False,
        )  # fmt: skip


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


def _size(ax: Axes, milestone: dict[str, Any], dates: pd.DatetimeIndex) -> None:
    x, seen, ends = mdates.date2num(dates), [], []
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
        words = size(middle[-1]) if middle[-1] < LARGEST else "no size as median"
        ends.append((middle[-1], f"{title}\n{words}", colour))
    if milestone.get("unseen"):
        ax.set_xlabel(textwrap.fill(milestone["unseen"], 62), fontsize=7.5, color=MUTED, loc="left")
    decades_axis(ax, form=size)
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
    ax.set_ylabel("parameters it takes (90 %)")
    span = np.log(top / bottom)
    _name_ends(ax, x[-1], ends, lambda value: min(float(np.log(value / bottom) / span), 0.95))


@style()
def plot_costs(answer: dict[str, Any], *, narrow: bool = False) -> list[Axes]:
    """Draw the fans of an answer's `costs`, one row for each thing to reach.

    Parameters
    ----------
    answer
        `answers.forecast.forecast(...)`, with `costs`.
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
    dates = pd.DatetimeIndex(told["dates"])
    days = mdates.date2num(dates)
    drawn = [end for _, _, fans, _ in wanted for end in (*fans[2]["lower"], *fans[2]["upper"])]
    for ax, (name, middle, fans, about) in zip(axes, wanted, strict=True):
        title, colour = COST_PANELS[name]
        for fan, alpha in reversed(list(zip(fans, ALPHAS, strict=True))):
            ax.fill_between(days, fan["lower"], fan["upper"], color=colour, alpha=alpha, lw=0)
        ax.plot(days, [costs["median"] for costs in middle], color=colour, lw=2.2, zorder=4)
        ax.set_title(title, color=colour)
        ax.set_xlabel(about, fontsize=7.5, loc="left")
        ends = fans[2]["lower"][-1], middle[-1]["median"], fans[2]["upper"][-1]
        fan_end(ax, days[-1], ends, colour)
        decades_axis(ax)
        ax.set_ylim(min(drawn) / 2, max(drawn) * 2)
        _span(ax, dates, answer)
        # The test on the past is of density: it is no test of prices.
        tested = answer["backtest"] is not None and name == "params"
        stamp(ax, trustworthy=answer["trustworthy"] or name == "price", tested=tested)
    axes[0].set_ylabel(f"cost, {told['relative_to']} being 1")
    return axes
