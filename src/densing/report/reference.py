"""The reference family and the fit: loss laws, the reference at D0, maps, predictions, chains."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from densing.report.answers import Answered, RunAnswers
from densing.report.axes import legend_above, log_axis
from densing.report.style import (
    FRONTIER,
    HELD_OUT,
    INK,
    MUTED,
    POPULATION,
    RECORD,
    figure_of,
    new_panels,
    shades,
    style,
)
from densing.report.words import percent, plain, size
from densing.results.curves import loss_bands, reference_bands, rows, score_bands
from densing.results.health import scalars
from densing.results.interval import PROB
from densing.results.predict import predict_held_out_checkpoints, predict_scores
from densing.results.run import record

Z90 = 1.6448536269514722
DASHES = (0, (3, 2))
SHOWN = ("rate", "level", "scatter")
"""Parameters whose chains are drawn, besides the one that mixes worst."""


@style()
def plot_loss_law(
    run: Answered, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the loss law of each benchmark against tokens, by model size, with the runs."""
    run = RunAnswers.of(run).run
    bands = loss_bands(run)
    panels = _panels(run, axes, narrow=narrow)
    sizes, tokens = bands["params"].to_numpy(), bands["tokens"].to_numpy()
    colours = shades(len(sizes))
    for ax, name in zip(panels, bands["benchmark"].to_numpy(), strict=True):
        seen = {x: rows(bands, "run", x, name) for x in ("params", "tokens", "loss")}
        for colour, params in zip(colours, sizes, strict=True):
            low, _, middle, _, high = bands["loss"].sel(benchmark=name, params=params).to_numpy().T
            ax.fill_between(tokens, low, high, color=colour, alpha=0.22, lw=0)
            ax.plot(tokens, middle, color=colour, lw=1.3)
            at = seen["params"] == params
            ax.plot(seen["tokens"][at], seen["loss"][at], "o", color=colour, ms=4, mec="white",
                    mew=0.5)  # fmt: skip
        ax.set_yscale("log")
        ax.set_ylim(0.92 * seen["loss"].min(), 1.08 * seen["loss"].max())
        _log_axes(ax, "training tokens", "loss", name)
    if axes is None:
        handles = [
            Line2D([], [], color=colour, marker="o", ms=4, label=size(params))
            for colour, params in zip(colours, sizes, strict=True)
        ]
        _legend(panels, handles, title="parameters of the reference run; bands: 90 %")
    return panels


@style()
def plot_reference(
    run: Answered, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the reference's loss at D0 against effective parameters: how far it is extrapolated."""
    run = RunAnswers.of(run).run
    bands = reference_bands(run)
    panels = _panels(run, axes, narrow=narrow)
    params = bands["effective_params"].to_numpy()
    for ax, name in zip(panels, bands["benchmark"].to_numpy(), strict=True):
        _band(ax, params, bands["loss"].sel(benchmark=name))
        ax.axvspan(*bands["run_reach"].to_numpy(), color=INK, alpha=0.07, lw=0)
        ax.axvspan(*bands["model_reach"].to_numpy(), color=RECORD, alpha=0.10, lw=0)
        _log_axes(ax, "effective parameters", "loss at D0", name)
    if axes is None:
        handles = [
            Line2D([], [], color=POPULATION, lw=2, label="loss at D0, 50 % and 90 % bands"),
            Patch(color=INK, alpha=0.15, label="sizes of the reference's runs"),
            Patch(color=RECORD, alpha=0.25, label="effective parameters of the models"),
        ]
        tokens = size(bands.attrs["tokens"])
        most = size(run["constant_data"].to_dataset()["run_tokens"].to_numpy().max())
        title = f"reference family at D0 = {tokens} tokens; its runs saw at most {most}"
        _legend(panels, handles, title=title)
    return panels


@style()
def plot_performance_map(
    run: Answered, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the map from loss to score of each benchmark, with the checkpoints."""
    run = RunAnswers.of(run).run
    bands = score_bands(run)
    panels = _panels(run, axes, narrow=narrow)
    kinds = (("checkpoint", "o", INK), ("held_out_checkpoint", "^", HELD_OUT))
    for ax, name in zip(panels, bands["benchmark"].to_numpy(), strict=True):
        own = bands.sel(benchmark=name)
        low, high = own["model_scores"].to_numpy()
        if np.isfinite(low):
            ax.axhspan(low, high, color=RECORD, alpha=0.10, lw=0)
        _band(ax, own["loss"].to_numpy(), own["score"])
        ax.plot(own["loss"], own["new_checkpoint"], color=POPULATION, lw=0.9, ls=DASHES)
        for kind, marker, colour in kinds:
            loss, score, items = (rows(bands, kind, x, name) for x in ("loss", "score", "items"))
            error = np.abs(wilson(score, items) - score)
            ax.errorbar(loss, score, error, fmt=marker, color=colour, ms=5, mec="white", mew=0.6,
                        elinewidth=0.9, zorder=5)  # fmt: skip
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        ax.set(title=plain(name), xlabel="loss", ylabel="score", ylim=(-0.02, 1.02))
    if axes is None:
        handles = [
            Line2D([], [], color=POPULATION, lw=2, label="map, 50 % and 90 % bands"),
            Line2D([], [], color=POPULATION, lw=0.9, ls=DASHES, label="90 % of new checkpoints"),
            Line2D([], [], color=INK, marker="o", ls="", label="fitted checkpoint"),
            Line2D([], [], color=HELD_OUT, marker="^", ls="", label="held-out checkpoint"),
            Patch(color=RECORD, alpha=0.25, label="scores of the models"),
        ]
        _legend(panels, handles, title="bars: 90 % binomial intervals")
    return panels


def wilson(score: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return the ends of Wilson's 90 % interval of proportions (row,); shape (2, row)."""
    shrink = 1.0 + Z90**2 / items
    centre = (score + Z90**2 / (2.0 * items)) / shrink
    half = Z90 * np.sqrt(score * (1.0 - score) / items + (Z90 / (2.0 * items)) ** 2) / shrink
    return np.stack([np.minimum(centre - half, score), np.maximum(centre + half, score)])


def _panels(
    run: xr.DataTree, axes: Sequence[Axes] | None, *, narrow: bool, height: float = 2.75
) -> list[Axes]:
    """Return the given Axes, or one for each benchmark."""
    if axes is not None:
        return list(axes)
    count, columns = run["posterior"].sizes["benchmark"], 2 if narrow else 3
    width, height = (2.35, 2.3 + 0.4 * (height > 3)) if narrow else (3.2, height)
    return new_panels(count, columns=columns, width=width, height=height)


def _band(ax: Axes, x: np.ndarray, quantiles: xr.DataArray) -> None:
    low, lower, middle, upper, high = quantiles.to_numpy().T
    ax.fill_between(x, low, high, color=POPULATION, alpha=0.15, lw=0, zorder=2)
    ax.fill_between(x, lower, upper, color=POPULATION, alpha=0.25, lw=0, zorder=2)
    ax.plot(x, middle, color=POPULATION, lw=1.8, zorder=3)


def _log_axes(ax: Axes, xlabel: str, ylabel: str, name: str) -> None:
    ax.set(xscale="log", yscale="log", title=plain(name), xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(LogLocator(numticks=4 if figure_of(ax).get_figwidth() < 6 else 6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: size(v)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    log_axis(ax.yaxis)


def _legend(panels: Sequence[Axes], handles: list, *, title: str) -> None:
    longest = max(len(handle.get_label()) for handle in handles)
    fits = int(figure_of(panels).get_figwidth() * 16 / (longest + 9))
    legend_above(panels, handles, title=title, columns=max(1, fits))


@style()
def plot_predictive(
    run: Answered,
    axes: Sequence[Axes] | None = None,
    *,
    narrow: bool = False,
    prob: float = PROB,
    seed: int = 1,
) -> list[Axes]:
    """Draw each score against its predictive interval; those outside stand out."""
    answers = RunAnswers.of(run)
    panels = _panels(answers.run, axes, narrow=narrow, height=3.2)
    fitted, held = answers.predictions if (prob, seed) == (PROB, 1) else (
        predict_scores(answers.run, prob=prob, seed=seed),
        predict_held_out_checkpoints(answers.run, prob=prob, seed=seed),
    )  # fmt: skip
    names = answers.run["posterior"]["benchmark"].to_numpy().astype(str)
    for ax, name in zip(panels, names, strict=True):
        ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
        rows = [told.isel(_rows(told, name)) for told in (fitted, held)]
        inside = _points(ax, rows[0], "o", POPULATION)
        outside = _points(ax, rows[1], "^", HELD_OUT)
        counts = f"{inside[0]} of {inside[1]}"
        if outside[1]:
            counts += f"\n▲ {outside[0]} of {outside[1]}"
        ax.text(0.03, 0.97, counts, transform=ax.transAxes, va="top", fontsize=8.5, color=MUTED,
                linespacing=1.4)  # fmt: skip
        ends = np.concatenate(
            [
                [0.4, 0.6],
                *(r[key].to_numpy() for r in rows for key in ("lower", "upper", "observed")),
            ]
        )
        limits = max(ends.min() - 0.03, -0.02), min(ends.max() + 0.03, 1.02)
        ax.set(title=plain(name), xlabel="predicted score", ylabel="observed score", xlim=limits,
               ylim=limits, aspect="equal")  # fmt: skip
        for side in (ax.xaxis, ax.yaxis):
            side.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    if axes is None:
        handles = [
            Line2D([], [], color=POPULATION, marker="o", ls="", label="model, inside its interval"),
            Line2D([], [], color=FRONTIER, marker="o", ls="", label="outside"),
            Line2D([], [], color=HELD_OUT, marker="^", ls="", label="held-out checkpoint"),
        ]
        title = f"in each panel: how many are inside their {percent(prob)} predictive interval"
        legend_above(panels, handles, title=title, columns=1 if narrow else 3)
    return panels


def _rows(predicted: xr.Dataset, name: str) -> dict[str, np.ndarray]:
    """Positions of one benchmark's rows, by their dimension."""
    (dim,) = predicted["benchmark"].dims
    return {str(dim): np.flatnonzero(predicted["benchmark"].to_numpy() == name)}


def _points(ax: Axes, rows: xr.Dataset, marker: str, colour: str) -> tuple[int, int]:
    """Draw one benchmark's rows; return how many are inside, of how many."""
    low, middle, high, seen, inside = (
        rows[key].to_numpy() for key in ("lower", "median", "upper", "observed", "inside")
    )
    colours = np.where(inside, colour, FRONTIER)
    ax.hlines(seen, low, high, colors=list(colours), lw=0.9, alpha=0.45, zorder=2)
    ax.scatter(middle, seen, s=20 if marker == "o" else 42, marker=marker, c=colours,
               edgecolors="white", linewidths=0.5, zorder=4)  # fmt: skip
    return int(inside.sum()), len(inside)


def shown(run: xr.DataTree) -> dict[str, np.ndarray]:
    """Draws (chain, draw) of the trend's parameters and of the worst-mixing one, by label."""
    known = dict(scalars(run["posterior"].to_dataset()))
    worst = record(run, "health").get("worst", "")
    return {name: known[name] for name in dict.fromkeys((*SHOWN, worst)) if name in known}


@style()
def plot_diagnostics(
    run: Answered, axes: Sequence[Sequence[Axes]] | None = None, *, narrow: bool = False
) -> list[list[Axes]]:
    """Draw one row a parameter: its trace by chain, and how each chain's ranks spread.

    Chains that explore the same posterior have flat rank histograms; a chain that lags or
    sits elsewhere tilts (Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021).
    """
    parameters = shown(RunAnswers.of(run).run)
    if axes is None:
        width, height = (4.6, 1.35) if narrow else (9.6, 1.45)
        figure = Figure(figsize=(width, height * len(parameters) + 0.3), layout="constrained")
        axes = figure.subplots(len(parameters), 2, squeeze=False, width_ratios=(1.7, 1.0))
    rows = [list(row) for row in axes]
    for (trace, ranks), (name, draws) in zip(rows, parameters.items(), strict=True):
        colours = shades(len(draws))
        for colour, chain in zip(colours, draws, strict=True):
            trace.plot(chain, color=colour, lw=0.5, alpha=0.75, rasterized=True)
        trace.set_title(plain(name), fontsize=9)
        trace.set_xlim(0, draws.shape[1] - 1)
        trace.grid(axis="x", visible=False)
        counts = rank_counts(draws, bins=int(np.clip(draws.size // 50, 4, 20)))
        edges = np.linspace(0, draws.size, counts.shape[1] + 1)
        for colour, row in zip(colours, counts, strict=True):
            ranks.stairs(row, edges, color=colour, lw=1.2, baseline=None)
        ranks.axhline(1.0, color=INK, lw=0.8, ls=(0, (4, 3)))
        ranks.set(ylim=(0, max(2.0, 1.1 * counts.max())), xlim=(0, draws.size))
        ranks.tick_params(labelcolor=MUTED)
        ranks.grid(axis="x", visible=False)
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
