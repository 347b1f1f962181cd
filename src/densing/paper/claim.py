"""A claim of the paper beside its re-estimate, the rule that judges it, and both in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Any

from densing.results.interval import Interval

SUPPORTED, UNCERTAIN, NOT_SUPPORTED = "supported", "uncertain", "not supported"
NOT_JUDGED = "not judged"
VERDICTS = (SUPPORTED, UNCERTAIN, NOT_SUPPORTED, NOT_JUDGED)

SPAN = 2.0
"""An interval whose ends differ by more than this factor singles out no value."""

RULE = (
    "A published number stands for all numbers that round to it, one read off a drawn curve for "
    "all within one percent. Not supported: none of them lies in the 90 % interval. Supported: the "
    "number itself does, the interval excludes the null (no growth, no effect; for a line through "
    "record-setters, whatever the same rule finds in data without growth), and its ends differ by "
    "no more than a factor of two (those of both exponents of a loss curve, since one curve has "
    "both). Uncertain: otherwise, and whenever a sampler did not converge. Not judged: nothing to "
    "re-estimate. A measure of fit is uncertain where data without growth give it too."
)
"""How a verdict comes about, in words."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Claim:
    """One number of the paper: published, reproduced, re-estimated, judged.

    `published` is the text as printed or drawn; `interval` is what `estimate` names. `null` is
    the range of no effect. Rates are per day, times in the unit that `unit` gives.
    """

    section: str
    name: str
    unit: str
    published: str | None
    reproduced: float | None
    interval: Interval | None = None
    estimate: str = ""
    null: Range | None = None
    trustworthy: bool = True
    note: str = ""
    chance: bool = False
    """Whether the interval is what data without growth give, instead of a re-estimate."""
    drawn: bool = False
    """Whether the published value was read off a drawn curve: it is known to one percent."""
    decided: bool = True
    """Whether what belongs to the number, such as a curve's other exponent, is known too."""
    exact: bool = False
    """Whether the published value is that number alone, not all that round to it."""

    @property
    def agrees(self) -> bool | None:
        """Whether the reproduced value rounds to the published one; None without either."""
        if self.published is None or self.reproduced is None:
            return None
        low, high = self._range()
        slack = 1e-9 * (high - low)
        return bool(low - slack <= self.reproduced <= high + slack)

    @property
    def verdict(self) -> str:
        """One of the verdicts, by `RULE`."""
        if self.interval is None or self.published is None:
            return NOT_JUDGED
        if self.chance:
            return UNCERTAIN if overlap(self._range(), ends(self.interval)) else SUPPORTED
        found = judge(self._range(), ends(self.interval), self.null, trustworthy=self.trustworthy)
        return UNCERTAIN if found == SUPPORTED and not self.decided else found

    def _range(self) -> Range:
        assert self.published is not None
        value = float(self.published)
        low, high = (value, value) if self.exact else rounded(self.published)
        slack = 0.01 * abs(value) if self.drawn else 0.0
        return low - slack, high + slack

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of the claim."""
        return {
            "section": self.section, "claim": self.name, "unit": self.unit,
            "published": self.published, "reproduced": self.reproduced, "agrees": self.agrees,
            "interval": None if self.interval is None else self.interval.as_dict(),
            "estimate": self.estimate or None,
            "null": None if self.null is None else list(self.null),
            "verdict": self.verdict, "note": self.note,
        }  # fmt: skip


def rounded(text: str) -> Range:
    """Return the ends of the numbers that round to a printed one: `3.5` to (3.45, 3.55)."""
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{text!r} is no finite number; give digits, such as 3.5")
    half = Decimal(5).scaleb(exponent - 1)
    return float(value - half), float(value + half)


def ends(interval: Interval) -> Range:
    """Return the ends as numbers: a doubling time that is not bounded ends at infinity."""
    return tuple(inf if end is None else end for end in (interval.lower, interval.upper))


def overlap(one: Range, other: Range) -> bool:
    """Whether two closed ranges share a number."""
    return one[0] <= other[1] and other[0] <= one[1]


def judge(published: Range, interval: Range, null: Range | None, *, trustworthy: bool) -> str:
    """Return the verdict of `RULE`; `null` None where no effect has no meaning."""
    if not trustworthy:
        return UNCERTAIN
    if not overlap(published, interval):
        return NOT_SUPPORTED
    middle = (published[0] + published[1]) / 2
    inside = interval[0] <= middle <= interval[1]
    excluded = null is None or not overlap(null, interval)
    return SUPPORTED if inside and excluded and narrow(interval) else UNCERTAIN


def narrow(interval: Range) -> bool:
    """Whether the ends have one sign and differ by no more than a factor of `SPAN`."""
    small, large = sorted(abs(end) for end in interval)
    return interval[0] * interval[1] > 0 and large <= SPAN * small


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
    told = claim.as_dict()
    ends = told.pop("interval") or dict.fromkeys(("median", "lower", "upper", "prob", "kind"))
    low, high = told.pop("null") or (None, None)
    return told | ends | {"null_lower": low, "null_upper": high}


def tally(claims: Sequence[Claim]) -> str:
    """Count the verdicts: `3 supported, 1 uncertain`."""
    counts = [(sum(c.verdict == v for c in claims), v) for v in VERDICTS]
    return ", ".join(f"{count} {verdict}" for count, verdict in counts if count)


def grouped(claims: Sequence[Claim], by: Callable[[Claim], str]) -> dict[str, list[Claim]]:
    """Group claims, in their order."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(by(claim), []).append(claim)
    return groups
