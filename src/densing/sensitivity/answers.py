"""What a multiverse says: per axis, in variance, all together, and which claim survives."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from densing.results.estimands import ESTIMANDS
from densing.results.growth import growth
from densing.sensitivity.axes import Axes
from densing.sensitivity.record import FAST, good

SURE = 0.9
"""Probability from which a universe is said to support a claim."""

Record = Mapping[str, Any]


def summarise(result: Mapping[str, Any], axes: Axes) -> dict[str, Any]:
    """Return the contract's `sensitivity` object.

    Returns
    -------
    dict
        `universes` (records, every one, trustworthy or not), `axes` (by name: `reason`,
        `default`, `levels` with each level's growth alone, `spread_months`), `default`,
        `multiverse` (growth over trustworthy universes of equal weight), `variance`, `claims`,
        `diagnostics`, `skipped` and `around`: what the default stands for.
    """
    universes = result["universes"]
    good = [u for u in universes if trustworthy(u)]
    default = next((u for u in universes if not u["left"]), None)
    variance = {e: decomposition(good, axes, e) for e in ESTIMANDS}
    return {
        "universes": universes,
        "axes": {name: _axis(name, axes, universes, variance) for name in axes.axes},
        "default": default and {e: default[e] for e in ESTIMANDS},
        "multiverse": {e: multiverse(good, e) for e in ESTIMANDS},
        "variance": variance,
        "claims": [claim(universes, e) for e in ESTIMANDS],
        "diagnostics": diagnostics(universes),
        "skipped": result["skipped"], "around": result.get("around"),
    }  # fmt: skip


def trustworthy(universe: Record) -> bool:
    """Whether a universe's diagnostics passed."""
    return good(universe)


def months(universe: Record, estimand: str) -> float | None:
    """Median doubling time; None without that estimand, or where the median does not grow."""
    answer = universe[estimand]
    return answer and answer["doubling_months"]["median"]


def multiverse(universes: Sequence[Record], estimand: str) -> dict[str, Any] | None:
    """Growth over the mixture of all universes that have the estimand, equally weighted."""
    draws = [u["quantiles"][estimand] for u in universes if estimand in u["quantiles"]]
    return {**growth(np.asarray(draws)), "universes": len(draws)} if draws else None


def decomposition(universes: Sequence[Record], axes: Axes, estimand: str) -> dict[str, Any] | None:
    """Split the spread of the universes' median doubling times by axis, in months.

    Medians are regressed on the axes' levels, without interactions (least squares of minimum
    norm). An axis' share is the standard deviation of its level effects, every level with equal
    weight, however often the design took it (None where no level of it could be told);
    `interactions` is what additive effects leave over (None without degrees of freedom), and
    `posterior` the usual standard deviation within one universe: its 90 % interval over 3.29.
    """
    rows = [u for u in universes if months(u, estimand) is not None]
    if len(rows) < 2:
        return None
    y = np.asarray([months(u, estimand) for u in rows], float)
    columns, owners = [np.ones(len(rows))], [("", "")]
    for name, axis in axes.axes.items():
        for level in axis.levels:
            column = np.asarray([u["levels"].get(name) == level for u in rows], float)
            if column.any():
                columns.append(column)
                owners.append((name, level))
    design = np.stack(columns, axis=1)
    effect = np.linalg.lstsq(design, y, rcond=None)[0]
    spread: dict[str, float | None] = {}
    for name in axes.axes:
        own = [e for e, (axis, _) in zip(effect, owners, strict=True) if axis == name]
        spread[name] = float(np.std([0.0, *own])) if own else None
    free = max(len(y) - np.linalg.matrix_rank(design), 0)
    left = float(np.sqrt(np.sum((y - design @ effect) ** 2) / free)) if free else None
    within = [
        (d["upper"] - d["lower"]) / 3.29
        for d in (u[estimand]["doubling_months"] for u in rows)
        if d["upper"] is not None
    ]
    return {
        "axes": dict(sorted(spread.items(), key=lambda item: -(item[1] or 0.0))),
        "interactions": left, "posterior": float(np.median(within)) if within else None,
        "universes": len(rows),
    }  # fmt: skip


def claim(universes: Sequence[Record], estimand: str) -> dict[str, Any]:
    """Count the universes that are sure of a doubling time below `FAST` months."""
    rows = [u for u in universes if estimand in u["p_fast"]]
    good = [u for u in rows if trustworthy(u)]
    sure = sum(u["p_fast"][estimand] >= SURE for u in good)
    against = sum(u["p_fast"][estimand] <= 1.0 - SURE for u in good)
    text = (
        f"{ESTIMANDS[estimand]}: P(doubling < {FAST:g} months) >= {SURE:g} in {sure} of "
        f"{len(good)} universes"
    )
    if against:
        text += f", <= {1.0 - SURE:.1g} in {against}"
    if len(rows) > len(good):
        text += f"; {len(rows) - len(good)} more are not trustworthy"
    return {
        "estimand": estimand, "months": FAST, "probability": SURE, "supported": sure,
        "opposed": against, "of": len(good), "not_trustworthy": len(rows) - len(good),
        "sentence": text,
    }  # fmt: skip


def diagnostics(universes: Sequence[Record]) -> dict[str, Any]:
    """How the universes were fitted and how many may be trusted."""
    how: dict[str, int] = {}
    for universe in universes:
        key = universe["diagnostics"]["how"]
        how[key] = how.get(key, 0) + 1
    good = sum(trustworthy(u) for u in universes)
    return {
        "universes": len(universes), "trustworthy": good,
        "share_trustworthy": good / len(universes) if universes else None, "how": how,
        "gradient_evaluations": sum(u["diagnostics"]["gradient_evaluations"] for u in universes),
        "worker_seconds": sum(u["diagnostics"].get("seconds", 0.0) for u in universes),
        "verdict": "trustworthy" if good >= 0.95 * len(universes) else "not trustworthy",
    }  # fmt: skip


def _axis(
    name: str, axes: Axes, universes: Sequence[Record], variance: Mapping[str, Any]
) -> dict[str, Any]:
    axis = axes.axes[name]
    alone = {u["levels"][name]: u for u in universes if u["left"] == [name]}
    return {
        "reason": axis.reason, "default": axis.default,
        "levels": {
            level: {e: alone[level][e] for e in ESTIMANDS}
            | {"verdict": alone[level]["diagnostics"]["verdict"]}
            if level in alone else None
            for level in axis.levels
        },
        "spread_months": {e: v and v["axes"][name] for e, v in variance.items()},
    }  # fmt: skip
