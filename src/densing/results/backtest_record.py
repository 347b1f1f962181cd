"""Score the expected record as of the past against the record that came.

The record of a day is the highest log density among the models released by then, in the fit of
all models: its median is the observation, its standard deviation the error of measurement. Only
days within the data count. The naive forecast is that no new record is set.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.results.backtest import MONTHS, log_densities
from densing.results.future import future
from densing.results.horizon import Horizon, released
from densing.results.releases import record_so_far, running_record, simulate
from densing.results.scoring import LEVELS, covered, crps, pit


def score_records(
    run: xr.DataTree, full: xr.DataTree, origin: date, *, seed: int = 1
) -> list[dict[str, Any]]:
    """Score the record 3, 6 and 12 months after `origin`; rows only for days within the data.

    Returns
    -------
    list of dict
        `origin`, `months`, `observed` (log density), `median`, `pit`, `crps`, `naive_crps`.
    """
    days, start = released(full), pd.Timestamp(origin)
    ends = {m: start + pd.DateOffset(months=m) for m in MONTHS}
    ends = {m: end for m, end in ends.items() if end <= days.max()}
    if not ends:
        return []
    own, every = released(run), log_densities(full)
    span = Horizon(own.min(), own.max(), start, max(ends.values()))
    new = simulate(run, future(run), span, seed=seed)
    # Nothing came between the last release and the origin: that was known.
    known = new.day <= (start - span.first).days
    new = replace(new, log_density=np.where(known, -np.inf, new.log_density))
    before = record_so_far(run)
    offsets = np.asarray([(end - span.first).days for end in ends.values()])
    draws = running_record(before, new, offsets)
    rng = np.random.default_rng(seed)
    rows = []
    for i, (months, end) in enumerate(ends.items()):
        best = every[:, days <= end].max(axis=1)
        seen, error = np.array([np.median(best)]), best.std()
        noisy = draws[:, [i]] + error * rng.standard_normal((len(draws), 1))
        stays = before[:, None] + error * rng.standard_normal((len(before), 1))
        rows.append(
            {
                "origin": origin.isoformat(), "months": months, "observed": float(seen[0]),
                "median": float(np.median(noisy)), "pit": float(pit(noisy, seen)[0]),
                "crps": float(crps(noisy, seen)[0]), "naive_crps": float(crps(stays, seen)[0]),
            }
        )  # fmt: skip
    return rows


def record_table(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All records together: `forecasts`, `origins`, `coverage` by level, `crps`, `naive_crps`."""
    transform = np.asarray([row["pit"] for row in rows])
    return {
        "forecasts": len(rows), "origins": len({row["origin"] for row in rows}),
        "coverage": {f"{q:g}": float(np.mean(covered(transform, q))) for q in LEVELS},
        "bias": float(np.mean([row["median"] - row["observed"] for row in rows])),
        "crps": float(np.mean([row["crps"] for row in rows])),
        "naive_crps": float(np.mean([row["naive_crps"] for row in rows])),
    }  # fmt: skip
