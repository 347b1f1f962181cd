"""Intervals that say what they are: kind and probability travel with the numbers."""

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

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's interval object."""
        return asdict(self)


def interval(draws: Any, *, prob: float = PROB) -> Interval:
    """Interval of scalar draws (any shape)."""
    low, middle, high = np.quantile(np.ravel(draws), [(1 - prob) / 2, 0.5, (1 + prob) / 2])
    return Interval(float(middle), float(low), float(high), prob)


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
