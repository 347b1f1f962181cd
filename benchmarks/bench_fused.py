"""The scores' factor, the bulk of the joint density: fused by hand beside compiled by JAX.

The same number and gradient (to 1e-8 of each other, checked first) with respect to the curves
of the cells, the over-dispersion and the trend at each model. Priors, loss law, checkpoints and
the pull back to the sampler's coordinates are on neither side. A process of its own, one core.
"""

import json
import os
import subprocess
import sys
from time import perf_counter

import fused
import numpy as np

REPEATS = 300


class Fused:
    """The factor and its gradient for one layout, with all its memory."""

    def __init__(self, data):
        scores, grid = data.scores, data.grid
        model, cell = np.nonzero(scores.count)
        stack = (scores.log_score, scores.log_miss, scores.count)
        statistics = np.stack([np.asarray(a, float)[model, cell] for a in stack], axis=1)
        models, cells, nodes = len(data.log_params), len(scores.items), len(grid.nodes)
        self.scores = (cell, np.ascontiguousarray(statistics))
        self.start = np.searchsorted(model, np.arange(models + 1))
        self.d, self.items = np.asarray(scores.d, float), np.asarray(scores.items, float)
        self.log_params, self.nodes = data.log_params, grid.nodes
        self.grid = (grid.nodes, grid.points, *phases(grid))
        self.shapes, self.adjoint = np.empty((2, cells, 3, nodes))
        self.slopes = np.empty((cells, 11, nodes))
        real = np.empty(len(grid.points))
        self.work = (*np.zeros((2, nodes + 1)), np.empty((6, real.size)), real, real.view(np.int64))
        self.lanes = (np.empty((7, nodes)), real[:nodes], real.view(np.int64)[:nodes])
        self.models_out = np.empty((2, models))
        self.curves_out = np.empty((11, cells))

    def __call__(self, curves, rho, mean, theta, noise):
        """Value, and slopes in the order of the arguments (the arrays are reused)."""
        fused.cells_forward(
            curves, self.d, self.items, rho, self.nodes, self.shapes, self.slopes, *self.lanes
        )
        value, noise_slope = fused.models_pass(
            self.scores, self.start, self.shapes, self.adjoint, self.log_params, mean, theta,
            noise, self.grid, self.work, tuple(self.models_out),
        )  # fmt: skip
        rho_slope = fused.cells_backward(
            curves, self.d, self.items, self.nodes, self.slopes, self.adjoint, rho,
            self.curves_out,
        )  # fmt: skip
        return value, (self.curves_out, rho_slope, *self.models_out, noise_slope)


def phases(grid):
    """Interpolation weights by a point's place between its nodes, (phase, stencil), and counts.

    The grid is regular: checked against its whole matrix.
    """
    points, width = len(grid.points), fused.STENCIL
    phases = round((grid.nodes[1] - grid.nodes[0]) / (grid.points[1] - grid.points[0]))
    weights = np.stack([grid.weights[:width, r] for r in range(phases)])
    matrix = np.zeros((len(grid.nodes) + 1, points))
    for p in range(points):
        matrix[p // phases + np.arange(width), p] = weights[p % phases]
    np.testing.assert_allclose(matrix[:-1], grid.weights, atol=1e-12)
    return weights, np.array([len(range(r, points, phases)) for r in range(phases)])


def by_jax(data, switches):
    """The same by the product's own program, compiled: its `scores` factor at given curves."""
    import jax
    import jax.numpy as jnp

    from densing.inference.jax_ops import jax_ops
    from densing.models import joint as module
    from densing.models.laws import LossCurve, ScoreMap
    from densing.models.scores import Cells
    from densing.models.trend import Trend

    data = jax.tree.map(jnp.asarray, data)

    class Given:
        """A pass whose curves are given; it keeps the factor."""

        xp = jax_ops

        def __init__(self, overdispersion):
            self.values = {"overdispersion": overdispersion}
            self.total = 0.0

        def factor(self, name, log_density):
            self.total = self.total + log_density.sum()

    def density(curves, rho, mean, theta, noise):
        at = dict(zip(fused.FIELDS, curves[:, :, None], strict=True))
        cell = Cells(
            loss=LossCurve(*(at[name] for name in LossCurve._fields)),
            map=ScoreMap(*(at[name] for name in ScoreMap._fields)),
            discrepancy=at["discrepancy"], shift=at["shift"],
            items=data.scores.items[:, None], d=data.scores.d[:, None],
        )  # fmt: skip
        given, original = Given(rho), module.curves
        module.curves = lambda *_: (cell, Trend(mean, noise, theta))
        try:
            module.joint(given, data, switches)
        finally:
            module.curves = original
        return given.total

    return jax.jit(jax.value_and_grad(density, argnums=(0, 1, 2, 3, 4)))


def point(data, facts):
    """Curves, over-dispersion and trend about where the posterior of the bundled evidence is."""
    rng = np.random.default_rng(1)
    of, cells = data.scores.benchmark, len(data.scores.items)
    level = np.exp(facts["mean_log_loss"][of])
    near = lambda x: x * np.exp(0.1 * rng.standard_normal(cells))  # noqa: E731
    floor = 1 / (1 + np.exp(-facts["chance_logit"][of]))
    curves = np.stack([
        np.log(near(0.4 * level)), np.log(near(0.3 * level)), near(0.3), np.log(near(0.3 * level)),
        near(0.3), floor, 0.5 + 0.5 * facts["best_score"][of], near(4.5),
        near(np.exp(facts["log_checkpoint_loss"][of])), near(0.08),
        0.2 * rng.standard_normal(cells),
    ])  # fmt: skip
    time = data.models.time
    mean = -1.0 + 2.5 * time + 0.3 * rng.standard_normal(len(time))
    return curves, 0.003, mean, 0.5 * np.exp(0.1 * time), 0.5


def seconds(call):
    """Median seconds of a call."""
    times = []
    for _ in range(REPEATS):
        began = perf_counter()
        call()
        times.append(perf_counter() - began)
    return float(np.median(times))


def measure():
    """Check one against the other, then time both, turn and turn about."""
    import jax

    from densing.data import load_evidence
    from densing.models.declaration import load_model
    from densing.models.layout import lay_out

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    layout = lay_out(load_evidence(), load_model("ladder").choices)
    arguments = point(layout.data, layout.facts)
    ours, theirs = Fused(layout.data), by_jax(layout.data, layout.switches)
    on_device = jax.device_put(arguments)
    value, slopes = ours(*arguments)
    expected, gradient = jax.tree.map(np.asarray, theirs(*on_device))
    np.testing.assert_allclose(value, expected, rtol=1e-8)
    for got, want in zip(slopes, gradient, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-8 * np.max(np.abs(want)))
    rounds = [
        (seconds(lambda: ours(*arguments)),
         seconds(lambda: jax.block_until_ready(theirs(*on_device))))
        for _ in range(3)
    ]  # fmt: skip
    fused, jitted = np.min(rounds, axis=0)
    return {"fused_seconds": fused, "jax_seconds": jitted, "jax_over_fused": jitted / fused}


def on_one_core():
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    done = subprocess.run(
        [sys.executable, __file__], env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def test_fused(benchmark):
    benchmark.extra_info.update(benchmark.pedantic(on_one_core, rounds=1))


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(json.dumps(measure()))
