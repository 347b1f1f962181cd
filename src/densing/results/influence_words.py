"""What is left to refit of a run's influences, and what was refitted, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

KINDS = {"models": ("model", "models"), "families": ("family", "families")}
"""Keys of an answer (`influence.influence`), with their words."""

Row = Mapping[str, Any]


def untold(row: Row) -> bool:
    """Whether a row has no answer yet: its draws cannot be reweighted, and no refit is there."""
    return not row["reliable"] and row["refit"] is None


def doubtful(row: Row) -> bool:
    """Whether a row's answer is from a refit that did not pass its diagnostics."""
    return row["refit"] is not None and row["refit"]["verdict"] != "trustworthy"


def counted(answer: Mapping[str, Any], *, which: Any) -> str:
    """Say how many models and families `which` is true of; blank for none."""
    said = []
    for key, words in KINDS.items():
        if found := sum(which(row) for row in answer[key]):
            said.append(f"{found} {words[found != 1]}")
    return " and ".join(said)


def sentences(answer: Mapping[str, Any], *, command: str) -> list[str]:
    """Say what is left to refit and what was refitted; nothing where weights tell all.

    Parameters
    ----------
    answer
        Of `influence.influence`.
    command
        Command that refits what is left.
    """
    said = []
    if waiting := counted(answer, which=untold):
        said.append(
            f"Without {waiting} ({_named(answer, untold)}) the posterior lies too far from the "
            f"run's own draws for weights to tell: fit those anew with {command}"
        )
    if refitted := counted(answer, which=lambda row: row["refit"] is not None):
        said.append(f"Refitted, since weights cannot tell: {refitted}")
    if bad := counted(answer, which=doubtful):
        said.append(f"Refits of {bad} are not trustworthy: {_named(answer, doubtful)}")
    return said


def _named(answer: Mapping[str, Any], which: Any, most: int = 6) -> str:
    """Names, families first: a family of one model is that model."""
    rows: Sequence[Row] = [*answer["families"], *answer["models"]]
    names = list(dict.fromkeys(row["name"] for row in rows if which(row)))
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
