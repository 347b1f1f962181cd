"""Scores against closed forms, and baselines against an independent fit."""

import numpy as np
import pytest
from scipy import stats

from densing.results.scoring import (
    clustered,
    covered,
    crps,
    crps_of_latent,
    kernel_width,
    last_value,
    line,
    line_of_records,
    log_score,
    log_score_of_latent,
    pit,
    pit_of_latent,
    shares_inside,
)


def test_crps_of_a_normal():
    draws = stats.norm.ppf((np.arange(20000) + 0.5) / 20000)[:, None] * 2.0 + 1.0
    for y in (-3.0, 1.0, 2.5):
        z = (y - 1.0) / 2.0
        exact = 2.0 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
        assert crps(draws, np.array([y]))[0] == pytest.approx(exact, rel=1e-3)


def test_crps_of_a_point_is_the_absolute_error():
    assert crps(np.full((50, 1), 2.0), np.array([5.0]))[0] == pytest.approx(3.0)


def test_log_score_of_a_mixture():
    draws = np.array([[0.0], [4.0]])
    exact = np.log(0.5 * stats.norm.pdf(1.0, 0, 0.7) + 0.5 * stats.norm.pdf(1.0, 4, 0.7))
    assert log_score(draws, np.array([1.0]), np.array([0.7]))[0] == pytest.approx(exact)


def test_coverage_counts_the_middle():
    transform = np.array([0.03, 0.06, 0.5, 0.94, 0.97])
    np.testing.assert_array_equal(covered(transform, 0.9), [False, True, True, True, False])
    draws = np.arange(10.0)[:, None]
    assert pit(draws, np.array([4.0]))[0] == 0.5


def test_clusters_widen_the_standard_error():
    inside = np.array([1, 1, 1, 0, 0, 0, 1, 1], bool)
    alone = clustered(inside, np.arange(8))
    together = clustered(inside, np.array([0, 0, 0, 1, 1, 1, 2, 2]))
    share = inside.mean()
    assert alone["share"] == share
    assert alone["se"] == pytest.approx(np.sqrt(share * (1 - share) / 8))
    assert together["se"] > 1.5 * alone["se"]


def test_line_is_least_squares_with_its_predictive_interval():
    rng = np.random.default_rng(2)
    time = rng.uniform(0, 3, 30)
    value = 1.0 + 2.0 * time + 0.3 * rng.standard_normal(30)
    told = line(time, value, at=np.array([4.0]))
    fit = stats.linregress(time, value)
    sigma2 = np.sum((value - fit.intercept - fit.slope * time) ** 2) / 28
    spread = np.sqrt(
        sigma2 * (1 + 1 / 30 + (4 - time.mean()) ** 2 / np.sum((time - time.mean()) ** 2))
    )
    assert told.loc[0] == pytest.approx(fit.intercept + 4 * fit.slope)
    assert told.scale[0] == pytest.approx(spread)
    assert told.df == 28


def test_line_of_records_leaves_the_others_out():
    time = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
    value = np.array([0.0, -5.0, 1.1, -4.0, 1.9, 0.0, 3.05])
    told = line_of_records(time, value, at=np.array([4.0]))
    fit = stats.linregress(time[::2][[0, 1, 2, 3]], value[::2][[0, 1, 2, 3]])
    assert told.loc[0] == pytest.approx(fit.intercept + 4 * fit.slope)
    assert line_of_records(time[:2], value[:2], at=np.array([4.0])) is None


def test_last_value_knows_the_half_year_alone():
    time = np.array([0.0, 1.6, 1.7, 1.8])
    told = last_value(time, np.array([50.0, 1.0, 2.0, 3.0]), origin=2.0, at=np.array([2.5, 3.0]))
    np.testing.assert_allclose(told.loc, 2.0)
    np.testing.assert_allclose(told.scale, np.sqrt(4 / 3))
    assert last_value(time, time, origin=5.0, at=time) is None


def test_scores_of_a_latent_outcome_are_means_over_its_draws():
    rng = np.random.default_rng(3)
    draws, latent = rng.normal(0, 2, (400, 3)), rng.normal(1, 1, (25, 3))
    one_by_one = np.array([pit(draws, seen) for seen in latent])
    np.testing.assert_array_equal(pit_of_latent(draws, latent), one_by_one)
    inside = shares_inside(one_by_one)
    np.testing.assert_allclose(inside["0.5"], [np.mean(abs(p - 0.5) <= 0.25) for p in one_by_one.T])
    np.testing.assert_allclose(
        crps_of_latent(draws, latent), np.mean([crps(draws, seen) for seen in latent], axis=0)
    )
    told = log_score_of_latent(draws, latent, kernel_width(draws))
    exact = stats.norm(0, 2).logpdf(latent).mean(axis=0)
    np.testing.assert_allclose(told, exact, atol=0.1)


def test_what_no_data_teach_of_the_yardstick_is_counted_once():
    """Worlds with an unknown yardstick: draws cover as promised; a median with error does not.

    A reading r of a later model is normal about the forecast with deviation `trend`; its density
    is r less the yardstick's shift, of which neither fit learns anything.
    """
    trend, shift, worlds = 0.7, 1.0, 4000
    rng = np.random.default_rng(4)
    reading = trend * rng.standard_normal(worlds)
    latent = reading + shift * rng.standard_normal((40, worlds))
    fan = np.hypot(trend, shift) * stats.norm.ppf((np.arange(2000) + 0.5) / 2000)[:, None]
    share = shares_inside(pit_of_latent(np.broadcast_to(fan, (2000, worlds)), latent))["0.9"]
    assert abs(share.mean() - 0.9) < 4 * share.std() / np.sqrt(worlds)
    with_error = stats.norm.cdf(reading / np.sqrt(trend**2 + 2 * shift**2))
    assert covered(with_error, 0.9).mean() > 0.99
