"""Did growth change, and when: slopes before and after a changepoint, and their ratio."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR, EPOCH
from densing.models.ops import numpy_ops
from densing.models.shapes import SHAPES, chord
from densing.results.interval import KIND, PROB, growth, open_interval
from densing.results.run import record
from densing.results.shortfall import gap_growth
from densing.results.trend_curve import curve_of


def acceleration(run: xr.DataTree, *, prob: float = PROB) -> dict[str, Any] | None:
    """Return what a run with a changepoint says of growth before and after it; None without one.

    Returns
    -------
    dict
        `changepoint`: interval of its date; `population`, `frontier` (None without one): each
        with growth records `before` and `after`, the interval of their `ratio` and
        `p_acceleration`, the probability that growth is faster after than before. The
        population's slopes are those far from the bend; the frontier's add the mean growth of
        its distance from the population on either side.
    """
    curve = curve_of(run)
    shape = SHAPES[curve.shape]
    if shape.corner is None:
        return None
    posterior = run["posterior"].to_dataset().transpose("chain", "draw", ...)
    names = ("rate", *shape.parameters)
    values = {name: posterior[name].to_numpy() for name in names}
    corner = np.broadcast_to(shape.corner(values, curve.span), values["rate"].shape)
    before = values["rate"] - chord(numpy_ops, curve.shape, values, curve.span)
    after = before + values["slope_change"]
    frontier = None
    if "shortfall" in posterior:
        theta, drift = (posterior[n].to_numpy() for n in ("shortfall", "shortfall_drift"))
        frontier = eras(
            before + gap_growth(theta, drift, curve.span.first, corner),
            after + gap_growth(theta, drift, corner, curve.span.last), prob=prob,
        )  # fmt: skip
    return {
        "changepoint": date_interval(corner + float(record(run, "centre")["time"]), prob=prob),
        "population": eras(before, after, prob=prob),
        "frontier": frontier,
    }


def eras(before: np.ndarray, after: np.ndarray, *, prob: float = PROB) -> dict[str, Any]:
    """Growth before and after a change, their ratio, and how likely it is faster after."""
    return {
        "before": growth(before, prob=prob), "after": growth(after, prob=prob),
        "ratio": ratio_interval(after, before, prob=prob),
        "p_acceleration": float(np.mean(after > before)),
    }  # fmt: skip


def ratio_interval(after: np.ndarray, before: np.ndarray, *, prob: float = PROB) -> dict[str, Any]:
    """Interval of after's slope over before's; an end that is not bounded is None.

    A draw without growth before has no ratio and is kept all the same: beyond all others where
    growth is faster after, below all others where it is not.
    """
    grew = before > 0
    values = np.where(grew, after / np.where(grew, before, 1.0), np.inf)
    values = np.where(~grew & (after <= before), -np.inf, values)
    return open_interval(values, prob=prob).as_dict()


def date_interval(time: np.ndarray, *, prob: float = PROB) -> dict[str, Any]:
    """Interval of dates given as years since Llama 1's release, any shape."""
    levels = {"median": 0.5, "lower": (1 - prob) / 2, "upper": (1 + prob) / 2}
    dates = {
        key: EPOCH + pd.Timedelta(days=round(float(np.quantile(time, q)) * DAYS_PER_YEAR))
        for key, q in levels.items()
    }
    return {key: f"{day:%Y-%m-%d}" for key, day in dates.items()} | {"prob": prob, "kind": KIND}
