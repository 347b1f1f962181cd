"""The Monte Carlo error that a summary tells of its interval's ends."""

import numpy as np
import pytest
from scipy.stats import norm

from densing.answers.summary import mcse_months


def test_it_is_that_of_a_quantile_of_independent_draws():
    mean, spread, shape = 1.5, 0.2, (4, 4000)
    rate = np.random.default_rng(1).normal(mean, spread, shape)
    error = mcse_months(rate)
    for name, level in (("lower", 0.95), ("upper", 0.05)):
        end = norm.ppf(level, mean, spread)
        own = np.sqrt(level * (1 - level) / rate.size) / norm.pdf(end, mean, spread)
        assert error[name] == pytest.approx(12 * np.log(2) / end**2 * own, rel=0.35)


def test_an_end_that_is_not_bounded_has_none():
    rate = np.random.default_rng(1).normal(0.1, 0.2, (4, 400))
    assert mcse_months(rate)["upper"] is None
