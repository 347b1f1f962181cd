"""The forecast of a run: both lines, a new model, the record, and milestones.

Everything is a function of the run's posterior draws: no engine, no refit. `population` and
`frontier` carry the uncertainty of the trend alone; `new_model` adds the effect of a new family
and the residual, and is what one release should be held against; `record` is the running maximum
over the models of the data and simulated new ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from densing.results.backtested import verdict
from densing.results.future import Future, future
from densing.results.horizon import Horizon, horizon
from densing.results.interval import PROB, doubling_months, interval
from densing.results.milestones import Milestones
from densing.results.releases import (
    WINDOW_DAYS,
    Releases,
    batches,
    record_so_far,
    running_record,
    simulate,
)
from densing.results.request import Request
from densing.results.run import record, trustworthy

FANS = (0.5, 0.8, 0.9, 0.95)
ESTIMANDS = ("population", "frontier", "new_model", "record")


@dataclass(frozen=True)
class Outlook:
    """Draws of a forecast."""

    run: xr.DataTree
    span: Horizon
    ahead: Future
    new: Releases
    draws: dict[str, np.ndarray]
    """Log density of each estimand there is at `span.months`, (sample, month)."""
    seed: int

    @property
    def backtest(self) -> dict[str, Any]:
        """What the kept back-test says of this forecaster (`backtested.verdict`)."""
        return verdict(self.run, days_beyond=(self.span.until - self.span.last).days)


def look_ahead(
    run: xr.DataTree,
    *,
    until: Any,
    today: Any = None,
    seed: int = 1,
    ahead: Future | None = None,
) -> Outlook:
    """Draw the estimands from the end of the data to `until`.

    Parameters
    ----------
    ahead
        Lines of the run's draws, where they are not of its own shape (`mixture.mix`).

    Raises
    ------
    RequestError
        Dates that cannot be forecast (see `horizon`).
    """
    span, ahead = horizon(run, until=until, today=today), ahead or future(run)
    new = simulate(run, ahead, span, seed=seed)
    time = ahead.time(span.months)
    days = (span.months - span.first).days.to_numpy()
    draws = ahead.lines(time)
    draws["new_model"] = ahead.new_models(np.random.default_rng(seed), time)
    draws["record"] = running_record(record_so_far(run), new, days)
    return Outlook(run, span, ahead, new, draws, seed)


def forecast(
    outlook: Outlook, *, milestones: Sequence[Request] = (), prob: float = PROB
) -> dict[str, Any]:
    """Return the contract's `forecast` object.

    Returns
    -------
    dict
        `dates`; `population`, `frontier` (None without one), `new_model`, `record`: intervals of
        density, one a date; `fans`: for each of these, `lower` and `upper` by probability;
        `milestones`; `window`: months until half the parameters do; `releases`: what the record
        rests on; `extrapolation`; `backtest` (None, and the reason as `not_backtested`, where
        no kept back-test is of this forecaster); `diagnostics`, the run's own.
    """
    run, span = outlook.run, outlook.span
    density = {name: np.exp(values) for name, values in outlook.draws.items()}
    told: dict[str, Any] = {"dates": [f"{day:%Y-%m-%d}" for day in span.months]}
    for name in ESTIMANDS:
        told[name] = (
            [interval(draws, prob=prob).as_dict() for draws in density[name].T]
            if name in density
            else None
        )
    asked = Milestones(run, outlook.ahead, span, outlook.new, seed=outlook.seed)
    recent, tested = batches(run), outlook.backtest
    return told | {
        "fans": {name: fan(values) for name, values in density.items()},
        "milestones": [asked.answer(request, prob=prob) for request in milestones],
        "window": window(outlook, prob=prob),
        "releases": {
            "window_days": WINDOW_DAYS, "batches": len(recent),
            "models": int(sum(map(len, recent))),
        },
        "extrapolation": span.extrapolation(outlook.ahead.shapes),
        "backtest": tested if tested["same"] else None,
        "not_backtested": None if tested["same"] else tested["sentence"],
        "diagnostics": record(run, "health"),
        "trustworthy": trustworthy(run),
    }  # fmt: skip


def shapes_apart(
    runs: Mapping[str, xr.DataTree], weights: Mapping[str, float], span: Horizon, *, prob: float
) -> list[dict[str, Any]]:
    """Say what each run of a mixture forecasts alone, at the end of the horizon.

    Returns
    -------
    list of dict
        `name`, `shape`, `weight` (None where it has none), and intervals of density of
        `population` and `frontier` (None without one).
    """
    told = []
    for name, run in runs.items():
        own = future(run)
        lines = own.lines(own.time([span.until]))
        ends = {
            key: interval(np.exp(lines[key][:, 0]), prob=prob).as_dict() if key in lines else None
            for key in ("population", "frontier")
        }
        told.append(
            {"name": name, "shape": own.curve.shape, "weight": weights.get(name),
             "trustworthy": trustworthy(run), **ends}
        )  # fmt: skip
    return told


def fan(draws: np.ndarray) -> list[dict[str, Any]]:
    """Equal-tailed intervals of draws (sample, date) at the probabilities of `FANS`."""
    ends = [np.quantile(draws, [(1 - p) / 2, (1 + p) / 2], axis=0) for p in FANS]
    return [
        {"prob": p, "lower": low.tolist(), "upper": high.tolist()}
        for p, (low, high) in zip(FANS, ends, strict=True)
    ]


def window(outlook: Outlook, *, prob: float) -> dict[str, Any]:
    """Months until half the parameters do what a model does: density's doubling time ahead.

    Rates are means from the end of the data to the horizon.
    """
    years = outlook.ahead.time(outlook.span.months)
    told: dict[str, Any] = {"frontier": None}
    for name in ("population", "frontier"):
        if name in outlook.draws:
            line = outlook.draws[name]
            rate = (line[:, -1] - line[:, 0]) / (years[-1] - years[0])
            told[name] = doubling_months(interval(rate, prob=prob)).as_dict()
    return told
