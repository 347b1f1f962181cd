"""What follows from a growing density, from a notebook."""

import xarray as xr
from matplotlib.axes import Axes

from densing.answers.given import as_prob, as_run
from densing.notebook.plots import shown
from densing.notebook.told import Told
from densing.report.corollaries_figure import plot_corollaries as _draw
from densing.results.budget import HARDWARE_YEARS
from densing.results.corollaries import corollaries as follow
from densing.results.corollary_words import TITLES
from densing.results.interval import PROB
from densing.results.price_trend import price_trend


class Corollaries(Told):
    """The record that `densing corollaries --json` prints, as a mapping with a readable face."""

    def __repr__(self) -> str:
        told = [f"{TITLES[name]}: {text}" for name, text in self["sentences"].items()]
        return "\n".join(told if self["trustworthy"] else ["not trustworthy", *told])


def corollaries(
    run: xr.DataTree,
    *,
    derived: xr.DataTree | None = None,
    bent: xr.DataTree | None = None,
    hardware_years: float = HARDWARE_YEARS,
    prob: float = PROB,
    seed: int = 1,
) -> Corollaries:
    """Answer each corollary of the law: changes of growth, budgets, prices, sizes and more.

    Parameters
    ----------
    run
        Of `fit` or `open_run`.
    derived
        Run that keeps derived models, for compression: of
        ``load_model().choose(derived=True, min_scores=1)``.
    bent
        Run whose trend has a changepoint, for the change of growth: of
        ``load_model("changepoint")``. Without it the run's own draws are reweighted.
    hardware_years
        Median of the prior of the time in which computation per dollar doubles, in years.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the random numbers.

    Returns
    -------
    Corollaries
        A mapping that prints itself: acceleration, budget, prices, half_size, sizes,
        compression (where the run keeps no derived models, that of a kept run), quantised,
        architectures, benchmark_age, size_bands, sentences (by corollary) and trustworthy.

    Raises
    ------
    TypeError, RunError
        No run of a joint model, or one that does not have what is asked; the message says what
        to do.
    """
    given = {"derived": derived, "bent": bent}
    opened = {name: None if one is None else as_run(one) for name, one in given.items()}
    return Corollaries(
        follow(
            as_run(run), **opened, hardware_years=hardware_years, prob=as_prob(prob), seed=seed
        )
    )  # fmt: skip


def plot_corollaries(answer: Corollaries) -> list[Axes]:
    """Draw what `corollaries` told, six panels of a new figure."""
    if not isinstance(answer, Corollaries):
        raise TypeError(
            f"expected the answer of corollaries, got {type(answer).__name__}: "
            "dn.plot_corollaries(dn.corollaries(run))"
        )
    return shown(_draw(answer, price_trend()), new=True)
