"""Ranks of the truth among posterior draws: uniform, or where not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from densing.calibration.ranks import band, ecdf
from densing.report.style import ALARM, INK, MUTED, POPULATION, new_axes, new_panels, style


@style()
def plot_ranks(case: Mapping[str, Any], name: str, ax: Axes | None = None) -> Axes:
    """Plot how far the ranks of every quantity of a case are from uniform.

    Difference of their empirical distribution from the diagonal, with the band that all of them
    together leave with the declared probability of a false alarm.

    Parameters
    ----------
    case
        A case of `calibration.answers.summarise`.
    name
        Its name, for the title.
    """
    ax = ax or new_axes(4.0, 2.6)
    limits = band(case["worlds"], quantities=len(case["ranks"]))
    at = np.concatenate([[0.0], limits.at, [1.0]])

    def off(values: np.ndarray) -> np.ndarray:
        return 100.0 * (np.concatenate([[0.0], values, [1.0]]) - at)

    ax.fill_between(at, off(limits.lower), off(limits.upper), color=POPULATION, alpha=0.15, lw=0)
    for quantity, ranks in case["ranks"].items():
        alarm = quantity in case["alarms"]
        ax.plot(
            at, off(ecdf(ranks, limits.at)), color=ALARM if alarm else INK,
            lw=1.4 if alarm else 0.6, alpha=1.0 if alarm else 0.45,
            label=quantity if alarm else None,
        )  # fmt: skip
    if case["alarms"]:
        ax.legend(fontsize=7.5)
    ax.axhline(0.0, color=MUTED, lw=0.8)
    ax.set(xlim=(0, 1), xlabel="rank of the truth among the draws", ylabel="off uniform, points")
    ax.set_title(f"{name}: {len(case['ranks'])} quantities, {case['worlds']} worlds")
    return ax


def plot_all_ranks(answer: Mapping[str, Any]) -> list[Axes]:
    """One panel a case of `calibration.answers.summarise`."""
    cases = answer["cases"]
    panels = new_panels(len(cases), columns=min(3, len(cases)), width=3.6, height=2.7)
    return [
        plot_ranks(case, name, ax) for (name, case), ax in zip(cases.items(), panels, strict=False)
    ]
