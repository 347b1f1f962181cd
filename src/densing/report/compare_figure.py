"""Models of the trend side by side: their lines, how they predict, and the growth they tell."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from densing.answers.compare import ALIKE
from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.report.axes import (
    beside,
    date_axis,
    decades_axis,
    limits,
    rate_axis,
    rate_row,
    rows_axis,
)
from densing.report.style import INK, MUTED, stamp, style
from densing.report.words import plain
from densing.results.run import record
from densing.results.trend_curve import curve_of

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Of the runs, best first; Okabe & Ito's, in turn."""
STACKED = INK


@style()
def plot_compare(
    runs: Mapping[str, xr.DataTree],
    answer: dict[str, Any],
    axes: Sequence[Axes] | None = None,
    *,
    narrow: bool = False,
) -> list[Axes]:
    """Draw each run's line through the data, its predictive density and its growth.

    Parameters
    ----------
    runs
        By name, as they were compared.
    answer
        `answers.compare.compare(runs)`.
    axes
        Three Axes; a new figure where None.
    narrow
        Panels below each other, for a phone.
    """
    rows = answer["runs"]
    panels = list(axes) if axes is not None else _panels(len(rows), narrow=narrow)
    colours = {row["name"]: COLOURS[i % len(COLOURS)] for i, row in enumerate(rows)}
    lines, densities, growths = panels
    _lines(lines, {row["name"]: runs[row["name"]] for row in rows}, colours)
    _densities(densities, answer, colours)
    _growths(growths, answer, colours, names=narrow)
    for ax in panels:
        stamp(ax, trustworthy=answer["trustworthy"])
    return panels


def _panels(rows: int, *, narrow: bool) -> list[Axes]:
    height = 0.9 + 0.42 * (rows + 1)
    if narrow:
        figure = Figure(figsize=(4.8, 3.8 + 2 * height), layout="constrained")
        return list(figure.subplots(3, 1, height_ratios=[3.8, height, height]))
    figure = Figure(figsize=(12.4, max(4.2, height)), layout="constrained")
    return list(figure.subplots(1, 3, width_ratios=[4.6, 3.6, 3.6]))


def _lines(ax: Axes, runs: Mapping[str, xr.DataTree], colours: Mapping[str, str]) -> None:
    first = next(iter(runs.values()))
    centre = float(record(first, "centre")["time"])
    day, low, middle, high = _data(first, centre)
    ax.vlines(day, low, high, colors="#7b8794", lw=0.7, alpha=0.35, zorder=3)
    ax.scatter(day, middle, s=14, c=INK, alpha=0.75, edgecolors="white", lw=0.5, zorder=4)
    time = np.linspace(_years(day.min()) - centre, _years(day.max()) - centre, 120)
    x = mdates.date2num(EPOCH) + (time + centre) * DAYS_PER_YEAR
    for name, run in reversed(list(runs.items())):
        draws = curve_of(run).height(run["posterior"].to_dataset(), time)
        bottom, line, top = np.exp(np.quantile(draws, [0.05, 0.5, 0.95], axis=(0, 1)))
        ax.fill_between(x, bottom, top, color=colours[name], alpha=0.11, lw=0, zorder=1)
        ax.plot(x, line, color=colours[name], lw=2.0, zorder=5)
    joint = first.attrs.get("kind", "joint") == "joint"
    decades_axis(ax)
    date_axis(ax, most=7)
    ax.set_ylabel("density: effective over actual parameters" if joint else "value")
    ax.set_title("The typical new model" if joint else "The trend")
    ax.set_xlabel(
        "lines: medians with 90 % bands  ·  densing", fontsize=7.5, color=MUTED, loc="left"
    )


def _data(run: xr.DataTree, centre: float) -> tuple[np.ndarray, ...]:
    """Matplotlib day and ends, median of each model's density, or value with its error."""
    data = run["constant_data"].to_dataset()
    if run.attrs.get("kind", "joint") == "joint":
        day = mdates.date2num(pd.DatetimeIndex(data["release_date"].to_numpy().astype(str)))
        density = run["derived"]["density"].to_numpy()
        return (np.asarray(day), *np.quantile(density, [0.05, 0.5, 0.95], axis=(0, 1)))
    day = mdates.date2num(EPOCH) + (data["time"].to_numpy() + centre) * DAYS_PER_YEAR
    value, half = data["value"].to_numpy(), np.exp(1.645 * data["error"].to_numpy())
    return day, value / half, value, value * half


def _years(day: float) -> float:
    return float(day - mdates.date2num(EPOCH)) / DAYS_PER_YEAR


def _densities(ax: Axes, answer: dict[str, Any], colours: Mapping[str, str]) -> None:
    rows = answer["runs"]
    weighed = [row for row in rows if row["elpd_diff"] is not None]
    reach = max([ALIKE, *(row["dse"] - row["elpd_diff"] for row in weighed)]) * 1.08
    ax.axvspan(-ALIKE, 0.0, color="#f2f4f6", lw=0, zorder=0)
    for y, row in enumerate(rows):
        colour = colours[row["name"]]
        if row["elpd_diff"] is None:
            ax.text(-0.5 * reach, y, "not weighed", ha="center", va="center", color=MUTED,
                    fontsize=8, style="italic")  # fmt: skip
            continue
        middle, error = row["elpd_diff"], row["dse"]
        ax.plot([middle - error, min(middle + error, 0.18 * reach)], [y, y], color=colour, lw=1.8)
        ax.plot(middle, y, "o", color=colour, ms=7, zorder=5)
        beside(ax, y, f"{row['weight']:.2f}", x=1.03, fontsize=9.5, color=colour,
               fontweight="bold")  # fmt: skip
    beside(ax, -0.75, "weight", x=1.03, fontsize=8, color=MUTED)
    ax.text(-0.5 * ALIKE, len(rows) + 0.15, "not told apart", ha="center", va="center",
            fontsize=8, color=MUTED)  # fmt: skip
    _rows(ax, answer, colours, names=True)
    ax.set_xlim(-reach, 0.18 * reach)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{abs(v):g}" if v <= 0 else ""))
    ax.set_title(f"Prediction of a {answer['of'][:-1]} left out")
    ax.set_xlabel("nats below the best, ± one standard error", loc="left")


def _growths(ax: Axes, answer: dict[str, Any], colours: Mapping[str, str], *, names: bool) -> None:
    rows, stacked = answer["runs"], answer["stacked"]
    told = [(row["population"], (row["at_end"] or row)["population"]) for row in rows]
    tones = [colours[row["name"]] for row in rows]
    if stacked is not None:
        told.append((stacked["population"], stacked["at_end"]["population"]))
        tones.append(STACKED)
    ends = limits([growth for pair in told for growth in pair], margin=0.05)
    for y, ((mean, last), colour) in enumerate(zip(told, tones, strict=True)):
        rate_row(ax, y - 0.14, mean, colour, size=6, fill=colour)
        rate_row(ax, y + 0.14, last, colour, size=5.2, marker="D")
    _rows(ax, answer, colours, names=names)
    rate_axis(ax, *ends, apart=0.1, from_zero=0.16)
    ax.set_title("Doubling time, months")
    ax.set_xlabel("dot: mean over all dates; diamond: at the last", fontsize=7.5,
                  color=MUTED, loc="left")  # fmt: skip


def _rows(ax: Axes, answer: dict[str, Any], colours: Mapping[str, str], *, names: bool) -> None:
    labels = [row["name"] for row in answer["runs"]]
    tones = [colours[name] for name in labels]
    if answer["stacked"] is not None:
        labels, tones = [*labels, "stacked"], [*tones, STACKED]
    rows_axis(ax, [plain(n) for n in labels] if names else [""] * len(labels), fontweight="bold")
    ax.set_ylim(len(answer["runs"]) + 0.6, -1.1)
    for text, tone in zip(ax.get_yticklabels(), tones, strict=True):
        text.set_color(tone)
