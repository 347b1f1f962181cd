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

from densing.models.targets import draw_scores
from densing.results.future import Future, future
from densing.results.horizon import released
from densing.results.posterior import RunReplay


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
    family = data["model_family"].to_numpy().astype(str)[came]
    eta = _densities(ahead, rng, ahead.time(days[came]), np.unique(family, return_inverse=True)[1])
    replay = RunReplay(run)
    n = (eta[:, own].T + replay.log_sizes(full)[who])[:, None]
    noise = rng.standard_normal((ahead.size, len(who)))
    add_protocols(replay, data["score_protocol"].to_numpy().astype(str), rng)
    cell = replay.cells(replay.rows(full, at=rows))
    return NewScores(
        drawn=draw_scores(rng, cell, n, replay.m.values["score_precision"], noise),
        observed=data["score"].to_numpy().astype(float), items=data["score_items"].to_numpy(),
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


def add_protocols(replay: RunReplay, names: np.ndarray, rng: np.random.Generator) -> None:
    """Give `replay` an effect of each protocol among `names` that its run does not know.

    Drawn from the run's own spread of protocols; a run without protocols has none to tell.
    """
    values = replay.m.values
    if "protocol_effect" not in values:
        return
    for name in sorted(set(names) - {"", *replay.protocols}):
        spread = values["protocol_spread"]
        drawn = spread * rng.standard_normal(len(spread))
        values["protocol_effect"] = np.vstack([values["protocol_effect"], drawn])
        replay.protocols.append(str(name))
