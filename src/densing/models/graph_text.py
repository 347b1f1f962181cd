"""A model's graph as text: Mermaid for pages and notebooks, DOT for Graphviz."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from densing.models.graph import Graph, Node

SHAPES = {
    "data": ("[(", ")]"), "parameter": ("([", "])"), "derived": ("[", "]"),
    "observed": ("[[", "]]"),
}  # fmt: skip
"""Mermaid's brackets: cylinder, stadium, box, framed box."""
DOT = {
    "data": "shape=cylinder", "parameter": "shape=ellipse", "derived": "shape=box, style=dashed",
    "observed": 'shape=box, style=filled, fillcolor="#dfe3e8"',
}  # fmt: skip


def mermaid(graph: Graph) -> str:
    """Flowchart with one frame for each dimension that quantities run along (a plate)."""
    lines = ["flowchart LR"]
    for dims, nodes in _plates(graph).items():
        if dims:
            lines.append(f'  subgraph plate_{"_".join(dims)}["each {", ".join(dims)}"]')
        for node in nodes:
            left, right = SHAPES[node.kind]
            lines.append(
                f'  {"  " if dims else ""}{_id(node)}{left}"{_label(node, "<br/>")}"{right}'
            )
        if dims:
            lines.append("  end")
    named = {name: _id(node) for name, node in graph.nodes.items()}
    lines += [f"  {named[a]} --> {named[b]}" for a, b in graph.edges]
    lines.append("  classDef observed fill:#dfe3e8,stroke:#616e7c,color:#1f2933")
    observed = [_id(node) for node in graph.nodes.values() if node.kind == "observed"]
    lines.append(f"  class {','.join(observed)} observed")
    return "\n".join(lines)


def graphviz(graph: Graph) -> str:
    """Directed graph with one cluster for each dimension that quantities run along."""
    lines = ["digraph model {", "  rankdir=LR;", '  node [fontname="sans-serif", fontsize=10];']
    for dims, nodes in _plates(graph).items():
        if dims:
            name = "_".join(dims)
            lines.append(f'  subgraph cluster_{name} {{ label="each {", ".join(dims)}";')
        lines += [
            f'    {_id(n)} [label="{_label(n, chr(92) + "n")}", {DOT[n.kind]}];' for n in nodes
        ]
        if dims:
            lines.append("  }")
    named = {name: _id(node) for name, node in graph.nodes.items()}
    lines += [f"  {named[a]} -> {named[b]};" for a, b in graph.edges]
    return "\n".join([*lines, "}"])


def _plates(graph: Graph) -> dict[tuple[str, ...], list[Node]]:
    plates: dict[tuple[str, ...], list[Node]] = {(): []}
    for node in graph.nodes.values():
        plates.setdefault(node.dims, []).append(node)
    return plates


def _id(node: Node) -> str:
    return "n_" + re.sub(r"\W+", "_", node.name).strip("_")


def _label(node: Node, newline: str) -> str:
    text = node.name.replace("_", " ")
    return f"{text}{newline}{node.about}" if node.about else text
