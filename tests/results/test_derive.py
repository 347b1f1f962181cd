"""Trend lines, the record and what a posterior says of each model, on made-up draws."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from densing.models.joint import Switches
from densing.models.scores import ScoreData
from densing.models.trend import TrendData
from densing.results.derive import derived, model_reach, record, trend_dates, trend_lines, years
from densing.results.shortfall import Window
from densing.results.variables import DERIVED

DATES = pd.to_datetime(["2023-02-24", "2023-08-24", "2024-02-24", "2025-02-23"])
YEARS = np.array([0, 181, 365, 730]) / 365.25
CENTRE = float(YEARS.mean())
SHAPE = (2, 300)


def posterior(*, shortfall=True, families=True, rate=2.0):
    rng = np.random.default_rng(0)

    def scalar(value):
        return ("chain", "draw"), np.full(SHAPE, float(value))

    values = {
        "level": scalar(-1.0), "rate": (("chain", "draw"), rate + 0.1 * rng.normal(size=SHAPE)),
        "scatter": scalar(0.5),
        "log_density": (("chain", "draw", "model"), rng.normal(size=(*SHAPE, 4))),
    }  # fmt: skip
    for name, value in {
        "irreducible_loss": (0.2, 0.05), "size_term": (0.25, 0.1), "alpha": (0.3, 0.28),
        "data_term": (0.3, 0.12), "beta": (0.37, 0.36), "discrepancy": (0.08, 0.12),
        "floor": (0.25, 0.01), "ceiling": (0.95, 0.97), "steepness": (5.0, 6.0),
        "midpoint": (0.15, 0.18),
    }.items():  # fmt: skip
        values[name] = (("chain", "draw", "benchmark"), np.broadcast_to(value, (*SHAPE, 2)))
    if families:
        values["family_spread"] = scalar(0.4)
    if shortfall:
        values |= {
            "noise": scalar(0.3), "shortfall": scalar(0.4), "shortfall_drift": scalar(0.25),
            "shortfall_share": scalar(0.64),
        }  # fmt: skip
    return xr.Dataset(values, coords={"model": list("ABCD"), "benchmark": ["Quiz", "Code"]})


@pytest.fixture
def layout():
    models = pd.DataFrame({"model": list("ABCD"), "release_date": DATES})
    # Model D has no score on Code.
    count = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 1.0], [1.0, 0.0]])
    who, of = np.nonzero(count)
    rows = ScoreData(None, None, None, of, 0 * of, np.array([1000.0, 164.0])[of],
                     np.full(len(of), 7.0), (YEARS - CENTRE)[who])  # fmt: skip
    data = SimpleNamespace(
        models=TrendData(YEARS - CENTRE, np.array([0, 0, 1, 1])),
        log_params=np.array([4.0, 4.5, 3.5, 4.5]),
    )  # fmt: skip
    return SimpleNamespace(
        models=models, data=data, centre={"time": CENTRE, "log_params": np.log(1e8)},
        coords={"family": ["one", "two"], "model": list("ABCD"), "benchmark": ["Quiz", "Code"]},
        scores=pd.DataFrame({"model_index": who}), laid_scores=SimpleNamespace(rows=rows),
        switches=Switches(),
    )  # fmt: skip


def test_years_from_llama():
    np.testing.assert_allclose(years(DATES), YEARS)


def test_dates_of_a_trend():
    dates = trend_dates(pd.Series(DATES))
    assert (dates[0], dates[-1]) == (DATES[0], DATES[-1])
    assert dates.is_monotonic_increasing
    assert dates.is_unique
    assert set(dates[1:-1].day) == {1}
    first_of_month = pd.Series(pd.to_datetime(["2024-01-01", "2024-03-01"]))
    assert list(trend_dates(first_of_month)) == list(
        pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"])
    )


def test_trend_lines_by_hand():
    post = posterior(rate=2.0)
    time = np.array([-1.0, 0.0, 0.5])
    population, frontier = trend_lines(post, time, window=Window(-1.0, 0.5))
    rate = post["rate"].to_numpy()[..., None]
    np.testing.assert_allclose(population, -1.0 + rate * time)
    np.testing.assert_allclose(frontier - population, np.broadcast_to(
        0.4 * np.exp(0.25 * time), population.shape))  # fmt: skip
    assert np.all(frontier > population)


def test_no_frontier_without_a_shortfall(layout):
    post = posterior(shortfall=False)
    assert trend_lines(post, np.zeros(1), window=Window(0.0, 0.0))[1] is None
    out = derived(post, layout, seed=1)
    assert "frontier_rate" not in out
    assert "frontier" not in out


def test_rates(layout):
    post = posterior()
    out = derived(post, layout, seed=1)
    np.testing.assert_array_equal(out["population_rate"], post["rate"])
    first, last = YEARS[0] - CENTRE, YEARS[-1] - CENTRE
    extra = 0.4 * (np.exp(0.25 * last) - np.exp(0.25 * first)) / (last - first)
    np.testing.assert_allclose(out["frontier_rate"], post["rate"] + extra)
    # The same slope as of the line that is drawn.
    frontier = out["frontier"].to_numpy()
    np.testing.assert_allclose(
        (frontier[..., -1] - frontier[..., 0]) / (last - first), out["frontier_rate"]
    )


def test_densities(layout):
    post = posterior()
    out = derived(post, layout, seed=1)
    np.testing.assert_allclose(np.log(out["density"]), post["log_density"])
    size = 1e8 * np.exp(layout.data.log_params)
    np.testing.assert_allclose(out["effective_params"], out["density"] * size)


def test_every_derived_variable_has_a_unit_and_a_name(layout):
    out = derived(posterior(), layout, seed=1)
    for name, variable in out.data_vars.items():
        assert variable.attrs == {
            "units": DERIVED[name].units, "long_name": DERIVED[name].long_name
        }  # fmt: skip
        assert variable.dims[:2] == ("chain", "draw")
        assert np.all(np.isfinite(variable))


# ---- reach -----------------------------------------------------------------------------------


def test_reach_is_that_of_the_furthest_benchmark(layout):
    ours = model_reach(posterior(), layout)
    by_benchmark = []
    for e, a, alpha, b, beta, tau in (
        (0.2, 0.25, 0.3, 0.3, 0.37, 0.08), (0.05, 0.1, 0.28, 0.12, 0.36, 0.12),
    ):  # fmt: skip
        limit = e + b * np.exp(-beta * 7.0)
        by_benchmark.append(np.log(a / (tau * limit)) / alpha)
    assert by_benchmark[1] > by_benchmark[0]
    np.testing.assert_allclose(ours[0, 0], [by_benchmark[1]] * 3 + [by_benchmark[0]])


def test_a_benchmark_that_is_ahead_is_out_of_reach_sooner(layout):
    plain = posterior()
    ahead = plain.copy()
    ahead["offset"] = (("chain", "draw", "benchmark"), np.broadcast_to((0.5, 2.5), (*SHAPE, 2)))
    ahead["drift"] = (("chain", "draw", "benchmark"), np.broadcast_to((0.3, 0.0), (*SHAPE, 2)))
    time = layout.data.models.time
    moved = model_reach(ahead, layout) - model_reach(plain, layout)
    # Model D has the first benchmark alone; for the others the second stays the furthest or not.
    np.testing.assert_allclose(moved[..., 3], -(0.5 + 0.3 * time[3]))
    assert np.all(moved[..., :3] < 0)
    rates = derived(ahead, layout, seed=1)
    np.testing.assert_allclose(
        rates["benchmark_rate"] - rates["population_rate"],
        np.broadcast_to((0.3, 0.0), (*SHAPE, 2)),
    )
    assert "benchmark_rate" not in derived(plain, layout, seed=1)


def test_beyond_the_reference(layout):
    post = posterior()
    limit = model_reach(post, layout)[0, 0] - layout.data.log_params
    post["log_density"][:] = limit
    post["log_density"][:, ::2] += 1e-6
    out = derived(post, layout, seed=1)["beyond_reference"]
    assert set(np.unique(out)) <= {0.0, 1.0}
    np.testing.assert_allclose(out[:, ::2], 1.0)


def test_reach_without_irreducible_loss_is_finite(layout):
    post = posterior()
    post["irreducible_loss"] = post["irreducible_loss"] * 0.0
    assert np.all(np.isfinite(model_reach(post, layout)))


# ---- record ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shortfall", [True, False])
@pytest.mark.parametrize("families", [True, False])
def test_record_never_falls(layout, shortfall, families):
    post = posterior(shortfall=shortfall, families=families)
    dates = trend_dates(pd.Series(DATES))
    ours = record(post, layout, dates, seed=1)
    assert ours.shape == (*SHAPE, len(dates))
    assert np.all(np.diff(ours, axis=-1) >= 0)


def test_record_changes_only_at_releases(layout):
    dates = pd.DatetimeIndex(
        ["2023-02-24", "2023-08-23", "2023-08-24", "2024-02-23", "2024-02-24", "2025-02-23"]
    )
    ours = record(posterior(), layout, dates, seed=1)
    np.testing.assert_array_equal(ours[..., 0], ours[..., 1])
    np.testing.assert_array_equal(ours[..., 2], ours[..., 3])
    assert np.any(ours[..., 2] > ours[..., 1])
    assert np.any(ours[..., 5] > ours[..., 4])


@pytest.mark.parametrize(("shortfall", "variance"), [(True, 0.16), (False, 0.25)])
def test_first_record_is_a_new_model_of_a_new_family(layout, shortfall, variance):
    post = posterior(shortfall=shortfall, rate=2.0)
    time = YEARS[0] - CENTRE
    many = (
        record(post, layout, DATES[:1], seed=2)[..., 0]
        - (post["level"] + post["rate"] * time).to_numpy()
    )
    if shortfall:
        variance = 0.3**2 + (0.4 * np.exp(0.25 * time)) ** 2
    # Mean zero: neither scatter nor family moves the typical model.
    total = variance + 0.4**2
    count = many.size
    assert many.mean() == pytest.approx(0.0, abs=4.5 * np.sqrt(total / count))
    assert many.var() == pytest.approx(total, rel=0.3)


def test_record_is_reproducible(layout):
    one, two, other = (record(posterior(), layout, DATES, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.any(one == other)
