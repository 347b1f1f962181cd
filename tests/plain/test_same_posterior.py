"""The plain form, its latents integrated out, has the product's density.

What is compared is the density of the declared parameters themselves: each side takes the
Jacobians of its own coordinates off. The plain form's two latents of a model are integrated out
with the plain form's own terms: its scores' log density on a grid of log densities, weighted by
the convolution of its shortfall and its noise.
"""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from densing.data import load_evidence
from densing.inference.potential import build
from densing.inference.replay import ReplayProgram
from densing.inference.whitening import Inputs
from densing.models.declaration import load_model
from densing.models.grid import build_grid
from densing.models.joint import joint
from densing.models.layout import lay_out
from models import world

from .data import rows
from .model import plain_model

POOLED = {
    "log_alpha": ("log_alpha_typical", "log_alpha_spread"),
    "log_beta": ("log_beta_typical", "log_beta_spread"),
    "log_discrepancy": ("log_discrepancy_typical", 0.4),
    "offset": (0.0, "offset_spread"),
    "drift": (0.0, "drift_spread"),
    "family_effect": (0.0, "family_spread"),
    "protocol_effect": (0.0, "protocol_spread"),
}
"""Centre and spread of what the plain form writes as ``centre + spread * raw``."""


@pytest.fixture(scope="module", autouse=True)
def _double_precision():
    with jax.enable_x64(True):  # noqa: FBT003
        yield


class Parts(ReplayProgram):
    """A pass at known values that keeps each factor."""

    def __init__(self, values):
        super().__init__(values)
        self.factors = {}

    def factor(self, name, log_density):
        self.factors[name] = log_density


def product(evidence, model):
    """At a flat vector: declared parameters, their log density, each model's part of it."""
    layout = lay_out(evidence, model.choices)
    # A finer grid than a fit has, whose own error is judged by the run's health.
    data = layout.data._replace(grid=build_grid(-30.0, 30.0, 0.02))
    inputs = jax.tree.map(jnp.asarray, Inputs(data, dict(layout.facts)))
    potential = build(lambda m, d: joint(m, d, layout.switches), model.priors, layout.sizes, inputs)

    def declared(z):
        values = potential.constrain(z, inputs)
        # Other shapes of the trend have parameters of their own.
        return {name: values[name] for name in model.priors if name in values}

    def flat(z):
        return jnp.concatenate([jnp.ravel(value) for value in declared(z).values()])

    def evaluate(z):
        log_jacobian = jnp.linalg.slogdet(jax.jacfwd(flat)(z))[1]
        parts = Parts({**inputs.facts, **potential.constrain(z, inputs)})
        joint(parts, inputs.data, layout.switches)
        density = -potential.negative_log_density(z, inputs) - log_jacobian
        return declared(z), density, parts.factors["scores"]

    return jax.jit(evaluate), potential


def plain(evidence, model):
    """The plain form's terms at a point: all but the models' own, each score's, log densities."""
    built = plain_model(evidence, model=model)
    own = {"u", "v", "score"}
    rest = [rv for rv in built.basic_RVs if rv.name not in own] + list(built.potentials)
    terms = built.compile_fn(
        [
            *built.logp(rest, jacobian=False, sum=False),
            *built.logp([built["score"], built["u"], built["v"]], jacobian=False, sum=False),
            *built.replace_rvs_by_values([built["log_density"]]),
        ],
        inputs=built.value_vars, point_fn=True, mode="FAST_COMPILE",
    )  # fmt: skip
    owner = rows(evidence, model).scores["i"].to_numpy()
    last = len(built.logp([built["score"], built["u"], built["v"]], sum=False)) + 1

    def gathered(at):
        """All but the models' own in one number, then the rest as they are."""
        values = terms(at)
        return [sum(np.sum(value) for value in values[:-last]), *values[-last:]]

    return SimpleNamespace(terms=gathered, names=list(built.initial_point()), owner=owner)


def point_of(values, names):
    """Plain form's point at the declared parameters, and the log Jacobian of its unit scales."""
    point, jacobian = {}, 0.0
    for name, value in values.items():
        if name in POOLED:
            centre, spread = (values[a] if isinstance(a, str) else a for a in POOLED[name])
            point[f"{name}_raw"] = (value - centre) / spread
            jacobian += value.size * np.log(spread)
        elif f"{name}_log__" in names:
            point[f"{name}_log__"] = np.log(value)
        elif f"{name}_logodds__" in names:
            point[f"{name}_logodds__"] = special.logit(value)
        else:
            point[name] = value
    return point, jacobian


def integrated(form, point):
    """Log density of each model's scores with u and v integrated out, shape (model,)."""
    count = form.owner.max() + 1

    def at(u, v):
        return form.terms({**point, "u_log__": np.log(np.broadcast_to(u, count)),
                           "v": np.broadcast_to(v, count)})  # fmt: skip

    theta = at(1.0, 0.0)[-1] - at(2.0, 0.0)[-1]
    noise = at(1.0, 1.0)[-1] - at(1.0, 0.0)[-1]
    frontier = at(1.0, 0.0)[-1] + theta
    # These three say all only if the form is linear in its latents.
    rng = np.random.default_rng(3)
    u, v = rng.exponential(size=count), rng.standard_normal(count)
    np.testing.assert_allclose(at(u, v)[-1], frontier - theta * u + noise * v, rtol=1e-12)
    terms = at(u, v)
    np.testing.assert_allclose(terms[2], -u)
    np.testing.assert_allclose(terms[3], -0.5 * v * v - 0.5 * np.log(2 * np.pi))

    step, step_u = 0.08, 0.02
    ln_u = np.arange(-40.0, 4.2, step_u)  # trapezoid rule in ln u: the density is u exp(-u)
    u = np.exp(ln_u)
    log_density = []
    for offset in np.arange(-25.0, 12.0, step):
        scores = at(1.0, (offset + theta) / noise)[1]
        z = (offset + theta[:, None] * u) / noise[:, None]
        convolved = special.logsumexp(ln_u - u - 0.5 * z * z, axis=1)
        log_density.append(np.bincount(form.owner, scores, count) + convolved)
    constants = np.log(step) + np.log(step_u) - np.log(noise) - 0.5 * np.log(2 * np.pi)
    return special.logsumexp(log_density, axis=0) + constants


def typical(labels):
    """Flat vectors about a point where every part of the model is at work."""
    places = {
        "irreducible_logit": -0.5, "log_alpha_typical": -1.1, "log_alpha_spread": -1.4,
        "log_beta_typical": -1.1, "log_beta_spread": -1.4, "loss_noise": -4.0, "loss_tail": 2.5,
        "floor_logit": -2.5, "ceiling_logit": 1.0, "log_steepness": 1.4, "score_precision": 6.0,
        "log_discrepancy_typical": -2.5, "log_discrepancy": -2.3, "protocol_spread": -1.4,
        "offset_spread": -0.7, "drift_spread": -0.9,
        "level": -1.0, "rate": 1.5, "family_spread": -0.9, "scatter": -0.3, "log_alpha": -2.1,
        "log_beta": -2.3, "log_level": -1.0, "log_midpoint": -1.0,
    }  # fmt: skip
    names = [label.split("[")[0].removesuffix("_coordinate") for label in labels]
    return np.array([places.get(name, 0.0) for name in names])


def agree(evidence, model, *, points):
    evaluate, potential = product(evidence, model)
    form = plain(evidence, model)
    rng = np.random.default_rng(7)
    for _ in range(points):
        z = typical(potential.labels) + 0.3 * rng.standard_normal(potential.size)
        values, ours, by_model = jax.tree.map(np.asarray, evaluate(jnp.asarray(z)))
        point, jacobian = point_of(values, form.names)
        theirs = integrated(form, point)
        np.testing.assert_allclose(theirs, by_model, rtol=1e-6, atol=1e-6)
        nothing = {"u_log__": np.zeros(len(theirs)), "v": np.zeros(len(theirs))}
        total = form.terms({**point, **nothing})[0] - jacobian + theirs.sum()
        assert total == pytest.approx(ours, rel=1e-6)


def test_density_on_a_small_world():
    model = load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )
    agree(world.evidence(), model, points=2)


@pytest.mark.slow
def test_density_on_the_bundled_evidence():
    agree(load_evidence(), load_model("ladder"), points=1)
