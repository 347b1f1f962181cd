"""What a calibration says: coverage by case and quantity, and whether ranks are uniform."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from densing.calibration.pooled import FALSE_ALARM as POOLED_FALSE_ALARM
from densing.calibration.pooled import pooled, pooled_sentences
from densing.calibration.ranks import FALSE_ALARM, KEPT, PROBS, assess, covered, standard_error

ENOUGH = 0.95
"""Share of worlds whose fit must be trustworthy."""

Records = Sequence[Mapping[str, Any]]


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
        if case["trustworthy"] < ENOUGH * case["worlds"]:
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
