"""Every figure of the report as a verb: Axes in, Axes out.

Without Axes of your own a new figure is made and handed to pyplot, so that a notebook shows it
and `plt.show()` does; save it with ``ax.figure.savefig(...)``. Runs that did not pass their
diagnostics are stamped.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from densing import report
from densing.answers.compare import compare
from densing.answers.corollaries import Corollaries
from densing.answers.forecast.outlook import look_ahead
from densing.answers.given import as_models, as_prob, as_run
from densing.report import compare_figure
from densing.report import corollaries as corollaries_figure
from densing.report import forecast as forecast_figure
from densing.report.growth import plot_influence as influence_figure
from densing.report.style import figure_of
from densing.results.corollaries.economics import price_trend
from densing.results.run import of_ladder


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


def _of_run(draw: Callable[..., Any], *, ladder: bool = False) -> Callable[..., Any]:
    """Make a verb of a figure of a run: arguments judged first, a new figure shown.

    With `ladder` the figure shows what only runs of a ladder model have.
    """

    @functools.wraps(draw)
    def plot(run: xr.DataTree, axes: Any = None, **options: Any) -> Any:
        run = as_run(run)
        if ladder:
            of_ladder(run, draw.__name__)
        if "highlight" in options:
            options["highlight"] = as_models(options["highlight"], run)
        if "prob" in options:
            options["prob"] = as_prob(options["prob"])
        return shown(draw(run, axes, **options), new=axes is None)

    return plot


plot_benchmark_rates = _of_run(report.plot_benchmark_rates)
plot_diagnostics = _of_run(report.plot_diagnostics)
plot_influence = _of_run(influence_figure, ladder=True)
plot_loss_law = _of_run(report.plot_loss_law, ladder=True)
plot_performance_map = _of_run(report.plot_performance_map, ladder=True)
plot_predictive = _of_run(report.plot_predictive, ladder=True)
plot_ranking = _of_run(report.plot_ranking)
plot_rate = _of_run(report.plot_rate)
plot_reference = _of_run(report.plot_reference, ladder=True)


def plot_corollaries(answer: Corollaries) -> list[Axes]:
    """Draw what `corollaries` told, six panels of a new figure."""
    if not isinstance(answer, Corollaries):
        raise TypeError(
            f"expected the answer of corollaries, got {type(answer).__name__}: "
            "dn.plot_corollaries(dn.corollaries(run))"
        )
    return shown(corollaries_figure.plot_corollaries(answer, price_trend()), new=True)


def plot_density(
    run: xr.DataTree, ax: Axes | None = None, *, labels: int = 20, highlight: Sequence[str] = ()
) -> Axes:
    """Draw every model's density against its release date, and both trends.

    `labels` is how many models are named at the most, those that set a record first; models to
    `highlight` stand out, and are named before all others.
    """
    return _of_run(report.plot_headline)(run, ax, labels=labels, highlight=highlight)


def plot_compare(
    runs: Mapping[str, xr.DataTree], axes: Sequence[Axes] | None = None, *, prob: float = 0.9
) -> list[Axes]:
    """Draw each run's line through the data, its predictive density and its growth, three Axes."""
    answer = compare(runs, prob=prob)
    return shown(compare_figure.plot_compare(runs, answer, axes), new=axes is None)


def plot_forecast(
    run: xr.DataTree,
    axes: Sequence[Axes] | None = None,
    *,
    until: Any,
    today: Any = None,
    seed: int = 1,
) -> list[Axes]:
    """Draw the data and a fan of intervals for each estimand until a day, one panel each."""
    outlook = look_ahead(as_run(run), until=until, today=today, seed=seed)
    return shown(forecast_figure.plot_fan(outlook, axes), new=axes is None)
