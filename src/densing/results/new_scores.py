"""Scores that models to come are predicted to have, as of an origin.

A later model's scores are predicted from the origin's fit: the density of a new model at its date,
its own size, a fresh discrepancy a benchmark, the protocol's effect (a new protocol's where the
origin knew none) and the items' sampling. All scores of a model share its density, all models of
a family the family's effect, and all of them the draw's trend, curves and benchmarks.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.laws import log_loss
from densing.models.ops import numpy_ops
from densing.results.curves import loss_curve, score_map, thinned
from densing.results.drawn_scores import draw_scores
from densing.results.future import Future, future
from densing.results.horizon import released
from densing.results.late import late_shift
from densing.results.lead import leads
from densing.results.predict import each, position
from densing.results.run import record
from densing.results.sizes import run_log_sizes


@dataclass(frozen=True)
class NewScores:
    """Predicted and reported scores of the models that came; row is one score."""

    drawn: np.ndarray
    """Predicted proportions, shape (sample, row)."""
    observed: np.ndarray
    """Reported proportions, shape (row,)."""
    items: np.ndarray
    """Items of each benchmark, shape (row,)."""
    benchmark: np.ndarray
    """Names, shape (row,)."""
    model: np.ndarray
    """Position of the row's model in the full run, shape (row,)."""
    name: np.ndarray
    """Name of the row's model, shape (row,)."""
    day: pd.DatetimeIndex
    """Release date of the row's model."""


def predict_new(
    run: xr.DataTree,
    full: xr.DataTree,
    origin: date,
    *,
    months: int,
    seed: int = 1,
    ahead: Future | None = None,
) -> NewScores | None:
    """Predict every score of the models released within `months` after `origin`.

    Parameters
    ----------
    run
        As of the origin.
    full
        Holds the later models: of its posterior nothing is used.
    ahead
        Lines of the run's draws, where they are not of its own shape (`mixture.mix`).

    Returns
    -------
    NewScores or None
        None where no model came.
    """
    start, rng = pd.Timestamp(origin), np.random.default_rng(seed)
    data, ahead = full["constant_data"].to_dataset(), ahead or future(run)
    days = released(full)
    came = np.flatnonzero((days > start) & (days <= start + pd.DateOffset(months=months)))
    every = data["score_model"].to_numpy().astype(int)
    rows = np.flatnonzero(np.isin(every, came))
    if not len(rows):
        return None
    data, who = data.isel(score_row=rows), every[rows]
    own = np.searchsorted(came, who)
    time = ahead.time(days[came])
    family = data["model_family"].to_numpy().astype(str)[came]
    eta = _densities(ahead, rng, time, np.unique(family, return_inverse=True)[1])
    centre, size = record(run, "centre"), ahead.size
    of = position(run["constant_data"].to_dataset(), data["score_benchmark"])
    n = eta[:, own] - centre["log_params"] + run_log_sizes(run, draws=size, models=full)[:, who]
    n = n + leads(run, of, time[own], draws=size)
    d = np.log(data["score_tokens"].to_numpy()) - centre["log_tokens"]
    tau = thinned(run, ["discrepancy"], draws=size)["discrepancy"][:, of]
    loss = log_loss(numpy_ops, each(loss_curve(run, draws=size), of), n, d)
    deviation = tau, rng.standard_normal(loss.shape)
    shift = _shifts(run, data["score_protocol"].to_numpy().astype(str), rng, size)
    shift = shift + late_shift(run, of, data["release_date"].to_numpy()[who], draws=size)
    maps, items = each(score_map(run, draws=size), of), data["score_items"].to_numpy()
    return NewScores(
        drawn=draw_scores(run, rng, maps, loss, deviation, shift, items),
        observed=data["score"].to_numpy().astype(float), items=items,
        benchmark=data["score_benchmark"].to_numpy().astype(str), model=who,
        name=data["model"].to_numpy().astype(str)[who], day=days[who],
    )  # fmt: skip


def _densities(
    ahead: Future, rng: np.random.Generator, time: np.ndarray, family: np.ndarray
) -> np.ndarray:
    """Log densities of new models of new families, shape (sample, model)."""
    effect = ahead.family_effect(rng, (family.max() + 1,))
    effect = np.broadcast_to(effect, (ahead.size, family.max() + 1))[:, family]
    return ahead.lines(time)["population"] + effect + ahead.residual(rng, time[None])


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
