import numpy as np
import pytest
import xarray as xr
from scipy import stats

from densing.models.declaration import load_model
from densing.models.prior import FAMILIES, Prior
from densing.results.log_prior import LOG_DENSITIES, log_prior, top_level

ORACLES = {
    "normal": lambda loc, scale: stats.norm(loc, scale),
    "lognormal": lambda loc, scale: stats.lognorm(s=scale, scale=np.exp(loc)),
    "beta": lambda a, b: stats.beta(a, b),
    "gamma": lambda shape, rate: stats.gamma(shape, scale=1 / rate),
}


def prior(family, args, dims=()):
    return Prior(family=family, args=args, dims=dims, unit="1", about="for a test")


def test_every_family_has_its_density():
    assert set(LOG_DENSITIES) == set(FAMILIES) == {*ORACLES, "flat"}
    assert np.all(LOG_DENSITIES["flat"](np.array([-3.0, 0.0, 7.0])) == 0.0)


@pytest.mark.parametrize("family", ORACLES)
def test_each_family_is_scipys(family):
    frozen = ORACLES[family](0.7, 1.9)
    x = frozen.rvs((2, 50), random_state=np.random.default_rng(1))
    args = dict(zip(FAMILIES[family], (0.7, 1.9), strict=True))
    ours = log_prior(xr.Dataset({"x": (("chain", "draw"), x)}), {"x": prior(family, args)}, {})
    np.testing.assert_allclose(ours["x"], frozen.logpdf(x), rtol=1e-12)


@pytest.fixture
def posterior():
    rng = np.random.default_rng(2)
    return xr.Dataset(
        {
            "log_alpha_typical": (("chain", "draw"), rng.normal(-1.0, 0.3, (2, 40))),
            "log_alpha_spread": (("chain", "draw"), np.exp(rng.normal(-1.4, 0.4, (2, 40)))),
            "log_alpha": (("chain", "draw", "benchmark"), rng.normal(-1.0, 0.4, (2, 40, 3))),
            "floor_logit": (("chain", "draw", "benchmark"), rng.normal(-1.0, 0.4, (2, 40, 3))),
        },
        coords={"benchmark": ["A", "B", "C"]},
    )


def test_a_pooled_prior_is_given_its_typical_value_and_spread(posterior):
    """The prior is on log alpha itself; the elasticity the sampler walks in is no part of it."""
    priors = {
        "log_alpha": prior(
            "normal", {"loc": "log_alpha_typical", "scale": "log_alpha_spread"}, ("benchmark",)
        )
    }
    ours = log_prior(posterior, priors, {})["log_alpha"]
    assert ours.dims == ("chain", "draw", "benchmark")
    for k in range(3):
        theirs = stats.norm.logpdf(
            posterior["log_alpha"][..., k], posterior["log_alpha_typical"],
            posterior["log_alpha_spread"],
        )  # fmt: skip
        np.testing.assert_allclose(ours[..., k], theirs, rtol=1e-12)


def test_facts_and_lists_go_along_the_benchmarks(posterior):
    facts = {"chance_logit": np.array([-1.0, -2.0, -3.0])}
    priors = {
        "floor_logit": prior(
            "normal", {"loc": "chance_logit", "scale": (0.1, 0.2, 0.3)}, ("benchmark",)
        )
    }
    ours = log_prior(posterior, priors, facts)["floor_logit"]
    theirs = stats.norm.logpdf(posterior["floor_logit"], [-1.0, -2.0, -3.0], [0.1, 0.2, 0.3])
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_what_was_not_sampled_is_left_out(posterior):
    ours = log_prior(posterior, {"rate": prior("normal", {"loc": 0.0, "scale": 1.0})}, {})
    assert not ours.data_vars


def test_top_level_priors_are_those_that_name_no_parameter():
    priors = load_model("ladder").priors
    pooled = set(priors) - set(top_level(priors))
    assert pooled == {
        "log_alpha", "log_beta", "log_discrepancy", "offset", "drift", "protocol_effect",
        "family_effect",
    }  # fmt: skip
