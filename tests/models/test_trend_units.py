"""The prior of a trend's rate, in the units of the values."""

import numpy as np
import pandas as pd
import pytest

from densing.models.declaration import load_model
from densing.models.prior import Prior
from densing.models.problem import in_own_units


def values(days, change):
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.linspace(0, days, 5), unit="D")
    return pd.DataFrame({"date": dates, "value": np.exp(np.linspace(0, change, 5))})


def test_a_rate_of_days_or_of_a_fall_is_within_one_scale():
    for days, change in ((6, 2.3), (6, -2.3), (200, 8.0)):
        prior = in_own_units(load_model("ladder"), values(days, change)).priors["rate"]
        assert prior.args["scale"] == pytest.approx(abs(change) / (days / 365.25), rel=1e-2)
        assert prior.args["loc"] == 0
        assert "values" in prior.about


def test_a_rate_of_years_keeps_the_declared_prior():
    model = load_model("ladder")
    assert in_own_units(model, values(4 * 365, 6.0)) is model


def test_a_prior_of_ones_own_stands():
    own = Prior(family="normal", args={"loc": 0, "scale": 1}, unit="ln / year", about="mine")
    model = load_model("ladder").with_priors(rate=own)
    assert in_own_units(model, values(6, 2.3)) is model


def test_one_day_has_no_time():
    assert in_own_units(load_model("ladder"), values(0, 2.3)).priors["rate"].args["scale"] < 1e3
