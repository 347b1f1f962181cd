"""What a single value must satisfy, and what to write where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from densing.data.cells import plain

FEWEST_PARAMS = 1e5
FEWEST_TOKENS = 1e6


@dataclass(frozen=True)
class Rule:
    """A condition on one value.

    Attributes
    ----------
    name
        Name of the check in the schema.
    test
        True where the value may stand; takes a number or an array of any shape.
    problem
        What is wrong where it may not.
    cure
        From the value to what should be written.
    """

    name: str
    test: Callable[[Any], Any]
    problem: str
    cure: Callable[[float], str]


def _as_proportion(value: float) -> str:
    if 1 < value <= 100:
        return f"write {plain(value / 100)}: scores are proportions, not percentages"
    return "write a proportion between 0 and 1"


def _params_in_full(value: float) -> str:
    if value <= 0:
        return "write a positive count"
    meant = plain(value * 1e9)
    return f"write the count in full: {meant} if {plain(value)} billion is meant"


def _tokens_in_full(value: float) -> str:
    if value <= 0:
        return "write a positive count"
    billions, trillions = plain(value * 1e9), plain(value * 1e12)
    return f"write the count in full: {billions} if billions are meant, {trillions} if trillions"


PROPORTION = Rule("proportion", lambda x: (x >= 0) & (x <= 1), "is outside [0, 1]", _as_proportion)
CHANCE = Rule("chance", lambda x: (x >= 0) & (x < 1), "is outside [0, 1)", _as_proportion)
INNER = Rule("inner", lambda x: (x > 0) & (x < 1), "is outside (0, 1)", _as_proportion)
POSITIVE = Rule("positive", lambda x: x > 0, "is not positive", lambda _: "write a positive number")
NOT_NEGATIVE = Rule("not negative", lambda x: x >= 0, "is negative", lambda _: "write 0 or more")
ITEMS = Rule(
    "items", lambda x: x >= 1, "is not a count of items", lambda _: "write how many items there are"
)
PARAMS = Rule(
    "params",
    lambda x: x >= FEWEST_PARAMS,
    "is too few to be a count of parameters",
    _params_in_full,
)
TOKENS = Rule(
    "tokens", lambda x: x >= FEWEST_TOKENS, "is too few to be a count of tokens", _tokens_in_full
)

RULES = {
    rule.name: rule
    for rule in (PROPORTION, CHANCE, INNER, POSITIVE, NOT_NEGATIVE, ITEMS, PARAMS, TOKENS)
}
