"""Numbers, sizes, intervals and lists in words, the same in the shell, the page and the figures."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from math import floor, log10
from typing import Any

ESTIMANDS = {"population": "typical new model", "frontier": "frontier"}
"""The two growth rates that are always reported side by side: key in records, and words."""

UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
UNBOUNDED = 1e59
"""Sizes above it are infinite for all that a reader cares."""


def digits(value: float, *, figures: int = 3) -> str:
    """`value` to significant figures, without an exponent: 0.0083, 0.58, 24.2, 1,840."""
    if value == 0:
        return "0"
    decimals = figures - 1 - floor(log10(abs(value)))
    return f"{value:,.{max(decimals, 0)}f}"


def sized(count: float | None, *, figures: int = 3) -> str:
    """Say a number of parameters or tokens: 6.87B (to two figures 6.9B), 440M, less than 1."""
    if count is None or count != count:
        return "unknown"
    if count > UNBOUNDED:
        return "infinite"
    for unit, suffix in UNITS:
        if count >= 0.9995 * unit:
            text = digits(count / unit, figures=figures)
            return (text.rstrip("0").rstrip(".") if "." in text else text) + suffix
    return f"{count:.3g}" if count >= 1.0 else "less than 1"


def rounded(value: float) -> str:
    """Two significant figures, without an exponent or zeros at the end: 0.58, 24, 1,800."""
    near = float(f"{value:.2g}")
    return f"{near:,.0f}" if near >= 10 else f"{near:g}"


def percent(prob: float) -> str:
    """Probability as a percentage: 90 %."""
    return f"{100 * prob:.0f} %"


def span(
    interval: Mapping[str, Any],
    *,
    digits: int = 1,
    form: Callable[[Any], str] | None = None,
    unit: str = "",
    nothing: str = "not within reach",
    beyond: str = "not bounded",
    apart: str = " ",
) -> str:
    """Median and ends of an interval, `3.1 (2.6 to 3.5)`.

    Parameters
    ----------
    interval
        Record with `median`, `lower` and `upper`; None where an end is not bounded.
    digits
        Decimals.
    form
        Formatter of a number, in place of decimals.
    unit
        Follows the median.
    nothing
        Stands for the whole where the lower end is None.
    beyond
        Stands for a median or an upper end that is None.
    apart
        Between the median and its interval.
    """
    low, middle, high = (interval[key] for key in ("lower", "median", "upper"))
    if low is None:
        return nothing
    form = form or (lambda value: f"{value:,.{digits}f}")
    centre = beyond if middle is None else form(middle) + unit
    return f"{centre}{apart}({form(low)} to {beyond if high is None else form(high)})"


def month(value: float | None) -> str:
    """Doubling time in months: 3.1, `over 100`; `none` where there is none."""
    if value is None:
        return "none"
    return f"{value:.1f}" if value < 99.95 else "over 100"


def months(growth: Mapping[str, Any] | None) -> str:
    """Doubling time of a growth record, months: `3.1 (2.6 to 3.5)`."""
    if growth is None:
        return "none"
    middle, ends = month(growth["doubling_months"]["median"]), months_range(growth)
    return ends if growth["doubling_months"]["lower"] is None else f"{middle} ({ends})"


def months_range(growth: Mapping[str, Any]) -> str:
    """Say the ends of a doubling time: `2.6 to 3.5`, `9.1 to not bounded above`, `no growth`.

    Parameters
    ----------
    growth
        A growth record, or the interval of its doubling time.
    """
    interval = growth.get("doubling_months", growth)
    if interval["lower"] is None:
        return "no growth"
    upper = interval["upper"]
    return f"{month(interval['lower'])} to {'not bounded above' if upper is None else month(upper)}"


def listed(names: Sequence[str], *, last: str = "and", most: int | None = None) -> str:
    """Names as a list: `A, B and C`; with `most`, `A, B and 7 more`."""
    if most is not None and len(names) > most:
        return f"{', '.join(names[:most])} {last} {len(names) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def cut(names: Sequence[str], most: int) -> str:
    """Names with commas, the first few: `A, B, ...`."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Message that a run has nothing of that name, and which names come nearest."""
    lower = {own.lower(): own for own in known}
    near = [lower[hit] for hit in get_close_matches(name.lower(), lower, n=3, cutoff=0.45)]
    has = listed([*lower.values()], last="or" if len(lower) <= 12 else "and", most=12)
    cure = f"did you mean {listed(near, last='or')}?" if near else f"it has {has}"
    return f"no {what} {name!r} in this run: {cure}"
