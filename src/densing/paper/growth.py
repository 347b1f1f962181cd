"""Figure 1: the growth of density, by record-setters, by all models, and by the joint model."""

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers.summary import summarise as summary
from densing.answers.summary import summarise as trend_summary
from densing.data import bundled
from densing.inference.component import fit_trend
from densing.inference.news import Listener
from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.paper import published as pub
from densing.paper.claim import Claim, Range
from densing.paper.records import Chance, chance_lines
from densing.results.interval import Interval, as_interval, doubling_months, interval
from densing.results.line import Line, least_squares
from densing.results.record_setters import record_setters
from densing.results.run import trustworthy

SECTION = "Growth of density (Fig. 1)"
MONTH = DAYS_PER_YEAR / 12.0
"""Days."""


@dataclass(frozen=True, eq=False)
class Growth:
    """The published densities and every line through them."""

    table: pd.DataFrame
    day: np.ndarray
    """Days since the release of Llama 1, shape (model,)."""
    records: np.ndarray
    """Positions of the record-setters."""
    line: Line
    chance: Chance
    trend: xr.DataTree
    """Run of `fit_trend` on all densities, frontier and population."""
    joint: dict[str, Any] | None
    """Summary of a saved run of the joint model."""


def days(dates: Any) -> np.ndarray:
    """Days since the release of Llama 1, negative before it, shape of `dates`."""
    return (pd.DatetimeIndex(dates) - EPOCH).days.to_numpy().astype(float)


def months(rate_per_day: Interval) -> Interval:
    """Doubling time in months of a rate a day, mapped end by end."""
    middle, low, high = (
        None if end is None else end * DAYS_PER_YEAR
        for end in (rate_per_day.median, rate_per_day.lower, rate_per_day.upper)
    )
    return doubling_months(Interval(middle, low, high, rate_per_day.prob, rate_per_day.kind))


def chance_months(chance: Chance) -> Range:
    """Doubling times that record lines show without growth, in months."""
    low, high = (np.log(2.0) / (rate * MONTH) if rate > 0 else inf for rate in chance.band())
    return float(high), float(low)


def grow(
    *, seed: int = 1, joint: xr.DataTree | None = None, listen: Listener | None = None
) -> Growth:
    """Fit everything that Figure 1 rests on; `joint` is a saved run of the joint model."""
    table = bundled("published_density")
    day, log_density = days(table["release_date"]), np.log(table["density"].to_numpy())
    records = record_setters(day, log_density)
    values = table.rename(columns={"model": "name", "release_date": "date", "density": "value"})
    return Growth(
        table=table, day=day, records=records,
        line=least_squares(day[records], log_density[records]),
        chance=chance_lines(day, log_density, rng=np.random.default_rng(seed)),
        trend=fit_trend(values, seed=seed, listen=listen),
        joint=None if joint is None else summary(joint),
    )  # fmt: skip


def growth_claims(growth: Growth) -> list[Claim]:
    """Return the claims of Figure 1."""
    line, chance = growth.line, growth.chance
    rate = line.slope_interval()
    flat = float(np.mean(chance.slope >= line.slope))
    fit = float(np.mean(chance.r2 >= line.r2))
    steepest = f"the same rule finds so steep a line in {flat:.0%} of shuffles without growth"
    names = ", ".join(growth.table["model"].iloc[growth.records])
    return [
        Claim(SECTION, "record-setters", "models", pub.RECORDS_DRAWN, len(growth.records),
              note=names),
        Claim(SECTION, "growth of the record line", "1/day", pub.RATE, line.slope, rate,
              "line through the records", chance.band(),
              note=f"{steepest}; printed as 0.0065 and as about {pub.RATE_ROUNDED} (preprint: "
                   f"about {' and about '.join(pub.RATE_PREPRINT)})"),
        Claim(SECTION, "R2 of the record line", "1", pub.R2, line.r2, interval(chance.r2),
              "R2 without growth", chance=True,
              note=f"{fit:.0%} of shuffles without growth fit as well; the preprint prints "
                   f"{' and '.join(pub.R2_PREPRINT)}"),
        Claim(SECTION, "doubling time: record line", "months", pub.MONTHS,
              np.log(2.0) / line.slope / MONTH, months(rate), "line through the records",
              chance_months(chance), note=steepest),
        *_trends(growth),
        *_joint(growth),
    ]  # fmt: skip


def _trends(growth: Growth) -> list[Claim]:
    """Claims beside both estimands of the Bayesian trend on all published densities."""
    answer, good = trend_summary(growth.trend), trustworthy(growth.trend)
    count = len(growth.table)
    notes = {
        "frontier": "stochastic frontier instead of record-setters, densities taken as exact",
        "population": "a typical new model, of which the paper says nothing",
    }
    return [
        _doubling(f"{name} of all {count} densities", answer[key], good, notes[key])
        for name, key in (("frontier", "frontier"), ("typical model", "population"))
    ]


def _joint(growth: Growth) -> list[Claim]:
    """Claims beside the joint model, or how to get it."""
    if growth.joint is None:
        note = "absent: make a run with `densing fit --out RUN.nc`, then give --run RUN.nc"
        return [Claim(SECTION, "doubling time: joint model", "months", pub.MONTHS, None, note=note)]
    answer = growth.joint
    good = answer["diagnostics"]["verdict"] == "trustworthy"
    note = (
        f"{answer['models']} models, {answer['scores']} scores, reference {answer['reference']}, "
        f"model {answer['model']}: every step's uncertainty included"
    )
    return [
        _doubling(f"joint model, {name}", answer[key], good, note)
        for name, key in (("frontier", "frontier"), ("typical model", "population"))
        if answer[key] is not None
    ]


def _doubling(name: str, answer: dict[str, Any], good: bool, note: str) -> Claim:  # noqa: FBT001
    found = as_interval(answer["doubling_months"])
    return Claim(
        SECTION, f"doubling time: {name}", "months", pub.MONTHS, None, found,
        name, (inf, inf), good, note if good else f"NOT TRUSTWORTHY; {note}",
    )  # fmt: skip
