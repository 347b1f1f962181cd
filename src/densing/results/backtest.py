"""Score forecasts made as of the past against the densities of the models that came.

What is forecast is the log density of one new model (a new family's effect and the residual in
it). A density is never observed: the fit of *all* models gives its posterior, and every score is
the mean over draws of that. If the model holds, such a draw and the truth have the same
distribution given what the origin knew, so that a 90 % interval holds it with probability 0.9 on
average over worlds. To hold the fan against the posterior's median and to add its error to the
forecast, would count what is not known of the reference and the benchmarks twice.

What later models do not teach about the reference is in the fan and in the draws alike, and there
the fan is tested against itself. Tests on reported scores alone stand beside this one
(`backtest_average`, `backtest_scores`).

Models of one day and family are one batch: their misses come together, and standard errors are
over batches.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR
from densing.results import baselines
from densing.results.future import Future, future
from densing.results.horizon import released
from densing.results.run import log_densities
from densing.results.scoring import (
    LEVELS,
    clustered,
    crps_of_latent,
    kernel_width,
    log_score_of_latent,
    pit_of_latent,
    shares_inside,
)

MONTHS = (3, 6, 12)
OURS = "densing"
BASELINES = ("last half-year", "line, all models", "line, records")
"""No growth; least squares; least squares through record holders, as the law was published."""

LATENT_DRAWS = 200
"""Draws of the later densities that CRPS and log score are averaged over."""


def later_models(full: xr.DataTree, origin: date) -> pd.DataFrame:
    """Models released within the longest horizon after `origin`.

    Columns: model, family, batch, day, index (in the full run).
    """
    data = full["constant_data"].to_dataset()
    family = data["model_family"].to_numpy().astype(str)
    day = released(full)
    table = pd.DataFrame(
        {
            "model": data["model"].to_numpy().astype(str), "family": family, "day": day,
            "batch": [f"{f} {d:%Y-%m-%d}" for f, d in zip(family, day, strict=True)],
            "index": np.arange(len(day)),
        }
    )  # fmt: skip
    start = pd.Timestamp(origin)
    end = start + pd.DateOffset(months=max(MONTHS))
    return table[(day > start) & (day <= end)].reset_index(drop=True)


def score_origin(
    run: xr.DataTree,
    full: xr.DataTree,
    origin: date,
    *,
    seed: int = 1,
    ahead: Future | None = None,
) -> list[dict[str, Any]]:
    """Score every forecast of every model that came within a year of `origin`.

    Parameters
    ----------
    ahead
        Lines of the run's draws, where they are not of its own shape (`mixture.mix`).

    Returns
    -------
    list of dict
        `origin`, `model`, `batch`, `lead_days`, `forecaster`; `observed` and `median` (medians of
        the density's posterior and of the forecast, ln density); `inside` (by level, the
        posterior probability that the density lies inside that interval), `crps`, `log_score`.
    """
    later = later_models(full, origin)
    if later.empty:
        return []
    ahead = ahead or future(run)
    rng = np.random.default_rng(seed)
    at = ahead.time(later["day"])
    latent = log_densities(full)[:, later["index"]]
    few = latent[np.linspace(0, len(latent) - 1, min(LATENT_DRAWS, len(latent))).astype(int)]
    lead = (later["day"] - pd.Timestamp(origin)).dt.days.to_numpy()
    new = np.column_stack([ahead.new_models(rng, at[i : i + 1]) for i in range(len(at))])
    log_score = log_score_of_latent(new, few, kernel_width(new))
    scored = {OURS: (new, pit_of_latent(new, latent), log_score)}
    for name, told in _naive(run, ahead, origin, at).items():
        if told is not None:
            drawn = told.draws(rng, len(new))
            scored[name] = (drawn, told.pit(latent), told.log_score(few).mean(axis=0))
    observed = np.median(latent, axis=0)
    rows = []
    for name, (draws, transform, log_score) in scored.items():
        inside, penalty = shares_inside(transform), crps_of_latent(draws, few)
        rows += [
            {
                "origin": origin.isoformat(), "model": row.model, "batch": row.batch,
                "lead_days": int(lead[i]), "forecaster": name,
                "observed": float(observed[i]), "median": float(np.median(draws[:, i])),
                "inside": {level: float(share[i]) for level, share in inside.items()},
                "crps": float(penalty[i]), "log_score": float(log_score[i]),
            }
            for i, row in enumerate(later.itertuples())
        ]  # fmt: skip
    return rows


def _naive(
    run: xr.DataTree, ahead: Future, origin: date, at: np.ndarray
) -> dict[str, "baselines.Student | None"]:
    """Baselines from the median densities of the origin's own fit."""
    time, value = ahead.time(released(run)), np.median(log_densities(run), axis=0)
    now = ahead.time([pd.Timestamp(origin)])[0]
    told = (
        baselines.last_value(time, value, origin=now, at=at),
        baselines.line(time, value, at=at),
        baselines.line_of_records(time, value, at=at),
    )
    return dict(zip(BASELINES, told, strict=True))


def table(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Scores by horizon and forecaster; a model counts once for each origin before it.

    Returns
    -------
    list of dict
        `months`, `forecaster`, `forecasts`, `models`, `batches`, `origins` (counts), `coverage`
        (by level: mean of `inside` as `share`, and its `se` over batches), `bias` (mean of
        forecast median less posterior median, ln density), `crps`, `log_score` (means).
    """
    frame = pd.DataFrame(list(rows))
    out = []
    for months in MONTHS:
        limit = months * DAYS_PER_YEAR / 12
        near = frame[frame["lead_days"] <= limit]
        for name in (OURS, *BASELINES):
            own = near[near["forecaster"] == name]
            if own.empty:
                continue
            out.append(_told(own, months, name))
    return out


def by_origin(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every forecaster a year ahead, origin by origin; as `table`, with `origin`."""
    frame = pd.DataFrame(list(rows))
    return [
        {"origin": origin} | _told(own, max(MONTHS), name)
        for origin, part in frame.groupby("origin")
        for name in (OURS, *BASELINES)
        if len(own := part[part["forecaster"] == name])
    ]


def _told(own: pd.DataFrame, months: int, name: str) -> dict[str, Any]:
    batch = own["batch"].to_numpy()
    return {
        "months": months, "forecaster": name, "forecasts": len(own),
        "models": own["model"].nunique(), "batches": own["batch"].nunique(),
        "origins": own["origin"].nunique(),
        "coverage": {
            level: clustered(np.asarray([told[level] for told in own["inside"]]), batch)
            for level in (f"{level:g}" for level in LEVELS)
        },
        "bias": float((own["median"] - own["observed"]).mean()),
        "crps": float(own["crps"].mean()), "log_score": float(own["log_score"].mean()),
    }  # fmt: skip
