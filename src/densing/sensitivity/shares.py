"""Which choice matters most: the spread of the universes' growth rates, split by axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from densing.results.interval import Interval, doubling_months
from densing.sensitivity.axes import Axes

NORMAL_90 = 3.29
"""Standard deviations between the ends of a normal's 90 % interval."""


def decomposition(
    universes: Sequence[Mapping[str, Any]], axes: Axes, estimand: str
) -> dict[str, Any] | None:
    """Split the spread of the universes' median growth rates by axis.

    The *rate* is split, not the doubling time: a universe without growth has a rate, and no
    doubling time that could be averaged; left out, the axis that made it would look harmless.
    Each part is a standard deviation, `rate_per_year` (1 / year, of the natural logarithm), told
    in months too: between which doubling times one of it moves the default (`months`, a pair;
    None is no growth).

    Medians are regressed on the axes' levels, without interactions (least squares of minimum
    norm). An axis' part is the standard deviation of its level effects, every level with equal
    weight, however often the design took it (None where no level of it could be told);
    `interactions` is what additive effects leave over (None without degrees of freedom), and
    `posterior` the usual standard deviation within one universe: its 90 % interval over 3.29.

    Parameters
    ----------
    universes
        The trustworthy ones.
    """
    rows = [u for u in universes if u[estimand] is not None]
    if len(rows) < 2:
        return None
    rates = [u[estimand]["rate_per_year"] for u in rows]
    y = np.asarray([rate["median"] for rate in rates], float)
    columns, owners = [np.ones(len(rows))], [""]
    for name, axis in axes.axes.items():
        for level in axis.levels:
            column = np.asarray([u["levels"].get(name) == level for u in rows], float)
            if column.any():
                columns.append(column)
                owners.append(name)
    design = np.stack(columns, axis=1)
    effect = np.linalg.lstsq(design, y, rcond=None)[0]
    spread: dict[str, float | None] = {}
    for name in axes.axes:
        own = [e for e, owner in zip(effect, owners, strict=True) if owner == name]
        spread[name] = float(np.std([0.0, *own])) if own else None
    free = max(len(y) - np.linalg.matrix_rank(design), 0)
    left = float(np.sqrt(np.sum((y - design @ effect) ** 2) / free)) if free else None
    within = float(np.median([rate["upper"] - rate["lower"] for rate in rates])) / NORMAL_90
    default = next((r["median"] for u, r in zip(rows, rates, strict=True) if not u["left"]), None)
    around = float(np.median(y)) if default is None else float(default)
    widest = sorted(spread.items(), key=lambda item: -(item[1] or 0.0))
    return {
        "axes": {name: _part(share, around) for name, share in widest},
        "interactions": _part(left, around), "posterior": _part(within, around),
        "around_rate_per_year": around, "universes": len(rows),
    }  # fmt: skip


def _part(share: float | None, around: float) -> dict[str, Any] | None:
    if share is None:
        return None
    told = doubling_months(Interval(around, around - share, around + share, 0.0))
    return {"rate_per_year": share, "months": [told.lower, told.upper]}
