"""Pages from their templates: one HTML file with its style inside."""

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup


def fill(
    package: str,
    name: str,
    *,
    context: Mapping[str, Any],
    filters: Mapping[str, Callable[..., str]],
) -> str:
    """Return the HTML of the template `name` in `package`.

    Everything is escaped except `Markup`; a name that `context` lacks is an error
    (`jinja2.UndefinedError`).
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(lambda part: text(package, part)),
    )  # fmt: skip
    environment.filters |= filters
    return environment.get_template(name).render(context)


def asset(name: str) -> Markup:
    """Return the house style or script, as it stands."""
    return Markup(text("densing.report", name))


def text(package: str, name: str) -> str:
    """Return the text of a file inside a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
