"""What each mode of a loss law means for the joint model of its benchmark.

The runs alone may leave a law several modes (`loss_modes`). Here the joint model of that one
benchmark is held to the law at each of them: all else goes to its conditional mode, and a normal
approximation there says how fast density then doubles and how much likelier scores and checkpoints
are under that law than under another. Let go, the law shows whether the joint posterior has a mode
there as well, or only one to which all roads lead.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from densing.data import Evidence
from densing.inference.assemble import labelled
from densing.inference.laplace import Mode, curvature, find_mode
from densing.inference.loss_modes import LawModes, loss_modes
from densing.inference.modes import RELIABLE
from densing.inference.potential import Potential, build
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.declaration import Model
from densing.models.layout import Layout, lay_out
from densing.models.problem import joint_problem
from densing.results.derive import frontier_rate
from densing.results.interval import growth

DRAWS = 2000
"""Draws of the normal approximation."""


@dataclass(frozen=True)
class ConditionalMode:
    """The joint model with its law at one mode of the runs' own posterior."""

    log_evidence: float
    """Log density of scores and checkpoints given that law, all else integrated out by the normal
    approximation; only differences between the modes of one law mean something."""
    population: dict[str, Any]
    """Growth of a typical new model (`results.interval.growth`), of the normal approximation."""
    frontier: dict[str, Any] | None
    released: tuple[float, float]
    """Exponents alpha and beta where the law ends up when it is let go."""


@dataclass(frozen=True)
class BenchmarkModes:
    """Modes of the law of one benchmark, the heaviest first, and what each implies."""

    benchmark: str
    laws: LawModes
    conditional: list[ConditionalMode]

    def as_dict(self) -> dict[str, Any]:
        """Record of the command: `benchmark`, `reliable`, `pareto_k`, `limit` and `modes`."""
        best = max(given.log_evidence for given in self.conditional)
        weighed = self.laws.weighed
        return {
            "benchmark": self.benchmark, "reliable": weighed.reliable,
            "pareto_k": weighed.pareto_k, "limit": RELIABLE,
            "effective_draws": weighed.effective_draws,
            "modes": [
                {
                    "alpha": law.alpha, "beta": law.beta,
                    "alpha_interval": law.alpha_interval.as_dict(),
                    "beta_interval": law.beta_interval.as_dict(),
                    "weight": law.weight, "error": law.error,
                    "population": given.population, "frontier": given.frontier,
                    "support": given.log_evidence - best,
                    "released": dict(zip(("alpha", "beta"), given.released, strict=True)),
                }
                for law, given in zip(self.laws.modes, self.conditional, strict=True)
            ],
        }  # fmt: skip


def benchmark_modes(
    evidence: Evidence, benchmark: str, *, model: Model, seed: int = 1, prob: float = 0.9
) -> BenchmarkModes:
    """Find and weigh the modes of one benchmark's law, and say what each implies.

    Parameters
    ----------
    model
        Its reference, priors and conventions; the benchmark stands alone.
    prob
        Probability of the intervals of growth.

    Raises
    ------
    SelectionError
        The choices leave nothing to fit.
    """
    prepare_jax()
    model = model.choose(benchmarks=[benchmark], min_scores=1)
    layout = lay_out(evidence, model.choices)
    runs = layout.selection.runs[["params", "tokens", "loss"]]
    with threadpool_limits(1, user_api="blas"):
        laws = loss_modes(runs, model=model, seed=seed)
        problem = joint_problem(layout, model)
        inputs = jax.tree.map(jnp.asarray, Inputs(problem.data, dict(problem.facts)))
        potential = build(problem.program, problem.priors, problem.sizes, inputs)
        at = np.asarray([potential.labels.index(label) for label in laws.labels], dtype=int)
        start = potential.start(jax.random.key(seed))
        first = find_mode(potential.value_and_grad, inputs, start).position
        found = []
        for mode in laws.weighed.modes:
            whole = first.copy()
            whole[at] = mode.position
            found.append(_given(potential, inputs, whole, at, layout, model, seed=seed, prob=prob))
    return BenchmarkModes(benchmark, laws, found)


def _given(
    potential: Potential, inputs: Inputs, whole: np.ndarray, at: np.ndarray, layout: Layout,
    model: Model, *, seed: int, prob: float,
) -> ConditionalMode:  # fmt: skip
    """Hold the coordinates `at` of `whole` (flat vector), move the others."""
    free = np.setdiff1d(np.arange(len(whole)), at)

    def value_and_grad(y: np.ndarray, given: Inputs) -> tuple[Any, np.ndarray]:
        z = whole.copy()
        z[free] = y
        energy, slope = potential.value_and_grad(z, given)
        return energy, np.asarray(slope)[free]

    best: Mode = find_mode(value_and_grad, inputs, whole[free])
    scale = np.asarray(curvature(value_and_grad, inputs, best).scale)
    rng = np.random.default_rng(seed)
    z = np.tile(whole, (DRAWS, 1))
    z[:, free] = best.position + rng.standard_normal((DRAWS, len(free))) @ scale.T
    values = jax.jit(jax.vmap(potential.constrain, in_axes=(0, None)))(jnp.asarray(z), inputs)
    kept = {
        name: np.asarray(v)[None] for name, v in values.items() if not name.endswith("_coordinate")
    }
    posterior: xr.Dataset = labelled(kept, model.priors, layout.coords)
    time = layout.data.models.time
    frontier = None
    if layout.switches.shortfall:
        rates = frontier_rate(posterior, np.asarray([time.min(), time.max()]))
        frontier = growth(rates, prob=prob)
    z[0, free] = best.position
    released = find_mode(potential.value_and_grad, inputs, z[0])
    ends = potential.constrain(jnp.asarray(released.position), inputs)
    volume = np.linalg.slogdet(scale)[1] + 0.5 * len(free) * np.log(2.0 * np.pi)
    return ConditionalMode(
        float(volume - best.energy), growth(posterior["rate"].to_numpy(), prob=prob), frontier,
        (float(ends["alpha"][0]), float(ends["beta"][0])),
    )  # fmt: skip
