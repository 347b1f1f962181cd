"""Other architectures against dense models: how far they stand above the trend.

A model's residual is its log density less that of a typical new model of its day. The contrast of
an architecture is the mean residual of its models less that of the dense ones, in joint draws.
For mixtures of experts it depends on which parameters count. A run counts what its choice `count`
says; the other way of counting is told from the same draws: a density moves by the factor between
both counts, and the trend is kept, which is approximate (`densing fit --set count=active` fits it).
It depends as much on the dense models that are taken for comparison: a run of models with a single
score (`min_scores=1`) has many that nobody else reports, and that stand lower.
"""

from typing import Any

import numpy as np
import xarray as xr

from densing.results.future import future
from densing.results.horizon import released
from densing.results.interval import PROB, interval
from densing.results.posterior import WEIGHT
from densing.results.run import log_densities, record

DENSE = "dense"
SCORES = 3
"""Scores from which on a dense model is well known."""


def architectures(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any]:
    """Contrast of each architecture in the run with dense models.

    Returns
    -------
    dict
        `count` (the parameters that count), `dense` (number of models), `well_known` (those of
        them with `SCORES` scores and no model before them) and `contrasts`: by architecture,
        `models`, `ratio` (geometric mean of density about the trend, over that of dense models:
        an interval), `p_denser`; `total` and `active`, the ratio with total and with active
        parameters counted (None without experts), and `over_well_known`, that over the well-known
        dense models alone (None where these are all or none).
    """
    data, ahead = run["constant_data"].to_dataset(), future(run)
    kind = data["architecture"].to_numpy().astype(str)
    residual = log_densities(run) - ahead.lines(ahead.time(released(run)))["population"]
    plain = kind == DENSE
    known = plain & _well_known(data)
    out: dict[str, Any] = {
        "count": record(run, "model")["choices"].get("count"), "dense": int(plain.sum()),
        "well_known": int(known.sum()), "contrasts": {},
    }  # fmt: skip
    if not out["dense"]:
        return out
    counted = other_counts(run)
    for name in sorted(set(kind) - {DENSE, ""}):
        own = kind == name
        mean = residual[:, own].mean(axis=1)
        apart = mean - residual[:, plain].mean(axis=1)

        def told(log_ratio: np.ndarray) -> dict[str, Any]:
            return interval(np.exp(log_ratio), prob=prob).as_dict()

        experts = np.any(counted["total"][0, own] != counted["active"][0, own])
        some = 0 < known.sum() < plain.sum()
        out["contrasts"][name] = {
            "models": int(own.sum()), "ratio": told(apart), "p_denser": float(np.mean(apart > 0)),
            **{
                key: told(apart + shift[:, own].mean(axis=1)) if experts else None
                for key, shift in counted.items()
            },
            "over_well_known": told(mean - residual[:, known].mean(axis=1)) if some else None,
        }  # fmt: skip
    return out


def other_counts(run: xr.DataTree) -> dict[str, np.ndarray]:
    """Return what log densities gain by each way of counting, shape (sample or 1, model).

    `total` and `active` parameters; embeddings count as in the run. Dense models gain nothing.
    """
    data = run["constant_data"].to_dataset()
    if "expert_ratio" not in data:
        idle = np.log(data["params"].to_numpy() / data["active_params"].to_numpy())
    else:
        idle = np.log(data["expert_ratio"].to_numpy())
    idle = np.where(data["architecture"].to_numpy().astype(str) == DENSE, 0.0, idle)[None]
    if WEIGHT in run["posterior"]:
        share: Any = run["posterior"][WEIGHT].to_numpy().reshape(-1, 1)
    else:
        share = 0.0 if record(run, "model")["choices"].get("count") == "active" else 1.0
    return {"total": (share - 1.0) * idle, "active": share * idle}


def _well_known(data: xr.Dataset) -> np.ndarray:
    """Which models have several scores and were trained anew, shape (model,)."""
    who = data["score_model"].to_numpy().astype(int)
    enough = np.bincount(who, minlength=data.sizes["model"]) >= SCORES
    if "derived_from" in data:
        enough &= data["derived_from"].to_numpy().astype(str) == ""
    return enough
