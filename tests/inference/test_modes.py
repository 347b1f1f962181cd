"""Modes are found and weighed: against a density of known weights, and on the paper's panels."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.data import bundled
from densing.inference.loss_modes import loss_modes
from densing.inference.modes import find_modes, weigh_modes
from densing.models.declaration import load_model, override
from densing.paper.grid import loss_law_draws

WEIGHT, APART, SCALES = np.array([0.7, 0.3]), 8.0, np.array([1.0, 0.6])


def two_normals():
    """A narrow and a wide normal density, 8 apart in each of five dimensions; weights known."""
    size = 5
    centres = jnp.stack([jnp.zeros(size), jnp.full(size, APART / np.sqrt(size))])

    def energy(z, inputs):
        apart = jnp.sum((z - centres) ** 2, axis=1) / SCALES**2
        return -jax.scipy.special.logsumexp(
            jnp.log(WEIGHT) - size * jnp.log(SCALES) - 0.5 * apart
        )  # fmt: skip

    return SimpleNamespace(
        negative_log_density=energy, value_and_grad=jax.jit(jax.value_and_grad(energy)), size=size,
        start=lambda key: jax.random.uniform(key, (size,), minval=-1.0, maxval=5.0),
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_known_weights_are_found(seed):
    potential = two_normals()
    modes = find_modes(potential, None, seed=seed)
    assert len(modes) == 2
    weighed = weigh_modes(potential, None, modes, seed=seed)
    assert weighed.reliable
    assert weighed.effective_draws > 1000
    assert weighed.error.max() < 0.02
    np.testing.assert_allclose(weighed.weight, WEIGHT, atol=4 * weighed.error.max())
    mean = weighed.share @ weighed.position
    assert np.abs(mean[0]).max() < 0.2


def test_one_mode_has_all_the_weight():
    potential = two_normals()
    potential.start = lambda key: jax.random.normal(key, (5,)) * 0.1
    modes = find_modes(potential, None)
    assert len(modes) == 1
    np.testing.assert_allclose(weigh_modes(potential, None, modes).weight, [1.0])


def panel(name):
    runs = bundled("reference_runs")
    return runs[(runs["reference"] == "minicpm") & (runs["benchmark"] == name)]


def test_the_average_panel_has_two_modes_of_stable_weight():
    """The paper's curve, alpha 0.115 and beta 0.277, lies in the lighter one."""
    one, other = (loss_modes(panel("AVERAGE"), seed=seed) for seed in (1, 2))
    for found in (one, other):
        heavy, light = found.modes
        assert found.weighed.reliable
        assert heavy.alpha_interval.lower < 0.365 < heavy.alpha_interval.upper
        assert light.alpha_interval.lower < 0.115 < light.alpha_interval.upper
        assert light.beta_interval.lower < 0.277 < light.beta_interval.upper
        assert heavy.weight > light.weight > 0.05
    error = np.hypot(one.modes[1].error, other.modes[1].error)
    assert abs(one.modes[1].weight - other.modes[1].weight) < 4 * error


@pytest.mark.slow
def test_weak_priors_leave_both_modes_of_the_average_more_alike():
    changes = [f"prior.log_{x}_typical.scale=1.0" for x in ("alpha", "beta")]
    model = override(load_model("no_irreducible"), changes)
    declared, weak = loss_modes(panel("AVERAGE")), loss_modes(panel("AVERAGE"), model=model)
    assert weak.modes[1].weight > declared.modes[1].weight


@pytest.mark.slow
@pytest.mark.parametrize("name", ["MMLU", "MATH"])
def test_the_paper_s_curve_has_no_weight_on_mmlu_and_math(name):
    """An optimum of plain least squares only: neither proportional errors nor a grid keep it."""
    found = loss_modes(panel(name))
    assert found.weighed.reliable
    assert found.modes[0].weight > 0.99
    assert found.modes[0].alpha_interval.lower > 0.2
    runs = panel(name)
    n, d = (np.log(runs[c].to_numpy(float)) for c in ("params", "tokens"))
    draws = loss_law_draws(n, d, runs["loss"].to_numpy(), rng=np.random.default_rng(1))
    assert np.mean(draws[:, 0] < 0.2) < 0.01
