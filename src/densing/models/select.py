"""Which rows of the evidence a model's choices ask for, and what leaves the others out."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.models.choices import AnyChoices, Choices
from densing.models.declaration import Model


class SelectionError(ValueError):
    """The choices leave nothing to fit; the message says which and what there is."""


@dataclass(frozen=True)
class ReferenceSelection:
    """Rows of the reference family, in an order that follows from what they say."""

    runs: pd.DataFrame
    checkpoints: pd.DataFrame
    """Every (loss, score) pair: calibration points, and runs that carry an accuracy."""
    held_out_runs: pd.DataFrame
    held_out_checkpoints: pd.DataFrame
    benchmarks: pd.DataFrame
    """Indexed by benchmark."""


def select_reference(evidence: Evidence, choices: Choices) -> ReferenceSelection:
    """Apply the choices to the reference's tables.

    Raises
    ------
    SelectionError
        Unknown reference or benchmark, or a benchmark without runs or (loss, score) pairs to
        fit.
    """
    runs = evidence.reference_runs
    references = sorted(runs["reference"].unique())
    if choices.reference not in references:
        raise SelectionError(
            f"unknown reference {choices.reference!r}; known: {', '.join(references)}"
        )
    runs = runs[runs["reference"] == choices.reference]
    table = evidence.benchmarks.set_index("benchmark")
    has = f"it has: {', '.join(sorted(runs['benchmark'].unique()))}"
    _require(choices, runs["benchmark"], f"no runs on {{}}; {has}")
    undescribed = [name for name in choices.benchmarks if name not in table.index]
    if undescribed:
        raise SelectionError(
            f"no row in the benchmarks table for {', '.join(undescribed)}: add benchmark, items "
            "and chance"
        )
    runs = runs[runs["benchmark"].isin(choices.benchmarks)]
    runs = runs.assign(held_out=_flag(runs, "held_out"))
    checkpoints = _checkpoints(evidence, runs, choices, table)
    pairs = "no (loss, score) pairs on {}: add calibration points or drop the benchmark"
    _require(choices, checkpoints["benchmark"], pairs)
    runs = ordered(runs, ["benchmark", "params", "tokens"], choices)
    checkpoints = ordered(checkpoints, ["benchmark", "loss"], choices)
    kept, kept_points = ~runs["held_out"], ~checkpoints["held_out"]
    if choices.held_out:
        kept, kept_points = kept | True, kept_points | True
    cure = "set held_out = true to fit them, or drop the benchmark"
    _require(choices, runs.loc[kept, "benchmark"], f"held-out runs alone on {{}}: {cure}")
    pairs = f"held-out (loss, score) pairs alone on {{}}: {cure}"
    _require(choices, checkpoints.loc[kept_points, "benchmark"], pairs)
    return ReferenceSelection(
        runs=runs[kept],
        checkpoints=checkpoints[kept_points],
        held_out_runs=runs[~kept],
        held_out_checkpoints=checkpoints[~kept_points],
        benchmarks=table,
    )


def hold_out_above(evidence: Evidence, reference: str, params: float) -> Evidence:
    """Hold out the reference's runs of more than `params` parameters, and none else."""
    runs = evidence.reference_runs
    ours = runs["reference"] == reference
    flag = _flag(runs, "held_out").where(~ours, runs["params"] > params)
    return replace(evidence, reference_runs=runs.assign(held_out=flag))


def on_all(model: Model, evidence: Evidence) -> Model:
    """Choose every benchmark that held-out runs of the model's reference carry, if there is any."""
    runs = evidence.reference_runs
    held_out = runs[(runs["reference"] == model.choices.reference) & _flag(runs, "held_out")]
    names = tuple(dict.fromkeys(held_out["benchmark"]))
    return model.choose(benchmarks=names) if names else model


def _require(choices: Choices, present: pd.Series, lack: str) -> None:
    """Raise for the chosen benchmarks that are not `present`; `lack` has a place for them."""
    missing = [name for name in choices.benchmarks if name not in set(present)]
    if missing:
        raise SelectionError(
            f"reference {choices.reference!r} has {lack.format(', '.join(missing))}"
        )


def ordered(table: pd.DataFrame, keys: list[str], choices: Choices) -> pd.DataFrame:
    """Sort rows by `keys` (benchmarks as chosen), then by all else they say."""
    rank = {name: position for position, name in enumerate(choices.benchmarks)}
    table = table.reset_index(drop=True)
    by = {key: table[key].map(rank) if key == "benchmark" else table[key] for key in keys}
    by |= {name: table[name].astype(str) for name in sorted(set(table.columns) - set(keys))}
    order = pd.DataFrame(by).sort_values(list(by), kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _checkpoints(
    evidence: Evidence, runs: pd.DataFrame, choices: Choices, table: pd.DataFrame
) -> pd.DataFrame:
    points = evidence.calibration_points
    points = points[
        (points["reference"] == choices.reference) & points["benchmark"].isin(choices.benchmarks)
    ]
    scored = runs[runs["accuracy"].notna()] if "accuracy" in runs else runs.iloc[:0]
    scored = scored.rename(columns={"run": "checkpoint", "accuracy": "score"})
    columns = ["checkpoint", "benchmark", "loss", "score", "items", "held_out"]
    parts = [t.reindex(columns=columns) for t in (points, scored)]
    both = pd.concat([t for t in parts if len(t)] or parts[:1], ignore_index=True)
    both["items"] = both["items"].fillna(both["benchmark"].map(table["items"])).astype(float)
    return both.assign(held_out=_flag(both, "held_out"))


def _flag(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of true and false; false where it is missing."""
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column].astype("boolean").fillna(value=False).astype(bool)


@dataclass(frozen=True)
class Selection:
    """Rows of each table that take part in a fit.

    Their order follows from what they say, never from how they came: the same evidence gives
    the same arrays, and so the same draws.
    """

    runs: pd.DataFrame
    checkpoints: pd.DataFrame
    """Every (loss, score) pair: calibration points, and runs that carry an accuracy."""
    held_out_runs: pd.DataFrame
    held_out_checkpoints: pd.DataFrame
    models: pd.DataFrame
    """One row a model, in order of release, with `counted_params`."""
    scores: pd.DataFrame
    """`protocol` is never blank unless the benchmark's baseline is unknown, too."""
    benchmarks: pd.DataFrame
    """Indexed by benchmark."""
    baseline: Mapping[str, str]
    """Protocol of the reference's own checkpoints, by benchmark; blank where unknown."""


def select(evidence: Evidence, choices: Choices) -> Selection:
    """Apply the choices to the tables.

    Raises
    ------
    SelectionError
        Unknown reference or benchmark, a benchmark without runs or (loss, score) pairs to
        fit, or too few models left.
    """
    reference = select_reference(evidence, choices)
    table = reference.benchmarks
    scores, models, baseline = _targets(evidence.catalog, choices, table)
    return Selection(
        runs=reference.runs,
        checkpoints=reference.checkpoints,
        held_out_runs=reference.held_out_runs,
        held_out_checkpoints=reference.held_out_checkpoints,
        models=models,
        scores=scores,
        benchmarks=table,
        baseline=baseline,
    )


def _text(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of words; blank where it is missing."""
    if column not in table:
        return pd.Series(data="", index=table.index, dtype=object)
    values = table[column].astype(object)
    return values.where(values.notna(), "").astype(str).str.strip().astype(object)


def _number(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of numbers; NaN where it is missing."""
    if column not in table:
        return pd.Series(data=float("nan"), index=table.index)
    return table[column].astype(float)


TEXT = ("organization", "family", "architecture", "derived_from", "protocol")
NUMBERS = ("active_params", "embedding_params", "training_tokens", "items")


def _targets(
    catalog: pd.DataFrame, choices: Choices, table: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Scores to fit, their models, and the baseline protocol of each benchmark."""
    scores = catalog[catalog["benchmark"].isin(choices.benchmarks)]
    scores = scores.assign(
        **{column: _text(scores, column) for column in TEXT},
        **{column: _number(scores, column) for column in NUMBERS},
        release_date=pd.to_datetime(scores["release_date"]),
    )
    items = scores["benchmark"].map(table["items"]).astype(float)
    scores["items"] = scores["items"].fillna(items)
    scores["family"] = scores["family"].where(scores["family"] != "", scores["model"])
    if not choices.derived:
        scores = scores[scores["derived_from"] == ""]
    if choices.released_from:
        scores = scores[scores["release_date"] >= pd.Timestamp(choices.released_from)]
    if choices.released_until:
        scores = scores[scores["release_date"] <= pd.Timestamp(choices.released_until)]
    scores = scores[~scores["family"].isin(choices.exclude_families)]
    if choices.tokens == "own":
        scores = scores[scores["training_tokens"].notna()]
    enough = scores.groupby("model")["benchmark"].transform("nunique") >= choices.min_scores
    scores = scores[enough]
    found = _baseline(scores, choices, table)
    at_baseline = scores["protocol"] == ""
    scores["protocol"] = scores["protocol"].where(~at_baseline, scores["benchmark"].map(found))
    scores = ordered(scores, ["release_date", "model", "benchmark"], choices)
    columns = [
        "model", "organization", "family", "release_date", "params", "active_params",
        "embedding_params", "training_tokens", "architecture", "derived_from",
    ]  # fmt: skip
    models = scores[columns].drop_duplicates("model").reset_index(drop=True)
    if len(models) < 3:
        raise SelectionError(
            f"{len(models)} model{'' if len(models) == 1 else 's'} left after the choices "
            f"({_limits(choices)}); a trend needs at least 3"
        )
    models["counted_params"] = counted_params(models, choices)
    models["expert_ratio"] = np.exp(log_experts(models))
    return scores, models, found


def _limits(choices: Choices) -> str:
    """Say which choices leave models out."""
    said = [f"min_scores = {choices.min_scores}", f"benchmarks = {', '.join(choices.benchmarks)}"]
    if choices.tokens == "own":
        said.append("tokens = own")
    for name in ("released_from", "released_until"):
        if day := getattr(choices, name):
            said.append(f"{name} = {day}")
    if choices.exclude_families:
        said.append(f"exclude_families = {', '.join(choices.exclude_families)}")
    return ", ".join(said)


def _baseline(scores: pd.DataFrame, choices: Choices, table: pd.DataFrame) -> dict[str, str]:
    """Protocol of each benchmark that scores are compared under.

    The declared one; where none is declared, the one that most of the scores to fit have
    (none stated counts as one). Where no protocol has most, the baseline stays unknown, blank,
    and every stated protocol has an effect of its own. A score without a protocol is taken to
    be at the baseline.
    """
    declared = _text(table, "protocol")
    baseline = {}
    for name in choices.benchmarks:
        most = scores.loc[scores["benchmark"] == name, "protocol"].mode()
        baseline[name] = str(declared[name]) or (str(most.iloc[0]) if len(most) == 1 else "")
    return baseline


def counted_params(models: pd.DataFrame, choices: Choices) -> pd.Series:
    """Parameters that count under the choice; the total where the finer count is unknown."""
    total = models["params"].astype(float)
    if choices.count == "active":
        return models["active_params"].astype(float).fillna(total)
    if choices.count in ("non-embedding", "experts"):
        total = total - models["embedding_params"].astype(float).fillna(0.0)
    if choices.count == "experts":  # the geometric mean of active and total ones
        return total * np.exp(-0.5 * log_experts(models))
    return total


def log_experts(models: pd.DataFrame) -> np.ndarray:
    """Log of total over active parameters, no embeddings among them, shape (model,).

    Zero for dense models and where the active ones are not known.
    """
    without = models["embedding_params"].astype(float).fillna(0.0)
    total = models["params"].astype(float)
    active = models["active_params"].astype(float).fillna(total)
    return np.log(((total - without) / (active - without)).to_numpy())


Change = Callable[..., str]
"""What a reader writes to change a choice, given as a keyword."""


def by_option(**choice: Any) -> str:
    """Write the change of a choice as an option of the command line."""
    return " ".join(f"--set {name}={json.dumps(value)}" for name, value in choice.items())


def own_models(
    evidence: Evidence, choices: AnyChoices, *, change: Change = by_option
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


def check_families(evidence: Evidence, choices: AnyChoices) -> None:
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
    evidence: Evidence, choices: AnyChoices, names: Sequence[str], *, change: Change = by_option
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
    taking_part = set(_taking_part(evidence, choices))
    return {
        name: _reason(catalog[catalog["model"] == name], choices, change)
        for name in names
        if name not in taking_part
    }


def _taking_part(evidence: Evidence, choices: AnyChoices) -> pd.Series:
    """Names of the models that the choices, of either form, leave in a fit."""
    if choices.form == "ladder":
        return select(evidence, choices).models["model"]
    from densing.models.family_layout import select_scores  # which imports this module

    return select_scores(evidence, choices)["model"]


def _unknown(name: str, known: list[str], *, what: str = "model") -> str:
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "`densing data catalog` has all names"
    return f"the catalog has no {what} {name!r}: {hint}"


def _reason(rows: pd.DataFrame, choices: AnyChoices, change: Change) -> str:
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
