"""What a multiverse says: per axis, in variance, all together, and which claim survives."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from densing.answers._answer import Cells, Line, Plain
from densing.results.health import MIN_TRUSTWORTHY
from densing.results.interval import Interval, doubling_months, growth
from densing.sensitivity.axes import Axes
from densing.sensitivity.record import FAST, good, off
from densing.text import ESTIMANDS, months

SURE = 0.9
"""Probability from which a universe is said to support a claim."""
LISTED = 10
"""Universes or combinations that are named one by one."""
NORMAL_90 = 3.29
"""Standard deviations between the ends of a normal's 90 % interval."""

Record = Mapping[str, Any]


class Multiverse(Plain):
    """The answer over many reference choices: the record of `densing sensitivity --json`."""

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """Say each level alone, all universes together, what spreads them, and the claims."""
        del width
        yield Line("Doubling time, one axis at a time (90 % equal-tailed intervals):")
        alone = [("default", "", self["default"])] if self["default"] else []
        for name, axis in self["axes"].items():
            for level, told in axis["levels"].items():
                if told is not None:
                    doubt = "" if told["verdict"] == "trustworthy" else " (not trustworthy)"
                    alone.append((name, level + doubt, told))
        yield Cells(
            ("axis", "level", *(f"{title}, months" for title in ESTIMANDS.values())),
            [(name, level, *(months(told[e]) for e in ESTIMANDS)) for name, level, told in alone],
            breaks=(0,) if self["default"] else (),
        )
        for sentence in together(self):
            yield Line(sentence)
        for estimand, title in ESTIMANDS.items():
            if self["variance"][estimand]:
                yield Line(f"{title}, {spread(self, estimand)}")
        for claimed in self["claims"]:
            yield Line(claimed["sentence"])
        broken = [u for u in self["universes"] if u["population"] is None]
        yield from listed([f"{u['name']}: {u['diagnostics']['reasons'][0]}" for u in broken])
        own, skipped = self["diagnostics"], self["skipped"]
        yield Line(
            f"{own['trustworthy']} of {own['universes']} universes are trustworthy; "
            f"{len(skipped)} combinations are impossible or repeat another"
            + (":" if skipped else "")
        )
        defaults = {name: axis["default"] for name, axis in self["axes"].items()}
        yield from listed([f"{off(s['levels'], defaults)}: {s['reason']}" for s in skipped])
        yield Line(cost(own))

    def table(self) -> pd.DataFrame:
        """One row a universe: levels, doubling times in months, verdict."""
        return table(self)


def table(answer: Mapping[str, Any]) -> pd.DataFrame:
    """One row a universe: levels, doubling times in months, verdict."""
    rows = []
    for universe in answer["universes"]:
        row: dict[str, Any] = dict(universe["levels"])
        for estimand in ESTIMANDS:
            months = (universe[estimand] or {}).get("doubling_months", {})
            row |= {f"{estimand}_{k}": months.get(k) for k in ("median", "lower", "upper")}
        told = universe["diagnostics"]
        row |= {"models": universe["models"], "scores": universe["scores"], "how": told["how"],
                "verdict": told["verdict"], "reasons": "; ".join(told["reasons"])}  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def cost(told: Mapping[str, Any]) -> str:
    """Say what all universes took, and what that is beside the default one's own gradients."""
    text = f"{told['gradient_evaluations']:,} gradients for {told['universes']} universes"
    if told["gradients_over_default"] is not None:
        text += (
            f", {told['gradients_over_default']:.1f} times the default universe's own "
            f"{told['default_gradients']:,}"
        )
    wall = f", {told['seconds']:.0f} s in all" if "seconds" in told else ""
    return f"{text}; {told['worker_seconds']:.0f} s of workers{wall}"


def listed(lines: Sequence[str]) -> Iterator[Line]:
    """Set lines in from the edge, and of many how many more there are."""
    for line in lines[:LISTED]:
        yield Line(line, below=True)
    if len(lines) > LISTED:
        yield Line(f"and {len(lines) - LISTED} more, in sensitivity.json", below=True)


def together(answer: Record) -> list[str]:
    """Say for each estimand what all trustworthy universes say, and the levels counted alike."""
    told = []
    for key, title in ESTIMANDS.items():
        if whole := answer["multiverse"][key]:
            told.append(
                f"{title}: all {whole['universes']} trustworthy universes together "
                f"{months(whole)} months, each counted once, as often as the design drew its levels"
            )
        if most := answer["widest"][key]:
            told.append(
                f"{title}: the levels of one choice counted alike, widest for {most['title']} "
                f"({', '.join(most['levels'])}): {months(most)} months"
            )
    return told


def spread(answer: Record, estimand: str, *, count: int = 4) -> str:
    """Say what one standard deviation of the axes that matter most does to the default."""
    split, axes = answer["variance"][estimand], answer["axes"]
    known = [(axes[n]["title"], told) for n, told in split["axes"].items() if told][:count]
    each = ", ".join(f"{name} {_months_between(*told['months'])}" for name, told in known)
    return (
        f"one standard deviation of a choice moves the default to, months: {each}; "
        f"the evidence {_months_between(*split['posterior']['months'])}"
    )


def _months_between(fast: float | None, slow: float | None) -> str:
    if fast is None:
        return "no growth"
    return f"{fast:.1f} to {'no growth' if slow is None else f'{slow:.1f}'}"


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
    variance = {e: variance_decomposition(trusted, axes, e) for e in ESTIMANDS}
    told = {name: _axis(name, axes, universes, variance) for name in axes.axes}
    return {
        "universes": universes,
        "axes": told,
        "default": default and _told(default),
        "multiverse": {e: mixture(trusted, e) for e in ESTIMANDS},
        "widest": widest_axis(told),
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
    enough = trusted >= MIN_TRUSTWORTHY * len(universes)
    return {
        "universes": len(universes), "trustworthy": trusted,
        "share_trustworthy": trusted / len(universes) if universes else None, "how": how,
        "gradient_evaluations": spent, "default_gradients": own or None,
        "gradients_over_default": spent / own if own else None,
        "worker_seconds": sum(u["diagnostics"].get("seconds", 0.0) for u in universes),
        "verdict": "trustworthy" if enough else "not trustworthy",
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
        "alike": {e: equal_weights(universes, name, e) for e in ESTIMANDS},
        "spread": {e: v and v["axes"][name] for e, v in variance.items()},
    }  # fmt: skip


def _told(universe: Record) -> dict[str, Any]:
    return {e: universe[e] for e in ESTIMANDS} | {"verdict": universe["diagnostics"]["verdict"]}


def mixture(universes: Iterable[Record], estimand: str) -> dict[str, Any] | None:
    """Growth over the mixture of all universes that have the estimand, each counted once.

    A level weighs as much as the design drew it often: one that is seldom drawn hardly moves it.
    """
    draws = [told for u in universes if (told := u["quantiles"].get(estimand))]
    return {**growth(np.asarray(draws)), "universes": len(draws)} if draws else None


def equal_weights(universes: Sequence[Record], axis: str, estimand: str) -> dict[str, Any] | None:
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
    told = mixture(rows.values(), estimand) if len(rows) > 1 else None
    return told and {**told, "levels": list(rows)}


def widest_axis(axes: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
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


def variance_decomposition(
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


def claim(universes: Sequence[Record], axes: Axes, estimand: str) -> dict[str, Any]:
    """Count the universes that are sure of a doubling time below `FAST` months.

    The share of all universes is one of the design: it draws some levels often, others hardly
    ever. So `fails_at` lists the levels at which the claim fails in most universes or in all,
    each with `axis`, `title`, `level`, `supported` and `of`.
    """
    told = [u for u in universes if estimand in u["p_fast"]]  # None: it could not be fitted
    rows = [u for u in told if good(u)]
    sure = sum(_sure(u, estimand) for u in rows)
    against = sum(u["p_fast"][estimand] <= 1.0 - SURE for u in rows)
    fails = fails_at(rows, axes, estimand)
    text = (
        f"{ESTIMANDS[estimand]}: P(doubling < {FAST:g} months) >= {SURE:g} in {sure} of "
        f"{len(rows)} universes"
    )
    if against:
        text += f", <= {1.0 - SURE:.1g} in {against}"
    for much, some in (
        ("all", [f for f in fails if not f["supported"]]),
        ("most", [f for f in fails if f["supported"]]),
    ):
        if some:
            named = ", ".join(f"{f['title']} = {f['level']} ({f['of']})" for f in some)
            text += f"; it fails in {much} with {named}"
    if len(told) > len(rows):
        more = len(told) - len(rows)
        text += f"; {more} more {'is' if more == 1 else 'are'} not trustworthy"
    return {
        "estimand": estimand, "months": FAST, "probability": SURE, "supported": sure,
        "opposed": against, "of": len(rows), "fails_at": fails,
        "not_trustworthy": len(told) - len(rows), "sentence": text,
    }  # fmt: skip


def fails_at(universes: Sequence[Record], axes: Axes, estimand: str) -> list[dict[str, Any]]:
    """List the levels at which less than half of `universes` support the claim, worst first.

    None are listed where less than half do in all: the claim then fails by and large.
    """
    if 2 * sum(_sure(u, estimand) for u in universes) < len(universes):
        return []
    found = []
    for name, axis in axes.axes.items():
        for level in (axis.default, *axis.levels):
            rows = [u for u in universes if u["levels"].get(name) == level]
            sure = sum(_sure(u, estimand) for u in rows)
            if 2 * sure < len(rows):
                found.append({"axis": name, "title": axis.called(name), "level": level,
                              "supported": sure, "of": len(rows)})  # fmt: skip
    return sorted(found, key=lambda row: row["supported"] / row["of"])


def _sure(universe: Record, estimand: str) -> bool:
    return universe["p_fast"][estimand] >= SURE
