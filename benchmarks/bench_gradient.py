"""Time of one gradient of the joint model, and how it grows with the work."""

import jax
import jax.numpy as jnp
import pytest

from densing.data import load_evidence
from densing.inference.potential import build
from densing.inference.setup import prepare_jax
from densing.inference.whitening import Inputs
from densing.models.declaration import load_model
from densing.models.joint import joint
from densing.models.layout import lay_out
from densing.models.world import Benchmark, World, simulate


def gradient(evidence, model):
    """Compiled gradient of a joint model, ready to be called."""
    prepare_jax()
    layout = lay_out(evidence, model.choices)
    inputs = jax.tree.map(jnp.asarray, Inputs(layout.data, dict(layout.facts)))
    potential = build(
        lambda m, data: joint(m, data, layout.switches), model.priors, layout.sizes, inputs
    )
    z = 0.1 * potential.start(jax.random.key(0))
    call = lambda: jax.block_until_ready(potential.value_and_grad(z, inputs))  # noqa: E731
    call()
    return call, potential.size, layout


def simulated(*, models, benchmarks, run_sizes=6):
    """Evidence and model of a world of the given shape."""
    names = {f"benchmark-{i:03d}": Benchmark() for i in range(benchmarks)}
    sizes = tuple(5e6 * 1.3**i for i in range(run_sizes))
    world = World(benchmarks=names, models=models, families=max(models // 5, 1), run_params=sizes)
    tables, _ = simulate(world)
    model = load_model("ladder").choose(
        reference="simulated", benchmarks=tuple(names), count="total", min_scores=1
    )
    return load_evidence(**tables), model


def test_default(benchmark):
    call, size, layout = gradient(load_evidence(), load_model("ladder"))
    benchmark.extra_info.update(
        dimensions=size, models=len(layout.models), scores=len(layout.scores)
    )
    benchmark(call)


@pytest.mark.parametrize("models", [50, 500, 5000])
def test_models(benchmark, models):
    call, size, _ = gradient(*simulated(models=models, benchmarks=5))
    benchmark.extra_info["dimensions"] = size
    benchmark(call)


@pytest.mark.parametrize("benchmarks", [5, 20, 100])
def test_benchmarks(benchmark, benchmarks):
    call, size, _ = gradient(*simulated(models=50, benchmarks=benchmarks))
    benchmark.extra_info["dimensions"] = size
    benchmark(call)


@pytest.mark.parametrize("runs", [30, 300])
def test_reference_runs(benchmark, runs):
    call, size, _ = gradient(*simulated(models=50, benchmarks=5, run_sizes=runs // 6))
    benchmark.extra_info["dimensions"] = size
    benchmark(call)


@pytest.mark.parametrize("models", [50, 200])
def test_steps(benchmark, models):
    """Leapfrog steps a draw, after warm-up: whether they grow with the number of models."""
    from densing.inference.engines import sample
    from densing.inference.settings import load_settings
    from densing.models.problem import joint_problem

    evidence, model = simulated(models=models, benchmarks=5)
    layout = lay_out(evidence, model.choices)
    settings = load_settings("quick").model_copy(update={"max_draws": 0})
    sampled = benchmark.pedantic(
        sample, rounds=1, args=(joint_problem(layout, model),),
        kwargs={"settings": settings, "seed": 1},
    )  # fmt: skip
    steps = sampled.statistics.n_steps
    benchmark.extra_info["steps_per_draw"] = float(steps.mean())
