"""Apply a universe's changes: to the declared model, its evidence, and what is laid out of it.

Models are left out as leave-one-out does: their scores go, everything else stays. Dates and their
window, the grid, families, protocols and what the evidence tells the priors are those of the whole,
so that a refit answers the question that weights do (`results.influence`), and runs in the program
of the whole, which passes over models without scores (`batch.machine.Masked`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.data.checks import FEWEST_RUNS, FEWEST_SIZES
from densing.models.choices import Choices
from densing.models.declaration import DeclarationError, Model, set_prior, validated
from densing.models.layout import Layout
from densing.models.prior import Prior
from densing.models.select import SelectionError
from densing.results.log_prior import top_level

MIN_MODELS = 3
"""Models that a trend needs."""
RUNS = ("all", "without smallest", "without largest")
PROTOCOLS = ("modelled", "ignored", "uniform only")


def apply_changes(
    model: Model, evidence: Evidence, changes: Mapping[str, Any]
) -> tuple[Model, Evidence]:
    """Return `model` and `evidence` with `changes` applied.

    Raises
    ------
    DeclarationError
        A value that does not fit.
    SelectionError
        Too few runs are left to identify the loss law.
    """
    choices = {key: value for key, value in changes.items() if key in Choices.model_fields}
    if choices:
        model = model.choose(**choices)
    for key, value in changes.items():
        if key.startswith("prior."):
            model = set_prior(model, key, value)
    if "prior_scale" in changes:
        model = scaled(model, changes["prior_scale"])
    evidence = _protocols(model, evidence, changes.get("protocols", PROTOCOLS[0]))
    evidence = _runs(model, evidence, changes.get("runs", RUNS[0]))
    identified(model, evidence)
    return model, evidence


def scaled(model: Model, factor: Any) -> Model:
    """Multiply the scales of all priors that a person chose (normal and lognormal) by `factor`.

    Pooling distributions are the model's structure and stay, and so do scales that are facts of
    the evidence; a beta or gamma prior has no scale and stays too.
    """
    if not isinstance(factor, int | float) or isinstance(factor, bool) or not factor > 0:
        raise DeclarationError(f"prior_scale must be a positive factor, got {factor!r}")
    changed = {}
    for name in top_level(model.priors):
        prior = model.priors[name]
        scale = prior.args.get("scale")
        if scale is None or isinstance(scale, str):
            continue
        wide = tuple(factor * s for s in scale) if isinstance(scale, tuple) else factor * scale
        content = prior.model_dump() | {"args": {**prior.args, "scale": wide}}
        changed[name] = validated(Prior, content, name)
    return model.with_priors(**changed)


def identified(model: Model, evidence: Evidence) -> None:
    """Raise unless each benchmark of the reference has runs enough for a loss law."""
    runs = evidence.reference_runs
    runs = runs[_own_runs(model, runs, held_out=model.choices.held_out)]
    for name in model.choices.benchmarks:
        own = runs[runs["benchmark"] == name]
        sizes = own["params"].nunique()
        if len(own) and (len(own) < FEWEST_RUNS or sizes < FEWEST_SIZES):
            raise SelectionError(
                f"reference {model.choices.reference!r} has {len(own)} runs of {sizes} sizes on "
                f"{name}; a loss law needs at least {FEWEST_RUNS} runs of {FEWEST_SIZES} sizes"
            )


def drop_models(layout: Layout, names: Any) -> Layout:
    """Return `layout` without the scores of the models named.

    Raises
    ------
    DeclarationError
        No list of names.
    SelectionError
        A model that takes no part, or too few that are left.
    """
    if not isinstance(names, Sequence) or isinstance(names, str):
        raise DeclarationError(f"without must be a list of models, got {names!r}")
    if not names:
        return layout
    models = layout.coords["model"]
    if unknown := [str(name) for name in names if name not in models]:
        raise SelectionError(f"without {', '.join(unknown)}: no such model takes part in the fit")
    gone = np.isin(models, list(names))
    left = int(np.sum(~gone))
    if left < MIN_MODELS:
        raise SelectionError(
            f"{left} model{'' if left == 1 else 's'} left without {', '.join(names)}; a trend "
            f"needs at least {MIN_MODELS}"
        )
    scores = layout.data.scores
    blank = {
        name: np.where(gone[:, None], 0.0, getattr(scores, name))
        for name in ("log_score", "log_miss", "count")
    }
    return replace(
        layout, data=layout.data._replace(scores=scores._replace(**blank)),
        scores=layout.scores[~layout.scores["model"].isin(list(names))],
    )  # fmt: skip


def _own_runs(model: Model, runs: pd.DataFrame, *, held_out: bool) -> pd.Series:
    """Whether each run is of the model's reference, those held out among them or not."""
    own = runs["reference"] == model.choices.reference
    if held_out or "held_out" not in runs:
        return own
    return own & ~runs["held_out"].astype("boolean").fillna(value=False).astype(bool)


def _runs(model: Model, evidence: Evidence, subset: Any) -> Evidence:
    if subset not in RUNS:
        raise DeclarationError(f"runs must be one of {', '.join(RUNS)}, got {subset!r}")
    if subset == "all":
        return evidence
    runs = evidence.reference_runs
    of = _own_runs(model, runs, held_out=False)
    sizes = runs.loc[of, "params"]
    end = sizes.min() if subset == "without smallest" else sizes.max()
    return replace(evidence, reference_runs=runs[~(of & (runs["params"] == end))])


def _protocols(model: Model, evidence: Evidence, how: Any) -> Evidence:
    if how not in PROTOCOLS:
        raise DeclarationError(f"protocols must be one of {', '.join(PROTOCOLS)}, got {how!r}")
    catalog = evidence.catalog
    if how == "modelled" or "protocol" not in catalog:
        return evidence
    if how == "ignored":
        return replace(evidence, catalog=catalog.assign(protocol=""))
    table = evidence.benchmarks.set_index("benchmark")
    if "protocol" not in table:
        raise SelectionError("the benchmarks table names no protocol to be uniform in")
    own = catalog["protocol"].fillna("").astype(str)
    kept = (own == "") | (own == catalog["benchmark"].map(table["protocol"]))
    return replace(evidence, catalog=catalog[kept])
