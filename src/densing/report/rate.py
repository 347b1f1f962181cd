"""Posterior of the growth rate, with the doubling times it means on a second axis."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from densing.answers.summary import summarise as summary
from densing.report.rate_axis import month_ticks
from densing.report.style import FRONTIER, INK, MUTED, POPULATION, new_axes, stamp, style
from densing.report.words import months, months_range, percent
from densing.results.run import record, trustworthy


@style()
def plot_rate(run: xr.DataTree, ax: Axes | None = None, *, narrow: bool = False) -> Axes:
    """Draw the posterior of both growth rates and the prior; months on the upper axis.

    The axis is the rate, where a posterior that includes no growth is an ordinary one; the
    months that it means crowd together to the right and have no end at a rate of zero.
    """
    ax = ax or new_axes(*((4.6, 3.6) if narrow else (8.6, 3.8)))
    answer, derived = summary(run), run["derived"].to_dataset()
    rows = [("typical new model", "population", POPULATION)]
    if answer["frontier"] is not None:
        rows.append(("frontier", "frontier", FRONTIER))
    draws = {name: derived[f"{name}_rate"].to_numpy().ravel() for _, name, _ in rows}
    pooled = np.concatenate(list(draws.values()))
    low, high = np.quantile(pooled, [0.0005, 0.9995])
    pad = 0.1 * (high - low) + 1e-9
    left = low - pad
    if 0 < left < 0.25 * high:
        left = -0.05 * high
    room = 0.42 if narrow else 0.24  # share of the width kept for the words on the right
    grid = np.linspace(left, left + (high + pad - left) / (1 - room), 500)
    for row, (title, name, colour) in enumerate(rows):
        base = -1.25 * row
        height = density(draws[name], grid)
        top = height.max()
        ax.fill_between(grid, base, base + height / top, color=colour, alpha=0.22, lw=0)
        ax.plot(grid, base + height / top, color=colour, lw=1.6)
        _interval(ax, base, answer[name], colour, title)
        if row == 0:
            _prior(ax, run, grid, top)
    _axes(ax, grid, len(rows))
    stamp(ax, trustworthy=trustworthy(run))
    return ax


def density(draws: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Gaussian kernel estimate of the density of `draws` (sample,) at `grid` (point,)."""
    spread = min(draws.std(), np.subtract(*np.quantile(draws, [0.75, 0.25])) / 1.34)
    width = max(0.9 * spread * len(draws) ** -0.2, 0.5 * (grid[1] - grid[0]))
    step = grid[1] - grid[0]
    edges = np.concatenate([grid - step / 2, grid[-1:] + step / 2])
    counts = np.histogram(draws, edges)[0] / (len(draws) * step)
    reach = int(np.ceil(4 * width / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    return np.convolve(np.pad(counts, reach), kernel / kernel.sum(), mode="valid")


def _interval(ax: Axes, base: float, growth: dict[str, Any], colour: str, title: str) -> None:
    rate, doubling = growth["rate_per_year"], growth["doubling_months"]
    ax.plot([rate["lower"], rate["upper"]], [base - 0.06] * 2, color=colour, lw=4)
    ax.plot(rate["median"], base - 0.06, "o", color="white", mec=colour, mew=1.8, ms=6.5, zorder=6)
    middle = doubling["median"]
    ax.annotate(
        f"{title}\n{'no doubling' if middle is None else f'{months(middle)} months'}\n"
        f"{percent(doubling['prob'])}: {months_range(doubling)}",
        (0.99, base + 0.6), xycoords=("axes fraction", "data"), ha="right", va="center",
        fontsize=9.5, fontweight="bold", color=colour, linespacing=1.4,
    )  # fmt: skip
    if growth["p_not_growing"] >= 0.005:
        ax.annotate(
            f"P(no growth) = {growth['p_not_growing']:.2f}", (0.99, base + 0.1),
            xycoords=("axes fraction", "data"), ha="right", fontsize=8.5, color=colour,
        )  # fmt: skip


def _prior(ax: Axes, run: xr.DataTree, grid: np.ndarray, top: float) -> None:
    """Draw the prior on the scale of the first posterior, where it is a plain normal."""
    prior = record(run, "model")["priors"].get("rate", {})
    args = prior.get("args", {})
    loc, scale = args.get("loc"), args.get("scale")
    if prior.get("family") != "normal" or not all(isinstance(a, int | float) for a in (loc, scale)):
        return
    height = np.exp(-0.5 * ((grid - loc) / scale) ** 2) / (scale * np.sqrt(2 * np.pi))
    ax.plot(grid, height / top, color=MUTED, lw=1.1, ls=(0, (2, 2)))
    ax.annotate("prior", (grid[4], height[4] / top), va="bottom", fontsize=8, color=MUTED)


def _axes(ax: Axes, grid: np.ndarray, rows: int) -> None:
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
    low, high = float(grid[0]), float(grid[-1])
    top.set_xticks(*month_ticks(low, high, apart=0.055, from_zero=0.1))
    top.set_xlabel("doubling time in months")
    top.grid(visible=False)
    top.spines[["left", "right", "bottom"]].set_visible(False)
    top.spines["top"].set_visible(True)
