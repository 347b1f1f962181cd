"""Curvature by hand: saddles, and means over draws; pilots while trees are long."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from densing.inference import sampler as module
from densing.inference.laplace import FLATTEST, Mode, curvature, hessian, mean_curvature
from densing.inference.nuts import LONG
from densing.inference.sampler import build_sampler
from densing.inference.settings import load_settings
from densing.inference.shaping import PILOTS
from densing.inference.whitening import Inputs, Whitening
from densing.models.prior import Prior

NOTHING = Inputs(None, {})


def saddle(z, _):
    """``(100 x^2 - 25 y^2 + w^4) / 2`` and its gradient."""
    x, y, w = z
    return 50 * x**2 - 12.5 * y**2 + 0.5 * w**4, np.array([100 * x, -25 * y, 2 * w**3])


def test_an_upward_direction_is_as_long_as_a_downward_one_of_its_curvature():
    scale = curvature(saddle, NOTHING, Mode(np.zeros(3), 0.0, 0)).scale
    np.testing.assert_allclose(np.diag(scale @ scale.T), [0.01, 0.04, FLATTEST**2], rtol=1e-3)


def test_hessian_in_whitened_coordinates():
    at = Whitening(np.array([1.0, 1.0, 2.0]), np.diag([1.0, 2.0, 0.5]))
    expected = np.diag([100.0, -100.0, 6 * 4 / 4])
    np.testing.assert_allclose(hessian(saddle, NOTHING, at), expected, rtol=1e-5, atol=1e-6)


def test_mean_curvature_is_of_the_mean_hessian():
    """Curvatures 6 w^2 at w = 1 and 3: 30 on average, where either draw's alone would mislead."""
    draws = np.array([[0.0, 0.0, 1.0], [0.2, 0.4, 3.0]])
    eye = Whitening(np.zeros(3), np.eye(3))
    found = mean_curvature(saddle, NOTHING, eye, draws)
    np.testing.assert_allclose(found.centre, [0.1, 0.2, 2.0])
    np.testing.assert_allclose(
        np.diag(found.scale @ found.scale.T), [1 / 100, 1 / 25, 1 / 30], rtol=1e-4
    )


@pytest.mark.parametrize("long", [False, True])
def test_shapes_are_learned_again_while_trees_are_long(monkeypatch, long):
    """A standard normal needs one pilot; one whose trees are said to be long takes them all."""
    priors = {"x": Prior(family="normal", args={"loc": 0.0, "scale": 1.0}, unit="1", about="x")}
    settings = load_settings("quick").model_copy(update={"max_draws": 0})
    sampler = build_sampler(
        lambda m, _: m.sample("x"), Inputs(None, {}), priors=priors, sizes={}, settings=settings
    )
    pilots, own = [], module.sample

    def sample(*args, draws, **more):
        chains = own(*args, draws=draws, **more)
        if draws == settings.pilot:
            pilots.append(chains)
            if long:
                steps = np.full_like(chains.statistics.n_steps, LONG + 1)
                chains = replace(chains, statistics=chains.statistics._replace(n_steps=steps))
        return chains

    monkeypatch.setattr(module, "sample", sample)
    sampled = sampler.sample(Inputs(None, {}), seed=3)
    assert len(pilots) == (PILOTS if long else 1)
    assert float(jnp.std(sampled.values["x"])) == pytest.approx(1.0, abs=0.25)
    # What pilots spent is told.
    kept = int(sampled.chains.statistics.n_steps.sum())
    assert sampled.gradient_evaluations > kept + sum(p.warmup_steps for p in pilots)
