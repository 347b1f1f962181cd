"""Stacking: the optimum, known by hand and to ArviZ, and weights that do not jump."""

import numpy as np
import pytest
from scipy import stats

from densing.answers.loo import bootstrapped_weights, stacking_weights


def test_two_models_by_hand():
    """Three observations for one, one for the other, each impossible to the other: 3/4, 1/4."""
    density = np.log(np.array([[1.0, 1e-12], [1.0, 1e-12], [1.0, 1e-12], [1e-12, 1.0]]))
    np.testing.assert_allclose(stacking_weights(density), [0.75, 0.25], atol=1e-6)
    heavy = np.array([0.1, 0.1, 0.1, 0.7])
    np.testing.assert_allclose(stacking_weights(density, heavy), [0.3, 0.7], atol=1e-6)


def densities(count, seed=0):
    x = np.random.default_rng(seed).normal(size=count)
    models = [stats.norm(0.3, 1.0), stats.norm(-0.4, 0.9), stats.norm(0.0, 2.0)]
    return np.column_stack([model.logpdf(x) for model in models])


def test_weights_are_arvizs():
    import warnings

    from arviz_stats import compare
    from arviz_stats.utils import ELPDDataLOO
    from xarray import DataArray

    density = densities(200)
    parts = {
        str(i): ELPDDataLOO(
            elpd=float(column.sum()), se=1.0, p=1.0, n_samples=1000, n_data_points=200,
            scale="log", warning=False, good_k=0.7, elpd_i=DataArray(column, dims="obs"),
            pareto_k=DataArray(np.zeros(200), dims="obs"),
        )
        for i, column in enumerate(density.T)
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = compare(parts, method="stacking", round_to="none")
    theirs = table["weight"].loc[["0", "1", "2"]].to_numpy(float)
    np.testing.assert_allclose(stacking_weights(density), theirs, atol=2e-3)


def test_the_optimum_cannot_be_improved():
    density = densities(150, seed=3)
    weights = stacking_weights(density)
    best = np.mean(np.log(np.exp(density) @ weights))
    for other in np.random.default_rng(1).dirichlet(np.ones(3), 200):
        assert np.mean(np.log(np.exp(density) @ other)) <= best + 1e-5


def test_models_that_predict_alike_share_the_weight():
    """Plain stacking gives nearly all to one of two that differ by noise; the mean does not."""
    one = stats.norm.logpdf(np.linspace(-2.0, 2.0, 70))
    two = one + 0.1 * (-1.0) ** np.arange(70) - 0.006  # half a standard error behind
    density = np.column_stack([one, two])
    assert stacking_weights(density).max() > 0.9
    assert 0.1 < bootstrapped_weights(density)[0] < 0.9


def test_with_much_evidence_both_are_the_same():
    density = densities(1200)
    np.testing.assert_allclose(bootstrapped_weights(density), stacking_weights(density), atol=0.03)


@pytest.mark.parametrize("models", [1, 4])
def test_weights_add_up_to_one(models):
    density = np.random.default_rng(0).normal(size=(30, models)) - 500.0  # and nothing underflows
    for weights in (stacking_weights(density), bootstrapped_weights(density)):
        assert weights.sum() == pytest.approx(1.0)
        assert np.all(weights >= 0)
