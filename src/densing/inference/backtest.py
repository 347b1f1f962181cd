"""Refits as of dates in the past: what a forecast would have been made from.

A refit sees only the models released by its origin. What it cannot unsee: scores of those models
that were reported later, and a reference family that was published later; the tables say when a
model was released, not when each of its scores was.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from densing.data import Evidence
from densing.inference.fit import fit
from densing.inference.settings import Settings
from densing.models.declaration import Model
from densing.models.select import SelectionError, select
from densing.results import backtest_words as words
from densing.results.backtest import by_origin, score_origin, table
from densing.results.backtest_average import average_table, score_averages
from densing.results.backtest_record import record_table, score_records
from densing.results.backtest_scores import score_scores, score_table
from densing.results.backtested import same_model
from densing.results.headline import trustworthy
from densing.results.run import RunError, open_run, record, save_run

FEWEST_MODELS = 8
"""A refit with fewer models has no trend to speak of."""
Listener = Callable[[str, int], None]
"""Told the origin that is being fitted, and its number of models."""


def backtest(
    evidence: Evidence,
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    seed: int = 1,
    listen: Listener | None = None,
) -> dict[str, Any]:
    """Refit as of each half-year, and score what the refits say of the models that came.

    Returns
    -------
    dict
        `table`, `by_origin` (see `results.backtest`), `averages`, `records`, `scores`, the
        sentences, one row for each of `origins`, every forecast by itself (`forecasts`,
        `average_forecasts`, ...), and what it was computed from.

    Raises
    ------
    SelectionError
        No half-year has enough models before it and one after.
    """
    days = origins(evidence, model)
    if not days:
        raise SelectionError(
            f"no half-year's end has {FEWEST_MODELS} models before it and one after: nothing to "
            "test a forecast on"
        )
    full = refit(evidence, model, settings, folder, day=None, seed=seed, listen=listen)
    rows: list[dict[str, Any]] = []
    averages: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    about = []
    for day in days:
        run = refit(evidence, model, settings, folder, day=day, seed=seed, listen=listen)
        rows += score_origin(run, full, day, seed=seed)
        averages += score_averages(run, full, day, seed=seed)
        records += score_records(run, full, day, seed=seed)
        scores += score_scores(run, full, day, seed=seed)
        about.append(
            {"origin": day.isoformat(), "models": int(run.attrs["models"]),
             "verdict": record(run, "health")["verdict"]}
        )  # fmt: skip
    summary, split = table(rows), by_origin(rows)
    of_averages = average_table(averages)
    of_records, of_scores = record_table(records), score_table(scores)
    return {
        "sentence": words.verdict_sentence(summary, split),
        "averages_sentence": words.averages_sentence(of_averages),
        "records_sentence": words.records_sentence(of_records),
        "scores_sentence": words.scores_sentence(of_scores),
        "cannot_know": words.CANNOT_KNOW,
        "table": summary, "by_origin": split, "averages": of_averages, "records": of_records,
        "scores": of_scores,
        "origins": about,
        "trustworthy": trustworthy(full) and all(o["verdict"] == "trustworthy" for o in about),
        "model": same_model(record(full, "model")), "evidence_hash": evidence.hash,
        "settings": settings.model_dump(), "seed": seed, "versions": record(full, "versions"),
        "date": datetime.now(UTC).date().isoformat(),
        "forecasts": rows, "average_forecasts": averages, "record_forecasts": records,
        "score_forecasts": scores,
    }  # fmt: skip


def origins(evidence: Evidence, model: Model) -> list[date]:
    """List the ends of half-years with enough models before them and at least one after."""
    released = select(evidence, model.choices).models["release_date"]
    return [
        day.date()
        for day in pd.date_range(released.min(), released.max(), freq="ME")
        if day.month in (6, 12)
        and (released <= day).sum() >= FEWEST_MODELS
        and (released > day).any()
    ]


def refit(
    evidence: Evidence,
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    day: date | None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """One run, of all models where `day` is None; read from `folder` where it is there."""
    chosen = model if day is None else model.choose(released_until=day)
    name = "all" if day is None else day.isoformat()
    content = (
        chosen.model_dump_json(exclude={"name", "about"}), evidence.hash,
        settings.model_dump_json(), seed,
    )  # fmt: skip
    path = folder / f"{name}-{sha256(repr(content).encode()).hexdigest()[:12]}.nc"
    try:
        return open_run(path)
    except RunError:
        pass
    if listen:
        listen(name, len(select(evidence, chosen.choices).models))
    run = fit(evidence, model=chosen, settings=settings, seed=seed)
    save_run(run, path)
    return run
