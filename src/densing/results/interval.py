"""Intervals that say what they are: kind and probability travel with the numbers."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

PROB = 0.9
KIND = "equal-tailed"


@dataclass(frozen=True)
class Interval:
    """Median and equal-tailed interval; an end is None where it is not bounded."""

    median: float | None
    lower: float | None
    upper: float | None
    prob: float = PROB
    kind: str = KIND

    def __getitem__(self, key: str) -> Any:
        """Value by its key in JSON."""
        return asdict(self)[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Value by its key; `default` where there is none of that name."""
        return asdict(self).get(key, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> list[str]:
        """Names of the values, in the order of their JSON."""
        return list(asdict(self))

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's interval object."""
        return asdict(self)


def as_interval(record: Any) -> Interval:
    """Return an interval from its record."""
    return Interval(**record)


def interval(draws: Any, *, prob: float = PROB) -> Interval:
    """Interval of scalar draws (any shape)."""
    low, middle, high = np.quantile(np.ravel(draws), [(1 - prob) / 2, 0.5, (1 + prob) / 2])
    return Interval(float(middle), float(low), float(high), prob)


def open_interval(draws: Any, *, prob: float = PROB) -> Interval:
    """Interval of draws of which some may be infinite: such an end is None, not bounded."""
    levels = [0.5, (1 - prob) / 2, (1 + prob) / 2]
    ends = np.quantile(np.ravel(draws), levels, method="inverted_cdf")
    return Interval(*(float(end) if np.isfinite(end) else None for end in ends), prob)


def doubling_months(rate: Interval) -> Interval:
    """Doubling time in months: the ends of the *rate's* interval, mapped.

    A doubling time is a ratio and has no interval of its own across a rate of zero: where the
    rate's interval includes zero it is not bounded above, and where the median rate is not
    positive there is none.
    """

    def months(r: float | None) -> float | None:
        return 12.0 * float(np.log(2.0)) / r if r is not None and r > 0 else None

    return Interval(
        months(rate.median), months(rate.upper), months(rate.lower), rate.prob, rate.kind
    )


def growth(draws: Any, *, prob: float = PROB) -> dict[str, Any]:
    """Rate, doubling time and probability of no growth from draws of a rate (1 / year)."""
    rate = interval(draws, prob=prob)
    return {
        "rate_per_year": rate.as_dict(),
        "doubling_months": doubling_months(rate).as_dict(),
        "p_not_growing": float(np.mean(np.asarray(draws) <= 0)),
    }
