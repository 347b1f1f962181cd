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

from densing.data import bundled
from densing.inference.component import fit_trend
from densing.inference.news import Listener
from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.paper import published as pub
from densing.paper.claim import Claim, Range
from densing.results.component import trend_summary
from densing.results.headline import as_interval, summary, trustworthy
from densing.results.interval import PROB, Interval, doubling_months, interval
from densing.results.line import Line, least_squares
from densing.results.record_setters import record_setters


class Chance(NamedTuple):
    """Record lines of data without growth; every array has shape (shuffle,)."""

    slope: np.ndarray
    r2: np.ndarray
    tried: int
    """Shuffles, including those with fewer than three records, which have no line."""

    def band(self, *, prob: float = 0.9) -> tuple[float, float]:
        """Equal-tailed range of the slopes."""
        low, high = np.quantile(self.slope, [(1 - prob) / 2, (1 + prob) / 2])
        return float(low), float(high)


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
        *_trend_claims(growth),
        *_joint_claims(growth),
    ]  # fmt: skip


def _trend_claims(growth: Growth) -> list[Claim]:
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


def _joint_claims(growth: Growth) -> list[Claim]:
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


CHATGPT = "ChatGPT (Fig. 3c)"
HALF_DECIMAL = 5e-6
"""Half of the last decimal of the bundled densities."""
ROUNDED = (
    f"from the figure's points, all digits kept, {pub.DRAWN_BEFORE} before and {pub.DRAWN_AFTER} "
    "after: the bundled densities have five decimals"
)
"""Why a slope differs from the figure's in the last digit."""


@dataclass(frozen=True, eq=False)
class Era:
    """The models of one side of ChatGPT's release."""

    models: np.ndarray
    """Positions in the table, shape (model,)."""
    records: np.ndarray
    """Positions in the table of the record-setters among them."""
    line: Line
    """Through the record-setters."""
    all_models: Line
    chance: Chance

    def before_rounding(self, table: pd.DataFrame, day: np.ndarray) -> Range:
        """Slopes that the line may have had before the table's densities were rounded."""
        density, x = table["density"].to_numpy()[self.records], day[self.records]
        lever = (x - self.line.centre) / self.line.spread
        side = HALF_DECIMAL * np.sign(lever)
        return float(lever @ np.log(density - side)), float(lever @ np.log(density + side))


@dataclass(frozen=True, eq=False)
class ChatGPT:
    """Both sides."""

    table: pd.DataFrame
    day: np.ndarray
    before: Era
    after: Era
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

    def era(models: np.ndarray) -> Era:
        records = models[record_setters(day[models], value[models])]
        return Era(
            models, records, least_squares(day[records], value[records]),
            least_squares(day[models], value[models]),
            chance_lines(day[models], value[models], rng=rng),
        )  # fmt: skip

    before, after = era(np.flatnonzero(~later)), era(np.flatnonzero(later))
    overall = set(record_setters(day, value).tolist())
    return ChatGPT(
        table, day, before, after, ratio(after.line, before.line, rng=rng),
        ratio(after.all_models, before.all_models, rng=rng),
        sum(i not in overall for i in after.records.tolist()),
    )  # fmt: skip


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

    def slope(name: str, era: Era, printed: str, drawn: str) -> Claim:
        line = era.line
        share = float(np.mean(era.chance.slope >= line.slope))
        note = (
            f"{line.count} points of {len(era.models)} models; so steep a line in {share:.0%} of "
            "shuffles without growth"
        )
        if line.count == 3:
            note = "rests on three points: " + note
        low, high = era.before_rounding(eras.table, eras.day)
        note += (
            f"; {drawn} from the figure's points: the bundled densities have five decimals, which "
            f"leave {low:.6f} to {high:.6f}"
        )
        return Claim(
            CHATGPT, f"growth {name} ChatGPT", "1/day", printed, line.slope, line.slope_interval(),
            "line through the records", era.chance.band(), note=note,
        )  # fmt: skip

    def everyone(name: str, era: Era, printed: str) -> Claim:
        line = era.all_models
        return Claim(
            CHATGPT, f"growth {name} ChatGPT, all models", "1/day", printed, None,
            line.slope_interval(), f"line through all {line.count} models", (0.0, 0.0),
            note=f"least squares {line.slope:.6f}",
        )  # fmt: skip

    return [
        slope("before", before, pub.BEFORE, pub.DRAWN_BEFORE),
        everyone("before", before, pub.BEFORE),
        slope("after", after, pub.AFTER, pub.DRAWN_AFTER),
        everyone("after", after, pub.AFTER),
        Claim(CHATGPT, "acceleration, records", "ratio", pub.ACCELERATION,
              after.line.slope / before.line.slope, eras.record_ratio, "ratio of both lines",
              (1.0, 1.0),
              note=f"rests on {before.line.count} points before; {eras.restarts} of the "
                   f"{after.line.count} after are no records among all models"),
        Claim(CHATGPT, "acceleration, all models", "ratio", pub.ACCELERATION, None,
              eras.model_ratio, "ratio of lines through all models", (1.0, 1.0),
              note=f"{before.all_models.count} models before, {after.all_models.count} after"),
    ]  # fmt: skip
