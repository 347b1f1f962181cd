"""Numbers in words, the same everywhere: figures, page and alternative texts."""

from math import floor, log10
from typing import Any

SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
UNBOUNDED = 1e59


def digits(value: float, *, figures: int = 3) -> str:
    """`value` to significant figures, without an exponent: 0.0083, 0.58, 24.2, 1840."""
    if value == 0:
        return "0"
    decimals = figures - 1 - floor(log10(abs(value)))
    return f"{value:,.{max(decimals, 0)}f}"


def size(count: float | None) -> str:
    """Parameters or tokens in words: 440M, 6.9B, 5T; infinite above 1e59."""
    if count is None or count != count:
        return "unknown"
    if count > UNBOUNDED:
        return "infinite"
    for unit, suffix in SUFFIXES:
        if count >= 0.9995 * unit:
            value = count / unit
            text = f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
            return text + suffix
    return f"{count:.0f}"


def percent(prob: float) -> str:
    """Probability as a percentage: 90 %."""
    return f"{100 * prob:.0f} %"


def months(value: float | None) -> str:
    """Doubling time: 3.1; `none` where there is none."""
    if value is None:
        return "none"
    return f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def months_range(interval: dict[str, Any]) -> str:
    """Say the ends of a doubling time: `2.6 to 3.5`, `9.1 to not bounded above`, `no growth`."""
    if interval["lower"] is None:
        return "no growth"
    if interval["upper"] is None:
        return f"{months(interval['lower'])} to not bounded above"
    return f"{months(interval['lower'])} to {months(interval['upper'])}"


def doubling(growth: dict[str, Any]) -> str:
    """Growth record in a few words: `doubles every 3.1 months (90 %: 2.6 to 3.5)`."""
    interval = growth["doubling_months"]
    ends = f"({percent(interval['prob'])}: {months_range(interval)})"
    if interval["lower"] is None:
        return "does not grow"
    if interval["upper"] is None:
        return f"growth not established {ends}"
    return f"doubles every {months(interval['median'])} months {ends}"


def headline(answer: dict[str, Any]) -> str:
    """Both estimands of a summary in one sentence, each with its interval."""
    first = answer["population"]["doubling_months"]
    kind = f"{percent(first['prob'])} interval"
    text = f"The capability density of a typical new open model {_growth(first, kind)}"
    if answer["frontier"] is not None:
        text += f"; that of the frontier {_growth(answer['frontier']['doubling_months'], kind)}"
    return text + "."


def _growth(interval: dict[str, Any], kind: str) -> str:
    if interval["lower"] is None:
        return "does not grow"
    if interval["upper"] is None:
        return f"is not known to grow ({kind} of its doubling time {months_range(interval)} months)"
    middle = months(interval["median"])
    return f"doubles every {middle} months ({kind} {months_range(interval)})"


def span(interval: dict[str, Any], *, form: Any = digits) -> str:
    """Median and ends of an interval: `0.58 [0.21, 1.78]`."""
    low, middle, high = (form(interval[key]) for key in ("lower", "median", "upper"))
    return f"{middle} [{low}, {high}]"


def plain(text: Any) -> str:
    """Text that matplotlib draws as it stands: no mathematics between dollar signs."""
    return str(text).replace("$", r"\$")
