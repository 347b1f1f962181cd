"""Traces and rank plots of the parameters that matter, and of the worst one."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.report.style import INK, MUTED, shades, style
from densing.report.words import plain
from densing.results.health import scalars
from densing.results.run import record

SHOWN = ("rate", "level", "scatter")


def shown(run: xr.DataTree) -> dict[str, np.ndarray]:
    """Draws (chain, draw) of the trend's parameters and of the worst-mixing one, by label."""
    known = dict(scalars(run["posterior"].to_dataset()))
    worst = record(run, "health").get("worst", "")
    return {name: known[name] for name in dict.fromkeys((*SHOWN, worst)) if name in known}


@style()
def plot_diagnostics(
    run: xr.DataTree, axes: Sequence[Sequence[Axes]] | None = None, *, narrow: bool = False
) -> list[list[Axes]]:
    """Draw one row a parameter: its trace by chain, and how each chain's ranks spread.

    Chains that explore the same posterior have flat rank histograms; a chain that lags or
    sits elsewhere tilts (Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021).
    """
    parameters = shown(run)
    if axes is None:
        width, height = (4.6, 1.35) if narrow else (9.6, 1.45)
        figure = Figure(figsize=(width, height * len(parameters) + 0.3), layout="constrained")
        grid = figure.subplots(len(parameters), 2, squeeze=False, width_ratios=(1.7, 1.0))
        axes = [list(row) for row in grid]
    rows = [list(row) for row in axes]
    for (trace, ranks), (name, draws) in zip(rows, parameters.items(), strict=True):
        _trace(trace, name, draws)
        _ranks(ranks, draws)
    rows[0][1].set_title("ranks by chain", fontweight="normal", fontsize=9)
    for ax, label in zip(rows[-1], ("draw", "rank among all draws"), strict=True):
        ax.set_xlabel(label)
    return rows


def rank_counts(draws: np.ndarray, *, bins: int = 20) -> np.ndarray:
    """Share of each chain's draws in each rank bin, relative to uniform, (chain, bin)."""
    ranks = draws.ravel().argsort(kind="stable").argsort(kind="stable").reshape(draws.shape)
    edges = np.linspace(-0.5, draws.size - 0.5, bins + 1)
    counts = np.stack([np.histogram(row, edges)[0] for row in ranks])
    return counts * bins / draws.shape[1]


def _trace(ax: Axes, name: str, draws: np.ndarray) -> None:
    for colour, chain in zip(shades(len(draws)), draws, strict=True):
        ax.plot(chain, color=colour, lw=0.5, alpha=0.75, rasterized=True)
    ax.set_title(plain(name), fontsize=9)
    ax.set_xlim(0, draws.shape[1] - 1)
    ax.grid(axis="x", visible=False)


def _ranks(ax: Axes, draws: np.ndarray) -> None:
    bins = int(np.clip(draws.size // 50, 4, 20))
    counts = rank_counts(draws, bins=bins)
    edges = np.linspace(0, draws.size, bins + 1)
    for colour, row in zip(shades(len(draws)), counts, strict=True):
        ax.stairs(row, edges, color=colour, lw=1.2, baseline=None)
    ax.axhline(1.0, color=INK, lw=0.8, ls=(0, (4, 3)))
    ax.set(ylim=(0, max(2.0, 1.1 * counts.max())), xlim=(0, draws.size))
    ax.tick_params(labelcolor=MUTED)
    ax.grid(axis="x", visible=False)
