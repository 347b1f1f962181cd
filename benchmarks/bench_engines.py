"""One posterior, four ways to it, side by side on the bundled evidence.

`densing`: the default fit. `pymc_plain`: PyMC's NUTS, defaults, on the plain form
(`tests/plain`, held to the product's density by a test). `nutpie_plain`: nutpie on the same.
`nutpie_ours`: nutpie on this project's form as a `pm.Model`. Two cores each, a process each.
Worst means over what all have in common: every declared parameter and every log density.
Where R-hat is bad the effective draws are over-estimated: that is in the form's own favour.
Every posterior mean is kept with its Monte-Carlo error; `table.py` tells how far they lie apart.

One form: python benchmarks/bench_engines.py NAME
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

CHAINS, CORES = 2, 2
LENGTHS = {"pymc_plain": (500, 500), "nutpie_plain": (500, 500), "nutpie_ours": (300, 150)}
"""Warm-up and draws of a chain: what a quarter of an hour for all of them allows."""


def densing():
    """The fit as it is delivered, twice: what the second one saves is compilation."""
    from densing.data import load_evidence
    from densing.inference.fit import fit
    from densing.models.declaration import load_model

    walls = []
    for _ in range(2):
        began = perf_counter()
        run = fit(load_evidence(), model=load_model("ladder"), seed=1)
        walls.append(perf_counter() - began)
    health, steps = json.loads(run.attrs["health"]), run["sample_stats"]["n_steps"]
    return run["posterior"], run["sample_stats"], {
        "compile_seconds": walls[0] - walls[1],
        # Whole: tracing, mode search and densities of the models are in it.
        "sample_seconds": walls[1],
        "gradients_in_all": health["gradient_evaluations"], "gradients": int(steps.sum()),
    }  # fmt: skip


def plain():
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from densing.data import load_evidence
    from plain.model import plain_model

    return plain_model(load_evidence())


def pymc_plain():
    import pymc as pm

    model = plain()
    began = perf_counter()
    tune, draws = LENGTHS["pymc_plain"]
    with model:
        run = pm.sample(
            nuts_sampler="pymc", tune=tune, draws=draws, chains=CHAINS, cores=CORES,
            random_seed=1, discard_tuned_samples=False, progressbar=False,
            compute_convergence_checks=False,
        )  # fmt: skip
    seconds = float(run["posterior"].attrs["sampling_time"])
    return run["posterior"], run["sample_stats"], {
        "compile_seconds": perf_counter() - began - seconds, "sample_seconds": seconds,
        **gradients(run),
    }  # fmt: skip


def gradients(run):
    kept, warm = (int(run[g]["n_steps"].sum()) for g in ("sample_stats", "warmup_sample_stats"))
    return {"gradients": kept, "gradients_in_all": kept + warm}


def by_nutpie(model, name):
    import nutpie

    began = perf_counter()
    # The fused form takes minutes under Numba: JAX compiles it in seconds.
    backend = {"backend": "jax", "gradient_backend": "jax"} if name == "nutpie_ours" else {}
    compiled = nutpie.compile_pymc_model(model, **backend)
    ready = perf_counter()
    tune, draws = LENGTHS[name]
    run = nutpie.sample(
        compiled, tune=tune, draws=draws, chains=CHAINS, cores=CORES, seed=1, progress_bar=False
    )
    return run, {
        "compile_seconds": ready - began, "sample_seconds": perf_counter() - ready,
        **gradients(run),
    }  # fmt: skip


def nutpie_plain():
    run, told = by_nutpie(plain(), "nutpie_plain")
    return run["posterior"], run["sample_stats"], told


def nutpie_ours():
    from densing.data import load_evidence
    from densing.inference.pymc_engine import pymc_model

    run, told = by_nutpie(pymc_model(load_evidence()), "nutpie_ours")
    return log_densities(run["posterior"]), run["sample_stats"], told


def log_densities(posterior):
    """Add the densities that this form integrates out; the time of it is not counted."""
    from densing.data import load_evidence
    from densing.inference.setup import prepare_jax
    from densing.inference.targets import draw_targets
    from densing.models.declaration import load_model
    from densing.models.layout import lay_out

    prepare_jax()
    layout = lay_out(load_evidence(), load_model("ladder").choices)
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    flat = {k: v.to_numpy().reshape(-1, *v.shape[2:]) for k, v in posterior.items()}
    drawn = draw_targets(flat, layout.data, layout.facts, layout.switches, seed=1).log_density
    posterior = posterior.to_dataset()
    posterior["log_density"] = (("chain", "draw", "model"), drawn.reshape(*shape, -1))
    return posterior


def verdict(posterior, stats, told):
    """Effective draws of the worst parameter, what they cost, the faults, and every mean."""
    import arviz as az

    from densing.models.choices import parameters_of_others
    from densing.models.declaration import load_model

    worst, where, rhat, means = np.inf, "", 0.0, {}
    model = load_model("ladder")
    parameters = set(model.priors) - parameters_of_others(model.choices.model_dump())
    for name in [*sorted(parameters), "log_density"]:
        values = posterior[name].to_numpy()
        columns = values.reshape(*values.shape[:2], -1)
        for j in range(columns.shape[-1]):
            effective = float(az.ess(columns[..., j], method="bulk"))
            rhat = max(rhat, float(az.rhat(columns[..., j])))
            error = float(az.mcse(columns[..., j], method="mean"))
            means[f"{name}[{j}]"] = [float(columns[..., j].mean()), error]
            if not effective >= worst:
                worst, where = effective, f"{name}[{j}]"
    return {
        "worst_ess_bulk": worst, "worst": where, "max_rhat": rhat, "means": means,
        "divergences": int(stats["diverging"].sum()),
        "draws": int(stats["n_steps"].size), **told,
        "ess_per_second": worst / told["sample_seconds"],
        "gradients_per_effective_draw": told["gradients"] / worst,
        "all_gradients_per_effective_draw": told["gradients_in_all"] / worst,
    }  # fmt: skip


FORMS = {f.__name__: f for f in (densing, pymc_plain, nutpie_plain, nutpie_ours)}


@pytest.mark.parametrize("form", FORMS)
def test_engine(benchmark, form, tmp_path):
    if form.startswith("nutpie"):
        pytest.importorskip("nutpie")

    def alone():
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, __file__, form], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return json.loads(done.stdout.splitlines()[-1])

    benchmark.extra_info.update(benchmark.pedantic(alone, rounds=1))


if __name__ == "__main__":
    print(json.dumps(verdict(*FORMS[sys.argv[1]]())))
