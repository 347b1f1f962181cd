"""Every figure of the report: its name, its words and how it is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.report import alt_texts
from densing.report.answers import Answered, RunAnswers
from densing.report.density import plot_headline, plot_ranking
from densing.report.growth import plot_benchmark_rates, plot_influence, plot_rate
from densing.report.reference import (
    plot_diagnostics,
    plot_loss_law,
    plot_performance_map,
    plot_predictive,
    plot_reference,
)
from densing.report.style import figure_of


@dataclass(frozen=True)
class Picture:
    """One figure of the report."""

    name: str
    """Stem of its files."""
    title: str
    caption: str
    """How to read it."""
    describe: Callable[[RunAnswers], str]
    """What it shows, for those who cannot see it: from the run."""
    plot: Callable[..., Any]
    for_phones: bool = True
    """Whether the page also carries it in the shape of a phone."""
    needs: str = "rate"
    """Variable of the posterior without which there is nothing to draw."""
    of_models: bool = False
    """Whether single models can stand out in it: `plot` takes `highlight`."""

    def alt(self, run: Answered) -> str:
        """Say what it shows of a run."""
        return self.describe(RunAnswers.of(run))

    def draw(self, run: Answered, *, narrow: bool = False, highlight: Sequence[str] = ()) -> Figure:
        """Draw it, for a page or (narrow) for a phone; models to highlight stand out."""
        own = {"highlight": highlight} if self.of_models else {}
        axes = self.plot(run, narrow=narrow, **own)
        while not isinstance(axes, Axes):
            axes = axes[0]
        return figure_of(axes)


PICTURES = (
    Picture(
        "density_by_release", "Capability density by release date",
        "Each dot is a model's density with its 90 % interval: the parameters that the reference "
        "family would need for the same scores, over the model's own. The vertical axis is "
        "logarithmic, so a straight line is steady doubling. Blue: a typical new model. Orange: "
        "best practice of the day. Dotted green: the record that as many releases are expected to "
        "have set. Shaded: 90 % bands. Models released on one day are set side by side.",
        alt_texts.headline, plot_headline, of_models=True,
    ),
    Picture(
        "growth_rate", "Growth rate and doubling time",
        "The posterior is drawn on the rate of growth, where no growth is an ordinary value; the "
        "upper axis says what doubling time a rate means. Bars: 90 % intervals.",
        alt_texts.rate, plot_rate,
    ),
    Picture(
        "benchmark_rates", "Not every benchmark tells the same story",
        "Doubling time of a typical new model's density on each benchmark, with 90 % intervals, "
        "fastest on top. Shaded: the common trend, about which the benchmarks are taken to be a "
        "sample; how far they lie apart is part of its interval.",
        alt_texts.benchmark_rates, plot_benchmark_rates, needs="drift",
    ),
    Picture(
        "density_ranking", "The densest models",
        "Median, 50 % and 90 % intervals, with the parameters that count. Intervals overlap far: "
        "neighbours in this list are rarely told apart. All models share one reference, so their "
        "densities move together, and differences are better known than the picture suggests.",
        alt_texts.ranking, plot_ranking, of_models=True,
    ),
    Picture(
        "predictive_check", "Does the fitted model predict the scores?",
        "Observed against predicted scores with 90 % predictive intervals. Dots: scores of the "
        "models, predicted from the model's fitted density and a fresh discrepancy of the "
        "benchmark (the density has seen the score, so this check is lenient). Triangles: "
        "checkpoints of the reference that were never fitted: an honest forecast.",
        alt_texts.predictive, plot_predictive,
    ),
    Picture(
        "influence", "Without this model, without that family",
        "The doubling time with one model, or all of a family, left out: the fifteen that move "
        "it most. Dots: by reweighting the posterior; squares: by a refit, where the posterior's "
        "own draws cannot tell. Bands: with nothing left out.",
        alt_texts.influence, plot_influence,
    ),
    Picture(
        "loss_law", "Loss law of the reference family",
        "Dots: training runs of the reference family. Lines and 90 % bands: the fitted law.",
        alt_texts.loss_law, plot_loss_law,
    ),
    Picture(
        "reference_at_d0", "How far the reference is extrapolated",
        "The loss that the reference family would reach at D0 training tokens. Grey: sizes that "
        "were really trained. Green: where the models of the catalog fall. The band's width there "
        "is the price of extrapolation, and it is inside every density.",
        alt_texts.reference, plot_reference,
    ),
    Picture(
        "performance_map", "From loss to score",
        "Checkpoints with a known loss and score fix the map. Triangles were held out. Green: "
        "the range of the models' scores.",
        alt_texts.performance_map, plot_performance_map,
    ),
    Picture(
        "diagnostics", "Traces and ranks",
        "Left: every draw, one colour a chain. Right: how each chain's draws rank among all; flat "
        "is good. The last row is the parameter that mixes worst.",
        alt_texts.diagnostics, plot_diagnostics, for_phones=False,
    ),
)  # fmt: skip
"""In the order of the report."""


def pictures(run: xr.DataTree) -> list[Picture]:
    """Figures that there is something to draw for."""
    return [picture for picture in PICTURES if picture.needs in run["posterior"]]
