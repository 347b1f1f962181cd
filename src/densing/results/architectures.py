"""Other architectures against dense models: how far they stand above the trend.

A model's residual is its log density less that of a typical new model of its day. The contrast of
an architecture is the mean residual of its models less that of the dense ones, in joint draws.
For mixtures of experts it depends on which parameters count: a run counts what its choice `count`
says (`densing fit --set count=active` counts the active ones).
"""

from typing import Any

import numpy as np
import xarray as xr

from densing.results.future import future
from densing.results.horizon import released
from densing.results.interval import PROB, interval
from densing.results.run import log_densities, record

DENSE = "dense"


def architectures(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Contrast of each architecture in the run with dense models.

    Returns
    -------
    dict
        `count` (the parameters that count), `dense` (number of models) and `contrasts`: by
        architecture, `models`, `ratio` (geometric mean of density about the trend, over that of
        dense models: an interval) and `p_denser`.
    """
    data, ahead = run["constant_data"].to_dataset(), future(run)
    kind = data["architecture"].to_numpy().astype(str)
    residual = log_densities(run) - ahead.lines(ahead.time(released(run)))["population"]
    out: dict[str, Any] = {
        "count": record(run, "model")["choices"].get("count"), "dense": int(np.sum(kind == DENSE)),
        "contrasts": {},
    }  # fmt: skip
    if not out["dense"]:
        return out
    plain = residual[:, kind == DENSE].mean(axis=1)
    for name in sorted(set(kind) - {DENSE, ""}):
        apart = residual[:, kind == name].mean(axis=1) - plain
        out["contrasts"][name] = {
            "models": int(np.sum(kind == name)),
            "ratio": interval(np.exp(apart), prob=prob).as_dict(),
            "p_denser": float(np.mean(apart > 0)),
        }
    return out
