"""The claim that is followed through all universes, and the levels at which it fails."""

from collections.abc import Mapping, Sequence
from typing import Any

from densing.sensitivity.axes import Axes
from densing.sensitivity.record import FAST, good
from densing.text import ESTIMANDS

SURE = 0.9
"""Probability from which a universe is said to support a claim."""

Record = Mapping[str, Any]


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
