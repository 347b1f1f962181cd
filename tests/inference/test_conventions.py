"""Choices that change the program: one density in both engines (`tests/models`: their limits)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.inference.potential import build
from densing.inference.whitening import Inputs
from densing.models.choices import TAKEN
from densing.models.joint import joint
from densing.models.layout import lay_out

TOGETHER = [
    {
        "likelihood": "student-t", "shortfall_form": "half-normal", "count": "experts",
        "contamination": True, "free_ceiling": False, "link": "probit",
    },
    {"likelihood": "normal", "link": "cloglog"},
]  # fmt: skip


@pytest.mark.parametrize("changes", TOGETHER, ids=["all", "normal"])
def test_the_engines_have_one_density(evidence, model, changes):
    pymc_engine = pytest.importorskip("densing.inference.pymc_engine")
    model = model.choose(**changes)
    layout = lay_out(evidence, model.choices)
    inputs = jax.tree.map(jnp.asarray, Inputs(layout.data, dict(layout.facts)))
    potential = build(
        lambda m, data: joint(m, data, layout.switches), model.priors, layout.sizes, inputs
    )
    energy = jax.jit(jax.value_and_grad(potential.negative_log_density))
    built = pymc_engine.pymc_model(evidence, model=model)
    theirs = built.compile_logp(sum=False, mode="FAST_COMPILE")
    point = built.initial_point()
    free = {str(k).removesuffix("_log__").removesuffix("_logodds__"): str(k) for k in point}
    taken = {name for name, (key, value) in TAKEN.items() if changes.get(key) == value}
    assert taken == set(TAKEN) & set(free)
    rng = np.random.default_rng(1)
    for _ in range(3):
        start = {key: 0.3 * rng.standard_normal(value.shape) for key, value in point.items()}
        flat = np.concatenate([np.ravel(start[free[name]]) for name in sorted(free)])
        ours, slope = energy(jnp.asarray(flat), inputs)
        assert sum(float(np.sum(term)) for term in theirs(start)) == pytest.approx(
            -float(ours), rel=1e-10
        )
        # Every parameter matters to something.
        assert np.all(np.isfinite(slope) & (slope != 0))
