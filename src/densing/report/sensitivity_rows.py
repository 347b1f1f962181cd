"""Rows of the pictures of reference choices: a block an axis, a line a level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from densing.report.words import months

GAP = 0.55
"""Empty rows between two blocks."""


@dataclass(frozen=True)
class Level:
    """One level alone off the default."""

    name: str
    y: float
    growth: Mapping[str, Any]
    """By estimand; None where the level has none."""
    good: bool


@dataclass(frozen=True)
class Block:
    """An axis with the levels that were tried, the fastest growth on top."""

    name: str
    title: str
    y: float
    """Row of the title."""
    levels: tuple[Level, ...]


def blocks(answer: Mapping[str, Any], shown: Sequence[str]) -> list[Block]:
    """Lay out the axes that were tried, from 0 down, the farthest reach of a median on top.

    What is not trustworthy has a row and takes no part in the order of the axes.

    Parameters
    ----------
    answer
        `sensitivity.answers.summarise`.
    shown
        Estimands; the first orders axes and levels.
    """
    found: list[Block] = []
    y = 0.0
    first = shown[0]
    for name in sorted(answer["axes"], key=lambda name: -_reach(answer, name, first)):
        axis = answer["axes"][name]
        tried = {level: told for level, told in axis["levels"].items() if told is not None}
        if not tried:
            continue
        order = sorted(tried, key=lambda level: -_rate(tried[level][first]))
        levels = tuple(
            Level(level, y + 1 + i, tried[level], tried[level]["verdict"] == "trustworthy")
            for i, level in enumerate(order)
        )
        found.append(Block(name, f"{axis['title']} (default: {axis['default']})", y, levels))
        y += 1 + len(levels) + GAP
    return found


def trusted(answer: Mapping[str, Any], axis: str, estimand: str) -> list[Mapping[str, Any]]:
    """Growth at the trustworthy levels of an axis alone."""
    return [
        told[estimand]
        for told in answer["axes"][axis]["levels"].values()
        if told is not None and told[estimand] is not None and told["verdict"] == "trustworthy"
    ]


def moved(answer: Mapping[str, Any], axis: str, estimand: str) -> str:
    """Say between which trustworthy medians the levels of an axis alone move it, months."""
    levels = trusted(answer, axis, estimand)
    if not any(answer["axes"][axis]["levels"].values()):
        return "not tried"
    if not levels:
        return "not trustworthy"
    every = [*levels, answer["default"][estimand]]
    found = [growth["doubling_months"]["median"] for growth in every]
    known = sorted(value for value in found if value is not None)
    if len(known) < len(found):
        return f"{months(known[0])} and more: no growth at one level" if known else "none"
    return f"{months(known[0])} to {months(known[-1])}"


def _reach(answer: Mapping[str, Any], axis: str, estimand: str) -> float:
    centre = _rate(answer["default"][estimand])
    rates = [_rate(growth) for growth in trusted(answer, axis, estimand)]
    return max([centre, *rates]) - min([centre, *rates])


def _rate(growth: Mapping[str, Any] | None) -> float:
    return growth["rate_per_year"]["median"] if growth is not None else float("-inf")
