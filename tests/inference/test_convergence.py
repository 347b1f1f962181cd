"""Whether draws suffice: ArviZ's numbers, all scalars at once."""

import numpy as np
import pytest
from arviz_stats.base import array_stats

from densing.inference.convergence import converged, rank_rhat
from densing.results.health import STOP_MARGIN


@pytest.mark.parametrize("shape", [(2, 50), (4, 101), (3, 400)])
def test_rank_rhat_is_arviz_s(shape):
    rng = np.random.default_rng(shape[1])
    draws = rng.standard_t(2, size=(*shape, 7)).cumsum(axis=1)  # chains that wander: R-hat far off
    draws[0, :, 3] += 5.0
    draws[1, :, 4] *= 5.0  # folded ranks alone show that
    draws[..., 5] = np.round(draws[..., 5])  # ties
    draws[..., 6] = rng.normal(size=shape)
    one_by_one = [array_stats.rhat(draws[..., i], chain_axis=0, draw_axis=1) for i in range(7)]
    np.testing.assert_allclose(rank_rhat(draws), np.ravel(one_by_one), rtol=1e-12)


def test_draws_suffice_where_each_quantity_s_do():
    rng = np.random.default_rng(1)
    values = {"a": rng.normal(size=(4, 1000)), "b": rng.normal(size=(4, 1000, 2, 3))}
    assert converged(values)
    apart = values["b"].copy()
    apart[0, :, 1, 2] += 1.0
    assert not converged({**values, "b": apart})


def test_a_constant_suffices_and_a_number_that_is_none_does_not():
    values = {"a": np.random.default_rng(2).normal(size=(4, 1000)), "c": np.ones((4, 1000))}
    assert converged(values)
    assert converged({"c": values["c"]})
    broken = values["a"].copy()
    broken[2, 7] = np.nan
    assert not converged({"a": broken}, min_ess=0.0, max_rhat=np.inf)


def test_effective_draws_count_with_a_margin():
    values = {"a": np.random.default_rng(3).normal(size=(4, 100))}
    found = [
        float(np.ravel(array_stats.ess(values["a"], chain_axis=0, draw_axis=1, **how))[0])
        for how in ({"method": "bulk"}, {"method": "tail", "prob": (0.05, 0.95)})
    ]
    assert converged(values, max_rhat=1.1, min_ess=0.999 * min(found) / STOP_MARGIN)
    assert not converged(values, max_rhat=1.1, min_ess=1.001 * min(found) / STOP_MARGIN)


def test_chains_that_stand_still_do_not_suffice():
    still = np.repeat([[1.0], [2.0]], 100, axis=1)
    assert rank_rhat(still[..., None])[0] > 1e6
    assert not converged({"a": still}, max_rhat=1.1, min_ess=0.0)
