"""The reference family: loss laws, the reference at D0, performance maps; one panel a benchmark."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    NullFormatter,
    NullLocator,
    PercentFormatter,
)

from densing.report.style import (
    HELD_OUT,
    INK,
    MUTED,
    POPULATION,
    RECORD,
    figure_of,
    log_ticks,
    new_panels,
    shades,
    style,
)
from densing.report.words import plain, size
from densing.results.curves import loss_bands, reference_bands, rows, score_bands

Z90 = 1.6448536269514722
DASHES = (0, (3, 2))


@style()
def plot_loss_law(
    run: xr.DataTree, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the loss law of each benchmark against tokens, by model size, with the runs."""
    bands = loss_bands(run)
    panels = _panels(run, axes, narrow=narrow)
    sizes = bands["params"].to_numpy()
    colours = shades(len(sizes))
    for ax, name in zip(panels, bands["benchmark"].to_numpy(), strict=True):
        tokens = bands["tokens"].to_numpy()
        seen = {x: rows(bands, "run", x, name) for x in ("params", "tokens", "loss")}
        for colour, params in zip(colours, sizes, strict=True):
            low, _, middle, _, high = bands["loss"].sel(benchmark=name, params=params).to_numpy().T
            ax.fill_between(tokens, low, high, color=colour, alpha=0.22, lw=0)
            ax.plot(tokens, middle, color=colour, lw=1.3)
            at = seen["params"] == params
            ax.plot(
                seen["tokens"][at], seen["loss"][at], "o", color=colour, ms=4, mec="white", mew=0.5
            )
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
    run: xr.DataTree, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the reference's loss at D0 against effective parameters: how far it is extrapolated."""
    bands = reference_bands(run)
    panels = _panels(run, axes, narrow=narrow)
    params = bands["effective_params"].to_numpy()
    for ax, name in zip(panels, bands["benchmark"].to_numpy(), strict=True):
        _band(ax, params, bands["loss"].sel(benchmark=name), POPULATION)
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
    run: xr.DataTree, axes: Sequence[Axes] | None = None, *, narrow: bool = False
) -> list[Axes]:
    """Draw the map from loss to score of each benchmark, with the checkpoints."""
    bands = score_bands(run)
    panels = _panels(run, axes, narrow=narrow)
    kinds = (("checkpoint", "o", INK), ("held_out_checkpoint", "^", HELD_OUT))
    for ax, name in zip(panels, bands["benchmark"].to_numpy(), strict=True):
        low, high = bands["model_scores"].sel(benchmark=name).to_numpy()
        if np.isfinite(low):
            ax.axhspan(low, high, color=RECORD, alpha=0.10, lw=0)
        _band(
            ax, bands["loss"].sel(benchmark=name).to_numpy(), bands["score"].sel(benchmark=name),
            POPULATION,
        )  # fmt: skip
        ax.plot(
            bands["loss"].sel(benchmark=name), bands["new_checkpoint"].sel(benchmark=name),
            color=POPULATION, lw=0.9, ls=DASHES,
        )  # fmt: skip
        for kind, marker, colour in kinds:
            loss, score, items = (rows(bands, kind, x, name) for x in ("loss", "score", "items"))
            error = wilson(score, items)
            ax.errorbar(
                loss, score, np.abs(error - score), fmt=marker, color=colour, ms=5, mec="white",
                mew=0.6, elinewidth=0.9, zorder=5,
            )  # fmt: skip
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


def _panels(run: xr.DataTree, axes: Sequence[Axes] | None, *, narrow: bool) -> list[Axes]:
    if axes is not None:
        return list(axes)
    count = run["posterior"].sizes["benchmark"]
    shape = (2.35, 2.3) if narrow else (3.2, 2.75)
    return new_panels(count, columns=2 if narrow else 3, width=shape[0], height=shape[1])


def _band(ax: Axes, x: np.ndarray, quantiles: xr.DataArray, colour: str) -> None:
    low, lower, middle, upper, high = quantiles.to_numpy().T
    ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0, zorder=2)
    ax.fill_between(x, lower, upper, color=colour, alpha=0.25, lw=0, zorder=2)
    ax.plot(x, middle, color=colour, lw=1.8, zorder=3)


def _log_axes(ax: Axes, xlabel: str, ylabel: str, name: str) -> None:
    ax.set(xscale="log", yscale="log", title=plain(name), xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(LogLocator(numticks=4 if figure_of(ax).get_figwidth() < 6 else 6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: size(v)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ticks = log_ticks(*ax.get_ylim())
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.yaxis.set_minor_locator(NullLocator())


def _legend(panels: Sequence[Axes], handles: list, *, title: str) -> None:
    figure = figure_of(panels)
    longest = max(len(handle.get_label()) for handle in handles)
    fits = int(figure.get_figwidth() * 16 / (longest + 9))
    figure.legend(
        handles=handles, title=title, loc="outside upper left", ncols=max(1, fits), fontsize=8,
        title_fontsize=8, alignment="left", labelcolor=MUTED,
    )  # fmt: skip
