"""Density to come: fans for one new model, the frontier and the record, beside the data."""

from collections.abc import Sequence

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from densing.answers.forecast.outlook import FANS, Outlook
from densing.report.headline import date_ticks, dodge
from densing.report.style import FRONTIER, INK, MUTED, POPULATION, RECORD, stamp, style
from densing.report.words import digits
from densing.results.horizon import released
from densing.results.releases import running_record
from densing.results.run import trustworthy

NEW_MODEL = "#56859f"
"""The population's blue, paler: the same line, and how far single models scatter about it."""
PANELS = {
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
        `answers.forecast.outlook.look_ahead(run, until=...)`.
    axes
        One Axes a panel; a new figure where None.
    narrow
        Panels below each other, for a phone.
    """
    shown = [name for name in PANELS if name in outlook.draws]
    panels = list(axes) if axes is not None else _panels(len(shown), narrow=narrow)
    drawn = {name: _path(outlook, name) for name in shown}
    for ax, name in zip(panels, shown, strict=True):
        title, colour = PANELS[name]
        _data(ax, outlook)
        days, values = drawn[name]
        for prob, alpha in reversed(list(zip(FANS, ALPHAS, strict=True))):
            low, high = np.exp(np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2], axis=0))
            ax.fill_between(days, low, high, color=colour, alpha=alpha, lw=0, zorder=2)
        middle = np.exp(np.median(values, axis=0))
        ax.plot(days, middle, color=colour, lw=2.2, zorder=4)
        _end(ax, days[-1], np.exp(np.quantile(values[:, -1], [0.05, 0.5, 0.95])), colour)
        ax.set_title(title, color=colour)
    _frame(panels, outlook, narrow=narrow)
    good, tested = trustworthy(outlook.run), outlook.backtest["same"]
    for ax in panels:
        stamp(ax, trustworthy=good, tested=tested, falling=True)
    return panels


def _panels(count: int, *, narrow: bool) -> list[Axes]:
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


def _end(ax: Axes, day: float, ends: np.ndarray, colour: str) -> None:
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
