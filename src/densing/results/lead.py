"""How far ahead of the common trend a benchmark stands, in draws of a run.

On benchmark k at time t a model has the log effective parameters ``x + offset_k + drift_k t``
(see `densing.models.targets`). A run of a model without such trends is nowhere ahead.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.models.dates import years
from densing.results.curves import thinned
from densing.results.run import record

TRENDS = ("offset", "drift")


def lead_of(values: Mapping[Any, Any], benchmark: Any, time: Any) -> Any:
    """Lead of each row's benchmark at its time.

    Parameters
    ----------
    values
        `offset` and `drift`, shape (..., benchmark), where the model has them.
    benchmark
        Index of each row's benchmark, shape (row,).
    time
        Years since the mean release date, broadcast against (..., row).

    Returns
    -------
    array
        Log effective parameters, shape (..., row); a scalar zero without such trends.
    """
    if "offset" not in values:
        return 0.0
    offset, drift = (np.asarray(values[name])[..., benchmark] for name in TRENDS)
    return offset + drift * time


def leads(run: xr.DataTree, benchmark: Any, time: Any, *, draws: int) -> Any:
    """Do the same for at most `draws` draws of a run, shape (sample, row)."""
    return lead_of(trends(run, draws=draws), benchmark, time)


def trends(run: xr.DataTree, *, draws: int) -> dict[str, np.ndarray]:
    """At most `draws` draws of `offset` and `drift`, (sample, benchmark), where a run has them."""
    return thinned(run, [name for name in TRENDS if name in run["posterior"]], draws=draws)


def model_times(run: xr.DataTree) -> np.ndarray:
    """Release dates, years since the mean one, shape (model,)."""
    days = run["constant_data"]["release_date"].to_numpy().astype(str)
    return years(days) - float(record(run, "centre")["time"])
