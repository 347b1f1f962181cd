"""Two engines, one definition: the joint log density is the same number in both."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.data import load_evidence
from densing.inference.jax_ops import jax_ops
from densing.inference.potential import build
from densing.inference.whitening import Inputs
from densing.models.declaration import declared, load_model
from densing.models.ops import NAMES
from densing.models.problem import problem_of

pymc_engine = pytest.importorskip("densing.inference.pymc_engine")

POINTS = 3
SUFFIXES = ("_log__", "_logodds__")
"""What PyMC adds to the names of parameters that it transforms."""


def test_every_engine_offers_the_same_functions():
    assert sorted(vars(pymc_engine.pytensor_ops)) == sorted(NAMES)
    assert sorted(vars(jax_ops)) == sorted(NAMES)


def agree(model, evidence, *, rel):
    """Both engines' joint log densities are the same number at random points."""
    problem = problem_of(evidence, model)
    inputs = jax.tree.map(jnp.asarray, Inputs(problem.data, dict(problem.facts)))
    potential = build(problem.program, model.priors, problem.sizes, inputs)
    # Compiled in a hurry: it runs three times.
    hurry = {"xla_backend_optimization_level": 0}
    density = jax.jit(potential.negative_log_density, compiler_options=hurry)
    built = pymc_engine.pymc_model(evidence, model=model)
    theirs = built.compile_logp(sum=False, mode="FAST_COMPILE")
    point = built.initial_point()
    # Both walk in logs of positive parameters and in log odds of shares, so their free vectors are
    # the same; NumPyro's is in the order of the names.
    free = {}
    for key in map(str, point):
        free[next((key.removesuffix(s) for s in SUFFIXES if key.endswith(s)), key)] = key
    order = sorted(free)
    rng = np.random.default_rng(1)
    for _ in range(POINTS):
        start = {key: 0.3 * rng.standard_normal(value.shape) for key, value in point.items()}
        flat = np.concatenate([np.ravel(start[free[name]]) for name in order])
        assert len(flat) == potential.size
        ours = -float(density(jnp.asarray(flat), inputs))
        assert np.isfinite(ours)
        assert sum(float(np.sum(term)) for term in theirs(start)) == pytest.approx(ours, rel=rel)


@pytest.mark.slow
@pytest.mark.parametrize("name", declared("models"))
def test_log_densities_agree_on_the_bundled_evidence(name):
    agree(load_model(name), load_evidence(), rel=1e-10)


@pytest.mark.parametrize("choices", [{}, {"outlying_releases": True, "curvature": True}])
def test_log_densities_agree_on_a_small_families_model(choices):
    model = load_model().choose(
        benchmarks=["MMLU", "HumanEval", "HellaSwag"], released_until="2023-06-30", **choices
    )
    agree(model, load_evidence(), rel=1e-10)
