"""Draws of a forecast: both lines, a new model, and the record.

Everything is a function of the run's posterior draws: no engine, no refit. `population` and
`frontier` carry the uncertainty of the trend alone; `new_model` adds the effect of a new family
and the residual, and is what one release should be held against; `record` is the running maximum
over the models of the data and simulated new ones.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from densing.answers._answer import Record
from densing.results.backtested import verdict
from densing.results.future import Future, future
from densing.results.horizon import Horizon, horizon
from densing.results.interval import Interval, doubling_months, interval
from densing.results.releases import Releases, record_so_far, running_record, simulate
from densing.text import ESTIMANDS

FANS = (0.5, 0.8, 0.9, 0.95)


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

    def window(self, *, prob: float) -> dict[str, Interval | None]:
        """Months until half the parameters do what a model does: density's doubling time ahead.

        Rates are means from the end of the data to the horizon.
        """
        years = self.ahead.time(self.span.months)
        told: dict[str, Interval | None] = dict.fromkeys(ESTIMANDS)
        for name in ESTIMANDS:
            if name in self.draws:
                line = self.draws[name]
                rate = (line[:, -1] - line[:, 0]) / (years[-1] - years[0])
                told[name] = doubling_months(interval(rate, prob=prob))
        return told


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


class Band(Record):
    """Equal-tailed intervals at one probability, one a date."""

    prob: float
    lower: list[float]
    upper: list[float]


def fan(draws: np.ndarray) -> list[Band]:
    """Equal-tailed intervals of draws (sample, date) at the probabilities of `FANS`."""
    ends = [np.quantile(draws, [(1 - p) / 2, (1 + p) / 2], axis=0) for p in FANS]
    return [
        Band(prob=p, lower=low.tolist(), upper=high.tolist())
        for p, (low, high) in zip(FANS, ends, strict=True)
    ]


def intervals(draws: np.ndarray, *, prob: float) -> list[Interval]:
    """Intervals of draws (sample, date), one a date."""
    return [interval(column, prob=prob) for column in draws.T]
