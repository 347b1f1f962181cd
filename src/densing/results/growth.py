"""A growth rate as an answer: its interval and the doubling time it means."""

from typing import Any

import numpy as np

from densing.results.interval import PROB, doubling_months, interval


def growth(draws: Any, *, prob: float = PROB) -> dict[str, Any]:
    """Rate, doubling time and probability of no growth from draws of a rate (1 / year)."""
    rate = interval(draws, prob=prob)
    return {
        "rate_per_year": rate.as_dict(),
        "doubling_months": doubling_months(rate).as_dict(),
        "p_not_growing": float(np.mean(np.asarray(draws) <= 0)),
    }
