"""Score forecasts as of the past on what was reported: the scores of models that came.

No density of a later fit stands between forecast and observation here; what is predicted, and
what is shared in it, says `predict.predict_new`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.results.backtest import MONTHS
from densing.results.future import Future
from densing.results.predict import predict_new
from densing.results.scoring import LEVELS, clustered, covered, crps


def score_scores(
    run: xr.DataTree,
    full: xr.DataTree,
    origin: date,
    *,
    seed: int = 1,
    ahead: Future | None = None,
) -> list[dict[str, Any]]:
    """Score the prediction of every score of a model that came within a year of `origin`.

    Returns
    -------
    list of dict
        `origin`, `model`, `benchmark`, `lead_days`, `observed` (proportion), `median`, `pit`,
        `crps` (proportion).
    """
    told = predict_new(run, full, origin, months=max(MONTHS), seed=seed, ahead=ahead)
    if told is None:
        return []
    drawn, seen, half = told.drawn, told.observed, 0.5 / told.items
    transform = np.mean(drawn < seen - half, axis=0) / 2 + np.mean(drawn <= seen + half, axis=0) / 2
    penalty = crps(drawn, seen)
    lead = (told.day - pd.Timestamp(origin)).days
    return [
        {
            "origin": origin.isoformat(), "model": str(told.name[i]),
            "benchmark": str(told.benchmark[i]), "lead_days": int(lead[i]),
            "observed": float(seen[i]), "median": float(np.median(drawn[:, i])),
            "pit": float(transform[i]), "crps": float(penalty[i]),
        }
        for i in range(len(seen))
    ]  # fmt: skip


def score_table(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All scores together; standard errors over models, whose scores miss together.

    `predictions`, `models`, `origins` (counts), `coverage` by level, `bias` (median less observed)
    and `crps` (proportions); `benchmarks` and `by_origin`: `predictions`, `coverage` at 90 % and
    `bias` of each.
    """
    frame = pd.DataFrame(list(rows))
    transform, model = frame["pit"].to_numpy(), frame["model"].to_numpy()
    return {
        "predictions": len(frame), "models": frame["model"].nunique(),
        "origins": frame["origin"].nunique(),
        "coverage": {f"{q:g}": clustered(covered(transform, q), model) for q in LEVELS},
        "bias": float((frame["median"] - frame["observed"]).mean()),
        "crps": float(frame["crps"].mean()),
        "benchmarks": {str(k): _part(own) for k, own in frame.groupby("benchmark")},
        "by_origin": {str(k): _part(own) for k, own in frame.groupby("origin")},
    }  # fmt: skip


def _part(own: pd.DataFrame) -> dict[str, Any]:
    """Coverage and bias of some of the scores."""
    return {
        "predictions": len(own),
        "coverage": float(np.mean(covered(own["pit"].to_numpy(), 0.9))),
        "bias": float((own["median"] - own["observed"]).mean()),
    }
