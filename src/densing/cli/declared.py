"""`densing models` and `densing inference`: what is declared."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from densing.cli.answers import print_json
from densing.cli.offers import ModelName, RecipeName
from densing.cli.options import Flag

WIDE = 140
"""Columns of a terminal from which on all that is said of a prior stands side by side."""


def models(name: ModelName = None, *, graph: Flag = False, json: Flag = False) -> None:
    """List the declared models, or show one: its choices and priors with their reasons.

    Parameters
    ----------
    name
        A declared model or a .toml file; without it, all are listed.
    graph
        Print the model's graph in Mermaid's language (of the default model without a name).
    json
        Print one JSON object or list.
    """
    from densing.models.declaration import declared, load_model

    if graph:
        from densing.models.graph import model_graph

        recorded = model_graph(name or "default")
        nodes = [asdict(n) | {"parents": sorted(n.parents)} for n in recorded.nodes.values()]
        if json:
            print_json({"model": recorded.title, "nodes": nodes})
        else:
            print(recorded.mermaid())
        return
    if name is None:
        _listing([load_model(n).model_dump(mode="json") for n in declared("models")], json=json)
        return
    model = load_model(name).model_dump(mode="json")
    if json:
        print_json(model)
        return
    console = Console()
    console.print(f"[bold]{model['name']}[/bold]: {model['about']}")
    choices = Table("choice", "value")
    for key, value in model["choices"].items():
        choices.add_row(key, _words(value))
    console.print(choices)
    wide = console.width >= WIDE
    heads = ("distribution", "unit", "why") if wide else ("distribution, unit and why",)
    priors = Table(Column("prior", no_wrap=True), *heads, show_lines=not wide)
    for key, prior in model["priors"].items():
        args = ", ".join(f"{k} = {_words(v)}" for k, v in prior["args"].items())
        told = f"{prior['family']}({args})", prior["unit"], prior["about"]
        priors.add_row(key, *(told if wide else (f"{told[0]}, {told[1]}\n{told[2]}",)))
    console.print(priors)


def inference(name: RecipeName = None, *, json: Flag = False) -> None:
    """List the sampler recipes, or show one.

    Parameters
    ----------
    name
        A declared recipe or a .toml file; without it, all are listed.
    json
        Print one JSON object or list.
    """
    from densing.inference.settings import load_settings
    from densing.models.declaration import declared

    if name is None:
        _listing([load_settings(n).model_dump() for n in declared("inference")], json=json)
        return
    recipe = load_settings(name).model_dump()
    if json:
        print_json(recipe)
        return
    table = Table("setting", "value")
    for key, value in recipe.items():
        table.add_row(key, _words(value))
    Console().print(table)


def _listing(records: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        print_json([{"name": r["name"], "about": r["about"]} for r in records])
        return
    table = Table("name", "about")
    for entry in records:
        table.add_row(entry["name"], entry["about"])
    Console().print(table)


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value) or "none"
    return "none" if value is None else str(value)
