"""Apply a universe's changes: to the declared model, and to the evidence it is fitted to."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from densing.data import Evidence
from densing.models.choices import Choices
from densing.models.declaration import DeclarationError, Model, set_prior, validated
from densing.models.prior import Prior
from densing.models.select import SelectionError
from densing.results.log_prior import top_level

MIN_RUNS, MIN_SIZES = 6, 3
"""Runs and sizes a benchmark needs: five parameters and a noise; fewer sizes show no curvature."""
RUNS = ("all", "without smallest", "without largest")
PROTOCOLS = ("modelled", "ignored", "uniform only")


class Altered(NamedTuple):
    """A universe's model and evidence."""

    model: Model
    evidence: Evidence


def alter(model: Model, evidence: Evidence, changes: Mapping[str, Any]) -> Altered:
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
    return Altered(model, evidence)


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
    runs = runs[runs["reference"] == model.choices.reference]
    if "held_out" in runs and not model.choices.held_out:
        runs = runs[~runs["held_out"].astype("boolean").fillna(value=False).astype(bool)]
    for name in model.choices.benchmarks:
        own = runs[runs["benchmark"] == name]
        sizes = own["params"].nunique()
        if len(own) and (len(own) < MIN_RUNS or sizes < MIN_SIZES):
            raise SelectionError(
                f"reference {model.choices.reference!r} has {len(own)} runs of {sizes} sizes on "
                f"{name}; a loss law needs at least {MIN_RUNS} runs of {MIN_SIZES} sizes"
            )


def _runs(model: Model, evidence: Evidence, subset: Any) -> Evidence:
    if subset not in RUNS:
        raise DeclarationError(f"runs must be one of {', '.join(RUNS)}, got {subset!r}")
    if subset == "all":
        return evidence
    runs = evidence.reference_runs
    of = (runs["reference"] == model.choices.reference) & ~(
        runs["held_out"].astype("boolean").fillna(value=False).astype(bool)
        if "held_out" in runs else pd.Series(data=False, index=runs.index)
    )  # fmt: skip
    sizes = runs.loc[of, "params"]
    end = sizes.min() if subset == "without smallest" else sizes.max()
    return dataclasses.replace(evidence, reference_runs=runs[~(of & (runs["params"] == end))])


def _protocols(model: Model, evidence: Evidence, how: Any) -> Evidence:
    if how not in PROTOCOLS:
        raise DeclarationError(f"protocols must be one of {', '.join(PROTOCOLS)}, got {how!r}")
    catalog = evidence.catalog
    if how == "modelled" or "protocol" not in catalog:
        return evidence
    if how == "ignored":
        return dataclasses.replace(evidence, catalog=catalog.assign(protocol=""))
    table = evidence.benchmarks.set_index("benchmark")
    if "protocol" not in table:
        raise SelectionError("the benchmarks table names no protocol to be uniform in")
    own = catalog["protocol"].fillna("").astype(str)
    kept = (own == "") | (own == catalog["benchmark"].map(table["protocol"]))
    return dataclasses.replace(evidence, catalog=catalog[kept])
