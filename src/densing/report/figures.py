"""Every figure of the report: its name, how it is drawn, and what it shows in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from densing.answers.influence import counted, untold
from densing.report import families
from densing.report.answers import Answered, RunAnswers
from densing.report.density import plot_headline, plot_ranking
from densing.report.growth import plot_benchmark_rates, plot_influence, plot_rate
from densing.report.reference import (
    plot_diagnostics,
    plot_loss_law,
    plot_performance_map,
    plot_predictive,
    plot_reference,
    shown,
)
from densing.report.style import figure_of
from densing.report.words import digits, doubling, months_range, percent, size
from densing.results.family_run import is_families
from densing.results.siblings import SIZES


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


def _headline(run: RunAnswers) -> str:
    """Densities against release dates, with both trends."""
    answer = run.summary
    table = run.densities
    text = (
        f"Scatter plot of capability density against release date for {answer['models']} models, "
        f"on a logarithmic axis. A typical new model's density {doubling(answer['population'])}"
    )
    if answer["frontier"] is not None:
        text += f"; the frontier's {doubling(answer['frontier'])}"
    top, last = table[0], table[-1]
    return (
        f"{text}. Densest: {top['model']} at {digits(top['density']['median'], figures=2)}; "
        f"least dense: {last['model']} at {digits(last['density']['median'], figures=2)}."
    )


def _rate(run: RunAnswers) -> str:
    """Posterior of both growth rates."""
    answer = run.summary
    parts = [
        f"{name}: median rate {answer[key]['rate_per_year']['median']:.2f} a year, "
        f"doubling time {months_range(answer[key]['doubling_months'])} months "
        f"({percent(answer[key]['doubling_months']['prob'])} interval)"
        for name, key in (("typical new model", "population"), ("frontier", "frontier"))
        if answer[key] is not None
    ]
    return "Posterior densities of the growth rate. " + "; ".join(parts) + "."


def _benchmark_rates(run: RunAnswers) -> str:
    """Doubling time on each benchmark."""
    rows = [
        f"{name} {months_range(told['doubling_months'])}"
        for name, told in (run.summary["benchmarks"] or {}).items()
    ]
    return "Intervals of the doubling time in months on each benchmark: " + ", ".join(rows) + "."


def _ranking(run: RunAnswers) -> str:
    """Densities, densest first."""
    rows = [
        f"{row['model']} {digits(row['density']['median'], figures=2)}" for row in run.densities[:5]
    ]
    return "Interval plot of densities, densest first: " + ", ".join(rows) + " and so on."


def _loss_law(run: RunAnswers) -> str:
    """Losses of the reference's runs."""
    sizes = run.run["constant_data"]["run_params"].to_numpy()
    return (
        f"Loss against training tokens on {_benchmarks(run)}, for reference models of "
        f"{size(sizes.min())} to {size(sizes.max())} parameters, with fitted curves."
    )


def _reference(run: RunAnswers) -> str:
    """Loss of the reference at D0, against size."""
    return (
        f"Loss of the reference family at D0 against effective parameters on {_benchmarks(run)}: "
        "the bands widen beyond the sizes that were trained."
    )


def _performance_map(run: RunAnswers) -> str:
    """Score against loss."""
    return f"Score against loss on {_benchmarks(run)}: S-shaped curves through the checkpoints."


def _predictive(run: RunAnswers) -> str:
    """Observed against predicted scores."""
    checks = run.coverage
    return "Observed against predicted scores. " + "; ".join(
        f"{name.replace('_', ' ')}: {c['covered']} of {c['of']} inside their "
        f"{percent(c['nominal'])} interval"
        for name, c in checks.items()
        if c["of"]
    )


def _influence(run: RunAnswers) -> str:
    """Answer without single models and families."""
    answer = run.influence
    waiting = counted(answer, which=untold)
    rows = [*answer["families"], *answer["models"]]
    told = f"the family that moves it most is {rows[0]['name']}"
    if waiting:
        first = next(row["name"] for row in rows if untold(row))
        told = f"{waiting} not told without a refit, {first} first"
    return f"Doubling time without each of the most influential models and families; {told}."


def _diagnostics(run: RunAnswers) -> str:
    """Traces and ranks."""
    return f"Traces and rank histograms of {', '.join(shown(run.run))}, one colour a chain."


def _benchmarks(run: RunAnswers) -> str:
    return ", ".join(str(name) for name in run.run["posterior"]["benchmark"].to_numpy())


PICTURES = (
    Picture(
        "density_by_release", "Capability density by release date",
        "Each dot is a model's density with its 90 % interval: the parameters that the reference "
        "family would need for the same scores, over the model's own. The vertical axis is "
        "logarithmic, so a straight line is steady doubling. Blue: a typical new model. Orange: "
        "best practice of the day. Dotted green: the record that as many releases are expected to "
        "have set. Shaded: 90 % bands. Models released on one day are set side by side.",
        _headline, plot_headline, of_models=True,
    ),
    Picture(
        "growth_rate", "Growth rate and doubling time",
        "The posterior is drawn on the rate of growth, where no growth is an ordinary value; the "
        "upper axis says what doubling time a rate means. Bars: 90 % intervals.",
        _rate, plot_rate,
    ),
    Picture(
        "benchmark_rates", "Not every benchmark tells the same story",
        "Doubling time of a typical new model's density on each benchmark, with 90 % intervals, "
        "fastest on top. Shaded: the common trend, about which the benchmarks are taken to be a "
        "sample; how far they lie apart is part of its interval.",
        _benchmark_rates, plot_benchmark_rates, needs="drift",
    ),
    Picture(
        "density_ranking", "The densest models",
        "Median, 50 % and 90 % intervals, with the parameters that count. Intervals overlap far: "
        "neighbours in this list are rarely told apart. All models share one reference, so their "
        "densities move together, and differences are better known than the picture suggests.",
        _ranking, plot_ranking, of_models=True,
    ),
    Picture(
        "predictive_check", "Does the fitted model predict the scores?",
        "Observed against predicted scores with 90 % predictive intervals. Dots: scores of the "
        "models, predicted from the model's fitted density and a fresh discrepancy of the "
        "benchmark (the density has seen the score, so this check is lenient). Triangles: "
        "checkpoints of the reference that were never fitted: an honest forecast.",
        _predictive, plot_predictive,
    ),
    Picture(
        "influence", "Without this model, without that family",
        "The doubling time with one model, or all of a family, left out: the fifteen that move "
        "it most. Dots: by reweighting the posterior; squares: by a refit, where the posterior's "
        "own draws cannot tell. Bands: with nothing left out.",
        _influence, plot_influence,
    ),
    Picture(
        "loss_law", "Loss law of the reference family",
        "Dots: training runs of the reference family. Lines and 90 % bands: the fitted law.",
        _loss_law, plot_loss_law,
    ),
    Picture(
        "reference_at_d0", "How far the reference is extrapolated",
        "The loss that the reference family would reach at D0 training tokens. Grey: sizes that "
        "were really trained. Green: where the models of the catalog fall. The band's width there "
        "is the price of extrapolation, and it is inside every density.",
        _reference, plot_reference,
    ),
    Picture(
        "performance_map", "From loss to score",
        "Checkpoints with a known loss and score fix the map. Triangles were held out. Green: "
        "the range of the models' scores.",
        _performance_map, plot_performance_map,
    ),
    Picture(
        "diagnostics", "Traces and ranks",
        "Left: every draw, one colour a chain. Right: how each chain's draws rank among all; flat "
        "is good. The last row is the parameter that mixes worst.",
        _diagnostics, plot_diagnostics, for_phones=False,
    ),
)  # fmt: skip
"""In the order of the report."""


_OF = {picture.name: picture for picture in PICTURES}

FAMILY_PICTURES = (
    replace(
        _OF["density_by_release"], describe=families.alt_headline,
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
        families.alt_types, families.plot_type_growth,
    ),
    Picture(
        "benchmark_rates", "Not every benchmark tells the same story",
        "The same two windows for each benchmark, types together, fastest first. Benchmarks of "
        "one type are taken to be a sample of their kind.",
        families.alt_benchmarks, families.plot_family_benchmarks,
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
        families.alt_siblings, families.plot_siblings,
    ),
    Picture(
        "isoperformance", "The smallest open model to reach a score",
        "Steps: the smallest model released so far that reports the score or more, in whatever "
        "protocol; a picture that needs no model of ours, but picks records. Dashed, with 90 % "
        "bands: the size at which a typical release of the day is expected to reach it. Records "
        "lie below: they are the best of many.",
        families.alt_isoperformance, families.plot_isoperformance,
    ),
    _OF["diagnostics"],
)  # fmt: skip
"""Of a families run, in the order of its report."""


def pictures(run: xr.DataTree) -> list[Picture]:
    """Figures that there is something to draw for."""
    if not is_families(run):
        return [picture for picture in PICTURES if picture.needs in run["posterior"]]
    table = run["constant_data"].to_dataset()
    sizes = pd.Series(table["params"].to_numpy(), table["model_release"].to_numpy())
    siblings = sizes.groupby(level=0).nunique().max() >= SIZES
    return [picture for picture in FAMILY_PICTURES if siblings or picture.name != "siblings"]
