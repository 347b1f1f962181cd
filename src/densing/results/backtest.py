"""Score forecasts made as of the past against the models that came.

What is forecast is the log density of one new model (a new family's effect and the residual in
it). It is held against the model's median log density in the fit of *all* models, and that
density's posterior standard deviation is added to the forecast as error of measurement; beside
it stands the same forecast without that error. Either way coverage is flattered: both fits rest on
one reference family, and what they do not know of its curves widens the forecast but hardly moves
the median that it is held against. The scores themselves are the stricter test (`backtest_scores`).

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
from densing.results.future import future
from densing.results.horizon import released
from densing.results.scoring import LEVELS, clustered, covered, crps, log_score, pit

MONTHS = (3, 6, 12)
OURS, BARE = "densing", "densing, no error"
"""The forecast, and the same without the error of measurement."""
BASELINES = ("last half-year", "line, all models", "line, records")
"""No growth; least squares; least squares through record holders, as the law was published."""


def later_models(full: xr.DataTree, origin: date) -> pd.DataFrame:
    """Models released within the longest horizon after `origin`, as the full fit sees them.

    Columns: model, family, batch, day, log_density (median), error (posterior sd).
    """
    draws = log_densities(full)
    data = full["constant_data"].to_dataset()
    family = data["model_family"].to_numpy().astype(str)
    day = released(full)
    table = pd.DataFrame(
        {
            "model": data["model"].to_numpy().astype(str), "family": family, "day": day,
            "batch": [f"{f} {d:%Y-%m-%d}" for f, d in zip(family, day, strict=True)],
            "log_density": np.median(draws, axis=0), "error": draws.std(axis=0),
        }
    )  # fmt: skip
    start = pd.Timestamp(origin)
    end = start + pd.DateOffset(months=max(MONTHS))
    return table[(day > start) & (day <= end)].reset_index(drop=True)


def log_densities(run: xr.DataTree) -> np.ndarray:
    """Draws of the models' log densities, shape (sample, model)."""
    draws = run["posterior"]["log_density"].transpose("chain", "draw", "model").to_numpy()
    return draws.reshape(-1, draws.shape[-1])


def score_origin(
    run: xr.DataTree, full: xr.DataTree, origin: date, *, seed: int = 1
) -> list[dict[str, Any]]:
    """Score every forecast of every model that came within a year of `origin`.

    Returns
    -------
    list of dict
        `origin`, `model`, `batch`, `lead_days`, `forecaster`, `observed` (log density), `median`,
        `pit`, `crps`, `log_score`.
    """
    later = later_models(full, origin)
    if later.empty:
        return []
    ahead = future(run)
    rng = np.random.default_rng(seed)
    at = ahead.time(later["day"])
    seen, error = later["log_density"].to_numpy(), later["error"].to_numpy()
    lead = (later["day"] - pd.Timestamp(origin)).dt.days.to_numpy()
    new = np.column_stack([ahead.new_models(rng, at[i : i + 1]) for i in range(len(at))])
    noisy = new + error * rng.standard_normal(new.shape)
    width = 1.06 * new.std(axis=0) * len(new) ** -0.2  # a kernel where there is no error
    scored = {
        OURS: (noisy, pit(noisy, seen), log_score(new, seen, error)),
        BARE: (new, pit(new, seen), log_score(new, seen, width)),
    }
    for name, told in _naive(run, origin, at).items():
        if told is not None:
            drawn = told.draws(rng, len(new))
            scored[name] = (drawn, told.pit(seen), told.log_score(seen))
    return [
        {
            "origin": origin.isoformat(), "model": row.model, "batch": row.batch,
            "lead_days": int(lead[i]), "forecaster": name,
            "observed": row.log_density, "median": float(np.median(draws[:, i])),
            "pit": float(transform[i]), "crps": float(crps(draws[:, [i]], seen[[i]])[0]),
            "log_score": float(density[i]),
        }
        for name, (draws, transform, density) in scored.items()
        for i, row in enumerate(later.itertuples())
    ]  # fmt: skip


def _naive(run: xr.DataTree, origin: date, at: np.ndarray) -> dict[str, "baselines.Student | None"]:
    """Baselines from the median densities of the origin's own fit."""
    ahead = future(run)
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
        (by level: `share` and `se` over batches), `bias` (mean of forecast median less observed,
        ln density), `crps`, `log_score` (means).
    """
    frame = pd.DataFrame(list(rows))
    out = []
    for months in MONTHS:
        limit = months * DAYS_PER_YEAR / 12
        near = frame[frame["lead_days"] <= limit]
        for name in (OURS, BARE, *BASELINES):
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
        for name in (OURS, BARE, *BASELINES)
        if len(own := part[part["forecaster"] == name])
    ]


def _told(own: pd.DataFrame, months: int, name: str) -> dict[str, Any]:
    batch = own["batch"].to_numpy()
    return {
        "months": months, "forecaster": name, "forecasts": len(own),
        "models": own["model"].nunique(), "batches": own["batch"].nunique(),
        "origins": own["origin"].nunique(),
        "coverage": {
            f"{level:g}": clustered(covered(own["pit"].to_numpy(), level), batch)
            for level in LEVELS
        },
        "bias": float((own["median"] - own["observed"]).mean()),
        "crps": float(own["crps"].mean()), "log_score": float(own["log_score"].mean()),
    }  # fmt: skip
