"""Figures of a families run: growth in two windows, siblings, and sizes of equal performance."""

from collections.abc import Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from densing.answers.siblings import Siblings
from densing.report.answers import Answered, RunAnswers
from densing.report.axes import (
    beside,
    date_axis,
    legend_above,
    limits,
    log_axis,
    rate_axis,
    rate_row,
    rows_axis,
)
from densing.report.density import plot_headline
from densing.report.style import (
    INK,
    MUTED,
    POPULATION,
    figure_of,
    framed,
    new_axes,
    new_panels,
    stamp,
    style,
)
from densing.report.words import digits, months, months_range, percent, plain, size, windowed
from densing.results.family_growth import Both, Windows

SINCE, NOW = POPULATION, "#B45A8C"
SLOWEST = (1, 1.5, 2, 3, 4, 6, 8, 12, 18, 24, 48)
"""Months that may be labelled."""
STEPS = ("#5aa9d6", POPULATION, "#10243e")
"""Colours of scores, the highest darkest."""
PORTFOLIO = "all benchmarks"


def windows_of(answers: RunAnswers) -> Windows:
    """Both windows of a families run.

    Raises
    ------
    ValueError
        A run of another form.
    """
    if not answers.families:
        raise ValueError("no run of families as yardsticks: growth has no windows by type")
    return answers.windows


def year(date: str) -> str:
    """Say a date short: its year where it is the first of January, else year and month."""
    return date[:4] if date.endswith("-01-01") else date[:7]


@style()
def plot_type_growth(run: Answered, ax: Axes | None = None, *, narrow: bool = False) -> Axes:
    """Draw growth by type of benchmark in both windows: since 2023, and at the last date."""
    answers = RunAnswers.of(run)
    told = windows_of(answers)
    rows = [(PORTFOLIO, told.population), *told.types.items()]
    ax = ax or new_axes(
        *((4.6, 1.5 + 0.62 * len(rows)) if narrow else (9.6, 1.3 + 0.5 * len(rows)))
    )
    return _two_windows(ax, answers, rows, narrow=narrow)


@style()
def plot_family_benchmarks(run: Answered, ax: Axes | None = None, *, narrow: bool = False) -> Axes:
    """Draw growth on each benchmark in both windows, benchmarks of one type together."""
    answers = RunAnswers.of(run)
    told = windows_of(answers)
    rows = list(told.benchmarks.items())
    ax = ax or new_axes(
        *((4.6, 1.5 + 0.56 * len(rows)) if narrow else (9.6, 1.3 + 0.42 * len(rows)))
    )
    _two_windows(ax, answers, rows, narrow=narrow)
    kinds = [told.type_of[name] for name, _ in rows]
    for y in range(1, len(kinds)):
        if kinds[y] != kinds[y - 1]:
            ax.axhline(y - 0.5, color=MUTED, lw=0.7)
    for kind in dict.fromkeys(kinds):
        ax.text(
            0.008, kinds.index(kind) - 0.46, kind, transform=ax.get_yaxis_transform(), va="top",
            fontsize=7.5, color=MUTED, style="italic", zorder=1,
        )  # fmt: skip
    return ax


def _two_windows(
    ax: Axes, answers: RunAnswers, rows: Sequence[tuple[str, Both]], *, narrow: bool
) -> Axes:
    """Draw one row a name: since 2023 above, now below; the axis is the rate, in months."""
    told = answers.windows
    growths = [growth for _, both in rows for growth in both]
    low, high = limits(growths, margin=0.06)
    low = max(low, -0.35 * high)
    for y, (_, both) in enumerate(rows):
        for growth, colour, shift in zip(both, (SINCE, NOW), (-0.17, 0.17), strict=True):
            rate_row(ax, y + shift, growth, colour, lw=2.4, size=6.0)
            interval = growth["doubling_months"]
            middle = "none" if interval["median"] is None else months(interval["median"])
            words = middle + ("" if narrow else f"  ({months_range(interval)})")
            beside(ax, y + shift, words, fontsize=8 if narrow else 8.5, color=colour)
    rows_axis(ax, [plain(name.replace(" and ", "\nand ") if narrow else name) for name, _ in rows])
    rate_axis(ax, low, high, values=SLOWEST, apart=0.055 if not narrow else 0.1)
    prob = percent(rows[0][1].since["rate_per_year"]["prob"])
    more = "" if narrow else "; faster growth on the left"
    ax.set_xlabel(f"months to double, median and {prob} interval{more}")
    ax.set_title(f"● since {year(told.since)}", color=SINCE, fontsize=9.5)
    ax.set_title(f"● now, {told.now}", color=NOW, fontsize=9.5, loc="right")
    figure_of(ax).set_layout_engine(framed())
    stamp(ax, trustworthy=answers.trustworthy)
    return ax


@style()
def plot_shared(run: Answered, *, labels: int = 16, highlight: Sequence[str] = ()) -> list[Axes]:
    """Draw the answer in one picture: density by release, and growth by type below it."""
    answers = RunAnswers.of(run)
    below = 0.5 * (1 + len(windows_of(answers).types)) + 1.2
    figure = Figure(figsize=(9.6, 6.2 + below), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(6.2, below))
    plot_type_growth(answers, lower)
    plot_headline(answers, upper, labels=labels, highlight=highlight)
    return [upper, lower]


@style()
def plot_siblings(run: Answered | Siblings, *, narrow: bool = False) -> Axes:
    """Draw the slope of ln density on ln N within each release of three sizes or more.

    Parameters
    ----------
    run
        A run, or what `densing.siblings` says of one.
    """
    told = run if isinstance(run, Siblings) else RunAnswers.of(run).siblings
    ax = new_axes(4.6 if narrow else 8.6, 1.5 + 0.2 * len(told.releases))
    pooled = told.slope
    ax.axvspan(pooled["lower"], pooled["upper"], color=POPULATION, alpha=0.18, lw=0)
    ax.axvline(pooled["median"], color=POPULATION, lw=1.4)
    ax.axvline(0.0, color=INK, lw=0.9, ls=(0, (4, 3)))
    for y, row in enumerate(told.releases):
        ax.plot([row.slope["lower"], row.slope["upper"]], [y, y], color=INK, lw=1.5, alpha=0.7)
        ax.plot(row.slope["median"], y, "o", color="white", mec=INK, mew=1.4, ms=5, zorder=5)
        if not narrow:
            words = f"{row.models} models, {size(row.smallest)} to {size(row.largest)}"
            beside(ax, y, words, fontsize=7.5, color=MUTED)
    names = [row.release.partition(": ")[2] or row.release for row in told.releases]
    rows_axis(ax, [plain(name) for name in names], fontsize=8)
    prob = percent(pooled["prob"])
    ax.set_title(
        f"pooled: {pooled['median']:.2f} ({prob}: {pooled['lower']:.2f} to {pooled['upper']:.2f})",
        color=POPULATION,
    )
    ax.set_xlabel(f"slope of ln density on ln N within a release, {prob}" if not narrow else
                  "slope of ln density on ln N")  # fmt: skip
    figure_of(ax).set_layout_engine(framed())
    stamp(ax, trustworthy=told.good)
    return ax


@style()
def plot_isoperformance(
    run: Answered, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the smallest open model to reach a score by date, a panel a benchmark.

    Steps are reported scores; dashed lines with bands are the size at which the run expects a
    typical release to reach them.
    """
    answers = RunAnswers.of(run)
    windows_of(answers)
    found = answers.isoperformance
    columns = 2 if narrow else 3
    panels = list(axes) if axes is not None else new_panels(
        len(found), columns=columns, width=2.3 if narrow else 3.2, height=1.9 if narrow else 2.5,
    )  # fmt: skip
    steps = np.concatenate([each.params for rows in found.values() for each in rows])
    low, high = 0.4 * steps.min(), 2.5 * steps.max()
    last = pd.Timestamp(answers.windows.now)
    first = min(each.dates[0] for rows in found.values() for each in rows)
    for ax, (name, rows) in zip(panels, found.items(), strict=True):
        heights = apart([row.params[-1] for row in rows], (high / low) ** 0.085)
        for row, colour, beside_it in zip(rows, STEPS[-len(rows) :], heights, strict=True):
            dates = mdates.date2num(row.expected_dates)
            lower, middle, upper = np.clip(row.expected, low / 100, high * 100)
            ax.fill_between(dates, lower, upper, color=colour, alpha=0.13, lw=0)
            ax.plot(dates, middle, color=colour, lw=1.1, ls=(0, (3, 2)))
            at = mdates.date2num(row.dates.append(pd.DatetimeIndex([last])))
            height = np.append(row.params, row.params[-1])
            ax.step(at, height, where="post", color=colour, lw=2.0)
            ax.plot(at[:-1], row.params, "o", color=colour, ms=3.2)
            ax.annotate(f"{100 * row.score:.0f} %", (1.0, beside_it), xytext=(3, 0),
                        xycoords=("axes fraction", "data"), textcoords="offset points",
                        va="center", fontsize=7.5, color=colour, annotation_clip=False)  # fmt: skip
        ax.set_xlim(mdates.date2num(first), mdates.date2num(last))
        ax.set_ylim(low, high)
        ax.set_title(plain(name), fontsize=9)
        log_axis(ax.yaxis, form=size, most=6)
        date_axis(ax, most=4 if narrow else 7)
        ax.tick_params(labelsize=7 if narrow else 8)
        stamp(ax, trustworthy=answers.trustworthy)
    if axes is None:
        handles = [
            Line2D([], [], color=INK, lw=2, marker="o", ms=3.2, label="smallest open model so far"),
            Line2D([], [], color=INK, lw=1.1, ls=(0, (3, 2)), label="a typical release, expected"),
        ]
        title = "parameters that count, by the score reached (right of each step)"
        legend_above(panels, handles, title=title, columns=1 if narrow else 2)
    return panels


def apart(values: Sequence[float], least: float) -> list[float]:
    """Heights of labels on a logarithmic axis, ascending, at least a factor `least` apart."""
    out: list[float] = []
    for value in values:
        out.append(max(value, least * out[-1]) if out else float(value))
    return out


# ---- in words --------------------------------------------------------------------------------


def alt_headline(run: RunAnswers) -> str:
    """Densities against release dates, with both lines."""
    told, table = run.windows, run.densities
    top, last = table[0], table[-1]
    return (
        f"Scatter plot of capability density against release date for {len(table)} models, on a "
        f"logarithmic axis. {windowed(told.since, told.now, told.population)} The best of "
        f"{told.best_of} releases is {digits(told.lead['median'], figures=2)} times as dense. "
        f"Densest: {top['model']} at {digits(top['density']['median'], figures=2)}; least dense: "
        f"{last['model']} at {digits(last['density']['median'], figures=2)}."
    )


def alt_types(run: RunAnswers) -> str:
    """Growth by type in both windows."""
    told = run.windows
    return _alt(told, {PORTFOLIO: told.population, **told.types})


def alt_benchmarks(run: RunAnswers) -> str:
    """Growth by benchmark in both windows."""
    return _alt(run.windows, run.windows.benchmarks)


def _alt(told: Windows, rows: dict[str, Both]) -> str:
    def ends(growth: dict[str, Any]) -> str:
        return months_range(growth["doubling_months"])

    words = (f"{name} {ends(x.since)} and {ends(x.now)}" for name, x in rows.items())
    return (
        f"Intervals of the doubling time in months, since {told.since} and now ({told.now}): "
        f"{'; '.join(words)}."
    )


def alt_siblings(run: RunAnswers) -> str:
    """Slopes within releases."""
    told = run.siblings
    return (
        f"Slopes of log density on log size within {len(told.releases)} releases; pooled "
        f"{told.slope['median']:.2f}, interval {told.slope['lower']:.2f} to "
        f"{told.slope['upper']:.2f}."
    )


def alt_isoperformance(run: RunAnswers) -> str:
    """Smallest models by score."""
    rows = [f"{name} {100 * x.score:.0f} %: {x.models[-1]} of {size(x.params[-1])}"
            for name, found in run.isoperformance.items() for x in found[-1:]]  # fmt: skip
    return "Smallest open model so far to reach a score: " + ", ".join(rows) + "."
