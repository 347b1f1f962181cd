"""Extended Data Figure 1: the reference's curves, where they were fitted and where used."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter, NullLocator

from densing.paper import published as pub
from densing.paper.curves import Sigmoid
from densing.paper.laws import Panel
from densing.paper.look import (
    BAYES,
    bayes_band,
    key,
    percent_axis,
    published_line,
    reproduced_line,
)
from densing.paper.reproduce import Reproduction
from densing.report.style import (
    HELD_OUT,
    INK,
    MUTED,
    POPULATION,
    figure_of,
    log_ticks,
    new_panels,
    shades,
    style,
)
from densing.report.words import plain, size

DRAWS = 1500
BEYOND = (1e7, 1e12)
"""Sizes over which the loss curve is used to find effective parameters."""


def _legend(panels: Sequence[Axes], handles: list[Any], *, title: str, columns: int) -> None:
    figure_of(panels).legend(
        handles=handles, title=title, loc="outside upper left", ncols=columns, fontsize=8.3,
        title_fontsize=8.3, alignment="left", labelcolor=MUTED,
    )  # fmt: skip


def _law_losses(draws: np.ndarray, panel: Panel, n: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Loss of draws of the law at sizes and tokens, shape (draw, point)."""
    n0 = np.log(panel.runs["params"].to_numpy(float)).mean()
    d0 = np.log(panel.runs["tokens"].to_numpy(float)).mean()
    alpha, beta, size_term, data_term, rest = (c[:, None] for c in draws[:DRAWS].T)
    with np.errstate(over="ignore"):
        x, y = np.log(n) - n0, np.log(d) - d0
        return rest + size_term * np.exp(-alpha * x) + data_term * np.exp(-beta * y)


def _loss_axes(ax: Axes, name: str, xlabel: str, *, ticks: int) -> None:
    ax.set(xscale="log", yscale="log", title=plain(name), xlabel=xlabel, ylabel="loss (nats)")
    low, high = ax.get_xlim()
    steps = 10.0 ** np.arange(np.ceil(np.log10(low)), np.log10(high))
    steps = steps[:: max(1, -(-len(steps) // ticks))]
    ax.set_xticks(steps, [size(step) for step in steps])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    marks = log_ticks(*ax.get_ylim())
    ax.set_yticks(marks, [f"{mark:g}" for mark in marks])
    ax.yaxis.set_minor_locator(NullLocator())


@style()
def draw_loss_curves(result: Reproduction) -> list[Axes]:
    """Draw Extended Data Figure 1a: loss against tokens for each size, curve on curve."""
    laws = result.laws.panels
    axes = new_panels(len(laws), columns=3, width=3.3, height=2.85)
    sizes = np.unique(next(iter(laws.values())).runs["params"].to_numpy(float))
    colours = shades(len(sizes))
    for ax, (name, panel) in zip(axes, laws.items(), strict=True):
        runs = panel.runs
        for colour, params in zip(colours, sizes, strict=True):
            at = runs["params"] == params
            tokens = np.geomspace(0.85 * runs["tokens"][at].min(), 1.18 * runs["tokens"][at].max())
            drawn = panel.published_law.loss(params, tokens)
            ax.plot(tokens, drawn, color="#c7ced6", lw=5.5, zorder=2, solid_capstyle="butt")
            values = _law_losses(panel.law_draws, panel, np.full_like(tokens, params), tokens)
            bayes_band(ax, tokens, *np.quantile(values, [0.05, 0.95], axis=0), alpha=0.35)
            ax.plot(tokens, panel.law.loss(params, tokens), color=INK, lw=1, ls=(0, (4, 2.5)))
            ax.plot(
                runs["tokens"][at], runs["loss"][at], "o", color=colour, ms=4.2, mec="white",
                mew=0.5, zorder=6,
            )  # fmt: skip
        ax.set_ylim(0.9 * runs["loss"].min(), 1.1 * runs["loss"].max())
        _loss_axes(ax, name, "training tokens", ticks=4)
    dots = [
        Line2D([], [], color=c, marker="o", ls="", ms=4.5, label=size(s))
        for c, s in zip(colours, sizes, strict=True)
    ]
    lines = key(published="published curve", reproduced="reproduced", bayes="90 % posterior band")
    title = "Loss curves where they were fitted lie close together. Dots: runs, by parameters"
    _legend(axes, [*lines, *dots], title=title, columns=9)
    return axes


@style()
def draw_loss_beyond(result: Reproduction) -> list[Axes]:
    """Draw the loss curves where they are used: at the journal's tokens, far beyond the runs."""
    laws = result.laws.panels
    axes = new_panels(len(laws), columns=3, width=3.3, height=2.85)
    params = np.geomspace(*BEYOND, 70)
    tokens = np.full_like(params, pub.TOKENS)
    for ax, (name, panel) in zip(axes, laws.items(), strict=True):
        seen = panel.runs["params"].to_numpy(float)
        ax.axvspan(seen.min(), seen.max(), color=INK, alpha=0.06, lw=0)
        published_line(ax, params, panel.published_law.loss(params, pub.TOKENS))
        for draws, colour in ((panel.law_draws, BAYES), (panel.free_draws, POPULATION)):
            values = _law_losses(draws, panel, params, tokens)
            low, high = np.quantile(values, [0.05, 0.95], axis=0)
            low = np.maximum(low, 1e-4)
            bayes_band(ax, params, low, high, color=colour, alpha=0.22)
            for edge in (low, high):
                ax.plot(params, edge, color=colour, lw=0.7, alpha=0.7, zorder=3)
        reproduced_line(ax, params, panel.law.loss(params, pub.TOKENS))
        if panel.best_squares < 0.999 * panel.squares:
            ax.plot(params, panel.best_law.loss(params, pub.TOKENS), color=BAYES, lw=2, zorder=4)
        ax.set(xlim=BEYOND, ylim=(0.035, 0.6))
        _loss_axes(ax, name, f"parameters, at {size(pub.TOKENS)} tokens", ticks=4)
    handles = [
        *key(published="published curve", reproduced="reproduced", bayes="same law, 90 %"),
        Patch(color=POPULATION, alpha=0.3, lw=0, label="with irreducible loss, 90 %"),
        Line2D([], [], color=BAYES, lw=2, label="better optimum of least squares"),
        Line2D([], [], color=INK, alpha=0.12, lw=7, label="sizes that were trained"),
    ]
    most = size(next(iter(laws.values())).runs["tokens"].max())
    title = f"Loss curves where they are used: {size(pub.TOKENS)} tokens, where the runs saw {most}"
    _legend(axes, handles, title=title, columns=3)
    return axes


@style()
def draw_score_curves(result: Reproduction) -> list[Axes]:
    """Draw Extended Data Figure 1b: score against loss."""
    laws = result.laws.panels
    axes = new_panels(len(laws), columns=3, width=3.3, height=2.85)
    for ax, (name, panel) in zip(axes, laws.items(), strict=True):
        points = panel.points
        loss = np.linspace(0.55 * points["loss"].min(), 1.05 * points["loss"].max(), 90)
        published_line(ax, loss, panel.published_sigmoid.score(loss))
        curves = Sigmoid(*(c[:, None] for c in panel.map_draws[:DRAWS].T)).score(loss)
        bayes_band(ax, loss, *np.quantile(curves, [0.05, 0.95], axis=0))
        reproduced_line(ax, loss, panel.sigmoid.score(loss))
        ax.plot(loss, panel.free_sigmoid.score(loss), color=POPULATION, lw=1.2, zorder=3.5)
        ax.axhline(100, color=MUTED, lw=0.8, zorder=1)
        held = points["held_out"].astype(bool)
        for rows, marker, colour in ((points[~held], "o", INK), (points[held], "^", HELD_OUT)):
            ax.plot(
                rows["loss"], 100 * rows["score"], marker, color=colour, ms=5.5, mec="white",
                mew=0.6, zorder=6,
            )  # fmt: skip
        ax.set(title=plain(name), xlabel="loss (nats)", ylabel="score", ylim=(-3, 106))
        percent_axis(ax)
    handles = [
        *key(published="published curve", reproduced="reproduced, ends as published",
             bayes="90 % posterior band, all checkpoints"),
        Line2D([], [], color=POPULATION, lw=1.2, label="least squares in all four, fitted only"),
        Line2D([], [], color=INK, marker="o", ls="", label="fitted checkpoint"),
        Line2D([], [], color=HELD_OUT, marker="^", ls="", label="held-out checkpoint"),
    ]  # fmt: skip
    title = "From loss to score: the fitted checkpoints alone do not fix the ceiling"
    _legend(axes, handles, title=title, columns=3)
    return axes
