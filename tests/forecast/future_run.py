"""Synthetic runs whose lines pass through their models, for forecasts."""

import json

import numpy as np
import pandas as pd

from densing.models.dates import DAYS_PER_YEAR
from densing.results.derive import years
from densing.results.horizon import released
from report.synthetic import make_run

LEVEL, RATE, SHORTFALL = -1.0, 2.5, 0.3


def future_run(**options):
    """`make_run` with the origin of time at the mean release date, as in a fit."""
    run = make_run(**{"spread": 0.0, **options})
    centre = json.loads(run.attrs["centre"]) | {"time": float(years(released(run)).mean())}
    run.attrs["centre"] = json.dumps(centre)
    return run


def line(run, day):
    """Log density of the typical new model on a day, where the posterior is a point."""
    time = years([pd.Timestamp(day)])[0] - json.loads(run.attrs["centre"])["time"]
    return LEVEL + RATE * time


def days_to_grow(log_ratio):
    return int(np.ceil(log_ratio / RATE * DAYS_PER_YEAR))
