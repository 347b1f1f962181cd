"""Which models take part in a fit, and what leaves the others out."""

import json
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.select import select
from densing.models.select_reference import SelectionError

Change = Callable[..., str]
"""What a reader writes to change a choice, given as a keyword."""


def by_option(**choice: Any) -> str:
    """Write the change of a choice as an option of the command line."""
    return " ".join(f"--set {name}={json.dumps(value)}" for name, value in choice.items())


def own_models(
    evidence: Evidence, choices: Choices, *, change: Change = by_option
) -> tuple[list[str], list[str]]:
    """Models that one added to the catalog: those that take part, and why the others do not.

    Parameters
    ----------
    change
        What the reader writes to change a choice.

    Returns
    -------
    names, sentences

    Raises
    ------
    SelectionError
        There are some, and none of them takes part; families to exclude that nobody has.
    """
    check_families(evidence, choices)
    out = left_out(evidence, choices, evidence.added, change=change)
    told = [f"{name} takes no part in the fit: {reason}" for name, reason in out.items()]
    if out and len(out) == len(evidence.added):
        raise SelectionError("\n".join(["none of your own models takes part", *told]))
    return [name for name in evidence.added if name not in out], told


def check_families(evidence: Evidence, choices: Choices) -> None:
    """Refuse to exclude families that the catalog does not have, all at once.

    Raises
    ------
    SelectionError
        Says which names come close.
    """
    models = evidence.catalog["model"]
    family = evidence.catalog["family"] if "family" in evidence.catalog else models
    known = family.fillna(models).unique().tolist()  # a model without a family is its own
    unknown = [name for name in choices.exclude_families if name not in known]
    if unknown:
        raise SelectionError("\n".join(_unknown(name, known, what="family") for name in unknown))


def left_out(
    evidence: Evidence, choices: Choices, names: Sequence[str], *, change: Change = by_option
) -> dict[str, str]:
    """Models of the catalog that take no part in a fit, each with the reason and the cure.

    Raises
    ------
    SelectionError
        A model that the catalog does not have, or choices that leave nothing to fit.
    """
    catalog = evidence.catalog
    known = catalog["model"].unique().tolist()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SelectionError("\n".join(_unknown(name, known) for name in unknown))
    taking_part = set(select(evidence, choices).models["model"])
    return {
        name: _reason(catalog[catalog["model"] == name], choices, change)
        for name in names
        if name not in taking_part
    }


def _unknown(name: str, known: list[str], *, what: str = "model") -> str:
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "`densing data catalog` has all names"
    return f"the catalog has no {what} {name!r}: {hint}"


def _reason(rows: pd.DataFrame, choices: Choices, change: Change) -> str:
    """Say which choice leaves a model with these rows out, in the order of `select`."""
    fact, asked = rows.iloc[0], ", ".join(choices.benchmarks)
    scored = sorted(set(rows["benchmark"]) & set(choices.benchmarks))
    if not scored:
        return f"it has no score on any of {asked}"
    if not choices.derived and pd.notna(fact.get("derived_from")):
        return f"it is derived from {fact['derived_from']}; {change(derived=True)} lets it in"
    day = fact["release_date"].date()
    if choices.released_from and day < choices.released_from:
        return f"it was released on {day}, before released_from"
    if choices.released_until and day > choices.released_until:
        return f"it was released on {day}, after released_until"
    if fact.get("family") in choices.exclude_families:
        return f"exclude_families names its family, {fact['family']}"
    if choices.tokens == "own" and pd.isna(fact.get("training_tokens")):
        return "tokens=own asks for its training_tokens"
    return (
        f"it has scores on {len(scored)} of {asked}, and min_scores asks for "
        f"{choices.min_scores}; {change(min_scores=len(scored))} lets it in"
    )
