"""Claims in words and numbers, the same on the terminal, the page and the table."""

from collections.abc import Sequence
from typing import Any

from densing.paper.claim import NOT_JUDGED, NOT_SUPPORTED, SUPPORTED, UNCERTAIN, Claim
from densing.results.interval import Interval

VERDICTS = (SUPPORTED, UNCERTAIN, NOT_SUPPORTED, NOT_JUDGED)
COLUMNS: tuple[str, ...] = (
    "section", "claim", "unit", "published", "reproduced", "agrees", "median", "lower", "upper",
    "prob", "kind", "estimate", "null_lower", "null_upper", "verdict", "note",
)  # fmt: skip
"""Of reproduce.csv, one row a claim; an end that is not bounded is empty."""


def number(value: float | None, *, figures: int = 4) -> str:
    """Say a number to significant figures; a dash for none."""
    if value is None:
        return "-"
    return f"{value:.{figures}g}"


def ends_of(interval: Interval | None) -> str:
    """Say both ends: `2.93 to 4.31`, `0.29 to not bounded above`."""
    if interval is None:
        return "-"
    if interval.lower is None:
        return "no growth"
    high = "not bounded above" if interval.upper is None else number(interval.upper, figures=3)
    return f"{number(interval.lower, figures=3)} to {high}"


def row(claim: Claim) -> dict[str, Any]:
    """Return the claim as a row of reproduce.csv."""
    i, null = claim.interval, claim.null or (None, None)
    return {
        "section": claim.section, "claim": claim.name, "unit": claim.unit,
        "published": claim.published, "reproduced": claim.reproduced, "agrees": claim.agrees,
        "median": i and i.median, "lower": i and i.lower, "upper": i and i.upper,
        "prob": i and i.prob, "kind": i and i.kind, "estimate": claim.estimate,
        "null_lower": null[0], "null_upper": null[1], "verdict": claim.verdict, "note": claim.note,
    }  # fmt: skip


def tally(claims: Sequence[Claim]) -> str:
    """Count the verdicts: `3 supported, 1 uncertain`."""
    counts = [(sum(c.verdict == v for c in claims), v) for v in VERDICTS]
    return ", ".join(f"{count} {verdict}" for count, verdict in counts if count)


def panels(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """Group the claims of a section of curves by what they are about: `alpha`, `ceiling`, ..."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.name.split(": ", 1)[1], []).append(claim)
    return groups
