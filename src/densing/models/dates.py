"""Dates as years, and the span of dates that a trend's shape bends over."""

from typing import Any

import numpy as np
import pandas as pd

from densing.models.choices import Choices
from densing.models.select import SelectionError
from densing.models.shapes import Span

DAYS_PER_YEAR = 365.25
EPOCH = pd.Timestamp("2023-02-24")
"""Release of Llama 1: the origin of time, as in the paper."""


def years(dates: Any) -> np.ndarray:
    """Years since Llama 1's release, shape of `dates`."""
    return (pd.DatetimeIndex(dates) - EPOCH).days.to_numpy() / DAYS_PER_YEAR


def trend_span(dates: Any, choices: Choices) -> Span:
    """First and last of the dates and the declared changepoint, years since the mean date.

    Raises
    ------
    SelectionError
        The shape needs two dates, or a changepoint between them, and the dates have none.
    """
    days = pd.DatetimeIndex(dates)
    first, last, change = days.min(), days.max(), pd.Timestamp(choices.changepoint)
    if choices.shape != "linear" and first == last:
        raise SelectionError(
            f"shape {choices.shape!r} needs values of two dates, and all are of {first:%Y-%m-%d}; "
            'set shape = "linear"'
        )
    if choices.shape == "fixed_changepoint" and not first < change < last:
        raise SelectionError(
            f"changepoint {change:%Y-%m-%d} does not lie within the data, {first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d}: they cannot say how the slope changed there; set another date "
            "(--set changepoint=DATE), or let the data choose it (--set shape=changepoint)"
        )
    ends = years([first, last, change]) - years(days).mean()
    return Span(*(float(end) for end in ends))
