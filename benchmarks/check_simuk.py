"""Hold our ranks against simuk's on the same worlds: python benchmarks/check_simuk.py [WORLDS].

simuk (https://simuk.readthedocs.io) draws truths and data from the trend model of a typical new
model and fits them with NumPyro's own MCMC; our sampler fits the same worlds. Both ranks of a truth
are of one posterior, so that they differ by Monte Carlo error alone.
"""

import json
import logging
import sys
from datetime import date
from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
import simuk
from numpyro.infer import NUTS

from densing.calibration.cases import build_cases
from densing.calibration.ranks import assess
from densing.data import load_evidence
from densing.inference.numpyro_engine import NumpyroProgram
from densing.inference.sampler import build_sampler
from densing.inference.settings import load_settings
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.declaration import load_model

QUANTITIES = ("level", "rate", "scatter")
SEED = 1
DRAWS, THINNING = 1000, 8
"""Kept draws of a world's one chain, and one in how many that is: ranks among draws that hang
together are spread too wide."""


def main(worlds):
    """Return how both ranks agree, and whether each is uniform."""
    prepare_jax()
    (case,) = build_cases(["population"], load_evidence(), load_model("calibration"))
    problem = case.problem
    design = case.draw(np.random.default_rng(SEED)).data
    kept = []

    def model(log_value):
        program = NumpyroProgram(problem.priors, problem.sizes, problem.facts)
        problem.program(program, design._replace(log_value=log_value))

    def simulate(level, rate, scatter, seed, **_):
        rng = np.random.default_rng(seed)
        noise = np.hypot(scatter, design.error) * rng.standard_normal(len(design.time))
        value = level + rate * design.time + noise
        kept.append(({"level": level, "rate": rate, "scatter": scatter}, np.asarray(value)))
        return {"log_value": jnp.asarray(value)}

    theirs = simuk.SBC(
        NUTS(model), num_simulations=worlds, seed=SEED, simulator=simulate, progress_bar=False,
        sample_kwargs={"num_warmup": 500, "num_samples": THINNING * DRAWS, "thinning": THINNING},
        data_dir={"log_value": jnp.asarray(design.log_value)},
    )  # fmt: skip
    theirs.run_simulations()
    ranks = theirs.simulations["prior_sbc"]

    def inputs_of(value):
        return jax.tree.map(
            jnp.asarray, Inputs(design._replace(log_value=value), dict(problem.facts))
        )

    sampler = build_sampler(
        problem.program, inputs_of(kept[0][1]), priors=problem.priors, sizes=problem.sizes,
        settings=load_settings(),
    )  # fmt: skip
    simuks, ours = [], []
    rng = np.random.default_rng(SEED)
    for number, (truth, value) in enumerate(kept):
        sampled = sampler.sample(inputs_of(value), seed=number).values
        their_rank = {q: float(ranks[q].to_numpy().ravel()[number]) for q in QUANTITIES}
        simuks.append({q: (rank + rng.random()) / (DRAWS + 1) for q, rank in their_rank.items()})
        ours.append({q: float(np.mean(sampled[q] < truth[q])) for q in QUANTITIES})
    return {
        "command": f"python benchmarks/check_simuk.py {worlds}", "date": date.today().isoformat(),
        "worlds": worlds, "seed": SEED,
        "versions": {name: version(name) for name in ("densing", "simuk", "numpyro", "jax")},
        "quantities": {q: compared(q, simuks, ours) for q in QUANTITIES},
    }  # fmt: skip


def compared(quantity, simuks, ours):
    """Whether both ranks of a quantity are uniform, how far outside the band, and how far apart."""
    apart = np.asarray([a[quantity] - b[quantity] for a, b in zip(simuks, ours, strict=True)])
    theirs, mine = (
        assess([{"share": world, "rank": world} for world in side])[quantity]
        for side in (simuks, ours)
    )
    return {
        "uniform_simuk": theirs["uniform"], "uniform_densing": mine["uniform"],
        "outside_simuk": theirs["outside"], "outside_densing": mine["outside"],
        "mean_difference": float(apart.mean()),
        "largest_difference": float(np.abs(apart).max()),
    }  # fmt: skip


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50), indent=1))
