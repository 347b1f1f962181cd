"""How long a model pays: until half its parameters, or a given size, do the same.

A model of half the size matches another when its density is twice as high. *Best practice* is
the frontier of the day (the typical new model where a run has no frontier). The month in which
the frontier reaches twice a model's density, counted from its release, is one number a draw:
model and frontier are held against the same reference curves, so that what is not known of those
cancels. Zero says that the frontier was there already; a draw in which it is not reached within
five years of the last release stays, and the interval's end is then open.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR
from densing.results.future import future
from densing.results.horizon import MOST_YEARS, released
from densing.results.interval import PROB, open_interval
from densing.results.run import log_densities

RECENT_DAYS = 365
COUNT = 8


def half_size(run: xr.DataTree, *, count: int = COUNT, prob: float = PROB) -> list[dict[str, Any]]:
    """Months from release until best practice matches a model with half its parameters.

    The `count` densest of the models of the data's last year, the latest first.

    Returns
    -------
    list of dict
        `model`, `release_date`, `params`, `months` (interval; None for an open end),
        `p_at_release`: that best practice could do so on the day of its release.
    """
    data, ahead, day = run["constant_data"].to_dataset(), future(run), released(run)
    own = log_densities(run)
    end = day.max() + pd.Timedelta(days=round(MOST_YEARS * DAYS_PER_YEAR))
    days = pd.date_range(day.min(), end, freq="3D")
    lines = ahead.lines(ahead.time(days))
    best = lines.get("frontier", lines["population"])
    recent = np.flatnonzero(day > day.max() - pd.Timedelta(days=RECENT_DAYS))
    densest = recent[np.argsort(-np.median(own[:, recent], axis=0))[:count]]
    rows = []
    for i in sorted(densest, key=lambda i: day[i], reverse=True):
        after = np.asarray(days >= day[i])
        there = (best >= own[:, [i]] + np.log(2.0)) & after
        first = np.where(there.any(axis=1), there.argmax(axis=1), -1)
        since = (days - day[i]).days.to_numpy() / DAYS_PER_YEAR * 12
        months = np.where(first >= 0, np.maximum(since[first], 0.0), np.inf)
        rows.append(
            {
                "model": str(data["model"].to_numpy()[i]), "release_date": f"{day[i]:%Y-%m-%d}",
                "params": float(data["counted_params"].to_numpy()[i]),
                "months": open_interval(months, prob=prob).as_dict(),
                "p_at_release": float(np.mean(first == np.argmax(after))),
            }
        )  # fmt: skip
    return rows
