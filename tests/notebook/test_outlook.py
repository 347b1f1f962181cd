import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import densing as dn
from densing.answers.forecast.outlook import look_ahead
from forecast.future_run import future_run

WHEN = {"until": "2026-12-31", "today": "2025-03-01"}


@pytest.fixture(scope="module")
def outlook_run():
    return future_run(spread=0.2, draws=100)


@pytest.fixture(autouse=True)
def _headless():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_a_forecast_is_the_draws_quantiles(outlook_run):
    frame = dn.forecast(outlook_run, prob=0.8, **WHEN).table()
    outlook = look_ahead(outlook_run, **WHEN)
    for name, draws in outlook.draws.items():
        low, middle, high = np.quantile(np.exp(draws), [0.1, 0.5, 0.9], axis=0)
        assert frame[name, "lower"].to_numpy() == pytest.approx(low)
        assert frame[name, "median"].to_numpy() == pytest.approx(middle)
        assert frame[name, "upper"].to_numpy() == pytest.approx(high)
    assert frame.index[-1] == pd.Timestamp("2026-12-31")
    assert frame.attrs["prob"] == 0.8
    assert frame.attrs["backtest"]
    assert frame.attrs["extrapolation"]["days_beyond"] > 0


def test_dates_that_cannot_be_forecast(outlook_run):
    with pytest.raises(ValueError, match="until"):
        dn.forecast(outlook_run, until="soon")
    with pytest.raises(TypeError, match="got a list"):
        dn.forecast([1], **WHEN)


def test_its_figure(outlook_run):
    axes = dn.plot_forecast(outlook_run, **WHEN)
    assert len(plt.get_fignums()) == 1
    own = list(Figure(figsize=(9, 4)).subplots(1, len(axes)))
    assert dn.plot_forecast(outlook_run, own, **WHEN) == own
    assert len(plt.get_fignums()) == 1
