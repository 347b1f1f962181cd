import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import pytest
from numpyro.infer.util import log_density
from scipy import stats

from densing.inference.jax_ops import jax_ops
from densing.inference.numpyro_engine import DISTRIBUTIONS, NumpyroProgram
from densing.inference.potential import build
from densing.inference.whitening import Inputs
from densing.models.coordinates import scaled, shifted
from densing.models.prior import FAMILIES, Prior

SIZES = {"benchmark": 3, "family": 0}
CASES = {
    "normal": ({"loc": 0.4, "scale": 1.7}, stats.norm(0.4, 1.7), [-2.0, 0.1, 5.0]),
    "lognormal": ({"loc": 0.4, "scale": 0.7}, stats.lognorm(0.7, scale=np.exp(0.4)),
                  [0.01, 1.0, 9.0]),
    "beta": ({"a": 2.5, "b": 0.7}, stats.beta(2.5, 0.7), [0.01, 0.5, 0.999]),
    "gamma": ({"shape": 2.0, "rate": 0.1}, stats.gamma(2.0, scale=10.0), [0.1, 20.0, 90.0]),
}  # fmt: skip
OBSERVED = {
    "student_t": ({"df": 3.5, "loc": 0.2, "scale": 0.6}, stats.t(3.5, 0.2, 0.6).logpdf,
                  [-4.0, 0.2, 1.0]),
    "beta_binomial": ({"a": 30.0, "b": 70.0, "n": 164.0}, stats.betabinom(164, 30, 70).logpmf,
                      [0.0, 50.0, 164.0]),
}  # fmt: skip


def prior(family, args, dims=("benchmark",)):
    return Prior(family=family, args=args, dims=dims, unit="1", about="test")


def joint(model, priors, values, facts=None):
    """Log density of a model at given values of its sites."""

    def program():
        model(NumpyroProgram(priors, SIZES, facts or {}))

    return float(log_density(program, (), {}, values)[0])


def test_every_family_is_covered():
    assert set(CASES) | {"flat"} == set(FAMILIES)
    assert set(CASES) | set(OBSERVED) == set(DISTRIBUTIONS)


def test_a_flat_prior_says_nothing():
    ours = joint(lambda m: m.sample("x"), {"x": prior("flat", {})}, {"x": jnp.arange(3.0)})
    assert ours == 0.0


@pytest.mark.parametrize("family", CASES)
def test_prior_is_scipys(family):
    args, theirs, at = CASES[family]
    ours = joint(lambda m: m.sample("x"), {"x": prior(family, args)}, {"x": jnp.array(at)})
    assert ours == pytest.approx(theirs.logpdf(at).sum(), rel=1e-12)


@pytest.mark.parametrize("family", OBSERVED)
def test_observation_is_scipys(family):
    args, theirs, at = OBSERVED[family]
    ours = joint(lambda m: m.observe("y", family, args, jnp.array(at)), {}, {})
    assert ours == pytest.approx(theirs(at).sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("offset", "scale"),
    [(None, 2.5), (-0.7, None), (-0.7, 2.5), (np.array([1.0, 2.0, 3.0]), None),
     (np.array([1.0, 2.0, 3.0]), np.array([0.1, 1.0, 7.0]))],
)  # fmt: skip
def test_coordinates_change_nothing_but_the_jacobian(offset, scale):
    priors = {"x": prior("normal", {"loc": 0.3, "scale": 0.9})}
    value = np.array([-1.0, 0.2, 1.9])
    z = (value - (0 if offset is None else offset)) / (1 if scale is None else scale)

    def coordinate(z):
        z, slope = (z, 0.0) if scale is None else scaled(jax_ops, scale)(z)
        return ((z, 0.0) if offset is None else shifted(offset)(z))[0], slope

    def likelihood(m, x):
        m.factor("far", -((x - 1.0) ** 4))

    plain = joint(lambda m: likelihood(m, m.sample("x")), priors, {"x": jnp.array(value)})
    moved = joint(
        lambda m: likelihood(m, m.sample("x", coordinate=coordinate)), priors,
        {"x_coordinate": jnp.array(z)},
    )  # fmt: skip
    jacobian = np.sum(np.log(np.ones(3) * (1.0 if scale is None else scale)))
    assert moved == pytest.approx(plain + jacobian, rel=1e-12)


def test_coordinates_may_depend_on_parameters():
    # A funnel: the joint density of (spread, effect) is the same in both forms.
    priors = {
        "spread": prior("lognormal", {"loc": -1.0, "scale": 0.5}, ()),
        "effect": prior("normal", {"loc": 0.0, "scale": "spread"}),
    }
    spread, effect = 0.3, np.array([0.5, -0.1, 0.0])

    def centred(m):
        m.sample("spread")
        m.sample("effect")

    def moved(m):
        m.sample("effect", coordinate=scaled(m.xp, m.sample("spread")))

    plain = joint(centred, priors, {"spread": spread, "effect": jnp.array(effect)})
    other = joint(
        moved, priors, {"spread": spread, "effect_coordinate": jnp.array(effect / spread)}
    )
    assert other == pytest.approx(plain + 3 * np.log(spread), rel=1e-12)
    by_hand = (
        stats.lognorm.logpdf(0.3, 0.5, scale=np.exp(-1)) + stats.norm.logpdf(effect, 0, 0.3).sum()
    )
    assert plain == pytest.approx(by_hand, rel=1e-12)


def test_arguments_by_name_and_by_list():
    priors = {
        "a": prior("normal", {"loc": "centre", "scale": (1.0, 2.0, 3.0)}),
        "b": prior("normal", {"loc": "a", "scale": 0.5}),
    }
    facts = {"centre": jnp.array([1.0, 2.0, 3.0])}
    a, b = np.array([0.5, 2.5, 1.0]), np.array([0.0, 2.0, 1.5])

    def model(m):
        m.sample("a")
        m.sample("b")

    ours = joint(model, priors, {"a": jnp.array(a), "b": jnp.array(b)}, facts)
    theirs = stats.norm.logpdf(a, [1, 2, 3], [1, 2, 3]).sum() + stats.norm.logpdf(b, a, 0.5).sum()
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_sampled_and_derived_values_are_at_hand():
    priors = {"x": prior("normal", {"loc": 0.0, "scale": 1.0})}
    with numpyro.handlers.substitute(data={"x_coordinate": jnp.arange(3.0)}):
        m = NumpyroProgram(priors, SIZES, {"fact": 1.0})
        x = m.sample("x", coordinate=scaled(m.xp, 2.0))
        m.derive("twice", 2 * x, ("benchmark",))
    np.testing.assert_array_equal(m.values["x"], [0.0, 2.0, 4.0])
    np.testing.assert_array_equal(m.values["twice"], [0.0, 4.0, 8.0])
    assert m.values["fact"] == 1.0


def test_an_empty_dimension_is_no_trouble():
    # No protocol but the baseline: an effect of shape (0,).
    priors = {
        "spread": prior("lognormal", {"loc": 0.0, "scale": 1.0}, ()),
        "effect": prior("normal", {"loc": 0.0, "scale": "spread"}, ("family",)),
    }

    def model(m, data):
        m.sample("effect", coordinate=scaled(m.xp, m.sample("spread")))

    potential = build(model, priors, SIZES, Inputs({}, {}))
    energy, slope = jax.value_and_grad(potential.negative_log_density)(
        jnp.zeros(potential.size), Inputs({}, {})
    )
    assert potential.size == 1
    assert float(energy) == pytest.approx(-stats.norm.logpdf(0.0))
    assert np.all(np.isfinite(slope))


def test_the_potential_is_the_density_with_its_jacobian():
    priors = {"s": prior("gamma", {"shape": 2.0, "rate": 0.5}, ()),
              "p": prior("beta", {"a": 2.0, "b": 3.0}, ())}  # fmt: skip

    def model(m, data):
        m.sample("s")
        m.sample("p")

    potential = build(model, priors, SIZES, Inputs({}, {}))
    assert potential.labels == ["p", "s"]
    z = np.array([0.3, -0.4])
    p, s = 1 / (1 + np.exp(-0.3)), np.exp(-0.4)
    expected = (
        stats.beta.logpdf(p, 2, 3) + np.log(p * (1 - p)) + stats.gamma.logpdf(s, 2, scale=2) - 0.4
    )
    ours = -float(potential.negative_log_density(jnp.array(z), Inputs({}, {})))
    assert ours == pytest.approx(expected, rel=1e-12)
    values = potential.constrain(jnp.array(z), Inputs({}, {}))
    assert (float(values["p"]), float(values["s"])) == pytest.approx((p, s))
