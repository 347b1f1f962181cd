"""The model handed over is the model that is fitted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpyro import handlers
from numpyro.infer import MCMC, NUTS
from numpyro.infer.util import potential_energy

import densing as dn
from densing.inference.potential import build, latent_sites
from densing.inference.whitening import Inputs
from densing.models.joint import joint
from densing.models.layout import lay_out

POINTS = 3


@pytest.fixture(autouse=True)
def _restored():
    with jax.enable_x64(True):  # noqa: FBT003
        yield


@pytest.fixture(scope="session")
def handed(evidence, model):
    before = jax.config.jax_enable_x64
    try:
        return dn.to_numpyro(evidence, model)
    finally:
        jax.config.update("jax_enable_x64", before)


def test_numpyro_has_our_density(handed, evidence, model):
    layout = lay_out(evidence, model.choices)
    inputs = Inputs(layout.data, dict(layout.facts))
    inputs = jax.tree.map(jnp.asarray, inputs)
    potential = build(
        lambda m, data: joint(m, data, layout.switches), model.priors, layout.sizes, inputs
    )
    density = jax.jit(potential.negative_log_density)
    theirs = jax.jit(lambda values: potential_energy(handed.model, handed.args, {}, values))
    shapes = {k: fn.shape() for k, fn in latent_sites(handed.model, Inputs(*handed.args)).items()}
    for point in range(POINTS):
        z = 0.3 * np.random.default_rng(point).standard_normal(potential.size)
        ends = np.cumsum([np.prod(shape, dtype=int) for _, shape in sorted(shapes.items())])
        parts = zip(sorted(shapes), np.split(z, ends[:-1]), strict=True)
        values = {name: part.reshape(shapes[name]) for name, part in parts}
        ours = float(density(z, inputs))
        assert np.isfinite(ours)
        assert float(theirs(values)) == pytest.approx(ours, rel=1e-10)


def test_the_families_model_is_handed_over_too(families_model):
    before = jax.config.jax_enable_x64
    try:
        theirs = dn.to_numpyro(dn.load_evidence(), families_model)
    finally:
        jax.config.update("jax_enable_x64", before)
    sites = latent_sites(theirs.model, Inputs(*theirs.args))
    values = {k: 0.1 * np.ones(fn.shape()) for k, fn in sites.items()}
    # Not compiled: one evaluation.
    assert np.isfinite(float(potential_energy(theirs.model, theirs.args, {}, values)))
    assert {"benchmark", "family", "release", "type"} <= set(theirs.coords)
    assert theirs.dims["log_slope"] == ["benchmark"]


def test_every_quantity_along_a_dimension_is_named(handed):
    """Dims go with the values' shapes, sampled and derived alike."""

    def start(site):  # coordinates have no distribution to be drawn from
        drawn = site["type"] == "sample" and not site["is_observed"]
        return np.full(site["fn"].shape(), 0.5) if drawn else None

    known = handlers.substitute(handed.model, substitute_fn=start)
    trace = handlers.trace(known).get_trace(*handed.args)
    sizes = {dim: len(names) for dim, names in handed.coords.items()}
    seen = 0
    for name, site in trace.items():
        if site["type"] not in ("sample", "deterministic") or site.get("is_observed"):
            continue
        shape = np.shape(site["value"])
        assert shape == tuple(sizes[dim] for dim in handed.dims.get(name, [])), name
        seen += len(shape)
    assert seen > 10


@pytest.mark.slow
def test_numpyro_samples_it_and_arviz_labels_it(handed):
    import arviz as az

    mcmc = MCMC(
        NUTS(handed.model, max_tree_depth=4), num_warmup=20, num_samples=20, progress_bar=False
    )
    mcmc.run(jax.random.key(1), *handed.args)
    tree = az.from_numpyro(mcmc, coords=dict(handed.coords), dims=dict(handed.dims))
    assert tree["posterior"]["alpha"].dims == ("chain", "draw", "benchmark")
    assert tree["posterior"]["alpha"]["benchmark"].to_numpy().tolist() == ["Quiz", "Code"]


@pytest.mark.slow
def test_pymc_has_our_coordinates(evidence, model):
    built = dn.to_pymc(evidence, model)
    assert tuple(built.coords["benchmark"]) == ("Quiz", "Code")
    assert {"rate", "log_alpha"} <= set(built.named_vars)
