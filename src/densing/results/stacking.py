"""Stacking weights that do not jump between models the data cannot tell apart.

Stacking (Yao, Vehtari, Simpson & Gelman 2018) takes the weights whose average has the highest
leave-one-out log predictive density. Between models that predict alike that optimum is at the
mercy of single observations and of Monte Carlo error: two fits of *one* model may get 1 and 0. So
the weights used here are the mean of stacking's over Bayesian bootstraps (Rubin 1981) of the
observations, as is usual for pseudo-BMA; with much evidence both are the same.
"""

import numpy as np

BOOTSTRAPS = 400
ITERATIONS, TOLERANCE = 2000, 1e-5
"""Most steps of expectation-maximisation, and the change of a weight in one that ends them."""


def stacking_weights(log_density: np.ndarray, importance: np.ndarray | None = None) -> np.ndarray:
    """Weights that maximise the mean log density of the weighted average.

    Parameters
    ----------
    log_density
        Leave-one-out log predictive densities, shape (observation, model).
    importance
        Of the observations, shape (observation,) or (..., observation), sums to one; equal where
        None.

    Returns
    -------
    numpy.ndarray
        Shape (model,) or (..., model), sums to one.
    """
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    count, models = density.shape
    v = np.full(count, 1.0 / count) if importance is None else importance
    weights = np.full((*v.shape[:-1], models), 1.0 / models)
    for _ in range(ITERATIONS):  # of a mixture whose parts are known: each step goes up
        mixture = weights @ density.T
        before, weights = weights, weights * ((v / mixture) @ density)
        if np.max(np.abs(weights - before)) < TOLERANCE:
            break
    return weights / weights.sum(axis=-1, keepdims=True)


def bootstrapped_weights(log_density: np.ndarray, *, seed: int = 1) -> np.ndarray:
    """Mean stacking weights over Bayesian bootstraps of the observations, shape (model,)."""
    rng = np.random.default_rng(seed)
    v = rng.dirichlet(np.ones(len(log_density)), BOOTSTRAPS)
    return stacking_weights(log_density, v).mean(axis=0)
