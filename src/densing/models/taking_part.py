"""Which models take part in a fit, and what leaves the others out."""

from collections.abc import Sequence
from difflib import get_close_matches

import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.select import select
from densing.models.select_reference import SelectionError


def left_out(evidence: Evidence, choices: Choices, names: Sequence[str]) -> dict[str, str]:
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
        name: _reason(catalog[catalog["model"] == name], choices)
        for name in names
        if name not in taking_part
    }


def _unknown(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "`densing data catalog` has all names"
    return f"the catalog has no model {name!r}: {hint}"


def _reason(rows: pd.DataFrame, choices: Choices) -> str:
    """Say which choice leaves a model with these rows out, in the order of `select`."""
    fact, asked = rows.iloc[0], ", ".join(choices.benchmarks)
    scored = sorted(set(rows["benchmark"]) & set(choices.benchmarks))
    if not scored:
        return f"it has no score on any of {asked}"
    if not choices.derived and pd.notna(fact.get("derived_from")):
        return f"it is derived from {fact['derived_from']}; --set derived=true lets it in"
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
        f"{choices.min_scores}; --set min_scores={len(scored)} lets it in"
    )
