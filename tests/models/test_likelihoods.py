import numpy as np
import pytest
from scipy import stats

from densing.models.ops import numpy_ops as xp
from densing.models.scores import draw_about, log_density_about

Y = np.array([0.0, 0.31, 0.52, 1.0])
MEAN, VARIANCE = np.array([0.02, 0.35, 0.5, 0.9]), np.array([1e-4, 4e-3, 9e-4, 2e-3])


def test_the_normal_is_scipys():
    theirs = stats.norm.logpdf(Y, MEAN, np.sqrt(VARIANCE))
    np.testing.assert_allclose(log_density_about(xp, Y, MEAN, VARIANCE), theirs, rtol=1e-12)


@pytest.mark.parametrize("tail", [0.7, 4.0, 60.0])
def test_the_student_t_is_scipys(tail):
    theirs = stats.t.logpdf(Y, tail, MEAN, np.sqrt(VARIANCE))
    ours = log_density_about(xp, Y, MEAN, VARIANCE, np.asarray(tail))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_a_light_tail_is_the_normal():
    ours = log_density_about(xp, Y, MEAN, VARIANCE, np.asarray(1e9))
    np.testing.assert_allclose(ours, log_density_about(xp, Y, MEAN, VARIANCE), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("tail", [None, 5.0])
def test_draws_follow_the_density(tail):
    drawn = draw_about(np.random.default_rng(1), np.full(4000, 0.5), np.full(4000, 0.01),
                             None if tail is None else np.asarray(tail))  # fmt: skip
    theirs = stats.norm(0.5, 0.1) if tail is None else stats.t(tail, 0.5, 0.1)
    assert stats.kstest(drawn, theirs.cdf).pvalue > 1e-3
