"""What draws of a normal density are held to."""

import numpy as np


def assert_drawn_from(chains, mean, covariance):
    """No divergence; mean and covariance within five standard errors.

    Effective draws are taken to be a third of the draws at the least.
    """
    assert not chains.statistics.diverging.any()
    flat = chains.position.reshape(-1, len(mean))
    deviation = np.sqrt(np.diag(covariance))
    error = 5 / np.sqrt(len(flat) / 3)
    np.testing.assert_allclose((flat.mean(axis=0) - mean) / deviation, 0.0, atol=error)
    scaled = np.cov(flat.T) / np.outer(deviation, deviation)
    truth = covariance / np.outer(deviation, deviation)
    np.testing.assert_allclose(scaled, truth, atol=2 * error)
