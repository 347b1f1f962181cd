"""What the documentation takes from the repository when its pages are built.

A page says ``<!-- generated: KIND ARGUMENT -->`` on a line of its own; the line is replaced by
what `KINDS` makes of it. So a table of priors is that of the declaration, a graph that of the
program, and a quoted result that of the README, which a command prints.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from densing.data.schemas import TABLES
from densing.models.declaration import declared, load_model
from densing.models.graph import model_graph
from densing.models.tables import PRIORS, markdown, prior_rows, words
from densing.sensitivity.axes import load_axes

MARK = re.compile(r"^<!-- generated: (\S+) ?(.*?) -->$", re.MULTILINE)


def on_page_markdown(text: str, **_: Any) -> str:
    """Fill the marks of a page (called by MkDocs)."""
    return filled(text)


def filled(text: str) -> str:
    """Replace every mark of a page; an unknown one is an error."""
    return MARK.sub(lambda mark: KINDS[mark[1]](mark[2]), text)


def priors(model: str) -> str:
    """Table of a model's priors with their reasons."""
    return markdown(PRIORS, prior_rows(load_model(model)))


def graph(model: str) -> str:
    """Graph of a model, from the program itself."""
    return f"```mermaid\n{model_graph(model).mermaid()}\n```"


def models(_: str) -> str:
    """Table of the declared models."""
    return markdown(
        ("model", "what it is"), [(f"`{n}`", load_model(n).about) for n in declared("models")]
    )


def choices(model: str) -> str:
    """Table of the choices: value in a model, and meaning from the source's docstrings."""
    body = ast.parse((ROOT / "src/densing/models/choices.py").read_text()).body
    record = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == "Choices").body
    about = {
        field.target.id: ast.literal_eval(told.value)
        for field, told in pairwise(record)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(told, ast.Expr) and isinstance(told.value, ast.Constant)
    }  # fmt: skip
    values = load_model(model).choices.model_dump(mode="json")
    rows = [(f"`{k}`", words(v), about.get(k, "")) for k, v in values.items()]
    return markdown(("choice", f"in `{model}`", "meaning"), rows)


def axes(name: str) -> str:
    """Table of the reference choices that `densing sensitivity` varies, with the reasons."""
    rows = [
        (f"`{axis}`", told.default, ", ".join(told.levels), told.reason)
        for axis, told in load_axes(name or "default").axes.items()
    ]
    return markdown(("axis", "default", "instead", "why it is a choice"), rows)


def columns(table: str) -> str:
    """Table of the columns of one of the tables."""
    rows = [(f"`{c.name}`", "yes" if c.required else "", c.about, c.unit) for c in TABLES[table]]
    return markdown(("column", "required", "what it holds", "unit"), rows)


def readme(part: str) -> str:
    """Part of the README between `<!-- PART -->` and `<!-- end of PART -->`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split(f"<!-- {part} -->")[1].split(f"<!-- end of {part} -->")[0].strip()


def bench(file: str) -> str:
    """Print a kept benchmark beside its targets."""
    command = [sys.executable, ROOT / "benchmarks/table.py", ROOT / file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return f"```text\n{done.stdout.rstrip()}\n```"


KINDS: dict[str, Callable[[str], str]] = {
    "axes": axes, "bench": bench, "choices": choices, "columns": columns, "graph": graph,
    "models": models, "priors": priors, "readme": readme,
}  # fmt: skip
"""What a mark may ask for."""
