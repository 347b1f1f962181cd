"""Score the expected record as of the past against the record that came.

The record of a day is the highest log density among the models released by then, in each draw of
the fit of all models; every score is the mean over those draws, as in `backtest`. Only days within
the data count. The naive forecast is that no new record is set.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.results.backtest import LATENT_DRAWS, MONTHS
from densing.results.future import Future, future
from densing.results.horizon import Horizon, released
from densing.results.releases import record_so_far, running_record, simulate
from densing.results.run import log_densities
from densing.results.scoring import LEVELS, crps_of_latent, pit_of_latent, shares_inside


def score_records(
    run: xr.DataTree,
    full: xr.DataTree,
    origin: date,
    *,
    seed: int = 1,
    ahead: Future | None = None,
) -> list[dict[str, Any]]:
    """Score the record 3, 6 and 12 months after `origin`; rows only for days within the data.

    Returns
    -------
    list of dict
        `origin`, `months`, `observed` (posterior median, ln density), `median`, `inside` (by level,
        the posterior probability that the record lies in the interval), `crps`, `naive_crps`.
    """
    days, start = released(full), pd.Timestamp(origin)
    ends = {m: start + pd.DateOffset(months=m) for m in MONTHS}
    ends = {m: end for m, end in ends.items() if end <= days.max()}
    if not ends:
        return []
    own, every = released(run), log_densities(full)
    span = Horizon(own.min(), own.max(), start, max(ends.values()))
    new = simulate(run, ahead or future(run), span, seed=seed)
    # Nothing came between the last release and the origin: that was known.
    known = new.day <= (start - span.first).days
    new = replace(new, log_density=np.where(known, -np.inf, new.log_density))
    before = record_so_far(run)
    offsets = np.asarray([(end - span.first).days for end in ends.values()])
    draws = running_record(before, new, offsets)
    rows = []
    for i, (months, end) in enumerate(ends.items()):
        best = every[:, days <= end].max(axis=1)[:, None]
        few = best[np.linspace(0, len(best) - 1, min(LATENT_DRAWS, len(best))).astype(int)]
        ours = draws[:, [i]]
        inside = shares_inside(pit_of_latent(ours, best))
        rows.append(
            {
                "origin": origin.isoformat(), "months": months, "observed": float(np.median(best)),
                "median": float(np.median(ours)),
                "inside": {level: float(share[0]) for level, share in inside.items()},
                "crps": float(crps_of_latent(ours, few)[0]),
                "naive_crps": float(crps_of_latent(before[:, None], few)[0]),
            }
        )  # fmt: skip
    return rows


def record_table(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All records together: `forecasts`, `origins`, `coverage` by level, `crps`, `naive_crps`."""
    return {
        "forecasts": len(rows), "origins": len({row["origin"] for row in rows}),
        "coverage": {
            f"{q:g}": float(np.mean([row["inside"][f"{q:g}"] for row in rows])) for q in LEVELS
        },
        "bias": float(np.mean([row["median"] - row["observed"] for row in rows])),
        "crps": float(np.mean([row["crps"] for row in rows])),
        "naive_crps": float(np.mean([row["naive_crps"] for row in rows])),
    }  # fmt: skip
