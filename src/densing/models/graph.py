"""The graph of a declared model, recorded from the program itself.

A fifth pass through the same components as the engines': every parameter, derived quantity and
observation becomes a node, and what it was computed from its edges. Nothing is drawn by hand, so
the picture cannot disagree with what is fitted.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from densing.models.choices import Choices, FamilyChoices
from densing.models.coordinates import Coordinate
from densing.models.declaration import Model, load_model
from densing.models.families import FamilyData, families
from densing.models.grid import Grid
from densing.models.joint import JointData, joint
from densing.models.loss import RunData
from densing.models.nested import Tree
from densing.models.ops import NAMES
from densing.models.performance import CheckpointData
from densing.models.prior import Prior
from densing.models.scores import ScoreData
from densing.models.trend import TrendData

DATA = {
    "runs": "of the reference family", "checkpoints": "of known loss and score",
    "scores": "of the models", "models": "release dates and families",
    "params": "sizes of the models", "items": "of each benchmark", "chance": "floors of scores",
}  # fmt: skip
BRACKETS = {
    "data": ("[(", ")]"), "parameter": ("([", "])"), "derived": ("[", "]"),
    "observed": ("[[", "]]"),
}  # fmt: skip
"""Mermaid's, by kind of node: cylinder, stadium, box, framed box."""


@dataclass(frozen=True)
class Node:
    """One quantity of a model."""

    name: str
    kind: Literal["data", "parameter", "derived", "observed"]
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
        """Flowchart for Markdown and Jupyter, a frame (plate) for each dimension."""
        plates: dict[tuple[str, ...], list[Node]] = {(): []}
        for node in self.nodes.values():
            plates.setdefault(node.dims, []).append(node)
        key = {name: "n_" + re.sub(r"\W+", "_", name).strip("_") for name in self.nodes}
        lines = ["flowchart LR"]
        for dims, nodes in plates.items():
            if dims:
                lines.append(f'  subgraph plate_{"_".join(dims)}["each {", ".join(dims)}"]')
            for node in nodes:
                left, right = BRACKETS[node.kind]
                text = "<br/>".join(filter(None, (node.name.replace("_", " "), node.about)))
                lines.append(f'  {"  " if dims else ""}{key[node.name]}{left}"{text}"{right}')
            if dims:
                lines.append("  end")
        lines += [f"  {key[a]} --> {key[b]}" for a, b in self.edges]
        observed = [key[node.name] for node in self.nodes.values() if node.kind == "observed"]
        lines.append("  classDef observed fill:#dfe3e8,stroke:#616e7c,color:#1f2933")
        return "\n".join([*lines, f"  class {','.join(observed)} observed"])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/vnd.mermaid": self.mermaid(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"Graph({self.title!r}: {len(self.nodes)} nodes, {len(self.edges)} edges)"


class Traced:
    """Stand-in for an array: knows the names of the nodes it was computed from, and no number."""

    __array_ufunc__ = None
    """NumPy leaves operations with an array to this class."""
    shape = (0, 0)
    ndim = 2

    def __init__(self, sources: frozenset[str] = frozenset()) -> None:
        self.sources = sources

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: Any) -> "Traced":
        return self

    @property
    def T(self) -> "Traced":
        """Transposed: the same sources."""
        return self

    def _with(self, other: Any = ()) -> "Traced":
        return Traced(self.sources | sources(other))

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = _with
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _with


def sources(value: Any) -> frozenset[str]:
    """Return the sources of a value, or of all values in a list; none for plain numbers."""
    if isinstance(value, list | tuple):
        return frozenset().union(*map(sources, value))
    return value.sources if isinstance(value, Traced) else frozenset()


def _traced(*args: Any, **named: Any) -> Traced:
    return Traced(sources([*args, *named.values()]))


traced_ops = SimpleNamespace(
    **dict.fromkeys(NAMES, _traced) | {"by_rows": lambda function, *rows: function(*rows)}
)
"""Array namespace (`ops`) over traced values; `by_rows` is called for what it closes over."""


class RecordingProgram:
    """A `Program` that computes nothing and writes down what depends on what."""

    xp = traced_ops

    def __init__(self, priors: Mapping[str, Prior]) -> None:
        self.priors = priors
        self.nodes: dict[str, Node] = {}
        self.values: dict[str, Any] = _Facts(self.nodes)

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """Record a parameter; the sampler's coordinate is not recorded."""
        prior = self.priors[name]
        args = prior.args.values()
        parents = sources([self.values[value] for value in args if isinstance(value, str)])
        text = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in args)
        self.nodes[name] = Node(name, "parameter", prior.dims, f"{prior.family}({text})", parents)
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
    program.nodes |= {name: Node(name, "data", (), about) for name, about in DATA.items()}

    def record(kind: type[Any], *source: str) -> Any:
        return kind(*(Traced(frozenset(source)) for _ in kind._fields))

    if model.choices.form == "families":
        _record_families(program, model.choices, record)
    else:
        _record_joint(program, model.choices, record)
    nodes, needed = program.nodes, set[str]()
    ahead = [name for name, node in nodes.items() if node.kind == "observed"]
    while ahead:
        name = ahead.pop()
        if name not in needed:
            needed.add(name)
            ahead += nodes[name].parents
    return Graph(model.name, {name: node for name, node in nodes.items() if name in needed})


def _record_joint(program: RecordingProgram, choices: Choices, record: Callable[..., Any]) -> None:
    data = JointData(
        runs=record(RunData, "runs"), checkpoints=record(CheckpointData, "checkpoints"),
        scores=record(ScoreData, "scores"), models=record(TrendData, "models"),
        log_params=Traced(frozenset({"params"})), grid=record(Grid),
        since=Traced(frozenset({"models"})), log_experts=Traced(frozenset({"params"})),
    )  # fmt: skip
    joint(program, data, choices.switches)


def _record_families(
    program: RecordingProgram, choices: FamilyChoices, record: Callable[..., Any]
) -> None:
    source = {
        "score": "scores", "measured": "scores", "edge_score": "scores", "protocol": "scores",
        "items": "items", "floor": "chance", "log_active": "params", "log_total": "params",
        "time": "models", "release_time": "models", "since_mean": "models",
    }  # fmt: skip
    given = {name: Traced(frozenset({node})) for name, node in source.items()}
    data = record(FamilyData)._replace(**given, tree=record(Tree))
    families(program, data, choices.switches)
