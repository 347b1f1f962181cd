"""The families model in NumPy: its graph, and its effects against the dense conditional."""

import numpy as np
import pytest

from densing.data import load_evidence
from densing.models.declaration import load_model
from densing.models.families import expected_logits, measurements
from densing.models.family_layout import lay_out_families, select_scores
from densing.models.family_predict import replay
from densing.models.graph import model_graph
from densing.models.problem import families_problem
from densing.results.family_draws import draw_effects
from models.known import known_values

BENCHMARKS = ["MMLU", "HumanEval", "HellaSwag"]


@pytest.fixture(scope="module")
def model():
    return load_model().choose(
        benchmarks=BENCHMARKS, released_until="2023-03-31", outlying_releases=True
    )


@pytest.fixture(scope="module")
def layout(model):
    evidence = load_evidence()
    table = evidence.benchmarks.set_index("benchmark")
    return lay_out_families(select_scores(evidence, model.choices), table, model.choices)


@pytest.fixture(scope="module")
def values(model, layout):
    """Parameters somewhere near where a posterior would have them."""
    return layout.facts | known_values(model.priors, layout.sizes, np.random.default_rng(2))


def test_there_is_something_of_everything(layout):
    assert layout.switches.edges
    assert layout.switches.protocols
    assert layout.switches.type_changes
    assert (layout.data.measured == 0).any()
    assert len(layout.coords["family"]) < len(layout.coords["release"]) < len(layout.models)


# ---- graph -------------------------------------------------------------------------------------


def seen(problem, values):
    """Factors of one pass at known values, by name."""
    m, found = replay(problem.facts | values), {}
    m.factor = lambda name, log_density: found.update({name: np.asarray(log_density)})
    problem.program(m, problem.data)
    return found


def test_what_moves_a_factor_is_upstream_of_it(model, layout):
    problem = families_problem(layout, model)
    drawn = known_values(model.priors, layout.sizes, np.random.default_rng(2))
    # No mixture of experts is that old, so their weight moves nothing.
    graph = model_graph(model.choose(experts=layout.switches.experts))
    before = seen(problem, drawn)
    for name, value in drawn.items():
        after = seen(problem, drawn | {name: value * (1 + 1e-3) + 1e-4})
        for factor, label in (("reports", "reports"), ("scores", "scores (factor)")):
            moved = not np.array_equal(before[factor], after[factor])
            assert moved == (name in _directly(graph, label)), (name, factor)


def _directly(graph, name):
    """Parameters that a node is computed from, through derived quantities alone."""
    found, ahead = set(), [*graph.nodes[name].parents]
    while ahead:
        node = graph.nodes[ahead.pop()]
        if node.kind == "parameter":
            found.add(node.name)
        else:
            ahead += node.parents
    return found


# ---- effects -----------------------------------------------------------------------------------


def dense_effects(values, layout):
    """Mean and covariance of the models' shared effects given all scores, one big normal.

    Shared effects u of models have a covariance of their own; logits are ``slope * u``, what
    families and releases have on one benchmark alone, and the measurement's noise.
    """
    m, data = replay(values), layout.data
    mean, curves, levels = expected_logits(m, data, layout.switches)
    z, precision, _ = measurements(m, data, layout.switches, curves)
    release, family = data.tree.release, data.tree.family[data.tree.release]
    same_release, same_family = release[:, None] == release, family[:, None] == family
    scale = (levels.scale**2)[release][:, None] * same_release
    shared = (
        levels.model.spread**2 * np.eye(len(z))
        + levels.release.spread**2 * scale
        + levels.family.spread**2 * same_family
    )
    there = np.flatnonzero(precision.ravel())
    model, benchmark = there // z.shape[1], there % z.shape[1]
    b = curves.slope[benchmark]
    pairs, same = np.ix_(model, model), benchmark[:, None] == benchmark
    alone = scale[pairs] * levels.release.residual[benchmark] ** 2
    alone = alone + same_family[pairs] * levels.family.residual[benchmark] ** 2
    cov = shared[pairs] * np.outer(b, b) + same * alone + np.diag(1 / precision.ravel()[there])
    cross = shared[:, model] * b
    gain = np.linalg.solve(cov, cross.T).T
    return gain @ (z - mean).ravel()[there], shared - gain @ cross.T


def test_effects_are_drawn_from_their_conditional(values, layout):
    rng, count = np.random.default_rng(4), 3000
    drawn = np.array(
        [draw_effects(rng, values, layout.data, layout.switches).shared for _ in range(count)]
    )
    mean, cov = dense_effects(values, layout)
    sd = np.sqrt(np.diag(cov))
    z = (drawn.mean(axis=0) - mean) / (sd / np.sqrt(count))
    assert np.abs(z).max() < 4.5
    assert 0.5 < np.std(z) < 1.6
    error = (np.cov(drawn.T) - cov) / np.outer(sd, sd)
    assert np.abs(error).max() < 6 / np.sqrt(count)
