import jax
import jax.numpy as jnp
import numpy as np
import pytest

from densing.batch import padding
from densing.batch.machine import build_machine
from densing.batch.padding import common, numbers_as_data, padded, shape_of
from densing.inference.settings import load_settings
from densing.inference.whitening import Inputs
from densing.models.declaration import load_model
from densing.models.layout import GRID_STEP, lay_out
from models import world


@pytest.fixture(scope="module", autouse=True)
def _double_precision():
    with jax.enable_x64(True):  # noqa: FBT003
        yield


@pytest.fixture(scope="module")
def model():
    return load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )


def machine_of(layout, model, sizes):
    priors, numbers = numbers_as_data(model.priors)
    inputs = Inputs(padded(layout, sizes), {**layout.facts, **numbers})
    inputs = jax.tree.map(jnp.asarray, inputs)
    shape = shape_of(layout, model)
    settings = load_settings("universe")
    return build_machine(shape, sizes, priors, inputs, settings, workers=1), inputs


def sampler_of(layout, model, sizes):
    machine, inputs = machine_of(layout, model, sizes)
    return machine.sampler, inputs


def test_padding_changes_no_difference_of_log_densities(model):
    """Padding adds a constant: what other universes have alone cannot be learned about."""
    layout = lay_out(world.evidence(), model.choices)
    own = common([layout])
    wide = own._replace(
        family=own.family + 2, protocol=own.protocol + 1, model=own.model + 3, cell=own.cell + 4,
        loss=own.loss + 5, checkpoint=own.checkpoint + 2,
    )  # fmt: skip
    machines, arrays = zip(*(machine_of(layout, model, s) for s in (own, wide)), strict=True)
    small, large = (machine.sampler for machine in machines)
    small_inputs, large_inputs = arrays
    rng = np.random.default_rng(1)
    z = 0.2 * rng.standard_normal((2, len(large.potential.labels)))
    extra = np.asarray([label not in small.potential.labels for label in large.potential.labels])
    assert extra.sum() == 3
    z[1, extra] = z[0, extra]
    place = {label: i for i, label in enumerate(large.potential.labels)}
    taken = z[:, [place[label] for label in small.potential.labels]]
    a = small.energy(taken[None], small_inputs)[0]
    b = large.energy(z[None], large_inputs)[0]
    assert a[0] != pytest.approx(a[1], abs=0.1)
    slopes = [
        np.asarray(m.potential.value_and_grad(v, i)[1])
        for m, v, i in ((small, taken[0], small_inputs), (large, z[0], large_inputs))
    ]
    there = [place[label] for label in small.potential.labels]
    np.testing.assert_allclose(slopes[1][there], slopes[0], rtol=1e-9, atol=1e-9)
    assert b[0] - b[1] == pytest.approx(a[0] - a[1], abs=1e-9)
    # Nor is the integration judged by it.
    checks = [
        m.integration(m.sampler.constrain(v[None], i), i, models=len(layout.models))
        for m, v, i in zip(machines, (taken, z), arrays, strict=True)
    ]
    assert checks[0]["integration_error"] > 0.0
    assert checks[1] == pytest.approx(checks[0], rel=1e-6, abs=1e-12)


def test_few_cells_get_a_finer_and_longer_grid(model, monkeypatch):
    layout = lay_out(world.evidence(), model.choices)
    cells = common([layout]).cell
    wide = {}
    for limit in (cells, cells - 1):
        monkeypatch.setattr(padding, "FEW_CELLS", limit)
        sizes = common([layout])
        grid = padded(layout, sizes).grid
        assert grid.step == pytest.approx(sizes.step)
        wide[limit] = sizes.step, grid.points[0], grid.points[-1]
    few, many = wide.values()
    own = layout.data.grid.points
    assert few == pytest.approx((padding.FEW_STEP, own[0] - padding.FEW_MORE, few[2]))
    assert own[-1] + padding.FEW_MORE <= few[2] < own[-1] + padding.FEW_MORE + 1.0
    assert many == pytest.approx((GRID_STEP, own[0], own[-1]))


def test_two_universes_of_one_shape_share_a_program_and_differ_in_data(model):
    layouts = [
        lay_out(world.evidence(), model.choose(**changes).choices)
        for changes in ({}, {"tokens": 1e12})
    ]
    sizes = common(layouts)
    assert shape_of(layouts[0], model) == shape_of(layouts[1], model)
    sampler, first = sampler_of(layouts[0], model, sizes)
    _, second = sampler_of(layouts[1], model, sizes)
    _, wider = sampler_of(layouts[0], model.with_priors(rate=model.priors["rate"].model_copy(
        update={"args": {"loc": 0.0, "scale": 5.0}})), sizes)  # fmt: skip
    z = np.zeros((1, 3, sampler.potential.size))
    energies = [sampler.energy(z, inputs)[0, 0] for inputs in (first, second, wider)]
    assert len(set(np.round(energies, 9))) == 3
    # The prior of the rate alone: ln(scale) apart at its centre, twice as wide.
    assert energies[2] - energies[0] == pytest.approx(np.log(2.0), abs=1e-9)
