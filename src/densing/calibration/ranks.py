"""Where the truth lies among posterior draws: ranks, coverage, and what a calibration says of them.

Ranks of one quantity over a dozen worlds hardly tell whether its posterior is too narrow; ranks of
all quantities do. As normal quantiles z they have mean 0 and mean square 1, but quantities of one
world are dependent, and only worlds are independent.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from densing.results.health import MIN_TRUSTWORTHY

KEPT = 100
"""Draws that a rank is taken among, spread evenly over all: nearly independent."""
PROBS = (0.5, 0.8, 0.9, 0.95)
FALSE_ALARM = 0.01
"""Probability that ranks of a calibrated model, all quantities of a case together, raise one."""
SIMULATIONS = 20_000
POOLED_FALSE_ALARM = 0.01
"""Probability at most that all quantities of a calibrated case together raise either alarm."""
LEVELS = {"mean": POOLED_FALSE_ALARM / 2, "spread": POOLED_FALSE_ALARM / 4}
"""p below which each test raises its alarm. The one of the mean is exact for normal z. For the
other's a quarter is kept back: its degrees of freedom are estimated (`tests/calibration`)."""
NEAREST = 1e-12
"""Ranks are held this far from 0 and 1."""

Records = Sequence[Mapping[str, Any]]


class Place(NamedTuple):
    """Where a truth lies among draws of its posterior."""

    share: float
    """Share of all draws below it."""
    rank: float
    """Its randomised rank among `KEPT` draws, as a number in (0, 1): uniform if calibrated."""


def place(draws: np.ndarray, truth: float, rng: np.random.Generator) -> Place:
    """Place `truth` among `draws` (any shape, chains first)."""
    flat = np.asarray(draws).ravel()
    kept = flat[np.linspace(0, flat.size - 1, min(KEPT, flat.size)).round().astype(int)]
    rank = (np.sum(kept < truth) + rng.random() * (1 + np.sum(kept == truth))) / (kept.size + 1)
    return Place(float(np.mean(flat < truth)), float(rank))


def covered(shares: np.ndarray, prob: float) -> np.ndarray:
    """Whether equal-tailed intervals of probability `prob` hold truths at these shares."""
    return np.abs(np.asarray(shares) - 0.5) <= prob / 2.0


def standard_error(prob: float, worlds: int) -> float:
    """Binomial standard error of a nominal coverage."""
    return float(np.sqrt(prob * (1.0 - prob) / worlds))


class Band(NamedTuple):
    """Simultaneous band of the empirical distribution of uniform ranks."""

    at: np.ndarray
    """Where it is evaluated, shape (point,)."""
    lower: np.ndarray
    upper: np.ndarray


@cache
def band(worlds: int, *, quantities: int, seed: int = 1) -> Band:
    """Return the band that the ranks of all quantities stay in but for `FALSE_ALARM`.

    Pointwise binomial bands, widened by simulation until they hold everywhere at once
    (Sailynoja, Buerkner & Vehtari 2022, as in ArviZ), and further for the number of quantities
    (Bonferroni).
    """
    from arviz_stats.ecdf_utils import get_pointwise_confidence_band, simulate_confidence_bands

    at = np.arange(1, worlds) / worlds
    rng = np.random.default_rng(seed)
    simultaneous = 1.0 - FALSE_ALARM / quantities
    pointwise = simulate_confidence_bands(worlds, 1, at, simultaneous, SIMULATIONS, rng)
    return Band(at, *get_pointwise_confidence_band(pointwise, worlds, at))


def ecdf(ranks: Sequence[float] | np.ndarray, at: np.ndarray) -> np.ndarray:
    """Empirical distribution function of `ranks`, shape of `at`."""
    return np.searchsorted(np.sort(ranks), at, side="right") / len(ranks)


def assess(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Coverage and uniformity of every quantity over worlds.

    Parameters
    ----------
    records
        One a world, with `share` and `rank` by quantity.

    Returns
    -------
    dict
        By quantity: `coverage` (by probability), `outside` (largest excess of the ranks'
        distribution over the band, negative within) and `uniform`.
    """
    names = list(records[0]["rank"])
    limits = band(len(records), quantities=len(names))
    out = {}
    for name in names:
        shares = np.asarray([r["share"][name] for r in records])
        found = ecdf([r["rank"][name] for r in records], limits.at)
        outside = float(np.max(np.maximum(limits.lower - found, found - limits.upper)))
        out[name] = {
            "coverage": {f"{p:g}": float(np.mean(covered(shares, p))) for p in PROBS},
            "outside": outside,
            "uniform": bool(outside <= 0.0),
        }
    return out


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


def summarise(found: Mapping[str, tuple[str, Records]]) -> dict[str, Any]:
    """Return the answer of a calibration.

    Parameters
    ----------
    found
        By case: what it is, and a record a world. Every world counts, trustworthy or not.

    Returns
    -------
    dict
        `cases` (by name: `about`, `worlds`, `trustworthy`, `coverage` over all quantities with
        `standard_error`, `quantities`, `alarms`, `pooled`, costs), `false_alarm` of the ranks of
        a case and `pooled_false_alarm` of all its quantities together, `kept`, `verdict` and
        `reasons`.
    """
    cases = {name: _case(about, records) for name, (about, records) in found.items()}
    reasons = []
    for name, case in cases.items():
        if case["alarms"]:
            reasons.append(f"{name}: ranks are not uniform for {', '.join(case['alarms'])}")
        reasons += [f"{name}: {sentence}" for sentence in pooled_sentences(case["pooled"])]
        if case["trustworthy"] < MIN_TRUSTWORTHY * case["worlds"]:
            reasons.append(
                f"{name}: {case['trustworthy']} of {case['worlds']} fits are trustworthy"
            )
    return {
        "cases": cases, "false_alarm": FALSE_ALARM, "pooled_false_alarm": POOLED_FALSE_ALARM,
        "kept": KEPT,
        "verdict": "not calibrated" if reasons else "calibrated", "reasons": reasons,
    }  # fmt: skip


def _case(about: str, records: Records) -> dict[str, Any]:
    quantities = assess(records)
    names = list(quantities)
    shares = np.asarray([[r["share"][name] for name in names] for r in records])
    coverage = {}
    for prob in PROBS:
        by_world = covered(shares, prob).mean(axis=1)
        # Quantities of one world are dependent: worlds are the independent units.
        coverage[f"{prob:g}"] = {
            "mean": float(by_world.mean()),
            "standard_error": float(by_world.std(ddof=1) / np.sqrt(len(by_world))),
            "lowest": min(q["coverage"][f"{prob:g}"] for q in quantities.values()),
            "highest": max(q["coverage"][f"{prob:g}"] for q in quantities.values()),
            "standard_error_of_one": standard_error(prob, len(records)),
        }
    ranks = {name: [r["rank"][name] for r in records] for name in names}
    reasons: dict[str, int] = {}
    for record in records:
        for reason in record["reasons"]:
            kind = reason.split(":")[0].lstrip("0123456789 ")
            kind = "chains sit in different modes" if " sit in " in kind else kind
            reasons[kind] = reasons.get(kind, 0) + 1
    return {
        "about": about, "worlds": len(records),
        "trustworthy": sum(r["verdict"] == "trustworthy" for r in records),
        "not_trustworthy_because": reasons,
        "coverage": coverage, "quantities": quantities,
        "alarms": [name for name, q in quantities.items() if not q["uniform"]],
        "gradient_evaluations": int(np.median([r["gradient_evaluations"] for r in records])),
        "pooled": pooled(ranks), "ranks": ranks,
    }  # fmt: skip
