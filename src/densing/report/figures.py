"""Every figure of the report: its name, its words and how it is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.report import alt_texts, families
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
from densing.results.family_growth import sibling_slopes
from densing.results.family_run import is_families


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


_OF = {picture.name: picture for picture in PICTURES}

FAMILY_PICTURES = (
    replace(
        _OF["density_by_release"],
        caption="Each dot is a model's density with its 90 % interval: the parameters that the "
        "reference would need for the same scores, over the model's own. The vertical axis is "
        "logarithmic, so a straight line is steady doubling, and a bend a change of pace. Blue: a "
        "typical release. Orange: the expected best of so many releases of that day. Shaded: 90 % "
        "bands, which models, lines and reference share in part: the whole picture may shift up "
        "or down together. Models released on one day are set side by side.",
    ),
    Picture(
        "growth_by_type", "How fast, by type of benchmark",
        "Months in which the density of a typical release doubles: the mean since the first date "
        "of the window, and the slope at the last date with evidence. Medians and 90 % intervals. "
        "The first row is the mean over all benchmarks of the run.",
        families.alt_types, families.plot_type_growth, needs="type_rate",
    ),
    Picture(
        "benchmark_rates", "Not every benchmark tells the same story",
        "The same two windows for each benchmark, types together, fastest first. Benchmarks of "
        "one type are taken to be a sample of their kind.",
        families.alt_benchmarks, families.plot_family_benchmarks, needs="drift",
    ),
    replace(
        _OF["density_ranking"],
        caption="Median, 50 % and 90 % intervals, with the parameters that count (between the "
        "active and all of them in a mixture of experts). Neighbours in this list are rarely told "
        "apart. All share the level of the reference, so differences are better known than the "
        "picture suggests.",
    ),
    Picture(
        "siblings", "Siblings: does density hang on size?",
        "Models of one release share recipe and day; if density measures the recipe and not the "
        "size, they are equally dense. Slope of log density on log size within each release of "
        "three sizes or more, with 90 % intervals; blue: pooled. Zero (dashed) is what a density "
        "that means the same at every size would show.",
        families.alt_siblings, families.plot_siblings, needs="log_density",
    ),
    Picture(
        "isoperformance", "The smallest open model to reach a score",
        "Steps: the smallest model released so far that reports the score or more, in whatever "
        "protocol; a picture that needs no model of ours, but picks records. Dashed, with 90 % "
        "bands: the size at which a typical release of the day is expected to reach it. Records "
        "lie below: they are the best of many.",
        families.alt_isoperformance, families.plot_isoperformance, needs="intercept",
    ),
    _OF["diagnostics"],
)  # fmt: skip
"""Of a families run, in the order of its report."""


def pictures(run: xr.DataTree) -> list[Picture]:
    """Figures that there is something to draw for."""
    if not is_families(run):
        return [picture for picture in PICTURES if picture.needs in run["posterior"]]
    alone = sibling_slopes(run) is None
    return [
        picture for picture in FAMILY_PICTURES
        if picture.needs in run["posterior"] and not (alone and picture.name == "siblings")
    ]  # fmt: skip
