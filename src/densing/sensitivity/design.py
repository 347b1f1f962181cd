"""Which universes to fit: one axis at a time, factorial, and a sample of the rest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Any

import numpy as np

from densing.models.declaration import DeclarationError
from densing.sensitivity.axes import Axes

UNIVERSES = 110
"""Universes of a default run."""
LEAVE = 0.5
"""Chance of a sampled universe to leave an axis' default level."""
TRIES = 200
"""Draws for each universe still wanted before the sample is given up as exhausted."""


@dataclass(frozen=True)
class Universe:
    """One combination of levels."""

    levels: Mapping[str, str]
    """Level of every axis."""
    changes: Mapping[str, Any]
    """What they change together."""
    part: str
    """`default`, `one at a time`, `factorial` or `sample`."""
    left: tuple[str, ...] = field(default=())
    """Axes that are not at their default."""

    @property
    def name(self) -> str:
        """Levels off the default, in words."""
        return ", ".join(f"{a}: {self.levels[a]}" for a in self.left) or "default"


@dataclass(frozen=True)
class Skipped:
    """A combination that cannot be fitted, and why."""

    levels: Mapping[str, str]
    reason: str


@dataclass(frozen=True)
class Design:
    """Universes to fit and combinations that are impossible."""

    universes: tuple[Universe, ...]
    skipped: tuple[Skipped, ...]


def combine(axes: Axes, levels: Mapping[str, str], part: str) -> Universe | Skipped:
    """Combine levels (axes not named stay at their default) into a universe."""
    full = {name: levels.get(name, axis.default) for name, axis in axes.axes.items()}
    left = tuple(name for name, axis in axes.axes.items() if full[name] != axis.default)
    changes: dict[str, Any] = {}
    setter: dict[str, str] = {}
    for axis in left:
        for key, value in axes.changes(axis, full[axis]).items():
            if key in changes and changes[key] != value:
                first = setter[key]
                reason = (
                    f"{first} = {full[first]!r} and {axis} = {full[axis]!r} both set {key}: "
                    f"{changes[key]!r} and {value!r}"
                )
                return Skipped(full, reason)
            changes[key], setter[key] = value, axis
    return Universe(full, changes, part, left)


def one_at_a_time(axes: Axes) -> Iterator[Universe | Skipped]:
    """Yield the default, then every level of every axis alone."""
    yield combine(axes, {}, "default")
    for name, axis in axes.axes.items():
        for level in axis.levels:
            yield combine(axes, {name: level}, "one at a time")


def factorial(axes: Axes) -> Iterator[Universe | Skipped]:
    """Yield every combination of all levels."""
    options = [(a.default, *a.levels) for a in axes.axes.values()]
    for chosen in product(*options):
        yield combine(axes, dict(zip(axes.axes, chosen, strict=True)), "factorial")


def sample(axes: Axes, rng: np.random.Generator) -> Universe | Skipped:
    """Draw a universe: a split-plot design.

    A level that changes the shape of the program is hard to change (each shape is compiled and
    searched for modes), so at most one of those is taken at a time; every axis with other
    levels leaves its default for one of them with probability `LEAVE`.
    """
    easy = {name: axis.of_shape(changed=False) for name, axis in axes.axes.items()}
    hard = {name: axis.of_shape(changed=True) for name, axis in axes.axes.items()}
    levels = {
        name: str(rng.choice(options))
        for name, options in easy.items()
        if options and rng.random() < LEAVE
    }
    if any(hard.values()) and rng.random() < LEAVE:
        name = str(rng.choice([name for name, options in hard.items() if options]))
        levels[name] = str(rng.choice(hard[name]))
    return combine(axes, levels, "sample")


def design(
    axes: Axes, *, full: bool = False, universes: int | None = None, seed: int = 1
) -> Design:
    """Lay out the universes of a run.

    Parameters
    ----------
    full
        All combinations of the axes, instead of one at a time and a sample.
    universes
        How many in all, where the sample fills up what one at a time leaves; `UNIVERSES` where
        None. One at a time is never cut short (`more_than_asked`).

    Raises
    ------
    DeclarationError
        A number of universes for all combinations, whose number follows from the axes.
    """
    if full and universes is not None:
        raise DeclarationError(
            "a factorial design takes every combination of the axes: leave the number of "
            "universes out, or leave factorial out for a sample of that size"
        )
    universes = UNIVERSES if universes is None else universes
    found: dict[tuple[tuple[str, str], ...], Universe | Skipped] = {}
    rng = np.random.default_rng(seed)

    def kept() -> list[Universe]:
        return [new for new in found.values() if isinstance(new, Universe)]

    def add(some: Iterable[Universe | Skipped]) -> None:
        for new in some:
            found.setdefault(tuple(sorted(new.levels.items())), new)

    add(chain(one_at_a_time(axes), factorial(axes) if full else ()))
    tries = 0 if full else TRIES * (universes - len(kept()))
    while tries > 0 and len(kept()) < universes:
        add([sample(axes, rng)])
        tries -= 1
    return Design(tuple(kept()), tuple(new for new in found.values() if isinstance(new, Skipped)))


def more_than_asked(laid_out: Design, universes: int | None) -> str | None:
    """Say that every level alone makes more universes than were asked for; None where not."""
    if universes is None or len(laid_out.universes) <= universes:
        return None
    return (
        f"one axis at a time takes {len(laid_out.universes)} universes, more than the {universes} "
        "asked for: all of them are fitted; name fewer axes for less"
    )
