"""Every declared model and every structural choice: it builds, and has a density and a slope."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.data import load_evidence
from densing.inference.potential import build
from densing.inference.whitening import Inputs
from densing.models.declaration import declared, load_model
from densing.models.problem import problem_of
from models import world

pytestmark = pytest.mark.slow  # each compiles a program of its own
ONCE = {"xla_backend_optimization_level": 0}
"""For a program that runs once: its compilation is all of the time."""

CHANGES = [
    {"irreducible": False, "families": False, "held_out": True, "derived": True},
    {"shortfall": False, "tokens": "own"},
    {"benchmarks": (world.CODE,), "tokens": "infinite"},
]


def energy_and_slope(evidence, model):
    problem = problem_of(evidence, model)
    inputs = jax.tree.map(jnp.asarray, Inputs(problem.data, dict(problem.facts)))
    potential = build(problem.program, model.priors, problem.sizes, inputs)
    at = 0.1 * jnp.ones(potential.size)
    slope = jax.value_and_grad(potential.negative_log_density)
    return jax.jit(slope, compiler_options=ONCE)(at, inputs)


@pytest.mark.parametrize("name", declared("models"))
def test_declared_models_on_the_bundled_evidence(name):
    energy, slope = energy_and_slope(load_evidence(), load_model(name))
    assert np.isfinite(energy)
    assert np.all(np.isfinite(slope))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: ",".join(map(str, change)))
def test_structural_choices(evidence, model, change):
    energy, slope = energy_and_slope(evidence, model.choose(**change))
    assert np.isfinite(energy)
    assert np.all(np.isfinite(slope))
    # Every parameter matters to something: no coordinate is left over.
    assert np.all(np.asarray(slope) != 0)
