"""How far ahead of the common trend a benchmark stands, in draws of a run.

On benchmark k at time t a model has the log effective parameters ``x + offset_k + drift_k t``
(see `densing.models.targets`). A run of a model without such trends is nowhere ahead.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.results.curves import thinned

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
    known = [name for name in TRENDS if name in run["posterior"]]
    return lead_of(thinned(run, known, draws=draws), benchmark, time)


def model_times(run: xr.DataTree) -> np.ndarray:
    """When each model counts as released, years since the mean release date, shape (model,)."""
    data = run["constant_data"]
    return data["era_time"].to_numpy() if "era_time" in data else np.zeros(data.sizes["model"])
