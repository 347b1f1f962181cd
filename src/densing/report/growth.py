"""Growth rates: posterior, by benchmark, and without single models and families."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import gaussian_kde

from densing.answers.influence import doubtful
from densing.report.answers import Answered, RunAnswers
from densing.report.axes import (
    COLOURS,
    DOUBT,
    QUARTERS,
    beside,
    growth_title,
    limits,
    month_ticks,
    rate_axis,
    rate_band,
    rate_row,
    rows_axis,
)
from densing.report.style import INK, MUTED, POPULATION, new_axes, new_panels, stamp, style
from densing.report.words import months, months_range, percent, plain
from densing.results.run import record


@style()
def plot_rate(run: Answered, ax: Axes | None = None, *, narrow: bool = False) -> Axes:
    """Draw the posterior of both growth rates and the prior; months on the upper axis.

    The axis is the rate, where a posterior that includes no growth is an ordinary one; the
    months that it means crowd together to the right and have no end at a rate of zero.
    """
    answers = RunAnswers.of(run)
    ax = ax or new_axes(*((4.6, 3.6) if narrow else (8.6, 3.8)))
    answer, derived = answers.summary, answers.run["derived"].to_dataset()
    shown = [key for key in COLOURS if answer[key] is not None]
    draws = {key: derived[f"{key}_rate"].to_numpy().ravel() for key in shown}
    low, high = np.quantile(np.concatenate(list(draws.values())), [0.0005, 0.9995])
    pad = 0.1 * (high - low) + 1e-9
    left = low - pad
    if 0 < left < 0.25 * high:
        left = -0.05 * high
    room = 0.42 if narrow else 0.24  # share of the width kept for the words on the right
    grid = np.linspace(left, left + (high + pad - left) / (1 - room), 500)
    for row, key in enumerate(shown):
        title, colour = COLOURS[key]
        base = -1.25 * row
        height = gaussian_kde(draws[key])(grid)
        top = height.max()
        ax.fill_between(grid, base, base + height / top, color=colour, alpha=0.22, lw=0)
        ax.plot(grid, base + height / top, color=colour, lw=1.6)
        _interval(ax, base, answer[key], colour, title)
        if row == 0:
            _prior(ax, answers, grid, top)
    _rate_axes(ax, grid, len(shown))
    stamp(ax, trustworthy=answers.trustworthy)
    return ax


def _interval(ax: Axes, base: float, growth: dict[str, Any], colour: str, title: str) -> None:
    rate, doubling = growth["rate_per_year"], growth["doubling_months"]
    ax.plot([rate["lower"], rate["upper"]], [base - 0.06] * 2, color=colour, lw=4)
    ax.plot(rate["median"], base - 0.06, "o", color="white", mec=colour, mew=1.8, ms=6.5, zorder=6)
    middle = doubling["median"]
    text = (
        f"{title}\n{'no doubling' if middle is None else f'{months(middle)} months'}\n"
        f"{percent(doubling['prob'])}: {months_range(doubling)}"
    )
    beside(ax, base + 0.6, text, x=0.99, ha="right", fontsize=9.5, fontweight="bold",
           color=colour, linespacing=1.4)  # fmt: skip
    if growth["p_not_growing"] >= 0.005:
        text = f"P(no growth) = {growth['p_not_growing']:.2f}"
        beside(ax, base + 0.1, text, x=0.99, ha="right", va="baseline", fontsize=8.5, color=colour)


def _prior(ax: Axes, answers: RunAnswers, grid: np.ndarray, top: float) -> None:
    """Draw the prior on the scale of the first posterior, where it is a plain normal."""
    prior = record(answers.run, "model")["priors"].get("rate", {})
    args = prior.get("args", {})
    loc, scale = args.get("loc"), args.get("scale")
    if prior.get("family") != "normal" or not all(isinstance(a, int | float) for a in (loc, scale)):
        return
    height = np.exp(-0.5 * ((grid - loc) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))
    ax.plot(grid, height / top, color=MUTED, lw=1.1, ls=(0, (2, 2)))
    ax.annotate("prior", (grid[4], height[4] / top), va="bottom", fontsize=8, color=MUTED)


def _rate_axes(ax: Axes, grid: np.ndarray, rows: int) -> None:
    ax.set(
        xlim=(grid[0], grid[-1]), ylim=(-1.25 * (rows - 1) - 0.2, 1.12), yticks=[],
        xlabel="growth of log density per year",
    )  # fmt: skip
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    if grid[0] < 0 < grid[-1]:
        ax.axvline(0, color=INK, lw=1)
    top = ax.twiny()
    top.set_xlim(ax.get_xlim())
    top.set_xticks(*month_ticks(float(grid[0]), float(grid[-1]), apart=0.055, from_zero=0.1))
    top.set_xlabel("doubling time in months")
    top.grid(visible=False)
    top.spines[["left", "right", "bottom"]].set_visible(False)
    top.spines["top"].set_visible(True)


@style()
def plot_benchmark_rates(run: Answered, ax: Axes | None = None, *, narrow: bool = False) -> Axes:
    """Draw the doubling time of a typical new model's density on each benchmark, fastest first.

    The axis is the rate, falling to the right and ticked in the months that it means. The band is
    the common trend, about which the benchmarks are a sample.

    Raises
    ------
    ValueError
        The run's model gives all benchmarks one trend.
    """
    answers = RunAnswers.of(run)
    answer = answers.summary
    if not answer["benchmarks"]:
        raise ValueError("this run's model gives all benchmarks one trend: nothing to compare")
    rows = sorted(answer["benchmarks"].items(), key=lambda row: -row[1]["rate_per_year"]["median"])
    height = 1.25 + 0.34 * len(rows)
    ax = ax or new_axes(*((4.6, height) if narrow else (8.6, height)))
    common, growths = answer["population"], [growth for _, growth in rows]
    rate_band(ax, common, POPULATION)
    for y, growth in enumerate(growths):
        rate_row(ax, y, growth, INK, lw=2.2, size=6.5)
        told = growth["doubling_months"]
        words = months(told["median"]) + ("" if narrow else f"  ({months_range(told)})")
        beside(ax, y, words, fontsize=9, color=INK)
    ax.set_title(growth_title("common trend", common, gap="\n" if narrow else " "),
                 color=POPULATION)  # fmt: skip
    rows_axis(ax, [plain(name) for name, _ in rows])
    rate_axis(ax, *limits([common, *growths], margin=0.08), apart=0.08)
    ax.set_xlabel("doubling time in months on this benchmark")
    stamp(ax, trustworthy=answers.trustworthy)
    return ax


@style()
def plot_influence(
    run: Answered,
    axes: Sequence[Axes] | None = None,
    *,
    narrow: bool = False,
    rows: int = 15,
    answer: dict[str, Any] | None = None,
) -> list[Axes]:
    """Draw the doubling time without each model or family, one panel for each estimand.

    The axis is the rate, falling to the right and ticked in the months that it means, so that an
    interval without an upper end has its place. The band is the interval with nothing left out.

    Parameters
    ----------
    rows
        How many models and families: families where several models are left out at once.
    answer
        `answers.influence.influence(run)`, where it is at hand.
    """
    answers = RunAnswers.of(run)
    answer = answer or answers.influence
    chosen = most_influential(answer, rows)
    shown = [key for key in COLOURS if answer[key] is not None]
    panels = list(axes) if axes is not None else new_panels(
        len(shown), columns=1 if narrow else len(shown), height=1.1 + 0.24 * len(chosen),
        width=4.6 if narrow else 3.9 + 2.3 / len(shown),
    )  # fmt: skip
    drawn = [answer[key] for key in shown] + [row[key] for row in chosen for key in shown]
    low, high = limits(drawn, margin=0.08)
    labels = [
        f"all {row['models']} of {plain(row['name'])}" if row["family"] else plain(row["name"])
        for row in chosen
    ]
    for panel, (ax, key) in enumerate(zip(panels, shown, strict=True)):
        title, colour = COLOURS[key]
        rate_band(ax, answer[key], colour)
        for y, row in enumerate(chosen):
            _influence_row(ax, y, row, key, colour)
        ax.set_title(growth_title(title, answer[key], gap="\n" if narrow else " "), color=colour)
        rows_axis(ax, labels if panel == 0 or narrow else [""] * len(labels), fontsize=8)
        rate_axis(ax, low, high, values=QUARTERS)
        ax.set_xlabel("doubling time in months without")
        stamp(ax, trustworthy=answers.trustworthy)
    return panels


def most_influential(answer: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    """Models, and families of several models, most influential first; those to refit on top."""
    both = [row | {"family": False} for row in answer["models"]]
    both += [row | {"family": True} for row in answer["families"] if row["models"] > 1]
    return sorted(
        both,
        key=lambda r: (0, -r["pareto_k"]) if r["shift"] is None else (1, -abs(r["shift"])),
    )[:rows]


def _influence_row(ax: Axes, y: int, row: dict[str, Any], key: str, colour: str) -> None:
    """Draw one answer: a dot by weights, a square by a refit, grey where that is doubtful."""
    if row[key] is None:
        beside(ax, y, "needs a refit", x=0.015, fontsize=8, color=MUTED, style="italic")
    elif row["refit"] is None:
        rate_row(ax, y, row[key], colour)
    elif doubtful(row):
        rate_row(ax, y, row[key], DOUBT, marker="s")
        ax.text(
            row[key]["rate_per_year"]["median"], y - 0.2, "not trustworthy", ha="center",
            va="bottom", fontsize=6.5, color=MUTED, style="italic",
        )  # fmt: skip
    else:
        rate_row(ax, y, row[key], colour, marker="s", fill=colour, size=5.0)
