"""The picture everyone will share: density against release date, with both trends."""

from collections.abc import Sequence

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from densing.answers.summary import summarise as summary
from densing.report.choices import value_text
from densing.report.labels import obstacles, place_labels
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
from densing.results.record_setters import record_setters
from densing.results.run import trustworthy

DODGE_DAYS = 5.0
"""Models of one day stand side by side, this far apart."""


@style()
def plot_headline(
    run: xr.DataTree,
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
        A saved run.
    ax
        Axes to draw on; a new figure where None.
    narrow
        Shape of a new figure: for a phone instead of a page.
    labels
        At most so many models are named, those that set a record first.
    highlight
        Models in a colour of their own, named before all others.
    """
    ax = ax or new_axes(*((4.6, 5.8) if narrow else (9.6, 6.2)))
    derived, data = run["derived"].to_dataset(), run["constant_data"].to_dataset()
    low, middle, high = np.quantile(derived["density"].to_numpy(), [0.05, 0.5, 0.95], axis=(0, 1))
    released = pd.DatetimeIndex(data["release_date"].to_numpy().astype(str))
    params = data["counted_params"].to_numpy()
    x = mdates.date2num(released) + dodge(released, params)
    best = np.isin(np.arange(len(middle)), record_setters(released, middle))
    area = marker_area(params, scale=0.5 if narrow else 1.0)

    ax.axhline(1.0, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
    _trend(ax, derived, "population", POPULATION)
    if "frontier" in derived:
        _trend(ax, derived, "frontier", FRONTIER)
    dates = mdates.date2num(derived["date"].to_numpy())
    expected = np.exp(np.median(derived["record"].to_numpy(), axis=(0, 1)))
    ax.step(dates, expected, where="post", color=RECORD, lw=1.1, ls=(0, (1, 1.5)), zorder=3)

    own = np.isin(derived["model"].values, highlight)
    colours = np.where(own, HIGHLIGHT, np.where(best, INK, "#7b8794"))
    ax.vlines(x, low, high, colors=list(colours), lw=np.where(own, 2.0, 0.9), alpha=0.55, zorder=4)
    ax.scatter(
        x, middle, s=area, c=colours, alpha=0.88, edgecolors="white", linewidths=0.7, zorder=5
    )
    _axes(ax, x, low, high, narrow=narrow)
    _frame(ax, run, narrow=narrow)
    notes = _annotate(ax, run, narrow=narrow)
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
    stamp(ax, trustworthy=trustworthy(run))
    return ax


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


def _trend(ax: Axes, derived: xr.Dataset, name: str, colour: str) -> None:
    dates = mdates.date2num(derived["date"].to_numpy())
    low, middle, high = np.exp(np.quantile(derived[name].to_numpy(), [0.05, 0.5, 0.95], (0, 1)))
    ax.fill_between(dates, low, high, color=colour, alpha=0.16, lw=0, zorder=2)
    ax.plot(dates, middle, color=colour, lw=2.2, zorder=3)


def _axes(ax: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray, *, narrow: bool) -> None:
    span = x.max() - x.min()
    ax.set_yscale("log")
    ax.set_xlim(x.min() - 0.03 * span, x.max() + 0.045 * span)
    ax.set_ylim(low.min() / 1.5, high.max() * (9.0 if narrow else 3.5))
    ax.yaxis.set_major_locator(LogLocator(base=10))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: digits(v, figures=1)))
    dates, texts = date_ticks(*ax.get_xlim(), most=6 if narrow else 12)
    ax.set_xticks(mdates.date2num(dates), texts)
    ax.grid(axis="x", visible=False)
    ax.set_ylabel("density: effective over actual parameters")


def _frame(ax: Axes, run: xr.DataTree, *, narrow: bool) -> None:
    """Title above and one line below that says what the picture rests on."""
    ax.set_title(
        "Capability density of open language models", fontsize=11 if narrow else 13.5, pad=10
    )
    answer = summary(run)
    tokens = value_text("tokens", answer["choices"]["tokens"])
    reference = f"reference family {answer['reference']} at {tokens}"
    evidence = f"{answer['models']} models, {answer['scores']} scores"
    ax.set_xlabel(
        plain(f"{evidence}{'\n' if narrow else ';  '}{reference}  ·  densing"), fontsize=7.5,
        color=MUTED, loc="left", labelpad=8,
    )  # fmt: skip


def _annotate(ax: Axes, run: xr.DataTree, *, narrow: bool) -> list:
    """Write both doubling times and the key into the empty upper left corner."""
    answer = summary(run)
    rows = [("typical new model", answer["population"], POPULATION)]
    if answer["frontier"] is not None:
        rows.append(("frontier", answer["frontier"], FRONTIER))
    big = 12 if narrow else 15
    line = 1.12 / 72 / figure_of(ax).get_figheight()  # one point of text, as a share of the Axes
    notes, y = [], 0.985
    notes.append(
        ax.annotate(
            "1: the reference family", (0.015, 1.0), xycoords=("axes fraction", "data"),
            xytext=(0, 2), textcoords="offset points", va="bottom", fontsize=7.5, color=MUTED,
        )
    )  # fmt: skip
    for name, growth, colour in rows:
        interval = growth["doubling_months"]
        middle = interval["median"]
        bounded = interval["upper"] is not None
        main = f"×2 every {months(middle)} months" if bounded else "growth not established"
        small = f"{name}; {percent(interval['prob'])} interval {months_range(interval)}"
        common = {"transform": ax.transAxes, "va": "top", "zorder": 13}
        tone = colour if trustworthy(run) else "#9aa5b1"
        notes.append(ax.text(0.015, y, main, fontsize=big, fontweight="bold", color=tone, **common))
        notes.append(
            ax.text(0.015, y - (big + 4) * line,
                    small, fontsize=7.5 if narrow else 9, color=colour, **common)
        )  # fmt: skip
        y -= (big + 19) * line
    sizes = run["constant_data"].to_dataset()["counted_params"].to_numpy()
    key = (
        "dots: models with 90 % intervals\n"
        f"size grows with parameters ({size(sizes.min())} to {size(sizes.max())})\n"
        "dark: a record when released; dotted: expected record\n"
        "lines: median trends with 90 % bands"
    )
    notes.append(
        ax.text(
            0.015, y, key, transform=ax.transAxes, va="top", fontsize=6.5 if narrow else 7.8,
            color=MUTED, linespacing=1.45, zorder=13,
        )
    )  # fmt: skip
    return notes
