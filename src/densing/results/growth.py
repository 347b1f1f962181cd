"""A growth rate as an answer: its interval, the doubling time it means, and words for both."""

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


def sentence(answer: dict[str, Any], estimand: str) -> str:
    """Say a growth record in words."""
    months = answer["doubling_months"]
    percent = f"{100 * months['prob']:.0f} % {months['kind']} interval"
    if months["lower"] is None:
        body = "does not grow"
    elif months["upper"] is None:
        middle = "" if months["median"] is None else f" about every {months['median']:.1f} months"
        body = f"doubles{middle} ({percent} {months['lower']:.1f} months to not bounded above)"
    else:
        body = (
            f"doubles every {months['median']:.1f} months "
            f"({percent} {months['lower']:.1f} to {months['upper']:.1f})"
        )
    doubt = answer["p_not_growing"]
    return f"{estimand} {body}" + (f"; P(no growth) = {doubt:.2f}" if doubt >= 0.005 else "")
