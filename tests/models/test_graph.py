"""The recorded graph is that of the program: what moves an observation is upstream of it."""

import numpy as np
import pytest

from densing.models.declaration import declared, load_model
from densing.models.graph import model_graph
from densing.models.joint import joint
from densing.models.layout import lay_out
from densing.models.ops import numpy_ops
from densing.models.prior_draws import PriorProgram

from . import world


class Replay(PriorProgram):
    """Known parameters in; every observation's inputs and every factor out."""

    def __init__(self, values, **how):
        super().__init__(**how)
        self.known = values
        self.seen = {}

    def sample(self, name, *, coordinate=None):
        if name not in self.known:
            self.known[name] = super().sample(name)
        self.values[name] = self.known[name]
        return self.values[name]

    def observe(self, name, family, args, value):
        self.seen[name] = np.concatenate([np.ravel(np.asarray(v, float)) for v in args.values()])

    def factor(self, name, log_density):
        self.seen[name] = np.asarray(log_density)


@pytest.mark.parametrize("name", ["ladder", "no_irreducible", "population"])
def test_what_moves_an_observation_is_upstream_of_it(name, evidence):
    model = load_model(name).choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )
    layout = lay_out(evidence, model.choices)

    def seen(values):
        m = Replay(
            values, priors=model.priors, sizes=layout.sizes, facts=layout.facts,
            rng=np.random.default_rng(3),
        )  # fmt: skip
        joint(m, layout.data, layout.switches)
        return m.seen

    base = {}
    before = seen(base)
    graph = model_graph(model)
    recorded = {name: _directly(graph, name) for name in graph.nodes}
    for parameter, value in base.items():
        after = seen(base | {parameter: value * (1 + 1e-3) + 1e-4})
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        told = {
            name for name in before
            if parameter in recorded[f"{name} (factor)" if name in ("scores", "checkpoints")
                                     else name]
        }  # fmt: skip
        # Without an irreducible loss its log is a constant that is still written with the level.
        assert told - moved <= ({"checkpoints"} if name == "no_irreducible" else set()), parameter
        assert moved <= told, parameter


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


@pytest.mark.parametrize("name", declared("models"))
def test_priors_that_name_a_quantity_are_below_it(name):
    model = load_model(name)
    graph = model_graph(name)
    for parameter, node in graph.nodes.items():
        if node.kind == "parameter":
            named = {v for v in model.priors[parameter].args.values() if isinstance(v, str)}
            assert node.parents == named
            assert node.dims == model.priors[parameter].dims


def test_switches_change_the_graph():
    with_frontier, without = model_graph("ladder").nodes, model_graph("population").nodes
    assert "shortfall_share" in with_frontier
    assert "shortfall_share" not in without
    assert "irreducible_logit" not in model_graph("no_irreducible").nodes


@pytest.mark.parametrize("name", declared("models"))
def test_every_node_and_edge_is_written_once(name):
    graph = model_graph(name)
    drawn = graph.mermaid()
    assert drawn.startswith("flowchart")
    assert drawn.count(" --> ") == len(graph.edges)
    assert drawn.count("subgraph") == drawn.count("\n  end")
    for node in graph.nodes.values():
        assert f'"{node.name.replace("_", " ")}' in drawn
    assert "text/vnd.mermaid" in graph._repr_mimebundle_()


def test_nothing_is_computed():
    """The pass needs no numbers: every function of the namespace is replaced."""
    from densing.models.graph import traced_ops

    assert set(vars(traced_ops)) == set(vars(numpy_ops))
