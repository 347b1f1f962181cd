"""Every figure of the report as a verb: Axes in, Axes out.

Without Axes of your own a new figure is made and handed to pyplot, so that a notebook shows it
and `plt.show()` does; save it with ``ax.figure.savefig(...)``. Runs that did not pass their
diagnostics are stamped.
"""

from collections.abc import Sequence
from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from densing import report
from densing.notebook.given import as_models, as_prob, as_run
from densing.report.growth import plot_influence as _influence
from densing.report.style import figure_of


def plot_density(
    run: xr.DataTree, ax: Axes | None = None, *, labels: int = 20, highlight: Sequence[str] = ()
) -> Axes:
    """Draw every model's density against its release date, and both trends.

    `labels` is how many models are named at the most, those that set a record first; models to
    `highlight` stand out, and are named before all others.
    """
    run = as_run(run)
    named = as_models(highlight, run)
    drawn = report.plot_headline(run, ax, labels=labels, highlight=named)
    return shown(drawn, new=ax is None)


def plot_rate(run: xr.DataTree, ax: Axes | None = None) -> Axes:
    """Draw the posterior of both growth rates and the prior; months on the upper axis."""
    return shown(report.plot_rate(as_run(run), ax), new=ax is None)


def plot_ranking(
    run: xr.DataTree,
    ax: Axes | None = None,
    *,
    models: int | None = 30,
    highlight: Sequence[str] = (),
) -> Axes:
    """Draw median density, 50 % and 90 % interval of the densest models (all where None).

    Models to `highlight` stand out, and are there however far down they rank.
    """
    run = as_run(run)
    named = as_models(highlight, run)
    return shown(report.plot_ranking(run, ax, models=models, highlight=named), new=ax is None)


def plot_benchmark_rates(run: xr.DataTree, ax: Axes | None = None) -> Axes:
    """Draw the doubling time on each benchmark beside the common trend.

    Raises
    ------
    ValueError
        The run's model gives all benchmarks one trend.
    """
    return shown(report.plot_benchmark_rates(as_run(run), ax), new=ax is None)


def plot_loss_law(run: xr.DataTree, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Draw the reference's losses and fitted laws, one panel a benchmark."""
    return shown(report.plot_loss_law(as_run(run), axes), new=axes is None)


def plot_reference(run: xr.DataTree, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Draw the reference's loss at D0 tokens against effective parameters, by benchmark."""
    return shown(report.plot_reference(as_run(run), axes), new=axes is None)


def plot_performance_map(run: xr.DataTree, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """Draw the map from loss to score, one panel a benchmark."""
    return shown(report.plot_performance_map(as_run(run), axes), new=axes is None)


def plot_predictive(
    run: xr.DataTree, axes: Sequence[Axes] | None = None, *, prob: float = 0.9, seed: int = 1
) -> list[Axes]:
    """Draw observed against predicted scores, one panel a benchmark."""
    drawn = report.plot_predictive(as_run(run), axes, prob=as_prob(prob), seed=seed)
    return shown(drawn, new=axes is None)


def plot_diagnostics(
    run: xr.DataTree, axes: Sequence[Sequence[Axes]] | None = None
) -> list[list[Axes]]:
    """Draw traces and rank histograms of the answer's parameters and of the worst one."""
    return shown(report.plot_diagnostics(as_run(run), axes), new=axes is None)


def plot_influence(
    run: xr.DataTree, axes: Sequence[Axes] | None = None, *, rows: int = 15
) -> list[Axes]:
    """Draw the doubling time without each of the most influential models or families."""
    return shown(_influence(as_run(run), axes, rows=rows), new=axes is None)


def shown(drawn: Any, *, new: bool) -> Any:
    """Hand a new figure to pyplot, where this matplotlib can (3.11 and later)."""
    if new:
        import matplotlib.pyplot as plt

        first = drawn
        while not isinstance(first, Axes):
            first = first[0]
        try:
            plt.figure(figure_of(first))
        except ValueError:  # before 3.11: show it with `ax.figure`
            pass
    return drawn
