"""Runs of every shape made from chosen draws: no engine, posteriors as narrow as one likes."""

import json

import numpy as np
import xarray as xr

from densing.models.dates import trend_span
from densing.models.declaration import load_model
from densing.results.derive import end_rates, frontier_growth
from densing.results.trend_curve import Curve

SCALAR = ("chain", "draw")
SHAPE = (2, 500)
DATES = ["2023-01-01", "2023-07-01", "2024-01-01", "2024-07-01", "2025-01-01", "2025-07-01"]


def trend_run(
    shape="linear",
    *,
    rate=2.0,
    trustworthy=True,
    shortfall=True,
    values=tuple(range(1, 7)),
    log_likelihood=None,
    changepoint="2024-01-01",
    **parameters,
):
    """A run of `densing trend`; parameters are numbers or arrays of `SHAPE` (and knots)."""
    model = load_model("ladder").choose(shape=shape, changepoint=changepoint, shortfall=shortfall)
    span = trend_span(DATES, model.choices)
    days = (np.asarray(DATES, "datetime64[D]") - np.datetime64("2023-02-24")).astype(float)
    time = days / 365.25
    posterior = {"level": -1.0, "rate": rate, **parameters}
    if shortfall:
        posterior = {"shortfall": 0.4, "shortfall_drift": 0.1} | posterior
    draws = {}
    for name, value in posterior.items():
        knots = name == "slope_walk"
        full = np.broadcast_to(value, (*SHAPE, 6) if knots else SHAPE).astype(float)
        draws[name] = ((*SCALAR, "knot") if knots else SCALAR, full)
    posterior = xr.Dataset(draws)
    derived = {"population_rate": posterior["rate"].to_numpy()}
    if shortfall:
        derived["frontier_rate"] = frontier_growth(
            posterior["rate"].to_numpy(), posterior["shortfall"].to_numpy(),
            posterior["shortfall_drift"].to_numpy(), np.asarray([span.first, span.last]),
        )  # fmt: skip
    if shape != "linear":
        derived |= end_rates(posterior, Curve(shape, span))
    if log_likelihood is None:
        noise = np.random.default_rng(0).normal(size=(*SHAPE, len(DATES)))
        log_likelihood = -1.0 + 0.1 * noise
    reasons = [] if trustworthy else ["chains disagree: R-hat 1.200 for rate (limit 1.01)"]
    run = xr.DataTree.from_dict(
        {
            "/posterior": posterior,
            "/derived": xr.Dataset({k: (SCALAR, v) for k, v in derived.items()}),
            "/log_likelihood": xr.Dataset({"values": ((*SCALAR, "row"), log_likelihood)}),
            "/constant_data": xr.Dataset(
                {
                    "name": ("row", np.asarray([f"value-{i}" for i in range(6)], object)),
                    "time": ("row", time - time.mean()),
                    "value": ("row", np.asarray(values, float)),
                    "error": ("row", np.zeros(6)),
                }
            ),
        }
    )
    centre = {"time": float(time.mean()), "epoch": "2023-02-24"} | span._asdict()
    health = {
        "max_rhat": 1.002, "min_ess_bulk": 900.0, "min_ess_tail": 800.0, "divergences": 0,
        "gradient_evaluations": 1, "seconds": {"compile": 0, "sample": 0}, "reasons": reasons,
        "verdict": "not trustworthy" if reasons else "trustworthy",
    }  # fmt: skip
    run.attrs = {
        "densing_format": 1, "kind": "trend", "seed": 1, "values": 6,
        "model": model.model_dump_json(), "centre": json.dumps(centre),
        "health": json.dumps(health), "versions": "{}", "settings": "{}",
        "created": "2026-01-02T03:04:05+00:00",
    }  # fmt: skip
    return run
