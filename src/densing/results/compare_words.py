"""A comparison of models in a sentence."""

from typing import Any

ALIKE = 4.0
"""Nats: models closer than this make much the same predictions, and the standard error of their
difference is not to be relied on (Sivula, Magnusson, Matamoros & Vehtari 2025)."""


def sentence(rows: list[dict[str, Any]], *, enough: bool = True) -> str:
    """Say whether any of the runs, best first, predicts better than the others."""
    if not enough:
        return (
            "Leave-one-out by reweighting cannot be believed for most observations: there is no "
            "comparison without refits."
        )
    weighed = [row for row in rows if row["elpd"] is not None]
    if len(weighed) < 2:
        return "Fewer than two of these runs are trustworthy: there is nothing to compare."
    best, *others = weighed
    near = [row["name"] for row in others if -row["elpd_diff"] < ALIKE]
    unclear = [
        row["name"] for row in others
        if row["name"] not in near and -row["elpd_diff"] < 2.0 * row["dse"]
    ]  # fmt: skip
    far = [row["name"] for row in others if row["name"] not in (*near, *unclear)]
    parts = []
    if near:
        parts.append(
            f"predicts no better than {_list(near)} (within {ALIKE:g} nats: the data do not tell "
            "them apart)"
        )
    if unclear:
        parts.append(f"is ahead of {_list(unclear)} by less than two standard errors")
    if far:
        parts.append(f"predicts better than {_list(far)} by more than two standard errors")
    return f"{best['name']} {'; '.join(parts)}."


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
