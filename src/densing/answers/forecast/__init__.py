"""`forecast`: density to come, the record, and when something will be reached."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import PrivateAttr

from densing.answers._answer import (
    Answer,
    Cells,
    FromShell,
    Line,
    Record,
    Run,
    Verdict,
    draw,
)  # fmt: skip
from densing.answers.forecast.costs import Costs, cost_ahead
from densing.answers.forecast.milestones import Milestone, Milestones, Request, requests
from densing.answers.forecast.mixture import mix
from densing.answers.forecast.outlook import Band, Outlook, fan, intervals, look_ahead
from densing.answers.given import as_prob, as_run, as_seed
from densing.results.corollaries.economics import HARDWARE_YEARS
from densing.results.future import future
from densing.results.horizon import Horizon
from densing.results.interval import PROB, Interval, interval
from densing.results.releases import WINDOW_DAYS, batches
from densing.results.run import RunError, record, trustworthy
from densing.text import ESTIMANDS, month, rounded, sized, span

TITLES = {**ESTIMANDS, "new_model": "one new model", "record": "record"}
"""What is forecast: key of a record, and words."""
DOERS = {**ESTIMANDS, "record": "some released model"}
"""Who reaches a milestone."""
COSTS = {
    "params": "parameters", "params_over_hardware": "parameters over hardware", "price": "price",
}  # fmt: skip
ROWS = 8
"""Dates that a table shows, about."""
WIDE = 100
"""Columns from which on a median and its interval stand on one line."""

Others = Annotated[
    Mapping[str, xr.DataTree] | None, FromShell(list[Path], "densing.cli.files:open_named")
]
Size = Annotated[float | None, FromShell(str, "densing.cli.files:read_size")]


class Recent(Record):
    """Releases of the data's last year, which the record goes by."""

    window_days: int
    batches: int
    models: int


class Part(Record):
    """What one run of a mixture forecasts alone, at the end of the horizon."""

    name: str
    shape: str
    weight: float | None
    """None for a run that is not trustworthy."""
    trustworthy: bool
    population: Interval
    frontier: Interval | None


class Window(Record):
    """Months until half the parameters do what a model does."""

    population: Interval | None
    frontier: Interval | None


class Extrapolation(Record):
    """How far a forecast reaches beyond the data (`horizon.Horizon.extrapolation`)."""

    last_release: str
    until: str
    today: str
    days_beyond: int
    span_days: int
    multiple_of_span: float
    far: bool
    sentence: str


class Backtest(Record):
    """How such forecasts did on the past (`backtested.verdict`)."""

    same: bool
    sentence: str
    scores_sentence: str | None


class Forecast(Answer):
    """Density to come: intervals, one a date."""

    draws = True
    dates: list[str]
    population: list[Interval]
    frontier: list[Interval] | None
    """None for a model without a frontier."""
    new_model: list[Interval]
    record: list[Interval]
    fans: dict[str, list[Band]]
    milestones: list[Milestone]
    window: Window
    releases: Recent
    extrapolation: Extrapolation
    backtest: Backtest | None
    """None where no kept back-test is of this forecaster."""
    not_backtested: str | None
    """Why there is none."""
    diagnostics: Verdict
    trustworthy: bool
    costs: Costs | None = None
    """None where no score or model is to be reached at any size."""
    mixture: list[Part] | None = None
    """None for a forecast of one run."""
    _outlook: Outlook = PrivateAttr()

    def parts(self, width: int = WIDE) -> Iterator[Line | Cells]:
        """Say what comes when, then milestones, and how far all this is to be believed."""
        shown = [name for name in TITLES if self[name]]
        prob, apart = self.population[0].prob, " " if width >= WIDE else "\n"
        yield Line(f"Capability density, median and {prob:.0%} equal-tailed interval:")
        rows = [
            (
                self.dates[i] + (" (today)" if self.dates[i] == self.extrapolation.today else ""),
                *(span(self[name][i], form=rounded, apart=apart) for name in shown),
            )
            for i in self._some()
        ]
        yield Cells(("date", *(TITLES[name] for name in shown)), rows)
        until = self.extrapolation.until
        if self.mixture:
            yield Line("The forecast is the average of these, by their stacking weights:")
            parts = [
                (
                    part.name, "none" if part.weight is None else f"{part.weight:.2f}",
                    *(span(part[k], form=rounded) if part[k] else "none" for k in ESTIMANDS),
                )
                for part in self.mixture
            ]  # fmt: skip
            heads = "each shape alone", "weight", *(f"{t}, {until}" for t in ESTIMANDS.values())
            bad = [i for i, part in enumerate(self.mixture) if not part.trustworthy]
            yield Cells(heads, parts, bad=bad)
        for milestone in self.milestones:
            yield from self._milestone(milestone, until)
        if self.costs:
            yield from self._costs(self.costs)
        windows = [f"{ESTIMANDS[k]} {_months(self.window[k])}" for k in ESTIMANDS if self.window[k]]
        yield Line(f"Months until half the parameters do the same: {', '.join(windows)}")
        yield Line(
            "The record counts new releases as often as in the data's last "
            f"{self.releases.window_days} days: {self.releases.models} models in "
            f"{self.releases.batches} batches (for how often, the batch that ends them does not "
            "count)."
        )
        yield Line("How far this reaches beyond the data", "bold")
        yield Line(self.extrapolation.sentence, below=True)
        yield Line("How such forecasts did", "bold")
        if self.backtest is None:
            yield Line(str(self.not_backtested), "bold yellow", below=True)
        else:
            yield Line(self.backtest.sentence, below=True)
            if any(milestone.request.score for milestone in self.milestones):
                yield Line("How they did on single scores", "bold")
                yield Line(str(self.backtest.scores_sentence), "yellow", below=True)
        if not self.trustworthy:
            yield Line("not trustworthy: see `densing summary`", "bold red")

    def _some(self) -> list[int]:
        """Positions of the dates that a table shows: the last and today's among them."""
        step, last = -(-len(self.dates) // ROWS), len(self.dates) - 1
        today = self.extrapolation.today
        return [i for i, day in enumerate(self.dates) if i % step == 0 or i == last or day == today]

    def _milestone(self, milestone: Milestone, until: str) -> Iterator[Line]:
        yield Line(f"{milestone.name}:", "bold")
        for name, doer in DOERS.items():
            reached = milestone.get(name)
            if reached:
                yield Line(
                    f"{doer}: {reached.date.when(until)}; probability by {until} "
                    f"{reached.probability[-1]:.2f}",
                    below=True,
                )
            elif name == "record" and name in milestone:
                yield Line(
                    f"{doer}: no model of that size in the data's last year to go by", below=True
                )
        if milestone.request.params is None:
            for name, sizes in (milestone.params_needed or {}).items():
                if sizes:
                    yield Line(
                        f"parameters it takes at the density of the {DOERS[name]}: "
                        f"{_sizes(sizes[0])} on {self.dates[0]}, {_sizes(sizes[-1])} on {until}",
                        below=True,
                    )
        for key in ("why", "unseen"):
            if milestone.get(key):
                yield Line(milestone[key], "yellow", below=True)

    def _costs(self, costs: Costs) -> Iterator[Line | Cells]:
        for row in costs.requests:
            columns = {"params": row.params, "params_over_hardware": row.params_over_hardware}
            if costs.price:
                columns["price"] = costs.price
            yield Line(f"{row.name}: what it costs, {costs.relative_to} being 1:", "bold")
            rows = [
                (self.dates[i], *(span(each[i], form=rounded) for each in columns.values()))
                for i in self._some()
            ]
            yield Cells(("date", *(COSTS[name] for name in columns)), rows)
        for sentence in costs.sentences.values():
            yield Line(sentence, below=True)

    @property
    def good(self) -> bool:
        """Whether all runs are trustworthy."""
        return self.trustworthy

    def table(self) -> pd.DataFrame:
        """Return one row a month, columns (estimand, end); ends median, lower and upper.

        `attrs` has, too, how far beyond the data this reaches (`extrapolation`) and how such
        forecasts did on the past (`backtest`, a sentence).
        """
        columns = {
            (name, end): [interval[end] for interval in self[name]]
            for name in TITLES if self[name] is not None
            for end in ("median", "lower", "upper")
        }  # fmt: skip
        dates = pd.DatetimeIndex(self.dates, name="date")
        frame = self.framed(pd.DataFrame(columns, index=dates))
        told = self.backtest.sentence if self.backtest else self.not_backtested
        frame.attrs |= {"extrapolation": dict(self.extrapolation), "backtest": told}
        return frame

    def figures(self) -> dict[str, Any]:
        """Draw the fans, the milestones and the costs, as far as there are any."""
        drawn = {"fan": draw("densing.report.forecast:plot_fan", self._outlook)}
        if any(m.get("population") or m.get("params_needed") for m in self.milestones):
            home = "densing.report.forecast:plot_milestones"
            drawn["milestones"] = draw(home, self)
        if self.costs:
            drawn["costs"] = draw("densing.report.forecast:plot_costs", self)
        return drawn


def forecast(
    run: Run,
    *,
    until: str,
    with_: Others = None,
    today: str | None = None,
    density: list[float] | None = None,
    match: str | None = None,
    score: float | None = None,
    benchmark: str | None = None,
    params: Size = None,
    hardware_years: float = HARDWARE_YEARS,
    prob: float = PROB,
    seed: int = 1,
) -> Forecast:
    """Density to come, the record, and when something is reached; how far that is beyond the data.

    Milestones: ten times today's density, and a 4B model with DeepSeek-V3's MMLU score, unless
    others are asked for.

    Parameters
    ----------
    run
        A run of the joint model (densing fit, densing report).
    until
        Last day of the forecast, for example 2027-12-31.
    with_
        Another run, of another shape of the trend, to average with by stacking weights (densing
        compare). May be given several times; in Python runs by name.
    today
        Day that "today's density" refers to; the day of the call without it.
    density
        When is density so many times today's? May be given several times.
    match
        When, and at what size, does a model match this one? With --benchmark, on that alone.
    score
        When, and at what size, is this proportion reached on --benchmark?
    benchmark
        Benchmark of --match or --score.
    params
        Size of the model that is to do it, for example 4B or 4e9.
    hardware_years
        Median of the prior of the time in which computation per dollar doubles, in years: for
        what --score or --match will cost, relative to today.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the simulated releases.

    Raises
    ------
    TypeError, RunError, RequestError
        No run of a joint model, or dates or questions that it cannot answer; the message says what
        to do.
    """
    run, prob, seed = as_run(run, kinds=("joint", "trend", "loss")), as_prob(prob), as_seed(seed)
    runs, ahead, weights = {}, None, {}
    if with_:
        if any(run.equals(other) for other in with_.values()):
            raise RunError(f"{run.name or 'a run'}: given twice; average it with another run")
        runs = {run.name or "run": run, **with_}
        run, ahead, weights = mix(runs)
    outlook = look_ahead(run, until=until, today=today, seed=seed, ahead=ahead)
    asked = requests(
        run, density=density or (), match=match, score=score, benchmark=benchmark, params=params
    )
    costs = cost_ahead(outlook, asked, hardware_years=hardware_years, prob=prob)
    parts = shapes_apart(runs, weights, outlook.span, prob=prob) if runs else None
    return tell(outlook, milestones=asked, costs=costs, mixture=parts, prob=prob)


def milestones(run: xr.DataTree, **asked: Any) -> list[Milestone]:
    """When something is reached, and at what size: the milestones of `forecast(run, **asked)`."""
    return forecast(run, **asked).milestones


def tell(
    outlook: Outlook,
    *,
    milestones: Sequence[Request] = (),
    costs: Costs | None = None,
    mixture: list[Part] | None = None,
    prob: float = PROB,
) -> Forecast:
    """Make the answer from the draws of a forecast."""
    run, horizon = outlook.run, outlook.span
    density = {name: np.exp(values) for name, values in outlook.draws.items()}
    asked = Milestones(run, outlook.ahead, horizon, outlook.new, seed=outlook.seed)
    recent, tested = batches(run), outlook.backtest
    told = Forecast(
        dates=[f"{day:%Y-%m-%d}" for day in horizon.months],
        **{k: intervals(density[k], prob=prob) if k in density else None for k in TITLES},
        fans={name: fan(values) for name, values in density.items()},
        milestones=[asked.answer(request, prob=prob) for request in milestones],
        window=outlook.window(prob=prob),
        releases=Recent(
            window_days=WINDOW_DAYS, batches=len(recent), models=int(sum(map(len, recent)))
        ),
        extrapolation=horizon.extrapolation(outlook.ahead.shapes),
        backtest=tested if tested["same"] else None,
        not_backtested=None if tested["same"] else tested["sentence"],
        diagnostics=record(run, "health"), trustworthy=trustworthy(run), costs=costs,
        mixture=mixture,
    )  # fmt: skip
    told._outlook = outlook
    return told.about(run, prob=prob)


def shapes_apart(
    runs: Mapping[str, xr.DataTree], weights: Mapping[str, float], horizon: Horizon, *, prob: float
) -> list[Part]:
    """Say what each run of a mixture forecasts alone, at the end of the horizon."""
    parts = []
    for name, run in runs.items():
        own = future(run)
        lines = own.lines(own.time([horizon.until]))
        ends = {
            key: interval(np.exp(lines[key][:, 0]), prob=prob) if key in lines else None
            for key in ESTIMANDS
        }
        parts.append(
            Part(
                name=name, shape=own.shapes[0], weight=weights.get(name),
                trustworthy=trustworthy(run), **ends,
            )
        )  # fmt: skip
    return parts


def _months(interval: Interval) -> str:
    """Say a doubling time: `3.1 (2.6 to 3.5)`, in months."""
    return span(interval, form=month, nothing="no growth", beyond="not bounded above")


def _sizes(interval: Interval) -> str:
    """Say a number of parameters: `4B (2B to no size)`."""
    return span(interval, form=sized, nothing="no size does it", beyond="no size")
