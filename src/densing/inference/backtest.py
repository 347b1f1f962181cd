"""Refits as of dates in the past: what a forecast would have been made from.

A refit sees only the models released by its origin. What it cannot unsee: scores of those models
that were reported later, and a reference family that was published later; the tables say when a
model was released, not when each of its scores was.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from densing.answers.forecast.mixture import mix
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
from densing.results.backtested import identity
from densing.results.future import Future, future
from densing.results.run import RunError, open_run, record, save_run, trustworthy

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
    others: Sequence[Model] = (),
    seed: int = 1,
    listen: Listener | None = None,
) -> dict[str, Any]:
    """Refit as of each half-year, and score what the refits say of the models that came.

    Parameters
    ----------
    others
        Models, of other shapes of the trend, to average with by stacking. The weights are those
        of each half-year's own refits: leave-one-out of the models known by then.

    Returns
    -------
    dict
        `table`, `by_origin` (see `results.backtest`), `averages`, `records`, `scores`, the
        sentences, one row for each of `origins` (an average's with its `weights`), every forecast
        by itself (`forecasts`, `average_forecasts`, ...), and what it was computed from.

    Raises
    ------
    SelectionError
        No half-year has enough models before it and one after.
    RunError
        Refits that cannot be averaged; names the half-year.
    """
    days = origins(evidence, model)
    if not days:
        raise SelectionError(
            f"no half-year's end has {FEWEST_MODELS} models before it and one after: nothing to "
            "test a forecast on"
        )

    def as_of(day: date | None) -> tuple[xr.DataTree, Future, dict[str, float | None]]:
        runs = {
            one.name: refit(evidence, one, settings, folder, day=day, seed=seed, listen=listen)
            for one in (model, *others)
        }
        if not others:
            return runs[model.name], future(runs[model.name]), {}
        try:
            run, ahead, weights = mix(runs)
        except RunError as fault:
            raise RunError(f"as of {day or 'today'}: {fault}") from None
        return run, ahead, {name: weights.get(name) for name in runs}

    full, _, weights = as_of(None)
    rows: list[dict[str, Any]] = []
    averages: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    about = []
    for day in days:
        run, ahead, weighed = as_of(day)
        rows += score_origin(run, full, day, seed=seed, ahead=ahead)
        averages += score_averages(run, full, day, seed=seed, ahead=ahead)
        records += score_records(run, full, day, seed=seed, ahead=ahead)
        scores += score_scores(run, full, day, seed=seed, ahead=ahead)
        health = record(run, "health")
        about.append(
            {"origin": day.isoformat(), "models": int(run.attrs["models"]),
             "verdict": health["verdict"], "reasons": health["reasons"]}
            | ({"weights": weighed} if others else {})
        )  # fmt: skip
    summary, split = table(rows), by_origin(rows)
    of_averages = average_table(averages)
    of_records, of_scores = record_table(records), score_table(scores)
    return {
        "sentence": words.verdict_sentence(summary, split, averaged=len(others) + 1),
        "averages_sentence": words.averages_sentence(of_averages),
        "records_sentence": words.records_sentence(of_records),
        "scores_sentence": words.scores_sentence(of_scores),
        "cannot_know": words.CANNOT_KNOW,
        "table": summary, "by_origin": split, "averages": of_averages, "records": of_records,
        "scores": of_scores,
        "origins": about,
        "trustworthy": trustworthy(full) and all(o["verdict"] == "trustworthy" for o in about),
        "weights": weights or None,
        "model": identity(full), "evidence_hash": evidence.hash,
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
