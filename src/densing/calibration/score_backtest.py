"""Back-test of reported scores: families as yardsticks refitted as of each half-year.

Refits see only the models released by their origin, on the benchmarks that enough of these
report; the models of the year after are predicted from size, date and family alone.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from densing.calibration.backtest import Listener, refit_all
from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.dates import DAYS_PER_YEAR
from densing.models.declaration import Model
from densing.models.family_layout import select_scores
from densing.models.family_predict import predict_nothing
from densing.models.select import SelectionError
from densing.results.backtest import MONTHS, OURS
from densing.results.backtested import same_model
from densing.results.family_run import new_models, scored
from densing.results.naive_scores import NAIVE, Reported, naive_scores
from densing.results.run import record
from densing.results.score_forecasts import (
    AVERAGE,
    SINGLE,
    by_origin,
    judged,
    score_table,
    sentence,
)

FIRST = pd.Timestamp("2022-06-30")
"""First origin: before it there are too few models for a trend of their own."""
EVIDENCE_MONTHS = 12
"""Of releases before an origin, at least."""
FEWEST = 6
"""Models that report a benchmark by an origin for it to be forecast."""
FEWEST_MODELS, FEWEST_RELEASES = 10, 3
COPIES = 3
"""New models drawn for each draw of a run."""
DRAWS = 400


def backtest_scores(
    evidence: Evidence,
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    asked: Sequence[date] | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> dict[str, Any]:
    """Refit a families model as of each half-year, and score what it says of the year after.

    Parameters
    ----------
    folder
        Where refits are kept, a file an origin: a back-test that was stopped continues.
    asked
        Origins, in place of all half-years' ends there are.

    Returns
    -------
    dict
        `sentence`, `scores_sentence`, `score_table` and `single_score_table` (of average and of
        single scores: `results.score_forecasts.score_table`), `by_origin`, `origins`,
        `trustworthy`, what it was computed from, and every forecast by itself.

    Raises
    ------
    SelectionError
        No half-year has enough models before it and one after.
    """
    chosen = select_scores(evidence, model.choices)
    days = list(asked or origins(chosen))
    posed = {day: _as_of(chosen, model, day) for day in days}
    if not posed:
        raise SelectionError(
            f"no half-year's end from {FIRST:%Y-%m-%d} on has {EVIDENCE_MONTHS} months of releases "
            "before it and a model after: nothing to test a forecast on"
        )
    runs = refit_all(
        evidence, [(one, day) for day, one in posed.items()], settings, folder, seed=seed,
        listen=listen,
    )  # fmt: skip
    rows: list[dict[str, Any]] = []
    about = []
    for day, one in posed.items():
        run = runs(one, day)
        rows += _forecasts(run, _later(chosen, one, day), day, seed)
        health = record(run, "health")
        about.append(
            {
                "origin": day.isoformat(), "models": int(run.attrs["models"]),
                "benchmarks": list(one.choices.benchmarks), "verdict": health["verdict"],
                "reasons": health["reasons"],
            }
        )  # fmt: skip
    single = {
        f"{name}_forecasts": [row for row in rows if row["kind"] == kind]
        for name, kind in (("average", AVERAGE), ("score", SINGLE))
    }
    of_averages, of_scores = (score_table(own, seed=seed) for own in single.values())
    identity = record(run, "model") | {"choices": json.loads(model.choices.model_dump_json())}
    return {
        "sentence": sentence(of_averages, "average scores"),
        "scores_sentence": sentence(of_scores, "single scores"),
        "score_table": of_averages, "single_score_table": of_scores,
        "by_origin": by_origin(rows), "origins": about,
        "trustworthy": all(row["verdict"] == "trustworthy" for row in about),
        "model": same_model(identity), "evidence_hash": evidence.hash,
        "evidence_version": evidence.version, "settings": settings.model_dump(), "seed": seed,
        "versions": record(run, "versions"), "date": datetime.now(UTC).date().isoformat(),
        **single,
    }  # fmt: skip


def origins(scores: pd.DataFrame) -> list[date]:
    """List the ends of half-years with a year of enough models before them and one after."""
    first = scores["release_date"].min() + pd.DateOffset(months=EVIDENCE_MONTHS)
    found = []
    for day in pd.date_range(max(FIRST, first), scores["release_date"].max(), freq="ME"):
        past = scores[scores["release_date"] <= day]
        enough = (
            past["model"].nunique() >= FEWEST_MODELS
            and past["release"].nunique() >= FEWEST_RELEASES
        )
        later = scores["release_date"].between(
            day, day + pd.DateOffset(months=max(MONTHS)), "right"
        )
        if day.month in (6, 12) and enough and later.any():
            found.append(day.date())
    return found


def _as_of(scores: pd.DataFrame, model: Model, day: date) -> Model:
    """Return the model on the benchmarks that enough models report by a day."""
    past = scores[scores["release_date"] <= pd.Timestamp(day)]
    count = past.groupby("benchmark")["model"].nunique()
    names = [name for name in model.choices.benchmarks if count.get(name, 0) >= FEWEST]
    return model.choose(benchmarks=tuple(names))


def _later(scores: pd.DataFrame, model: Model, day: date) -> pd.DataFrame:
    """Rows of the models that came within the longest horizon after a day."""
    start = pd.Timestamp(day)
    end = start + pd.DateOffset(months=max(MONTHS))
    later = scores["release_date"].between(start, end, "right")
    return scores[later & scores["benchmark"].isin(model.choices.benchmarks)]


def _forecasts(run: Any, later: pd.DataFrame, day: date, seed: int) -> list[dict[str, Any]]:
    """Judge the run's forecasts, and the naive ones, of models that came after a day."""
    new = new_models(run, later, draws=DRAWS)
    layout, names = new.layout, new.layout.coords["benchmark"]
    origin = float((pd.Timestamp(day) - new.models["release_date"][0]).days) / DAYS_PER_YEAR
    origin += float(new.data.time[0])
    past = Reported(scored(layout), layout.data.log_total, layout.data.time - origin)
    ahead = Reported(new.score, new.data.log_total, new.data.time - origin)
    ours = predict_nothing(new.states, new.data, new.family, seed=seed, copies=COPIES)
    drawn = {OURS: ours} | {
        name: naive_scores(
            name, past, ahead, layout.data.floor, layout.data.items, samples=len(ours), seed=seed
        )
        for name in NAIVE
    }
    return [
        row
        for name, of in drawn.items()
        for row in judged(name, day.isoformat(), new.models, names, of, new.score)
    ]
