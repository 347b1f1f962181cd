"""Densities of the models: against release date with both trends, and ranked."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from densing.report.answers import Answered, RunAnswers
from densing.report.axes import (
    beside,
    date_axis,
    decades_axis,
    dodge,
    log_axis,
    marker_area,
    obstacles,
    place_labels,
    rows_axis,
)
from densing.report.provenance import value_text
from densing.report.style import (
    FRONTIER,
    HIGHLIGHT,
    INK,
    MUTED,
    POPULATION,
    RECORD,
    figure_of,
    new_axes,
    stamp,
    style,
)
from densing.report.words import digits, months, months_range, percent, plain, size
from densing.results.line import record_setters

BEYOND = 0.05
"""Probability of lying beyond the reference's reach from which a model is marked."""


@style()
def plot_headline(
    run: Answered,
    ax: Axes | None = None,
    *,
    narrow: bool = False,
    labels: int = 20,
    highlight: Sequence[str] = (),
) -> Axes:
    """Draw every model's density against its release date, and both trends.

    Parameters
    ----------
    run
        A saved run, or its answers.
    ax
        Axes to draw on; a new figure where None.
    narrow
        Shape of a new figure: for a phone instead of a page.
    labels
        At most so many models are named, those that set a record first.
    highlight
        Models in a colour of their own, named before all others.
    """
    answers = RunAnswers.of(run)
    ax = ax or new_axes(*((4.6, 5.8) if narrow else (9.6, 6.2)))
    derived = answers.run["derived"].to_dataset()
    data = answers.run["constant_data"].to_dataset()
    low, middle, high = np.quantile(derived["density"].to_numpy(), [0.05, 0.5, 0.95], axis=(0, 1))
    released = pd.DatetimeIndex(data["release_date"].to_numpy().astype(str))
    params = data["counted_params"].to_numpy()
    x = mdates.date2num(released) + dodge(released, params)
    best = np.isin(np.arange(len(middle)), record_setters(released, middle))

    ax.axhline(1.0, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
    dates = mdates.date2num(derived["date"].to_numpy())
    for name, colour in (("population", POPULATION), ("frontier", FRONTIER)):
        if name in derived:
            _trend(ax, dates, derived[name], colour)
    if "record" in derived:
        expected = np.exp(np.median(derived["record"].to_numpy(), axis=(0, 1)))
        ax.step(dates, expected, where="post", color=RECORD, lw=1.1, ls=(0, (1, 1.5)), zorder=3)
    own = np.isin(derived["model"].values, highlight)
    colours = np.where(own, HIGHLIGHT, np.where(best, INK, "#7b8794"))
    ax.vlines(x, low, high, colors=list(colours), lw=np.where(own, 2.0, 0.9), alpha=0.55, zorder=4)
    ax.scatter(x, middle, s=marker_area(params, scale=0.5 if narrow else 1.0), c=colours,
               alpha=0.88, edgecolors="white", linewidths=0.7, zorder=5)  # fmt: skip
    span = x.max() - x.min()
    ax.set_xlim(x.min() - 0.03 * span, x.max() + 0.045 * span)
    decades_axis(ax)
    room = 9.0 if narrow else 3.5
    top = high.max()
    if answers.families:  # over more decades, and with the line of the reference below the words
        room = max(room, (top / low.min()) ** (0.36 if narrow else 0.26))
        top = max(top, 1.0)
    ax.set_ylim(low.min() / 1.5, top * room)
    date_axis(ax, most=6 if narrow else 12)
    _frame(ax, answers, narrow=narrow)
    notes = _annotate(ax, answers, params, narrow=narrow)
    first = [*np.flatnonzero(own), *np.flatnonzero(best)[::-1]]
    order = list(dict.fromkeys([*first, *np.argsort(-params)]))
    order = order[: labels // 2 if narrow else labels]
    place_labels(
        ax, np.column_stack([x, middle])[order], [str(derived["model"].values[i]) for i in order],
        obstacles=obstacles(ax, x, low, middle, high, dense=own),
        keep_clear=notes, fontsize=7 if narrow else 7.6,
    )  # fmt: skip
    for text in ax.texts:
        if text.get_text() in map(plain, highlight):
            text.set(color=HIGHLIGHT, fontweight="bold")
    stamp(ax, trustworthy=answers.trustworthy)
    return ax


def _trend(ax: Axes, dates: np.ndarray, draws: xr.DataArray, colour: str) -> None:
    low, middle, high = np.exp(np.quantile(draws.to_numpy(), [0.05, 0.5, 0.95], (0, 1)))
    ax.fill_between(dates, low, high, color=colour, alpha=0.16, lw=0, zorder=2)
    ax.plot(dates, middle, color=colour, lw=2.2, zorder=3)


def _frame(ax: Axes, answers: RunAnswers, *, narrow: bool) -> None:
    """Title above and one line below that says what the picture rests on."""
    ax.set_title(
        "Capability density of open language models",
        pad=10,
        fontsize=(9 if answers.families else 11) if narrow else 13.5,
    )
    ax.set_ylabel("density: effective over actual parameters")
    answer = answers.summary
    tokens = value_text("tokens", answer["choices"]["tokens"])
    reference = f"reference family {answer['reference']} at {tokens}"
    evidence = f"{answer['models']} models, {answer['scores']} scores"
    ax.set_xlabel(
        plain(f"{evidence}{'\n' if narrow else ';  '}{reference}  ·  densing"), fontsize=7.5,
        color=MUTED, loc="left", labelpad=8,
    )  # fmt: skip


def _annotate(ax: Axes, answers: RunAnswers, params: np.ndarray, *, narrow: bool) -> list:
    """Write both doubling times and the key into the empty upper left corner."""
    big = 12 if narrow else 15
    figure = figure_of(ax)
    line = 1.12 / 72 / figure.get_figheight()  # one point of text, as a share of the Axes
    if len(figure.axes) > 1:
        figure.draw_without_rendering()
        line = figure.dpi / 72 / ax.get_window_extent().height
    common = {"transform": ax.transAxes, "va": "top", "zorder": 13}
    notes = [
        ax.annotate(
            "1: the reference family", (0.015, 1.0), xycoords=("axes fraction", "data"),
            xytext=(0, -2 if answers.families else 2), textcoords="offset points",
            va="top" if answers.families else "bottom", fontsize=7.5, color=MUTED,
        )
    ]  # fmt: skip
    y = 0.985
    for main, small, colour in _told(answers, narrow=narrow):
        tone = colour if answers.trustworthy else "#9aa5b1"
        notes += [
            ax.text(0.015, y, main, fontsize=big, fontweight="bold", color=tone, **common),
            ax.text(0.015, y - (big + 4) * line, small, fontsize=7.5 if narrow else 9,
                    color=colour, linespacing=1.35, **common),
        ]  # fmt: skip
        y -= (big + 19 + (10 if narrow else 12) * small.count("\n")) * line
    text = (
        "dots: models with 90 % intervals\n"
        f"size grows with parameters ({size(params.min())} to {size(params.max())})\n"
        f"dark: a record when released{'' if answers.families else '; dotted: expected record'}\n"
        "lines: median trends with 90 % bands"
    )
    where: dict[str, Any] = {"x": 0.015, "y": y}
    if answers.families:  # below all models of the last years there is more room
        where = {"x": 0.99, "y": 0.02, "ha": "right"}
        common |= {"va": "bottom"}
    key = ax.text(s=text, fontsize=6.5 if narrow else 7.8, color=MUTED, linespacing=1.45,
                  **where, **common)  # fmt: skip
    return [*notes, key]


def _told(answers: RunAnswers, *, narrow: bool) -> list[tuple[str, str, str]]:
    """Growth as a large line, a small one below it, and their colour."""
    answer, rows = answers.summary, []
    if answers.families:
        told = answers.windows
        since, now = (growth["doubling_months"] for growth in told.population)
        ends = f"{percent(since['prob'])} {months_range(since)}"
        current = "none" if now["median"] is None else months(now["median"])
        current = "no doubling" if current == "none" else f"{current} months"
        current = f"now ({told.now}): {current} ({months_range(now)})"
        small = f"typical release since {told.since[:4]}; {ends}"
        small += f"{chr(10) if narrow else '; '}{current}"
        low, middle, high = (digits(told.lead[k], figures=2) for k in ("lower", "median", "upper"))
        ahead = f"over a typical release; {percent(told.lead['prob'])} {low} to {high}"
        return [
            (_doubling(since), small, POPULATION),
            (f"×{middle}: the best of {told.best_of}", ahead, FRONTIER),
        ]
    for name, key, colour in (
        ("typical new model", "population", POPULATION), ("frontier", "frontier", FRONTIER)
    ):  # fmt: skip
        if answer[key] is not None:
            interval = answer[key]["doubling_months"]
            small = f"{name}; {percent(interval['prob'])} interval {months_range(interval)}"
            rows.append((_doubling(interval), small, colour))
    return rows


def _doubling(interval: Mapping[str, Any]) -> str:
    if interval["upper"] is None:
        return "growth not established"
    return f"×2 every {months(interval['median'])} months"


@style()
def plot_ranking(
    run: Answered,
    ax: Axes | None = None,
    *,
    narrow: bool = False,
    models: int | None = 30,
    highlight: Sequence[str] = (),
) -> Axes:
    """Draw median density, 50 % and 90 % interval of the densest models (all where None).

    Models to `highlight` stand out, and are there below a line however far down they rank.
    """
    answers = RunAnswers.of(run)
    ranked, inner = answers.densities, answers.halves
    table = ranked[:models]
    top = len(table)
    table += [row for row in ranked[top:] if row["model"] in highlight]
    own = [row["model"] in highlight for row in table]
    beyond = [row["p_beyond_reference"] >= BEYOND for row in table]
    ax = ax or new_axes(4.6 if narrow else 8.6, 1.0 + 0.215 * len(table))
    for y, row in enumerate(table):
        outer, half = row["density"], inner[row["model"]]
        colour = FRONTIER if beyond[y] else POPULATION
        if own[y]:
            ax.axhspan(y - 0.5, y + 0.5, color=HIGHLIGHT, alpha=0.09, lw=0)
        ax.plot([outer["lower"], outer["upper"]], [y, y], color=colour, lw=1.3, alpha=0.7)
        ax.plot([half["lower"], half["upper"]], [y, y], color=colour, lw=4, alpha=0.55)
        ax.plot(outer["median"], y, "o", color="white", mec=colour, mew=1.6, ms=5.5, zorder=5)
        if not narrow:
            note = f"{digits(outer['median'], figures=2)}   ({row['release_date']})"
            beside(ax, y, note, fontsize=8, color=MUTED)
    names = [f"{plain(row['model'])}  {size(row['params'])}" for row in table]
    names[top:] = [
        f"{ranked.index(row) + 1}.  {name}"
        for row, name in zip(table[top:], names[top:], strict=True)
    ]
    if len(table) > top:
        ax.axhline(top - 0.5, color=MUTED, lw=0.9)
    rows_axis(ax, names, fontsize=8)
    for text in np.asarray(ax.get_yticklabels())[own]:
        text.set(color=HIGHLIGHT, fontweight="bold")
    log_axis(ax.xaxis)
    ax.axvline(1.0, color=MUTED, lw=0.9, ls=(0, (4, 3)))
    ax.set_xlabel("density: median, 50 % and 90 % interval")
    if any(beyond):
        ax.set_title(
            f"orange: P(beyond the reference's reach) of {BEYOND:.0%} or more",
            fontsize=8.5, color=FRONTIER, fontweight="normal",
        )  # fmt: skip
    stamp(ax, trustworthy=answers.trustworthy)
    return ax
