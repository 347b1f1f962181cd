"""Effects integrated out on a tree, against one dense normal distribution by SciPy."""

import numpy as np
import pytest
from scipy import stats

from densing.models.nested import Level, Levels, Tree, log_likelihood
from densing.models.ops import numpy_ops as xp

FAMILY = np.array([0, 0, 1, 1, 2])
"""Of each release."""
RELEASE = np.array([0, 0, 0, 1, 2, 2, 3, 3, 4])
"""Of each model."""
TREE = Tree(RELEASE, FAMILY, np.zeros(3))
SLOPE = np.array([0.4, 0.9, 0.6])


def levels(*, model=0.0, scale=None):
    """Spreads of all levels; `model` is what a model has on one benchmark alone."""
    return Levels(
        Level(0.4, np.array([0.1, 0.2, 0.3]) * model),
        Level(0.5, np.array([0.3, 0.25, 0.2])),
        Level(0.8, np.array([0.2, 0.1, 0.35])),
        scale,
    )


def covariance(level):
    return level.spread**2 * np.outer(SLOPE, SLOPE) + np.diag(level.residual**2)


def dense(precision, of):
    """Covariance of all measured logits, in the order of the flattened table."""
    scale = np.ones(len(FAMILY)) if of.scale is None else of.scale
    n, k = precision.shape
    out = np.zeros((n, k, n, k))
    for i in range(n):
        for j in range(n):
            if FAMILY[RELEASE[i]] == FAMILY[RELEASE[j]]:
                out[i, :, j] += covariance(of.family)
            if RELEASE[i] == RELEASE[j]:
                out[i, :, j] += covariance(of.release) * scale[RELEASE[i]] ** 2
            if i == j:
                out[i, :, j] += covariance(of.model)
    out = out.reshape(n * k, n * k)
    there = np.flatnonzero(precision.ravel())
    return out[np.ix_(there, there)] + np.diag(1 / precision.ravel()[there]), there


@pytest.fixture
def measured():
    rng = np.random.default_rng(1)
    precision = rng.uniform(1.0, 40.0, (len(RELEASE), len(SLOPE)))
    precision[rng.uniform(size=precision.shape) < 0.3] = 0.0
    precision[3] = 0.0  # a release of one model without any score
    precision[8, :2] = 0.0
    return rng.normal(0.0, 0.8, precision.shape), precision


@pytest.mark.parametrize(
    "of",
    [levels(), levels(model=1.0), levels(model=1.0, scale=np.array([1.0, 2.5, 0.4, 1.3, 0.8]))],
    ids=["plain", "models alone", "scales"],
)
def test_likelihood_is_that_of_one_dense_normal(measured, of):
    z, precision = measured
    found = log_likelihood(xp, z, precision, TREE, SLOPE, of)
    assert found.shape == (3,)
    # What no parameter changes is left out: the measurements' own height.
    there = precision[precision > 0]
    found = found.sum() + 0.5 * np.sum(np.log(there)) - 0.5 * len(there) * np.log(2 * np.pi)
    cov, rows = dense(precision, of)
    expected = stats.multivariate_normal(cov=cov).logpdf(z.ravel()[rows])
    assert found == pytest.approx(expected, rel=1e-11)


def test_each_family_counts_for_itself(measured):
    z, precision = measured
    of = levels(model=1.0, scale=np.array([1.0, 2.5, 0.4, 1.3, 0.8]))
    whole = log_likelihood(xp, z, precision, TREE, SLOPE, of)
    alone = precision * (FAMILY[RELEASE] == 1)[:, None]
    own = log_likelihood(xp, z, alone, TREE, SLOPE, of)
    assert own[1] == pytest.approx(whole[1], rel=1e-12)
    np.testing.assert_allclose(own[[0, 2]], 0.0, atol=1e-10)


def test_what_is_not_measured_says_nothing(measured):
    z, precision = measured
    other = np.where(precision > 0, z, 1e3)
    one, two = (log_likelihood(xp, at, precision, TREE, SLOPE, levels()) for at in (z, other))
    np.testing.assert_allclose(one, two, rtol=1e-12)
