"""Whether coverage in hard worlds is as promised, more, or less than chance allows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from densing.calibration.answers import ENOUGH
from densing.results.interval import PROB

CHANCE = 0.05
"""Probability that a quantity that is covered as often as promised lies outside the band."""
QUANTITIES = {"population_rate": "typical new model's rate", "frontier_rate": "frontier's rate",
              "density": "density"}  # fmt: skip


def allowed(worlds: int) -> tuple[float, float]:
    """Shares of `worlds` covered that chance allows where the coverage is `PROB`: binomial."""
    from scipy.stats import binom

    low, high = binom.ppf([0.5 * CHANCE, 1.0 - 0.5 * CHANCE], worlds, PROB)
    return float(low / worlds), float(high / worlds)


def allowed_mean(shares: np.ndarray) -> tuple[float, float]:
    """Means over worlds of shares covered that chance allows: `PROB`, and Student's t about it."""
    from scipy.stats import t

    error = shares.std(ddof=1) / np.sqrt(len(shares))
    reach = float(t.ppf(1.0 - 0.5 * CHANCE, len(shares) - 1) * error)
    return PROB - reach, PROB + reach


def where(coverage: float, band: Sequence[float]) -> str:
    """Name the side of the band: `under`, `within` or `over`."""
    low, high = band
    # Shares of whole worlds: a rounding is no world.
    tiny = 1e-9
    return "under" if coverage < low - tiny else "over" if coverage > high + tiny else "within"


def verdict(kinds: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Judge the rows of `hard.summarise_kinds`.

    Returns
    -------
    dict
        `chance`, `verdict` ("covers" or "covers too little"), `reasons` (a sentence for each
        kind that is covered less than chance allows, or whose fits are not trustworthy), and
        `over` (names of the kinds covered more than chance allows: no failure, told).
    """
    under, doubtful = [], []
    for name, row in kinds.items():
        low = [key for key in QUANTITIES if row[key]["verdict"] == "under"]
        if low:
            found = ", ".join(
                f"{QUANTITIES[key]} {100 * row[key]['coverage']:.0f} %"
                f" (chance allows {100 * row[key]['allowed'][0]:.0f} %)"
                for key in low
            )
            under.append(
                f"{name}: 90 % intervals hold too few truths in {row['worlds']} worlds: {found}"
            )
        if row["trustworthy"] < ENOUGH * row["worlds"]:
            doubtful.append(f"{name}: {row['trustworthy']} of {row['worlds']} fits are trustworthy")
    over = [
        name for name, row in kinds.items()
        if any(row[key]["verdict"] == "over" for key in QUANTITIES)
    ]  # fmt: skip
    return {
        "chance": CHANCE, "verdict": "covers too little" if under else "covers",
        "reasons": [*under, *doubtful], "over": over,
    }  # fmt: skip
