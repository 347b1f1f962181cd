"""Several universes as one answer: all of them, and the levels of one choice counted alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from densing.results.growth import growth
from densing.sensitivity.record import good
from densing.text import ESTIMANDS

Record = Mapping[str, Any]


def multiverse(universes: Iterable[Record], estimand: str) -> dict[str, Any] | None:
    """Growth over the mixture of all universes that have the estimand, each counted once.

    A level weighs as much as the design drew it often: one that is seldom drawn hardly moves it.
    """
    draws = [told for u in universes if (told := u["quantiles"].get(estimand))]
    return {**growth(np.asarray(draws)), "universes": len(draws)} if draws else None


def alike(universes: Sequence[Record], axis: str, estimand: str) -> dict[str, Any] | None:
    """Growth where the levels of one axis count alike, all other axes at their default.

    Returns
    -------
    dict
        Growth with `levels`, those that were counted: the trustworthy ones that have the estimand.
        None where they are fewer than two.
    """
    rows = {
        u["levels"][axis]: u
        for u in universes
        if axis in u["levels"] and set(u["left"]) <= {axis}
        and good(u) and u["quantiles"].get(estimand)
    }  # fmt: skip
    told = multiverse(rows.values(), estimand) if len(rows) > 1 else None
    return told and {**told, "levels": list(rows)}


def widest(axes: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Find for each estimand the axis whose levels, counted alike, leave the widest interval.

    Parameters
    ----------
    axes
        Records of the axes, with `title` and `alike`.
    """
    found: dict[str, dict[str, Any] | None] = {}
    for estimand in ESTIMANDS:
        known = {n: told for n, a in axes.items() if (told := a["alike"][estimand]) is not None}
        found[estimand] = None
        if known:
            name = max(known, key=lambda n: _width(known[n]))
            found[estimand] = {"axis": name, "title": axes[name]["title"], **known[name]}
    return found


def _width(told: Record) -> float:
    """Factor between the ends of the interval, which is how doubling times are read and drawn."""
    rate = told["rate_per_year"]
    return rate["upper"] / rate["lower"] if rate["lower"] > 0 else np.inf
