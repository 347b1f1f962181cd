"""New releases, simulated at the rate of the last year of data: what the record is made of.

Models come in batches, a family's release of one day. Batches are a Poisson process whose rate
has a gamma posterior (Jeffreys) from the batches of the data's last year: the number of new
batches is negative binomial. The year ends where the last batch came, so that batch is there
whatever the rate, and only the others tell it. Each new batch takes number and sizes of its
models from one of that year's, has one new family's effect, and each of its models a residual of
its own.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR
from densing.results.future import Future
from densing.results.horizon import Horizon, released
from densing.results.run import log_densities

WINDOW_DAYS = 365
"""Days before the last release, it included, whose batches say how often and how large."""
JEFFREYS = 0.5
"""Shape of the gamma prior of a Poisson process's rate."""


@dataclass(frozen=True)
class Releases:
    """Simulated releases after the data; every array has shape (sample, slot)."""

    day: np.ndarray
    """Days since the first release of the data; infinite in an empty slot."""
    log_density: np.ndarray
    """Minus infinity in an empty slot."""
    log_params: np.ndarray
    """Natural log of the parameters that count; minus infinity in an empty slot."""


def batches(run: xr.DataTree) -> list[np.ndarray]:
    """Parameters of the models of each batch in the data's last year; one array a batch."""
    data = run["constant_data"].to_dataset()
    table = pd.DataFrame(
        {
            "day": released(run),
            "family": data["model_family"].to_numpy().astype(str),
            "params": data["counted_params"].to_numpy(),
        }
    )
    recent = table[table["day"] > table["day"].max() - pd.Timedelta(days=WINDOW_DAYS)]
    return [own["params"].to_numpy() for _, own in recent.groupby(["day", "family"])]


def telling(batches: int) -> int:
    """Batches that tell the rate, of those in the window: all but the one that ends it.

    Seen from any point of a Poisson process the time before it is like any other time
    (Slivnyak): the others are as many as come in `WINDOW_DAYS` days.
    """
    return batches - 1


def simulate(run: xr.DataTree, ahead: Future, span: Horizon, *, seed: int) -> Releases:
    """Draw the releases between the last of the data and the end of the horizon."""
    rng = np.random.default_rng(seed)
    seen = batches(run)
    per_day = rng.gamma(telling(len(seen)) + JEFFREYS, 1.0 / WINDOW_DAYS, ahead.size)
    length = (span.until - span.last).days
    count = rng.poisson(per_day * length)
    slots, widest = max(int(count.max()), 1), max(len(sizes) for sizes in seen)
    start = (span.last - span.first).days
    day = start + length * rng.random((ahead.size, slots))
    which = rng.integers(len(seen), size=(ahead.size, slots))
    sizes = np.full((len(seen), widest), np.nan)
    for i, own in enumerate(seen):
        sizes[i, : len(own)] = np.log(own)

    time = day / DAYS_PER_YEAR + ahead.time([span.first])[0]
    mean = ahead.line_at(time) + ahead.family_effect(rng, (slots,))
    wide = np.broadcast_to(time[..., None], (*time.shape, widest))
    eta = mean[..., None] + ahead.residual(rng, wide)
    log_params = sizes[which]
    there = (np.arange(slots) < count[:, None])[..., None] & ~np.isnan(log_params)
    shape = (ahead.size, slots * widest)
    return Releases(
        day=np.where(there, day[..., None], np.inf).reshape(shape),
        log_density=np.where(there, eta, -np.inf).reshape(shape),
        log_params=np.where(there, log_params, -np.inf).reshape(shape),
    )


def record_so_far(run: xr.DataTree) -> np.ndarray:
    """Highest log density among the models of the data, shape (sample,)."""
    return log_densities(run).max(axis=1)


def running_record(so_far: np.ndarray, new: Releases, days: np.ndarray) -> np.ndarray:
    """Log density of the record at `days` since the first release, shape (sample, day)."""
    out = np.empty((len(so_far), len(days)))
    for i, day in enumerate(days):
        best = np.where(new.day <= day, new.log_density, -np.inf).max(axis=1)
        out[:, i] = np.maximum(so_far, best)
    return out
