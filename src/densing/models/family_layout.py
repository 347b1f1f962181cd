"""From the catalogue to the arrays of the families model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from densing.data import Evidence
from densing.models.choices import FamilyChoices
from densing.models.dates import trend_span, years
from densing.models.families import SIZE, FamilyData, FamilySwitches
from densing.models.nested import Tree
from densing.models.select import SelectionError
from densing.models.shapes import KNOT_NAMES

EDGE_SHARE, EDGE_DEVIATIONS = 0.04, 3.0
"""A score is at an edge where it lies within this share of the range, or within so many standard
deviations of its sampling, of the floor, or as near to the usual ceiling: there its logit is far
from normal."""
TOP = 0.99
"""Ceiling that nearness to the top is judged by."""


@dataclass(frozen=True)
class FamilyLayout:
    """Arrays, coordinates and facts of one families model."""

    data: FamilyData
    coords: Mapping[str, list[str]]
    facts: Mapping[str, Any]
    models: pd.DataFrame
    """One row a model in order of release."""
    scores: pd.DataFrame
    """One row a score, with `model_index`, `benchmark_index` and `edge`."""
    benchmarks: pd.DataFrame
    """Indexed by benchmark: items, chance, type, protocol."""
    baseline: Mapping[str, str]
    """Protocol of each benchmark's own."""
    family_time: np.ndarray
    """Mean date of each family's releases, years since the mean date, shape (family,)."""
    switches: FamilySwitches
    centre: Mapping[str, float]
    """`time` of the mean release date (years since 2023-02-24); first, last and changepoint of
    the trend's span (years since the mean date)."""

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        return {dim: len(names) for dim, names in self.coords.items()}


def select_scores(evidence: Evidence, choices: FamilyChoices) -> pd.DataFrame:
    """Rows of the catalogue that the choices ask for, with a release and a family each.

    Raises
    ------
    SelectionError
        An unknown benchmark, or too few models left.
    """
    known = set(evidence.benchmarks["benchmark"])
    if unknown := [name for name in choices.benchmarks if name not in known]:
        raise SelectionError(
            f"unknown benchmark {', '.join(map(repr, unknown))}; known: {', '.join(sorted(known))}"
        )
    scores = evidence.catalog
    scores = scores[scores["benchmark"].isin(choices.benchmarks)]
    scores = with_releases(scores)
    if not choices.derived:
        scores = scores[scores["derived_from"] == ""]
    if choices.released_from:
        scores = scores[scores["release_date"] >= pd.Timestamp(choices.released_from)]
    if choices.released_until:
        scores = scores[scores["release_date"] <= pd.Timestamp(choices.released_until)]
    scores = scores[~scores["family"].isin(choices.exclude_families)]
    count = scores.groupby("model")["benchmark"].transform("nunique")
    scores = scores[count >= choices.min_scores]
    if scores["model"].nunique() < 10 or scores["release"].nunique() < 3:
        raise SelectionError(
            f"{scores['model'].nunique()} models of {scores['release'].nunique()} releases left "
            f"after the choices (min_scores = {choices.min_scores}, benchmarks = "
            f"{', '.join(choices.benchmarks)}); families as yardsticks need at least 10 models "
            "of 3 releases"
        )
    return scores


def with_releases(scores: pd.DataFrame) -> pd.DataFrame:
    """Give each row of a catalogue a family and a release, and the columns that may be missing.

    A model without a family is one of its own; a release is what a family brought out on one day,
    where none is stated.
    """
    scores = scores.copy()
    for column in ("family", "release", "derived_from", "protocol"):
        given = scores[column] if column in scores else pd.Series(np.nan, scores.index)
        scores[column] = given.astype(object).where(given.notna(), "").astype(str).str.strip()
    for column in ("embedding_params", "active_params", "training_tokens"):
        if column not in scores:
            scores[column] = np.nan
    scores["family"] = scores["family"].where(scores["family"] != "", scores["model"])
    day = scores["release_date"].dt.strftime("%Y-%m-%d")
    scores["release"] = scores["release"].where(
        scores["release"] != "", scores["family"] + " " + day
    )
    scores["release"] = scores["family"] + ": " + scores["release"]
    return scores


def lay_out_families(
    scores: pd.DataFrame, benchmarks: pd.DataFrame, choices: FamilyChoices
) -> FamilyLayout:
    """Lay out chosen scores (`select_scores`).

    Parameters
    ----------
    benchmarks
        Indexed by benchmark: items, chance, type, protocol.
    """
    present = set(scores["benchmark"])
    names = [name for name in choices.benchmarks if name in present]
    scores = scores.drop_duplicates(["model", "benchmark"])
    models = (
        scores.drop_duplicates("model")
        .sort_values(["release_date", "model"])
        .reset_index(drop=True)
    )
    index = {name: i for i, name in enumerate(models["model"])}
    column = {name: i for i, name in enumerate(names)}
    scores = (
        scores.assign(
            model_index=scores["model"].map(index), benchmark_index=scores["benchmark"].map(column)
        )
        .sort_values(["model_index", "benchmark_index"])
        .reset_index(drop=True)
    )
    table = benchmarks.loc[list(names)]
    kind = table["type"] if "type" in table else pd.Series("all", table.index)
    table = table.assign(type=kind.fillna("other"))
    if "protocol" not in table:
        table = table.assign(protocol="")
    items, floor = table["items"].to_numpy(float), table["chance"].to_numpy(float)
    shape = len(models), len(names)
    rows, cols = scores["model_index"].to_numpy(), scores["benchmark_index"].to_numpy()
    y = np.full(shape, np.nan)
    y[rows, cols] = scores["score"].to_numpy(float)
    at_edge = edges(y, items, floor)
    scores["edge"] = at_edge[rows, cols]
    filled = np.where(np.isfinite(y) & ~at_edge, y, 0.5 * (floor + 1.0))
    where = np.flatnonzero(at_edge)

    baseline = {name: str(x) for name, x in table["protocol"].fillna("").items()}
    labels = protocol_labels(scores, baseline)
    protocols = sorted(set(labels) - {""})
    protocol = np.zeros(shape, int)
    protocol[rows, cols] = [protocols.index(x) + 1 if x else 0 for x in labels]

    releases = sorted(models["release"].unique())
    families = sorted(models["family"].unique())
    types = sorted(table["type"].unique())
    home = models.drop_duplicates("release").set_index("release")["family"]
    dated = years(models["release_date"])
    centre = float(dated.mean())
    time = dated - centre
    each = models.assign(time=time).groupby(["family", "release"])["time"].mean()
    mean_time = models["family"].map(each.groupby("family").mean()).to_numpy(float)
    release_time = (
        models.assign(time=time).groupby("release")["time"].mean().loc[releases].to_numpy(float)
    )
    hidden = models["embedding_params"].astype(float).fillna(0.0)
    total = models["params"].astype(float)
    active = models["active_params"].astype(float).fillna(total)
    span = trend_span(models["release_date"], choices)
    best = np.nanmax(y, axis=0)
    data = FamilyData(
        score=filled,
        measured=(np.isfinite(y) & ~at_edge).astype(float),
        edge_score=y.reshape(-1)[where],
        edge_at=where,
        edge_benchmark=where % len(names),
        items=items,
        floor=floor,
        protocol=protocol,
        type=np.array([types.index(x) for x in table["type"]]),
        log_active=np.log(((active - hidden) / SIZE).to_numpy(float)),
        log_total=np.log(((total - hidden) / SIZE).to_numpy(float)),
        time=time,
        release_time=release_time,
        since_mean=time - mean_time,
        log_tokens=np.zeros(len(models)),
        span=np.asarray(span),
        tree=Tree(
            models["release"].map({x: i for i, x in enumerate(releases)}).to_numpy(),
            np.array([families.index(home[x]) for x in releases]),
            np.zeros(len(families)),
        ),
    )
    coords = {
        "benchmark": list(names),
        "type": types,
        "family": families,
        "release": releases,
        "protocol": protocols,
        "model": list(models["model"]),
        "edge": [f"{models['model'][i // len(names)]}: {names[i % len(names)]}" for i in where],
        "knot": KNOT_NAMES,
    }
    facts = {"best_score": np.minimum(best, 0.985), "usual_ceiling": np.maximum(0.98, best + 0.002)}
    family_time = each.groupby("family").mean().loc[families].to_numpy(float)
    switches = choices.switches._replace(
        type_changes=choices.type_changes and len(types) > 1, protocols=len(protocols) > 0,
        experts=choices.experts and bool((data.log_total != data.log_active).any()),
        edges=len(where) > 0,
    )  # fmt: skip
    return FamilyLayout(
        data, coords, facts, models, scores, table, baseline, family_time, switches,
        {"time": centre} | span._asdict(),
    )  # fmt: skip


def lay_out_new(
    catalog: pd.DataFrame, fitted: FamilyLayout
) -> tuple[FamilyData, np.ndarray, np.ndarray, pd.DataFrame]:
    """Lay models that were not fitted out along the coordinates of a fit.

    Returns
    -------
    data
        Sizes, dates and protocols of the models; a protocol that the fit does not know is -1.
    family
        Index of each model's family, -1 for a new one, shape (model,).
    score
        Reported scores, shape (model, benchmark), NaN where there is none.
    models
        One row a model.
    """
    names = fitted.coords["benchmark"]
    scores = catalog[catalog["benchmark"].isin(names)].drop_duplicates(["model", "benchmark"])
    models = (
        scores.drop_duplicates("model")
        .sort_values(["release_date", "model"])
        .reset_index(drop=True)
    )
    rows = scores["model"].map({x: i for i, x in enumerate(models["model"])}).to_numpy()
    cols = scores["benchmark"].map({x: i for i, x in enumerate(names)}).to_numpy()
    score = np.full((len(models), len(names)), np.nan)
    score[rows, cols] = scores["score"].to_numpy(float)
    protocol = np.zeros(score.shape, int)
    known = {x: i + 1 for i, x in enumerate(fitted.coords["protocol"])}
    labels = protocol_labels(scores, fitted.baseline)
    protocol[rows, cols] = [known.get(x, -1) if x else 0 for x in labels]
    hidden = models["embedding_params"].astype(float).fillna(0.0)
    total = models["params"].astype(float)
    active = models["active_params"].astype(float).fillna(total)
    time = years(models["release_date"]) - fitted.centre["time"]
    index = {x: i for i, x in enumerate(fitted.coords["family"])}
    family = models["family"].map(lambda x: index.get(x, -1)).to_numpy()
    mean = np.where(family >= 0, fitted.family_time[family], time)
    data = fitted.data._replace(
        protocol=protocol,
        log_active=np.log(((active - hidden) / SIZE).to_numpy(float)),
        log_total=np.log(((total - hidden) / SIZE).to_numpy(float)),
        time=time,
        since_mean=time - mean,
        log_tokens=np.zeros(len(models)),
    )
    return data, family, score, models


def protocol_labels(scores: pd.DataFrame, baseline: Mapping[str, str]) -> list[str]:
    """Name of each score's protocol; blank for its benchmark's own, or where none is stated."""
    stated = scores["protocol"].fillna("") if "protocol" in scores else [""] * len(scores)
    return [
        "" if said in ("", baseline[name]) else f"{name}: {said}"
        for name, said in zip(scores["benchmark"], stated, strict=True)
    ]


def edges(score: np.ndarray, items: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Which scores are at an edge, shape of `score` (model, benchmark); NaN is none."""
    deviation = np.sqrt(np.clip(score * (1.0 - score), 1e-4, None) / items)
    near = np.maximum(EDGE_SHARE * (TOP - floor), EDGE_DEVIATIONS * deviation)
    return (score < floor + near) | (score > TOP - np.minimum(near, 0.02))
