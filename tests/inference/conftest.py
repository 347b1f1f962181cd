from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

from densing.inference.potential import build
from densing.inference.whitening import Inputs
from densing.models.declaration import load_model
from densing.models.grid import build_grid
from densing.models.joint import joint
from densing.models.layout import lay_out
from models import world


@pytest.fixture(scope="session", autouse=True)
def _double_precision():
    with jax.enable_x64(True):  # noqa: FBT003
        yield


@pytest.fixture(scope="session")
def evidence():
    return world.evidence()


@pytest.fixture(scope="session")
def model():
    return load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )


@pytest.fixture(scope="session")
def whole(evidence, model):
    """The joint model of the small world as a compiled potential, and what it was built from."""
    layout = lay_out(evidence, model.choices)
    # A grid of its own: fine and wide, so that the integral is not what is tested.
    data = layout.data._replace(grid=build_grid(-25.0, 30.0, 0.02))
    inputs = jax.tree.map(jnp.asarray, Inputs(data, dict(layout.facts)))
    switches = model.choices.switches
    potential = build(lambda m, d: joint(m, d, switches), model.priors, layout.sizes, inputs)
    value_and_grad = jax.jit(jax.value_and_grad(potential.negative_log_density))
    return SimpleNamespace(
        layout=layout, inputs=inputs, potential=potential, value_and_grad=value_and_grad,
        switches=switches, model=model,
    )  # fmt: skip
