"""All quantities of a case together: whether posteriors as a whole lie aside, or are too narrow.

Ranks of one quantity over a dozen worlds hardly tell whether its posterior is too narrow; ranks of
all quantities do. As normal quantiles z they have mean 0 and mean square 1, but quantities of one
world are dependent, and only worlds are independent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

FALSE_ALARM = 0.01
"""Probability at most that a calibrated case raises either alarm."""
LEVELS = {"mean": FALSE_ALARM / 2, "spread": FALSE_ALARM / 4}
"""p below which each test raises its alarm. The one of the mean is exact for normal z. For the
other's a quarter is kept back: its degrees of freedom are estimated (`tests/calibration`)."""
NEAREST = 1e-12
"""Ranks are held this far from 0 and 1."""


def pooled(ranks: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Test mean and spread of a case's ranks as normal quantiles z, all quantities together.

    Of each world, the mean of z over quantities: Student's t over worlds. And the mean of z^2,
    summed over worlds: a chi-square with as many degrees of freedom as there are independent
    quantities in a world (Satterthwaite), told by the correlation of z and by how the mean of z^2
    varies between worlds; the fewer count. Neither estimate moves where all z are multiplied.

    Parameters
    ----------
    ranks
        By quantity: the truth's rank in each of the worlds (two at least), in (0, 1).

    Returns
    -------
    dict
        `mean` (of z; 0 if calibrated; above: truths lie above), `spread` (root mean square; 1 if
        calibrated, 2 where intervals are half as wide as they should be), `mean_p`, `spread_p`
        (two-sided), `alarms` (of `mean`, `spread`).
    """
    from scipy import stats

    flat = np.asarray(list(ranks.values()), float).T
    z = stats.norm.ppf(np.clip(flat, NEAREST, 1.0 - NEAREST))
    worlds, quantities = z.shape
    by_world = z.mean(axis=1)
    t = by_world.mean() / max(by_world.std(ddof=1) / np.sqrt(worlds), NEAREST)
    square = np.mean(z**2, axis=1)
    alike = z / np.sqrt(np.mean(z**2, axis=0))
    correlation = alike.T @ alike / worlds
    # Share of a world's z^2 that varies as one: from 1 / quantities to 1.
    share = max(
        np.sum(correlation**2) / quantities**2, 0.5 * square.var(ddof=1) / square.mean() ** 2
    )
    freedom = worlds / share
    spread = stats.chi2(freedom)
    total = freedom * square.mean()
    p = {
        "mean": float(2.0 * stats.t.sf(abs(t), worlds - 1)),
        "spread": float(min(1.0, 2.0 * min(spread.cdf(total), spread.sf(total)))),
    }
    return {
        "mean": float(z.mean()), "spread": float(np.sqrt(square.mean())),
        "mean_p": p["mean"], "spread_p": p["spread"],
        "alarms": [name for name, level in LEVELS.items() if p[name] < level],
    }  # fmt: skip


def pooled_sentences(told: Mapping[str, Any]) -> list[str]:
    """Say what `pooled` found amiss."""
    out = []
    if "mean" in told["alarms"]:
        out.append(
            f"all quantities together, truths lie {abs(told['mean']):.2f} standard deviations "
            f"{'above' if told['mean'] > 0 else 'below'} their posteriors' middle "
            f"(p = {told['mean_p']:.2g})"
        )
    if "spread" in told["alarms"]:
        out.append(
            f"all quantities together, posteriors are too {_how(told['spread'])}: truths lie "
            f"{told['spread']:.2f} times as far out as they should (p = {told['spread_p']:.2g})"
        )
    return out


def _how(spread: float) -> str:
    return "narrow" if spread > 1.0 else "wide"
