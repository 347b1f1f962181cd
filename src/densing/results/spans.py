"""Intervals in words."""

from collections.abc import Mapping
from typing import Any


def span(told: Mapping[str, Any], *, unit: str = "", digits: int = 1) -> str:
    """`3.1 (2.6 to 3.5)`, and what stands for an end that is not bounded."""
    low, middle, high = (told[key] for key in ("lower", "median", "upper"))
    if low is None:
        return "not within reach"
    end = "not bounded" if high is None else f"{high:,.{digits}f}"
    centre = "not bounded" if middle is None else f"{middle:,.{digits}f}{unit}"
    return f"{centre} ({low:,.{digits}f} to {end})"
