"""Score forecasts as of the past on what was reported: the scores of models that came.

No density of a later fit stands between forecast and observation here. A later model's score on a
benchmark is predicted from the origin's fit: the density of one new model at its date, its own
size, a fresh discrepancy, the protocol's effect (a new protocol's where the origin knew none) and
the items' sampling. All scores of a model share its density.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.laws import log_loss
from densing.models.ops import numpy_ops
from densing.results.backtest import MONTHS
from densing.results.curves import loss_curve, score_map, thinned
from densing.results.drawn_scores import draw_scores
from densing.results.future import future
from densing.results.horizon import released
from densing.results.late import late_shift
from densing.results.lead import leads
from densing.results.predict import each, position
from densing.results.run import record
from densing.results.scoring import LEVELS, clustered, covered, crps
from densing.results.sizes import run_log_sizes


def score_scores(
    run: xr.DataTree, full: xr.DataTree, origin: date, *, seed: int = 1
) -> list[dict[str, Any]]:
    """Score the prediction of every score of a model that came within a year of `origin`.

    Returns
    -------
    list of dict
        `origin`, `model`, `benchmark`, `lead_days`, `observed` (proportion), `median`, `pit`,
        `crps` (proportion).
    """
    start = pd.Timestamp(origin)
    data, ahead, rng = full["constant_data"].to_dataset(), future(run), np.random.default_rng(seed)
    days = released(full)
    came = np.flatnonzero((days > start) & (days <= start + pd.DateOffset(months=max(MONTHS))))
    who = data["score_model"].to_numpy().astype(int)
    rows = np.flatnonzero(np.isin(who, came))
    if not len(rows):
        return []
    data, who = data.isel(score_row=rows), who[rows]
    time = ahead.time(days[came])
    eta = np.column_stack([ahead.new_models(rng, time[i : i + 1]) for i in range(len(came))])
    centre, size = record(run, "centre"), ahead.size
    of = position(run["constant_data"].to_dataset(), data["score_benchmark"])
    n = eta[:, np.searchsorted(came, who)] - centre["log_params"]
    n = n + run_log_sizes(full, draws=size)[:, who].mean(axis=0)
    n = n + leads(run, of, time[np.searchsorted(came, who)], draws=size)
    d = np.log(data["score_tokens"].to_numpy()) - centre["log_tokens"]
    tau = thinned(run, ["discrepancy"], draws=size)["discrepancy"][:, of]
    loss = log_loss(numpy_ops, each(loss_curve(run, draws=size), of), n, d)
    maps = each(score_map(run, draws=size), of)
    items = data["score_items"].to_numpy()
    deviation = tau, rng.standard_normal(loss.shape)
    shift = _shifts(run, data["score_protocol"].to_numpy().astype(str), rng, size)
    shift = shift + late_shift(run, of, data["release_date"].to_numpy()[who], draws=size)
    drawn = draw_scores(run, rng, maps, loss, deviation, shift, items)
    seen = data["score"].to_numpy().astype(float)
    half = 0.5 / data["score_items"].to_numpy()
    transform = np.mean(drawn < seen - half, axis=0) / 2 + np.mean(drawn <= seen + half, axis=0) / 2
    penalty = crps(drawn, seen)
    names = data["model"].to_numpy().astype(str)[who]
    return [
        {
            "origin": origin.isoformat(), "model": str(names[i]),
            "benchmark": str(data["score_benchmark"].to_numpy()[i]),
            "lead_days": int((days[who[i]] - start).days), "observed": float(seen[i]),
            "median": float(np.median(drawn[:, i])), "pit": float(transform[i]),
            "crps": float(penalty[i]),
        }
        for i in range(len(rows))
    ]  # fmt: skip


def _shifts(
    run: xr.DataTree, protocols: np.ndarray, rng: np.random.Generator, size: int
) -> np.ndarray:
    """Effect of each score's protocol in logits, shape (sample, row); a new one's is drawn."""
    out = np.zeros((size, len(protocols)))
    posterior = run["posterior"]
    if "protocol_effect" not in posterior:
        return out
    known = [str(p) for p in posterior["protocol"].to_numpy()]
    effect = thinned(run, ["protocol_effect"], draws=size)["protocol_effect"]
    for name in sorted(set(protocols) - {""}):
        if name in known:
            drawn = effect[:, known.index(name)]
        else:
            spread = thinned(run, ["protocol_spread"], draws=size)["protocol_spread"]
            drawn = spread * rng.standard_normal(size)
        out[:, protocols == name] = drawn[:, None]
    return out


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
