"""Two engines, one definition: the joint log density is the same number in both."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.data import load_evidence
from densing.inference.potential import build
from densing.inference.whitening import Inputs
from densing.models.declaration import declared, load_model
from densing.models.joint import joint
from densing.models.layout import lay_out

pymc_engine = pytest.importorskip("densing.inference.pymc_engine")

POINTS = 3


@pytest.mark.slow
@pytest.mark.parametrize("name", declared("models"))
def test_log_densities_agree_on_the_bundled_evidence(name):
    model, evidence = load_model(name), load_evidence()
    layout = lay_out(evidence, model.choices)
    inputs = jax.tree.map(jnp.asarray, Inputs(layout.data, dict(layout.facts)))
    potential = build(
        lambda m, data: joint(m, data, layout.switches), model.priors, layout.sizes, inputs
    )
    # Compiled in a hurry: it runs three times.
    hurry = {"xla_backend_optimization_level": 0}
    density = jax.jit(potential.negative_log_density, compiler_options=hurry)
    built = pymc_engine.pymc_model(evidence, model=model)
    theirs = built.compile_logp(sum=False, mode="FAST_COMPILE")
    point = built.initial_point()
    # Both walk in logs of positive parameters, so their free vectors are the same; NumPyro's is
    # in the order of the names.
    free = {str(key).removesuffix("_log__"): str(key) for key in point}
    order = sorted(free)
    rng = np.random.default_rng(1)
    for _ in range(POINTS):
        start = {key: 0.3 * rng.standard_normal(value.shape) for key, value in point.items()}
        flat = np.concatenate([np.ravel(start[free[name]]) for name in order])
        assert len(flat) == potential.size
        ours = -float(density(jnp.asarray(flat), inputs))
        assert np.isfinite(ours)
        assert sum(float(np.sum(term)) for term in theirs(start)) == pytest.approx(ours, rel=1e-10)
