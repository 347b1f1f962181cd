"""What follows from a growing density, and when it will reach what, from a notebook."""

from collections.abc import Sequence
from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from densing.notebook.given import as_prob, as_run
from densing.notebook.plots import shown
from densing.notebook.told import Told
from densing.report.corollaries import plot_corollaries as _draw
from densing.results.corollaries import TITLES
from densing.results.corollaries import corollaries as follow
from densing.results.corollaries.economics import HARDWARE_YEARS, price_trend
from densing.results.forecast import forecast as tell
from densing.results.forecast import look_ahead
from densing.results.interval import PROB
from densing.results.request import requests


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


def milestones(
    run: xr.DataTree,
    *,
    until: Any,
    today: Any = None,
    density: Sequence[float] = (),
    match: str | None = None,
    score: float | None = None,
    benchmark: str | None = None,
    params: float | None = None,
    prob: float = PROB,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """When something is reached, and at what size (the milestones of `densing forecast`).

    Parameters
    ----------
    run
        Of `fit` or `open_run`.
    until, today
        Last day and the day of the forecast, as in `forecast`.
    density
        Multiples of today's density.
    match
        Model to match, in all (or on `benchmark`).
    score, benchmark
        Score to reach, a proportion, and where.
    params
        Size of the model that is to do it.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the simulated releases.

    Returns
    -------
    list of dict
        One a milestone, the usual ones where none is asked for, as `densing forecast --json` has
        them under `milestones`: name, request, and by estimand the date and its probability over
        time; params_needed where a size is the question.

    Raises
    ------
    TypeError, RunError, RequestError
        No run of a joint model, or a question that it cannot answer; the message says what to do.
    """
    run, prob = as_run(run), as_prob(prob)
    asked = requests(
        run, density=density, match=match, score=score, benchmark=benchmark, params=params
    )
    outlook = look_ahead(run, until=until, today=today, seed=seed)
    return tell(outlook, milestones=asked, prob=prob)["milestones"]
