"""Numbers in words on the page, in its figures and in their alternative texts."""

from collections.abc import Mapping, Sequence
from typing import Any

from densing.text import digits, months_range, percent, sized
from densing.text import month as months

__all__ = ["digits", "doubling", "headline", "months", "months_range", "percent", "plain", "size",
           "span", "windowed"]  # fmt: skip


def size(count: float | None) -> str:
    """Say a number of parameters or tokens to two figures: 440M, 6.9B, 5T."""
    return sized(count, figures=2)


def doubling(growth: Mapping[str, Any]) -> str:
    """Growth record in a few words: `doubles every 3.1 months (90 %: 2.6 to 3.5)`."""
    interval = growth["doubling_months"]
    ends = f"({percent(interval['prob'])}: {months_range(interval)})"
    if interval["lower"] is None:
        return "does not grow"
    if interval["upper"] is None:
        return f"growth not established {ends}"
    return f"doubles every {months(interval['median'])} months {ends}"


def headline(answer: Mapping[str, Any]) -> str:
    """Both estimands of a summary in one sentence, each with its interval."""
    text = f"The capability density of a typical new open model {_growth(answer['population'])}"
    if answer["frontier"] is not None:
        text += f"; that of the frontier {_growth(answer['frontier'])}"
    return text + "."


def _growth(growth: Mapping[str, Any]) -> str:
    interval = growth["doubling_months"]
    kind, ends = f"{percent(interval['prob'])} interval", months_range(interval)
    if interval["lower"] is None:
        return "does not grow"
    if interval["upper"] is None:
        return f"is not known to grow ({kind} of its doubling time {ends} months)"
    return f"doubles every {months(interval['median'])} months ({kind} {ends})"


def windowed(since: str, now: str, population: Sequence[Mapping[str, Any]]) -> str:
    """Growth of a typical release since a date and at the last one, each with its interval."""
    early, late = (growth["doubling_months"] for growth in population)
    subject = "The capability density of a typical new open release"
    kind = f"{percent(early['prob'])} interval"
    if early["lower"] is None:
        text = f"{subject} has not grown since {since}"
    elif early["upper"] is None:
        text = f"{subject} is not known to have grown since {since} ({kind} of its doubling time "
        text += f"{months_range(early)} months)"
    else:
        text = f"{subject} has doubled every {months(early['median'])} months since {since} "
        text += f"({kind} {months_range(early)})"
    if late["lower"] is None:
        return f"{text}; now, at {now}, it does not grow."
    if late["upper"] is None:
        return f"{text}; now, at {now}, it is not known to grow ({months_range(late)} months)."
    return (
        f"{text}, and now, at {now}, every {months(late['median'])} months ({months_range(late)})."
    )


def span(interval: Mapping[str, Any], *, form: Any = digits) -> str:
    """Median and ends of an interval: `0.58 [0.21, 1.78]`."""
    low, middle, high = (form(interval[key]) for key in ("lower", "median", "upper"))
    return f"{middle} [{low}, {high}]"


def plain(text: Any) -> str:
    """Text that matplotlib draws as it stands: no mathematics between dollar signs."""
    return str(text).replace("$", r"\$")
