"""Score forecasts as of the past on each later model's average score.

The average over a model's benchmarks is what its density says most about: what sets one benchmark
apart averages out, and what the curves, the trend and the sample of benchmarks leave open is
shared by all its scores. It is observed, so that no later fit enters: of all the tests of the fan
this is the strict one. Models of one origin still share the error of its rate; the average of all
of them, one number an origin, says whether the whole year lay where it was expected.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.results.backtest import MONTHS, later_models
from densing.results.future import Future
from densing.results.interval import PROB
from densing.results.predict import predict_new
from densing.results.scoring import LEVELS, clustered, covered, crps, pit


def score_averages(
    run: xr.DataTree,
    full: xr.DataTree,
    origin: date,
    *,
    seed: int = 1,
    ahead: Future | None = None,
) -> list[dict[str, Any]]:
    """Score the prediction of the average score of every model that came within a year.

    Returns
    -------
    list of dict
        `origin`, `model`, `batch`, `lead_days`; `observed`, `median` (proportion), `pit`, `crps`
        (proportion). Last, with `model` None, the average of them all, with its interval.
    """
    told = predict_new(run, full, origin, months=max(MONTHS), seed=seed, ahead=ahead)
    if told is None:
        return []
    later = later_models(full, origin)
    of = [told.model == index for index in later["index"]]
    drawn = np.column_stack([told.drawn[:, rows].mean(axis=1) for rows in of])
    seen = np.asarray([told.observed[rows].mean() for rows in of])
    lead = (later["day"] - pd.Timestamp(origin)).dt.days.to_numpy()
    transform, penalty = pit(drawn, seen), crps(drawn, seen)
    rows: list[dict[str, Any]] = [
        {
            "origin": origin.isoformat(), "model": row.model, "batch": row.batch,
            "lead_days": int(lead[i]),
            "observed": float(seen[i]), "median": float(np.median(drawn[:, i])),
            "pit": float(transform[i]), "crps": float(penalty[i]),
        }
        for i, row in enumerate(later.itertuples())
    ]  # fmt: skip
    year = drawn.mean(axis=1)
    low, middle, high = np.quantile(year, [(1 - PROB) / 2, 0.5, (1 + PROB) / 2])
    all_of_them = {
        "origin": origin.isoformat(), "model": None, "models": len(seen),
        "observed": float(seen.mean()), "median": float(middle), "lower": float(low),
        "upper": float(high), "pit": float(np.mean(year <= seen.mean())),
    }  # fmt: skip
    return [*rows, all_of_them]


def average_table(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All averages together; standard errors over batches.

    `forecasts`, `models`, `batches`, `origins` (counts), `coverage` by level (`share`, `se`),
    `bias` (median less observed) and `crps` (proportions); `by_origin`: for each origin the
    `forecasts`, `coverage` at 90 %, `bias`, and the `year`, the average of all its models.
    """
    single = pd.DataFrame([row for row in rows if row["model"] is not None])
    years = {row["origin"]: row for row in rows if row["model"] is None}
    transform = single["pit"].to_numpy()
    return {
        "forecasts": len(single), "models": single["model"].nunique(),
        "batches": single["batch"].nunique(), "origins": single["origin"].nunique(),
        "coverage": {
            f"{q:g}": clustered(covered(transform, q), single["batch"].to_numpy()) for q in LEVELS
        },
        "bias": float((single["median"] - single["observed"]).mean()),
        "crps": float(single["crps"].mean()),
        "by_origin": {
            str(origin): {
                "forecasts": len(own),
                "coverage": float(np.mean(covered(own["pit"].to_numpy(), 0.9))),
                "bias": float((own["median"] - own["observed"]).mean()),
                "year": {k: v for k, v in years[str(origin)].items() if k != "model"},
            }
            for origin, own in single.groupby("origin")
        },
    }  # fmt: skip
