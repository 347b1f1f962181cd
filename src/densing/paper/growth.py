"""Figures 1 and 3c: growth of density, over all dates and before and after ChatGPT.

The paper's rule is a line through the record-setters. It stands beside what the same rule finds
where nothing grows, a line through all models, and this package's own trend and joint model.
"""

from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers.summary import summarise as summary
from densing.answers.summary import summarise as trend_summary
from densing.data import bundled
from densing.inference.fit import fit_trend
from densing.inference.news import Listener
from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.paper import published as pub
from densing.paper.claim import Claim, Range
from densing.results.interval import PROB, Interval, as_interval, doubling_months, interval
from densing.results.line import Line, least_squares, record_setters
from densing.results.run import trustworthy

SECTION, CHATGPT = "Growth of density (Fig. 1)", "ChatGPT (Fig. 3c)"
MONTH = DAYS_PER_YEAR / 12.0
"""Days."""
HALF_DECIMAL = 5e-6
"""Half of the last decimal of the bundled densities."""
ROUNDED = (
    f"from the figure's points, all digits kept, {pub.DRAWN_BEFORE} before and {pub.DRAWN_AFTER} "
    "after: the bundled densities have five decimals"
)
"""Why a slope differs from the figure's in the last digit."""
ESTIMANDS = {"frontier": "frontier", "population": "typical model"}
ABSENT = "absent: make a run with `densing fit --out RUN.nc`, then give --run RUN.nc"


class Chance(NamedTuple):
    """Record lines of data without growth; every array has shape (shuffle,)."""

    slope: np.ndarray
    r2: np.ndarray
    tried: int
    """Shuffles, including those with fewer than three records, which have no line."""

    def band(self, *, prob: float = PROB) -> tuple[float, float]:
        """Equal-tailed range of the slopes."""
        low, high = np.quantile(self.slope, [(1 - prob) / 2, (1 + prob) / 2])
        return float(low), float(high)

    def months(self) -> Range:
        """Doubling times that the slopes of the band mean, in months."""
        low, high = (np.log(2.0) / (r * MONTH) if r > 0 else inf for r in self.band())
        return float(high), float(low)


def chance_lines(
    day: np.ndarray, value: np.ndarray, *, rng: np.random.Generator, shuffles: int = 4000
) -> Chance:
    """Fit the record line to data that scatter as these do and do not grow.

    The deviations of `value` (log, shape (model,)) from its own straight trend are dealt out
    to the days at random; the records of each deal are fitted as the paper fits them.
    """
    deviation = value - least_squares(day, value)(day)
    days, first = np.unique(np.sort(day), return_index=True)
    dealt = rng.permuted(np.tile(deviation, (shuffles, 1)), axis=1)
    best = np.maximum.reduceat(dealt, first, axis=1)
    before = np.maximum.accumulate(best, axis=1)[:, :-1]
    is_record = np.hstack([np.ones((shuffles, 1), bool), best[:, 1:] > before])
    kept = is_record.sum(axis=1) >= 3
    w, y = is_record[kept].astype(float), best[kept]
    count = w.sum(axis=1, keepdims=True)
    dx = w * (days - (w @ days)[:, None] / count)
    dy = w * (y - (w * y).sum(axis=1, keepdims=True) / count)
    xx, xy, yy = ((a * b).sum(axis=1) for a, b in ((dx, dx), (dx, dy), (dy, dy)))
    return Chance(xy / xx, xy**2 / (xx * yy), shuffles)


@dataclass(frozen=True, eq=False)
class RecordLine:
    """Values by day, the paper's line through their record-setters, and what it rests on."""

    day: np.ndarray
    """Days since the release of Llama 1, shape (model,)."""
    value: np.ndarray
    """What grows, as its logarithm, shape (model,)."""
    records: np.ndarray
    """Positions of the record-setters."""
    line: Line
    all_models: Line
    chance: Chance

    @property
    def as_steep(self) -> float:
        """Share of shuffles without growth with so steep a line."""
        return float(np.mean(self.chance.slope >= self.line.slope))


def record_line(day: np.ndarray, value: np.ndarray, *, rng: np.random.Generator) -> RecordLine:
    """Fit the record line and what stands beside it; both arrays of shape (model,)."""
    records = record_setters(day, value)
    return RecordLine(
        day, value, records, least_squares(day[records], value[records]),
        least_squares(day, value), chance_lines(day, value, rng=rng),
    )  # fmt: skip


def days(dates: Any) -> np.ndarray:
    """Days since the release of Llama 1, negative before it, shape of `dates`."""
    return (pd.DatetimeIndex(dates) - EPOCH).days.to_numpy().astype(float)


def months(rate_per_day: Interval) -> Interval:
    """Doubling time in months of a rate a day, mapped end by end."""
    i = rate_per_day
    ends = (None if end is None else end * DAYS_PER_YEAR for end in (i.median, i.lower, i.upper))
    return doubling_months(Interval(*ends, i.prob, i.kind))


@dataclass(frozen=True, eq=False)
class Growth:
    """The published densities and every line through them."""

    table: pd.DataFrame
    rule: RecordLine
    trend: xr.DataTree
    """Run of `fit_trend` on all densities, frontier and population."""
    joint: dict[str, Any] | None
    """Summary of a saved run of the joint model."""


def grow(
    *, seed: int = 1, joint: xr.DataTree | None = None, listen: Listener | None = None
) -> Growth:
    """Fit everything that Figure 1 rests on; `joint` is a saved run of the joint model."""
    table = bundled("published_density")
    day, log_density = days(table["release_date"]), np.log(table["density"].to_numpy())
    values = table.rename(columns={"model": "name", "release_date": "date", "density": "value"})
    return Growth(
        table, record_line(day, log_density, rng=np.random.default_rng(seed)),
        fit_trend(values, seed=seed, listen=listen), None if joint is None else summary(joint),
    )  # fmt: skip


def growth_claims(growth: Growth) -> list[Claim]:
    """Return the claims of Figure 1."""
    line, chance = growth.rule.line, growth.rule.chance
    rate, count = line.slope_interval(), len(growth.table)
    fit = float(np.mean(chance.r2 >= line.r2))
    steepest = (
        f"the same rule finds so steep a line in {growth.rule.as_steep:.0%} of shuffles without "
        "growth"
    )
    good = trustworthy(growth.trend)
    notes = {
        "frontier": "stochastic frontier instead of record-setters, densities taken as exact",
        "population": "a typical new model, of which the paper says nothing",
    }
    trend = trend_summary(growth.trend)
    return [
        Claim(SECTION, "record-setters", "models", pub.RECORDS_DRAWN, len(growth.rule.records),
              note=", ".join(growth.table["model"].iloc[growth.rule.records])),
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
              chance.months(), note=steepest),
        *(_doubling(f"{name} of all {count} densities", trend[key], good, notes[key])
          for key, name in ESTIMANDS.items()),
        *_joint_claims(growth.joint),
    ]  # fmt: skip


def _joint_claims(answer: dict[str, Any] | None) -> list[Claim]:
    """Claims beside the summary of a joint model, or how to get one."""
    if answer is None:
        return [Claim(SECTION, "doubling time: joint model", "months", pub.MONTHS, None,
                      note=ABSENT)]  # fmt: skip
    good = answer["diagnostics"]["verdict"] == "trustworthy"
    note = (
        f"{answer['models']} models, {answer['scores']} scores, reference {answer['reference']}, "
        f"model {answer['model']}: every step's uncertainty included"
    )
    return [
        _doubling(f"joint model, {name}", answer[key], good, note)
        for key, name in ESTIMANDS.items() if answer[key] is not None
    ]  # fmt: skip


def _doubling(name: str, answer: dict[str, Any], good: bool, note: str) -> Claim:  # noqa: FBT001
    return Claim(
        SECTION, f"doubling time: {name}", "months", pub.MONTHS, None,
        as_interval(answer["doubling_months"]), name, (inf, inf), good,
        note if good else f"NOT TRUSTWORTHY; {note}",
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class ChatGPT:
    """Models before and after ChatGPT's release; positions count within each side."""

    table: pd.DataFrame
    day: np.ndarray
    before: RecordLine
    after: RecordLine
    records: np.ndarray
    """Positions in the table of both sides' record-setters."""
    record_ratio: Interval
    model_ratio: Interval
    restarts: int
    """Record-setters of the later side that are no records among all models."""


def split_at_chatgpt(*, seed: int = 1) -> ChatGPT:
    """Fit both sides; intervals of the ratio come from draws of both slopes."""
    table = bundled("published_density_mmlu")
    rng = np.random.default_rng(seed)
    day, value = days(table["release_date"]), np.log(table["density"].to_numpy())
    later = (table["release_date"] >= pd.Timestamp(pub.CHATGPT)).to_numpy()
    sides = [np.flatnonzero(~later), np.flatnonzero(later)]
    before, after = (record_line(day[own], value[own], rng=rng) for own in sides)
    records = [own[side.records] for own, side in zip(sides, (before, after), strict=True)]
    return ChatGPT(
        table, day, before, after, np.concatenate(records),
        ratio(after.line, before.line, rng=rng),
        ratio(after.all_models, before.all_models, rng=rng),
        len(set(records[1].tolist()) - set(record_setters(day, value).tolist())),
    )  # fmt: skip


def before_rounding(side: RecordLine) -> Range:
    """Slopes that a line may have had before the bundled densities were rounded."""
    density, x = np.exp(side.value[side.records]), side.day[side.records]
    lever = (x - side.line.centre) / side.line.spread
    half = HALF_DECIMAL * np.sign(lever)
    return float(lever @ np.log(density - half)), float(lever @ np.log(density + half))


def ratio(after: Line, before: Line, *, rng: np.random.Generator, draws: int = 200_000) -> Interval:
    """Interval of after's slope over before's.

    A draw without growth before makes the acceleration unbounded; it is kept as such, and an end
    that falls among those draws is None.
    """
    old, new = before.slopes(rng, draws), after.slopes(rng, draws)
    values = np.where(old > 0, new / np.where(old > 0, old, 1.0), np.inf)
    quantiles = np.quantile(values, [(1 - PROB) / 2, 0.5, (1 + PROB) / 2], method="lower")
    low, middle, high = (float(q) if np.isfinite(q) else None for q in quantiles)
    return Interval(middle, low, high)


def chatgpt_claims(eras: ChatGPT) -> list[Claim]:
    """Return the claims of Figure 3c."""
    before, after = eras.before, eras.after
    claims = []
    for name, side, printed, drawn in (
        ("before", before, pub.BEFORE, pub.DRAWN_BEFORE),
        ("after", after, pub.AFTER, pub.DRAWN_AFTER),
    ):
        line, every = side.line, side.all_models
        low, high = before_rounding(side)
        note = (
            f"{'rests on three points: ' if line.count == 3 else ''}{line.count} points of "
            f"{len(side.day)} models; so steep a line in {side.as_steep:.0%} of shuffles without "
            f"growth; {drawn} from the figure's points: the bundled densities have five decimals, "
            f"which leave {low:.6f} to {high:.6f}"
        )
        claims += [
            Claim(CHATGPT, f"growth {name} ChatGPT", "1/day", printed, line.slope,
                  line.slope_interval(), "line through the records", side.chance.band(), note=note),
            Claim(CHATGPT, f"growth {name} ChatGPT, all models", "1/day", printed, None,
                  every.slope_interval(), f"line through all {every.count} models", (0.0, 0.0),
                  note=f"least squares {every.slope:.6f}"),
        ]  # fmt: skip
    return [
        *claims,
        Claim(CHATGPT, "acceleration, records", "ratio", pub.ACCELERATION,
              after.line.slope / before.line.slope, eras.record_ratio, "ratio of both lines",
              (1.0, 1.0),
              note=f"rests on {before.line.count} points before; {eras.restarts} of the "
                   f"{after.line.count} after are no records among all models"),
        Claim(CHATGPT, "acceleration, all models", "ratio", pub.ACCELERATION, None,
              eras.model_ratio, "ratio of lines through all models", (1.0, 1.0),
              note=f"{before.all_models.count} models before, {after.all_models.count} after"),
    ]  # fmt: skip
