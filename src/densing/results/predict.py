r"""Posterior predictive: what the fitted model says that scores and losses should have been.

Two kinds of check, the more honest one first:

* *held-out runs and checkpoints* were not fitted: a true out-of-sample prediction;
* *scores of the target models* are predicted from each model's fitted density with a **fresh**
  model-by-benchmark discrepancy, ``delta ~ Normal(0, tau_k)``: the density has seen the score,
  the discrepancy has not. Coverage far below nominal says that the model is wrong; coverage at
  nominal is no proof that it is right.

A predicted score is ``Beta-Binomial`` over the items of the benchmark (or what else the run's
likelihood is); a predicted loss is Student-t about the loss law in logs, as fitted.

Models to come are predicted as of an origin, from its fit (`predict_new`): the density of a new
model at its date, its own size, a fresh discrepancy a benchmark, the protocol's effect (a new
protocol's where the origin knew none) and the items' sampling. All scores of a model share its
density, all models of a family the family's effect, and all of them the draw's trend, curves and
benchmarks.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.laws import log_loss, score
from densing.models.loss import at, loss_curve
from densing.models.ops import draws_ops
from densing.models.performance import score_map
from densing.models.scores import draw_proportions, draw_scores
from densing.results.future import Future, future
from densing.results.horizon import released
from densing.results.interval import PROB
from densing.results.posterior import RunReplay

DRAWS = 1000


def predict_scores(
    run: xr.DataTree, *, seed: int = 1, draws: int = DRAWS, prob: float = PROB
) -> xr.Dataset:
    """Posterior predictive of the target models' scores.

    Returns
    -------
    xarray.Dataset
        `predicted` (sample, score_row); `median`, `lower`, `upper` (equal-tailed at `prob`),
        `observed` (score_row,), proportions; `benchmark`, `model` (score_row,), names.
    """
    rng = np.random.default_rng(seed)
    data, replay = run["constant_data"].to_dataset(), RunReplay(run, draws=draws)
    who = data["score_model"].to_numpy().astype(int)
    rows = replay.rows()
    n = (replay.m.values["log_density"] + replay.log_sizes())[who][:, None]
    noise = rng.standard_normal((n.shape[-1], len(who)))
    precision = replay.m.values["score_precision"]
    drawn = draw_scores(rng, replay.cells(rows), n, precision, noise)
    names = data["model"].to_numpy()[who].astype(str)
    return prediction(
        drawn, data["score"], data["score_benchmark"], names, "score_row", "proportion", prob
    )


def predict_held_out_checkpoints(
    run: xr.DataTree, *, seed: int = 1, draws: int = DRAWS, prob: float = PROB
) -> xr.Dataset:
    """Scores of the reference's held-out checkpoints given their loss; as `predict_scores`.

    Rows: `held_out_checkpoint_row`; `model` is the checkpoint's name.
    """
    rng = np.random.default_rng(seed)
    data, replay = run["constant_data"].to_dataset(), RunReplay(run, draws=draws)
    of = position(data, data["held_out_checkpoint_benchmark"])
    maps = at(draws_ops, score_map(replay.m.values, link=replay.link), of)
    mean = score(draws_ops, maps, data["held_out_checkpoint_loss"].to_numpy()[:, None]).T
    precision = replay.m.values["score_precision"][:, None]
    items = data["held_out_checkpoint_items"].to_numpy()
    drawn = draw_proportions(rng, mean, precision, items)
    return prediction(
        drawn,
        data["held_out_checkpoint_score"],
        data["held_out_checkpoint_benchmark"],
        data["held_out_checkpoint_name"].to_numpy().astype(str),
        "held_out_checkpoint_row",
        "proportion",
        prob,
    )


def predict_held_out_runs(
    run: xr.DataTree, *, seed: int = 1, draws: int = DRAWS, prob: float = PROB
) -> xr.Dataset:
    """Losses of the reference's held-out runs given size and tokens; as `predict_scores`.

    Rows: `held_out_run_row`; `model` is the run's name, the values are losses. What a held-out
    run scored is among the held-out checkpoints.
    """
    rng = np.random.default_rng(seed)
    data, replay = run["constant_data"].to_dataset(), RunReplay(run, draws=draws)
    of, values = position(data, data["held_out_run_benchmark"]), replay.m.values
    n, d = (
        np.log(data[f"held_out_run_{name}"].to_numpy())[:, None] - replay.centre[f"log_{name}"]
        for name in ("params", "tokens")
    )
    mean = log_loss(draws_ops, at(draws_ops, loss_curve(values), of), n, d).T
    scatter = rng.standard_t(np.broadcast_to(values["loss_tail"][:, None], mean.shape))
    return prediction(
        np.exp(mean + values["loss_noise"][of].T * scatter),
        data["held_out_run_loss"],
        data["held_out_run_benchmark"],
        data["held_out_run_name"].to_numpy().astype(str),
        "held_out_run_row",
        "loss",
        prob,
    )


def coverage(run: xr.DataTree, *, seed: int = 1, prob: float = PROB) -> dict[str, dict[str, Any]]:
    """How many observations lie inside their predictive intervals.

    Returns
    -------
    dict
        For `scores`, `held_out_checkpoints` and `held_out_runs`: `nominal` (the interval's
        probability), `covered`, `of` (counts) and `benchmarks`, the same by benchmark.
    """
    checks = {
        "scores": predict_scores,
        "held_out_checkpoints": predict_held_out_checkpoints,
        "held_out_runs": predict_held_out_runs,
    }
    return {name: counted(check(run, seed=seed, prob=prob)) for name, check in checks.items()}


def counted(predicted: xr.Dataset) -> dict[str, Any]:
    """Coverage record of one prediction, in all and by benchmark."""
    inside, of = predicted["inside"].to_numpy(), predicted["benchmark"].to_numpy()
    return {
        "nominal": float(predicted.attrs["prob"]),
        "covered": int(inside.sum()),
        "of": len(inside),
        "benchmarks": {
            str(name): {"covered": int(inside[of == name].sum()), "of": int((of == name).sum())}
            for name in dict.fromkeys(of)
        },
    }


def prediction(
    drawn: np.ndarray,
    observed: xr.DataArray,
    benchmark: xr.DataArray,
    names: np.ndarray,
    row: str,
    units: str,
    prob: float,
) -> xr.Dataset:
    """Predictive draws (sample, row) beside the observations, with intervals."""
    attrs = {"units": units}
    ends = {"lower": (1 - prob) / 2, "median": 0.5, "upper": (1 + prob) / 2}
    bounds = {name: np.quantile(drawn, q, axis=0) for name, q in ends.items()}
    seen = observed.to_numpy().astype(float)
    inside = (bounds["lower"] <= seen) & (seen <= bounds["upper"])
    interval = attrs | {"ci_kind": "eti", "ci_prob": prob}
    return xr.Dataset(
        {
            "predicted": (("sample", row), drawn, attrs | {"long_name": "posterior predictive"}),
            **{name: ((row,), values, interval) for name, values in bounds.items()},
            "observed": ((row,), seen, attrs | {"long_name": "observed"}),
            "inside": ((row,), inside, {"units": "1", "long_name": "inside the interval"}),
            "benchmark": ((row,), benchmark.to_numpy().astype(str), {"units": "name"}),
            "model": ((row,), names, {"units": "name"}),
        },
        attrs={"prob": prob},
    )


def position(data: xr.Dataset, names: xr.DataArray) -> np.ndarray:
    """Index of each row's benchmark, shape (row,)."""
    known = {str(name): i for i, name in enumerate(data["benchmark"].to_numpy())}
    return np.asarray([known[str(name)] for name in names.to_numpy()], dtype=int)


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
