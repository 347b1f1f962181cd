"""What the published line becomes under other curves and other training tokens of the reference.

A published density gives back the loss its effective parameters have on the published curve;
that loss on another curve, or at other tokens, gives another density. The score curve drops out.
"""

from dataclasses import dataclass

import numpy as np

from densing.paper import published as pub
from densing.paper.claim import Claim
from densing.paper.curves import PowerLaws
from densing.paper.growth import SECTION, Growth, chance_months, months
from densing.paper.laws import Laws
from densing.paper.records import Chance, chance_lines
from densing.results.line import Line, least_squares
from densing.results.record_setters import record_setters

PANEL = "AVERAGE"


@dataclass(frozen=True)
class Choice:
    """The record line under one choice of curve and tokens."""

    name: str
    tokens: float
    line: Line
    chance: Chance
    lost: int
    """Models whose loss the curve cannot reach at any size: they drop out."""


def other_choices(growth: Growth, laws: Laws) -> list[Choice]:
    """Re-derive every density and fit the record line again."""
    panel = laws.panels[PANEL]
    published = panel.published_law
    return [
        _again(growth, published, published, pub.TOKENS_PREPRINT, "published curve"),
        _again(growth, published, published, pub.TOKENS, "published curve"),
        _again(growth, published, published, 3 * pub.TOKENS, "published curve"),
        _again(growth, published, published, np.inf, "published curve"),
        _again(growth, published, panel.best_law, pub.TOKENS, "best least-squares curve"),
    ]


def _again(growth: Growth, old: PowerLaws, new: PowerLaws, tokens: float, name: str) -> Choice:
    params = growth.table["params"].to_numpy(float)
    effective = params * growth.table["density"].to_numpy()
    density = new.params(old.loss(effective, pub.TOKENS), tokens) / params
    kept = np.isfinite(density)
    day, value = growth.day[kept], np.log(density[kept])
    records = record_setters(day, value)
    return Choice(
        name, tokens, least_squares(day[records], value[records]),
        chance_lines(day, value, rng=np.random.default_rng(1)), int((~kept).sum()),
    )  # fmt: skip


def preprint_claim(choices: list[Choice]) -> Claim:
    """Return the preprint's doubling time beside the journal's points at its tokens."""
    choice = next(c for c in choices if c.tokens == pub.TOKENS_PREPRINT)
    found = months(choice.line.slope_interval())
    return Claim(
        SECTION, "doubling time: preprint, reference at 1T tokens", "months", pub.MONTHS_PREPRINT,
        found.median, found, "line through the records at 1T tokens",
        chance_months(choice.chance),
        note="the preprint's own points are not published: these are the journal's models",
    )  # fmt: skip
