"""How far a forecast reaches: its dates, what is refused and what is marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR
from densing.results.run import RunError

MOST_YEARS = 5.0
"""Years beyond the last release that a forecast may reach."""
FAR = 0.5
"""Beyond this share of the data's own span, an extrapolation is marked as far."""


class RequestError(RunError):
    """A question that a run cannot answer; names every fault of the question and the cure."""


@dataclass(frozen=True)
class Horizon:
    """Days between which a forecast speaks."""

    first: pd.Timestamp
    """First release among the run's models."""
    last: pd.Timestamp
    """Last release among the run's models: the end of the data."""
    today: pd.Timestamp
    until: pd.Timestamp

    @property
    def days(self) -> pd.DatetimeIndex:
        """Every day from the first release to the end."""
        return pd.date_range(self.first, self.until)

    @property
    def months(self) -> pd.DatetimeIndex:
        """The end of the data, the month starts after it, today and the end."""
        marks = {self.last, *pd.date_range(self.last, self.until, freq="MS"), self.until}
        if self.last < self.today < self.until:
            marks.add(self.today)
        return pd.DatetimeIndex(sorted(marks))

    def extrapolation(self, shapes: Sequence[str] = ("linear",)) -> dict[str, Any]:
        """How far beyond the last data this is, in days and in spans of the data.

        Parameters
        ----------
        shapes
            Of the trend, which the forecast goes on with; several in a mixture.
        """
        beyond, span = (self.until - self.last).days, max((self.last - self.first).days, 1)
        share = beyond / span
        sentence = (
            f"The last model of this run was released on {self.last:%Y-%m-%d}: the forecast to "
            f"{self.until:%Y-%m-%d} extrapolates {beyond} days, {share:.2f} times the {span} days "
            "that the data span"
        )
        if share > FAR:
            sentence += (
                "; that far out, its intervals stand or fall with the form of the trend, which "
                "they "
            ) + (
                f"contain no further than these go: {', '.join(shapes)}"
                if len(shapes) > 1 else "do not contain"
            )  # fmt: skip
        return {
            "last_release": f"{self.last:%Y-%m-%d}", "until": f"{self.until:%Y-%m-%d}",
            "today": f"{self.today:%Y-%m-%d}", "days_beyond": beyond, "span_days": span,
            "multiple_of_span": share, "far": share > FAR, "sentence": sentence + ".",
        }  # fmt: skip


def released(run: xr.DataTree) -> pd.DatetimeIndex:
    """Release date of each model, shape (model,)."""
    return pd.DatetimeIndex(run["constant_data"]["release_date"].to_numpy().astype(str))


def horizon(run: xr.DataTree, *, until: Any, today: Any = None) -> Horizon:
    """Days of a forecast, checked.

    Parameters
    ----------
    until, today
        Dates, or text that says one (2027-12-31); today's date where `today` is None.

    Raises
    ------
    RequestError
        No date; not after the data; more than five years after them; today, given or not,
        before the data or after the end.
    """
    kind = run.attrs.get("kind", "joint")
    if kind != "joint":
        raise RequestError(
            f"a run of `densing {kind}` has no models to forecast: give one of `densing fit` or "
            "`densing report`"
        )
    days = released(run)
    first, last = days.min(), days.max()
    limit = last + pd.Timedelta(days=round(MOST_YEARS * DAYS_PER_YEAR))
    faults = []

    def day(value: Any, option: str) -> pd.Timestamp | None:
        try:
            stamp = pd.Timestamp(value if not isinstance(value, str) else date.fromisoformat(value))
        except (TypeError, ValueError):
            stamp = pd.NaT
        if not isinstance(stamp, pd.Timestamp):  # none given, or NaT
            faults.append(f"{option} {value!r} is no date; write it as 2027-12-31")
            return None
        return stamp.tz_localize(None).normalize()

    end, now = day(until, "--until"), day(date.today() if today is None else today, "--today")
    if end is not None and end < first:
        faults.append(f"--until {end:%Y-%m-%d} lies before the data, which begin {first:%Y-%m-%d}")
    elif end is not None and end <= last:
        faults.append(
            f"--until {end:%Y-%m-%d} lies within the data ({first:%Y-%m-%d} to {last:%Y-%m-%d}), "
            f"where there is nothing to forecast: see `densing density`, or give a date from "
            f"{last + pd.Timedelta(days=1):%Y-%m-%d} to {limit:%Y-%m-%d}"
        )
    elif end is not None and end > limit:
        faults.append(
            f"--until {end:%Y-%m-%d} lies more than {MOST_YEARS:g} years beyond the data: no trend "
            f"is known to last; give a date up to {limit:%Y-%m-%d}"
        )
    if now is not None and now < first:
        faults.append(f"--today {now:%Y-%m-%d} lies before the data, which begin {first:%Y-%m-%d}")
    if now is not None and end is not None and now > end and (today is not None or end > last):
        faults.append(
            f"--until {end:%Y-%m-%d} lies before today, {now:%Y-%m-%d}: give a later day, or say "
            "with --today which day is to count as today"
            if today is None
            else f"--today {now:%Y-%m-%d} lies after --until {end:%Y-%m-%d}; swap them?"
        )
    if faults:
        raise RequestError("\n".join(faults))
    assert end is not None
    assert now is not None
    return Horizon(first, last, now, end)
