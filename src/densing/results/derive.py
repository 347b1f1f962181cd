"""Densities, both trends and the record, from the draws of a joint posterior."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import years
from densing.models.joint import weighted_log_sizes
from densing.models.layout import Layout
from densing.models.program import last_axis
from densing.models.residual import draw_shortfall
from densing.models.scores import reach
from densing.models.shapes import Span
from densing.results.posterior import WEIGHT, cells_of, replay_of
from densing.results.shortfall import (
    Window,
    gap_growth,
    mean_shortfall,
    shortfall_at,
    window_of,
)
from densing.results.trend_curve import LINEAR, Curve
from densing.results.variables import DERIVED


def label(name: str, values: np.ndarray, coords: dict[str, Any]) -> xr.DataArray:
    """Array of shape (chain, draw, ...) with the dims, unit and name of a derived variable."""
    spec = DERIVED[name]
    dims = ("chain", "draw", *spec.dims)
    return xr.DataArray(
        values,
        dims=dims,
        coords={dim: coords[dim] for dim in dims if dim in coords},
        attrs={"units": spec.units, "long_name": spec.long_name},
    )


def derived(posterior: xr.Dataset, layout: Layout, *, seed: int) -> xr.Dataset:
    """Quantities people ask for, each with its unit; dims (chain, draw, ...)."""
    log_density = posterior["log_density"].to_numpy()
    models = layout.models
    dates = trend_dates(models["release_date"])
    coords = {"model": posterior["model"].to_numpy(), "date": dates.to_numpy(),
              "benchmark": layout.coords["benchmark"]}  # fmt: skip
    time = years(dates) - layout.centre["time"]
    curve = layout_curve(layout)
    window = window_of(layout.data.models.time)
    population, frontier = trend_lines(posterior, time, window=window, curve=curve)
    log_params = np.asarray(layout.data.log_params)
    if WEIGHT in posterior:
        ratio = np.log(layout.models["expert_ratio"].to_numpy(float))
        weight = posterior[WEIGHT].to_numpy()[..., None]
        log_params = weighted_log_sizes(weight, log_params, ratio)
    x = log_density + log_params
    values = {
        "density": np.exp(log_density),
        "effective_params": np.exp(x + layout.centre["log_params"]),
        "beyond_reference": (x > model_reach(posterior, layout)).astype(float),
        "population_rate": posterior["rate"].to_numpy(),
        "population": population,
        "record": record(posterior, layout, dates, seed=seed),
    }
    if "drift" in posterior:
        rate, drift = (posterior[name].to_numpy() for name in ("rate", "drift"))
        values["benchmark_rate"] = rate[..., None] + drift
    if frontier is not None:
        values["frontier"] = frontier
        values["frontier_rate"] = frontier_rate(posterior, np.asarray(window))
    if curve.shape != "linear":
        values |= end_rates(posterior, curve)
    return xr.Dataset({name: label(name, value, coords) for name, value in values.items()})


def trend_dates(released: pd.Series) -> pd.DatetimeIndex:
    """Month starts from the first to the last release, and the two ends."""
    first, last = released.min(), released.max()
    months = pd.date_range(first, last, freq="MS")
    return pd.DatetimeIndex(sorted({first, *months, last}))


def layout_curve(layout: Layout) -> Curve:
    """Curve of the trend that a layout asks for."""
    shape = layout.switches.shape
    return LINEAR if shape == "linear" else Curve(shape, Span(*layout.data.models.span))


def trend_lines(
    posterior: xr.Dataset, time: np.ndarray, *, window: Window, curve: Curve = LINEAR
) -> tuple[np.ndarray, np.ndarray | None]:
    """Evaluate population and frontier at `time` (years since the mean date), (chain, draw, date).

    The frontier is None where the model has a symmetric residual. Outside the `window` of the
    data it goes on as `shortfall.mean_shortfall` says.
    """
    line = curve.height(posterior, time)
    if "shortfall" not in posterior:
        return line, None
    theta, drift = (posterior[n].to_numpy()[..., None] for n in ("shortfall", "shortfall_drift"))
    return line, line + mean_shortfall(theta, drift, time, window)


def frontier_rate(posterior: xr.Dataset, window: np.ndarray) -> np.ndarray:
    """Mean growth of the frontier over the span of the dates, whatever the shape of the trend.

    `window` holds its two ends, years since the mean date.

    Returns
    -------
    numpy.ndarray
        1 / year, shape (chain, draw).

    Raises
    ------
    ValueError
        The model has a symmetric residual, and so no frontier.
    """
    if "shortfall" not in posterior:
        raise ValueError("a model with a symmetric residual has no frontier")
    rate, shortfall, drift = (
        posterior[name].to_numpy() for name in ("rate", "shortfall", "shortfall_drift")
    )
    return frontier_growth(rate, shortfall, drift, window)


def frontier_growth(rate: Any, shortfall: Any, drift: Any, window: np.ndarray) -> Any:
    """Mean growth of ``rate t + shortfall exp(drift t)`` between the two times of `window`."""
    start, end = window
    return rate + gap_growth(shortfall, drift, start, end)


def end_rates(posterior: xr.Dataset, curve: Curve) -> dict[str, np.ndarray]:
    """Growth of population and, where there is one, frontier at the last date, (chain, draw)."""
    posterior = posterior.transpose("chain", "draw", ...)
    last = np.asarray(curve.span.last)
    rates = {"population_rate_at_end": curve.slope(posterior, last)}
    if "shortfall" in posterior:
        theta, drift = (posterior[n].to_numpy() for n in ("shortfall", "shortfall_drift"))
        growth = drift * shortfall_at(theta, drift, last)
        rates["frontier_rate_at_end"] = rates["population_rate_at_end"] + growth
    return rates


def model_reach(posterior: xr.Dataset, layout: Layout) -> np.ndarray:
    """Centred log parameters where size stops to show, (chain, draw, model).

    On each benchmark: where what the family could still shed by growing at D0 is one
    discrepancy's width (`models.scores.reach`). Of a model's benchmarks, the furthest.
    """
    switches, rows = layout.switches, last_axis(layout.laid_scores.rows)
    m = replay_of(posterior)
    cell = cells_of(m, rows, link=switches.link, likelihood=switches.likelihood)
    found = reach(m.xp, cell)[:, 0]
    out = np.full((len(layout.models), found.shape[1]), -np.inf)
    np.maximum.at(out, layout.scores["model_index"].to_numpy(), found)
    return out.T.reshape(posterior.sizes["chain"], posterior.sizes["draw"], -1)


def record(
    posterior: xr.Dataset, layout: Layout, dates: pd.DatetimeIndex, *, seed: int
) -> np.ndarray:
    """Posterior predictive of the running maximum at the observed releases, by date.

    New models of new families at the release dates of the fitted ones; not the fitted models
    themselves. Shape (chain, draw, date).
    """
    rng = np.random.default_rng(seed)
    time = layout.data.models.time
    line = layout_curve(layout).height(posterior, time)
    shape = line.shape

    def column(name: str) -> np.ndarray:
        return posterior[name].to_numpy()[..., None]

    eta = line
    if "family_spread" in posterior:
        effect = rng.standard_normal((*shape[:2], len(layout.coords["family"])))
        eta = eta + (column("family_spread") * effect)[..., layout.data.models.family]
    if "shortfall" in posterior:
        theta = mean_shortfall(
            column("shortfall"), column("shortfall_drift"), time, window_of(time)
        )
        eta = eta + theta * (1.0 - draw_shortfall(rng, layout.switches.shortfall_form, shape))
        eta = eta + column("noise") * rng.standard_normal(shape)
    else:
        eta = eta + column("scatter") * rng.standard_normal(shape)
    order = np.argsort(time, kind="stable")
    running = np.maximum.accumulate(eta[..., order], axis=-1)
    at = np.searchsorted(time[order], years(dates) - layout.centre["time"] + 1e-9, "right") - 1
    return running[..., np.maximum(at, 0)]
