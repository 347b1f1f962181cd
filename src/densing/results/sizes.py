"""Log parameters that count of each model, draw by draw: known, or with a parameter in them.

Under ``count = experts`` a mixture of experts counts ``active^(1-w) total^w`` parameters, w
estimated; a run then keeps the geometric mean of both (`counted_params`) and their ratio.
"""

from typing import Any

import numpy as np
import xarray as xr

from densing.results.curves import thinned

WEIGHT = "expert_weight"


def log_sizes(log_params: np.ndarray, ratio: np.ndarray, weight: Any) -> np.ndarray:
    """Log parameters, shape (..., model).

    Parameters
    ----------
    log_params
        Log of the geometric mean of active and total parameters, shape (model,).
    ratio
        Total over active parameters, shape (model,).
    weight
        Draws of w, shape (...,).
    """
    return log_params + (np.asarray(weight)[..., None] - 0.5) * np.log(ratio)


def run_log_sizes(run: xr.DataTree, *, draws: int, models: xr.DataTree | None = None) -> np.ndarray:
    """Log parameters of models, shape (sample, model); (1, model) where they are known.

    Parameters
    ----------
    models
        Run whose models these are, by the weight of `run`; its own where None.
    """
    data = (run if models is None else models)["constant_data"].to_dataset()
    log_params = np.log(data["counted_params"].to_numpy())
    if WEIGHT not in run["posterior"]:
        return log_params[None]
    weight = thinned(run, [WEIGHT], draws=draws)[WEIGHT]
    return log_sizes(log_params, data["expert_ratio"].to_numpy(), weight)
