"""Growth where the trend is no straight line: at its end, and before and after a changepoint."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import xarray as xr

from densing.answers._answer import Growth, Growths, Line, Record
from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.models.shapes import SHAPES
from densing.results.acceleration import acceleration
from densing.results.interval import Interval, growth
from densing.results.run import record
from densing.results.trend_curve import curve_of
from densing.text import ESTIMANDS, percent

SUBJECTS = {
    "population": "Capability density of a typical new model", "frontier": "Its frontier",
}  # fmt: skip


class AtEnd(Growths):
    """Growth at the date of the last value."""

    date: str


class DateInterval(Record):
    """Interval of a date; an end that does not come is None."""

    median: str | None
    lower: str | None
    upper: str | None
    prob: float
    kind: str

    def words(self) -> str:
        """Say the date and its interval: `2024-05-01 (90 % equal-tailed interval ... to ...)`."""
        if self.lower == self.upper:
            return str(self.median)
        return (
            f"{self.median} ({percent(self.prob)} {self.kind} interval {self.lower} to "
            f"{self.upper})"
        )


class Eras(Record):
    """Growth before and after a change."""

    before: Growth
    after: Growth
    ratio: Interval
    """Of the slopes, after over before."""
    p_acceleration: float

    def words(self) -> str:
        """Say the ratio: `1.20 (0.70 to 2.40); P(acceleration) = 0.68`."""
        lower = "not bounded below" if self.ratio.lower is None else f"{self.ratio.lower:.2f}"
        upper = "not bounded" if self.ratio.upper is None else f"{self.ratio.upper:.2f}"
        middle = "none" if self.ratio.median is None else f"{self.ratio.median:.2f}"
        return f"{middle} ({lower} to {upper}); P(acceleration) = {self.p_acceleration:.2f}"


class Acceleration(Record):
    """What a changepoint says (`results.acceleration`)."""

    changepoint: DateInterval
    population: Eras
    frontier: Eras | None

    def sentences(self) -> list[str]:
        """Say when growth changed and by how much."""
        first = f"Growth after the changepoint, {self.changepoint.words()}, over growth before it:"
        names = {"population": "typical", "frontier": "frontier"}
        return [first, *(f"{n}: {self[k].words()}" for k, n in names.items() if self[k])]


class Shaped(Growths):
    """Growth of a run: means over its dates, and what its shape of trend says beyond them."""

    shape: str
    at_end: AtEnd | None
    """None for a straight line."""
    acceleration: Acceleration | None
    """None for a shape without a changepoint."""

    def growth_parts(self, *, subject: str = SUBJECTS["population"]) -> Iterator[Line]:
        """Say both growth rates, then what the shape says."""
        subjects = SUBJECTS | {"population": subject}
        for key, what in subjects.items():
            if self[key]:
                yield Line(self[key].sentence(what), "bold")
        yield from self.shape_parts(subject=subject)

    def shape_parts(self, *, subject: str = SUBJECTS["population"]) -> Iterator[Line]:
        """Say what a shape that is no straight line means; nothing for a straight line."""
        if self.at_end is None:
            return
        yield Line(
            f"The trend has the shape {self.shape!r} ({SHAPES[self.shape].about}): rates are its "
            f"mean slopes over all dates. At the last, {self.at_end.date}:"
        )
        for key, what in (SUBJECTS | {"population": subject}).items():
            if self.at_end[key]:
                yield Line(self.at_end[key].sentence(what), below=True)
        if self.acceleration:
            first, *rest = self.acceleration.sentences()
            yield Line(first)
            yield from (Line(line, below=True) for line in rest)


def growths(run: xr.DataTree, *, prob: float, suffix: str = "") -> dict[str, Any]:
    """Growth records of a run by estimand; None for a rate that the run does not have."""
    derived = run["derived"]
    rates = {key: f"{key}_rate{suffix}" for key in ESTIMANDS}
    return {
        key: growth(derived[rate], prob=prob) if rate in derived else None
        for key, rate in rates.items()
    }


def shaped(run: xr.DataTree, *, prob: float) -> dict[str, Any]:
    """Fields of `Shaped` for a run with a trend."""
    curve, at_end = curve_of(run), None
    if curve.shape != "linear":
        last = curve.span.last + float(record(run, "centre")["time"])
        day = EPOCH + pd.Timedelta(days=round(last * DAYS_PER_YEAR))
        at_end = {"date": f"{day:%Y-%m-%d}", **growths(run, prob=prob, suffix="_at_end")}
    return {
        **growths(run, prob=prob), "shape": curve.shape, "at_end": at_end,
        "acceleration": acceleration(run, prob=prob),
    }  # fmt: skip
