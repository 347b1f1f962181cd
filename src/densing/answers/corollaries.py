"""`corollaries`: what follows from a growing density."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import xarray as xr
from pydantic import PrivateAttr

from densing.answers._answer import FromShell, Line, Plain, Run, draw
from densing.answers.given import as_prob, as_run, as_seed
from densing.results import corollaries as results
from densing.results.corollaries import TITLES
from densing.results.corollaries.economics import HARDWARE_YEARS, price_trend
from densing.results.interval import PROB
from densing.text import listed, span

Other = Annotated[xr.DataTree | None, FromShell(Path, "densing.cli.files:open_run")]


class Corollaries(Plain):
    """The corollaries, by the keys of their JSON.

    Keys: acceleration, budget, prices, half_size, sizes, compression (where the run keeps no
    derived models, that of a kept run), quantised, architectures, benchmark_age, size_bands,
    sentences (by corollary) and trustworthy.
    """

    draws = True
    _seed: int = PrivateAttr(1)

    def parts(self, width: int = 0) -> Iterator[Line]:
        """Say each corollary, and of compression each pair."""
        del width
        if not self.good:
            yield Line("not trustworthy: see `densing summary`", "bold red")
        for name, text in self["sentences"].items():
            yield Line(TITLES[name], "bold")
            yield Line(text, below=True)
        if (compressed := self["compression"]) is None:
            return
        for row in compressed["pairs"]:
            ratio = span(row["ratio"], digits=2)
            yield Line(f"{row['model']} / {row['parent']} ({row['method']}): {ratio}", below=True)
        if alone := [row["model"] for row in compressed["unpaired"]]:
            yield Line(f"original not in the run or not disclosed: {listed(alone)}", below=True)

    def figures(self) -> dict[str, Any]:
        """Draw the corollaries, the size bands and, where something is known of it, compression."""
        home = "densing.report.corollaries:plot_corollaries"
        drawn = {
            "corollaries": draw(home, self, price_trend(seed=self._seed)),
            "size_bands": draw("densing.report.corollaries:plot_size_bands", self),
        }
        if self["compression"] is not None or self["quantised"] is not None:
            home = "densing.report.corollaries:plot_compression"
            drawn["compression"] = draw(home, self)
        return drawn


def corollaries(
    run: Run,
    *,
    derived: Other = None,
    bent: Other = None,
    hardware_years: float = HARDWARE_YEARS,
    prob: float = PROB,
    seed: int = 1,
) -> Corollaries:
    """Say what follows from a run: changes of growth, budgets, prices, sizes, compression, fit.

    Parameters
    ----------
    run
        A run of a ladder model (densing fit --model ladder).
    derived
        Run that keeps derived models, for compression (densing fit --model ladder --set
        derived=true --set min_scores=1).
    bent
        Run whose trend has a changepoint, for the change of growth (densing fit --model
        changepoint). Without it the run's own draws are reweighted.
    hardware_years
        Median of the prior of the time in which computation per dollar doubles, in years.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the random numbers.

    Raises
    ------
    TypeError, RunError
        No run of a joint model, or one that does not have what is asked; the message says what
        to do.
    """
    every = ("joint", "trend", "loss")
    others = {
        name: None if one is None else as_run(one, kinds=every)
        for name, one in (("derived", derived), ("bent", bent))
    }
    prob, seed = as_prob(prob), as_seed(seed)
    answer = results.corollaries(
        as_run(run, kinds=every), **others, hardware_years=hardware_years, prob=prob, seed=seed
    )
    told = Corollaries.from_record(answer, prob=prob)
    told._seed = seed
    return told
