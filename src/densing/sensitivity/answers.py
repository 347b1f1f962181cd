"""What a multiverse says: per axis, in variance, all together, and which claim survives."""

from collections.abc import Mapping, Sequence
from typing import Any

from densing.sensitivity.axes import Axes
from densing.sensitivity.claims import claim
from densing.sensitivity.mixtures import alike, multiverse, widest
from densing.sensitivity.record import good
from densing.sensitivity.shares import decomposition
from densing.text import ESTIMANDS

Record = Mapping[str, Any]


def summarise(result: Mapping[str, Any], axes: Axes) -> dict[str, Any]:
    """Return the contract's `sensitivity` object.

    Returns
    -------
    dict
        `universes` (records, every one, trustworthy or not), `axes` (by name: `title`, `reason`,
        `default`, `levels` with each level's growth and verdict alone, `alike`: growth where they
        count alike, `spread`: the axis' part of `variance`), `default`, `multiverse` (growth over
        trustworthy universes, each counted once), `widest` (the axis whose levels, counted alike,
        leave most open), `variance`, `claims`, `diagnostics`, `skipped` and `around`: what the
        default stands for.
    """
    universes = result["universes"]
    trusted = [u for u in universes if good(u)]
    default = next((u for u in universes if not u["left"]), None)
    variance = {e: decomposition(trusted, axes, e) for e in ESTIMANDS}
    told = {name: _axis(name, axes, universes, variance) for name in axes.axes}
    return {
        "universes": universes,
        "axes": told,
        "default": default and _told(default),
        "multiverse": {e: multiverse(trusted, e) for e in ESTIMANDS},
        "widest": widest(told),
        "variance": variance,
        "claims": [claim(universes, axes, e) for e in ESTIMANDS],
        "diagnostics": diagnostics(universes),
        "skipped": result["skipped"], "around": result.get("around"),
    }  # fmt: skip


def diagnostics(universes: Sequence[Record]) -> dict[str, Any]:
    """How the universes were fitted, how many may be trusted and what they took.

    `gradients_over_default` is the gradients of all universes, the default among them, over the
    default universe's own: how many fits like that one the multiverse is worth.
    """
    how: dict[str, int] = {}
    for universe in universes:
        key = universe["diagnostics"]["how"]
        how[key] = how.get(key, 0) + 1
    trusted = sum(good(u) for u in universes)
    spent = sum(u["diagnostics"]["gradient_evaluations"] for u in universes)
    default = next((u for u in universes if not u["left"]), None)
    own = default["diagnostics"]["gradient_evaluations"] if default else 0
    return {
        "universes": len(universes), "trustworthy": trusted,
        "share_trustworthy": trusted / len(universes) if universes else None, "how": how,
        "gradient_evaluations": spent, "default_gradients": own or None,
        "gradients_over_default": spent / own if own else None,
        "worker_seconds": sum(u["diagnostics"].get("seconds", 0.0) for u in universes),
        "verdict": "trustworthy" if trusted >= 0.95 * len(universes) else "not trustworthy",
    }  # fmt: skip


def _axis(
    name: str, axes: Axes, universes: Sequence[Record], variance: Mapping[str, Any]
) -> dict[str, Any]:
    axis = axes.axes[name]
    alone = {u["levels"][name]: u for u in universes if u["left"] == [name]}
    return {
        "title": axis.called(name), "reason": axis.reason, "default": axis.default,
        "levels": {
            level: _told(alone[level]) if level in alone else None for level in axis.levels
        },
        "alike": {e: alike(universes, name, e) for e in ESTIMANDS},
        "spread": {e: v and v["axes"][name] for e, v in variance.items()},
    }  # fmt: skip


def _told(universe: Record) -> dict[str, Any]:
    return {e: universe[e] for e in ESTIMANDS} | {"verdict": universe["diagnostics"]["verdict"]}
