"""The graph of a declared model, recorded from the program itself.

A fifth pass through the same components as the engines': every parameter, derived quantity and
observation becomes a node, and what it was computed from its edges. Nothing is drawn by hand, so
the picture cannot disagree with what is fitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from densing.models import graph_text
from densing.models.coordinates import Coordinate
from densing.models.declaration import Model, load_model
from densing.models.grid import Grid
from densing.models.joint import JointData, joint
from densing.models.loss import RunData
from densing.models.performance import CheckpointData
from densing.models.prior import Prior
from densing.models.scores import ScoreData
from densing.models.tracing import Traced, sources, traced_ops, traced_record
from densing.models.trend import TrendData

Kind = Literal["data", "parameter", "derived", "observed"]
DATA = {
    "runs": "of the reference family", "checkpoints": "of known loss and score",
    "scores": "of the models", "models": "release dates and families",
    "params": "sizes of the models",
}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """One quantity of a model."""

    name: str
    kind: Kind
    dims: tuple[str, ...] = ()
    """Dimensions it runs along; none for one value."""
    about: str = ""
    """How it is distributed."""
    parents: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Graph:
    """Nodes of a model by name, in the order of the program."""

    title: str
    nodes: Mapping[str, Node]

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Pairs (from, to)."""
        return [(p, n.name) for n in self.nodes.values() for p in sorted(n.parents)]

    def mermaid(self) -> str:
        """Text that Markdown renderers and Jupyter draw."""
        return graph_text.mermaid(self)

    def graphviz(self) -> str:
        """Text that `dot` draws."""
        return graph_text.graphviz(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/vnd.mermaid": self.mermaid(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Graph({self.title!r}: {len(self.nodes)} nodes, {len(self.edges)} edges)"


class RecordingProgram:
    """A `Program` that computes nothing and writes down what depends on what."""

    xp = traced_ops

    def __init__(self, priors: Mapping[str, Prior]) -> None:
        self.priors = priors
        self.nodes: dict[str, Node] = {}
        self.values: dict[str, Any] = _Facts(self.nodes)

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """Record a parameter; the sampler's coordinate is none of the model's business."""
        prior = self.priors[name]
        named = [value for value in prior.args.values() if isinstance(value, str)]
        parents = sources([self.values[value] for value in named])
        args = ", ".join(map(_short, prior.args.values()))
        self.nodes[name] = Node(name, "parameter", prior.dims, f"{prior.family}({args})", parents)
        self.values[name] = Traced(frozenset({name}))
        return self.values[name]

    def derive(self, name: str, value: Any, dims: tuple[str, ...] = ()) -> Any:
        """Record a derived quantity; what uses the same value from here on comes from it."""
        self.nodes[name] = Node(name, "derived", dims, "", sources(value))
        value.sources = frozenset({name})
        self.values[name] = value
        return value

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """Record an observation."""
        self.factor(name, [*args.values(), value], about=family)

    def factor(self, name: str, log_density: Any, *, about: str = "") -> None:
        """Record a term of the log density."""
        label = f"{name} (factor)" if name in DATA else name
        self.nodes[label] = Node(label, "observed", (), about, sources(log_density))


class _Facts(dict[str, Any]):
    """Values so far; a name that is none of them is a fact of the evidence, and a node."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes

    def __missing__(self, name: str) -> Traced:
        self.nodes[name] = Node(name, "data", (), "fact")
        self[name] = Traced(frozenset({name}))
        return self[name]


def model_graph(model: Model | str | Path = "default") -> Graph:
    """Record the graph of a declared model, given by itself, its name or its file.

    Derived quantities that nothing depends on are left out, and so is data that is not used.

    Raises
    ------
    DeclarationError
        No model of that name.
    """
    model = model if isinstance(model, Model) else load_model(model)
    program = RecordingProgram(model.priors)
    for name, about in DATA.items():
        program.nodes[name] = Node(name, "data", (), about)
    data = JointData(
        runs=traced_record(RunData, "runs"),
        checkpoints=traced_record(CheckpointData, "checkpoints"),
        scores=traced_record(ScoreData, "scores"),
        models=traced_record(TrendData, "models"),
        log_params=Traced(frozenset({"params"})),
        grid=Grid(*(Traced() for _ in Grid._fields)),
        since=Traced(frozenset({"models"})),
        log_experts=Traced(frozenset({"params"})),
    )
    joint(program, data, model.choices.switches)
    return Graph(model.name, _used(program.nodes))


def _used(nodes: dict[str, Node]) -> dict[str, Node]:
    """Drop what leads to no observation."""
    needed: set[str] = set()
    ahead = [name for name, node in nodes.items() if node.kind == "observed"]
    while ahead:
        name = ahead.pop()
        if name not in needed:
            needed.add(name)
            ahead += nodes[name].parents
    return {name: node for name, node in nodes.items() if name in needed}


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
