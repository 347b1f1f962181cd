"""Draws of a `pm.Model`: by nutpie where it is installed, by PyMC's own NUTS otherwise."""

from importlib.util import find_spec

import pymc as pm


def draw(model, *, tune, draws, seed, chains=4, target_accept=0.95):
    """Posterior of `model` as a DataTree; two chains at a time."""
    how = {"tune": tune, "draws": draws, "chains": chains, "cores": 2,
           "target_accept": target_accept}  # fmt: skip
    if find_spec("nutpie"):
        import nutpie

        compiled = nutpie.compile_pymc_model(model)
        return nutpie.sample(compiled, seed=seed, progress_bar=False, **how)
    with model:  # no plain fork: JAX may be running threads
        return pm.sample(
            nuts_sampler="pymc", random_seed=seed, progressbar=False,
            compute_convergence_checks=False, mp_ctx="forkserver", **how,
        )  # fmt: skip
