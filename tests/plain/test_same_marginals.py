"""Two samplers, two forms, one posterior: every marginal agrees within Monte Carlo error."""

import arviz as az
import numpy as np
import pytest
from scipy import special

from densing.data import load_evidence
from densing.inference.fit import fit
from densing.models.choices import parameters_of_others
from densing.models.declaration import load_model
from densing.models.world import Benchmark, World, simulate

from .model import plain_model
from .sample import draw

FAR = 4.5
"""Combined Monte Carlo standard errors, by ArviZ. Of about 100 comparisons, were they independent
and their errors normal, any would be beyond it in one run of 1,400."""


def small():
    """Ten models of three families on two benchmarks, a third of the scores by another protocol."""
    world = World(
        seed=4, models=10, families=3, missing=0.0,
        benchmarks={"Quiz": Benchmark(floor=0.25), "Code": Benchmark(items=400, midpoint=0.24)},
    )  # fmt: skip
    tables, _ = simulate(world)
    catalog = tables["catalog"]
    catalog["protocol"] = np.where(np.arange(len(catalog)) % 3 == 1, "other", catalog["protocol"])
    model = load_model("ladder").choose(
        reference="simulated", benchmarks=tuple(world.benchmarks), count="total", min_scores=1
    )
    return load_evidence(**tables), model


def on_the_line(name, values, model):
    """Values without bounds: skewed scales have no well-behaved standard error."""
    family = model.priors[name].family if name in model.priors else "normal"
    if family in ("lognormal", "gamma"):
        return np.log(values)
    return special.logit(values) if family == "beta" else values


@pytest.mark.slow
def test_marginals_agree():
    evidence, model = small()
    ours = fit(evidence, model=model, seed=2)["posterior"]
    drawn = draw(plain_model(evidence, model=model), tune=1000, draws=2000, seed=3)
    plain = drawn["posterior"]
    compared, far = 0, []
    for name in [*(set(model.priors) - parameters_of_others({})), "log_density"]:
        columns = [
            on_the_line(name, a[name].to_numpy().reshape(*a[name].shape[:2], -1), model)
            for a in (ours, plain)
        ]
        for j in range(columns[0].shape[-1]):
            pair = [x[..., j] for x in columns]
            for x, form in zip(pair, ("product", "plain"), strict=True):
                assert float(az.rhat(x)) < 1.01, (form, name, j)
            for what, of in (("mean", np.mean), ("sd", np.std)):
                error = np.hypot(*(float(az.mcse(x, method=what)) for x in pair))
                z = (of(pair[0]) - of(pair[1])) / error
                compared += 1
                if not abs(z) < FAR:
                    far.append(f"{what} of {name}[{j}]: {z:+.1f}")
    assert compared >= 100
    assert not far, far
