"""What the tab key offers where a declared or bundled name is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from cyclopts.completion import CompletionContext


def model_names(context: "CompletionContext") -> list[str]:
    """Offer declared models, and TOML files of the folder."""
    del context
    return _declared("models")


def recipe_names(context: "CompletionContext") -> list[str]:
    """Offer declared sampler recipes, and TOML files of the folder."""
    del context
    return _declared("inference")


def table_names(context: "CompletionContext") -> list[str]:
    """Offer bundled tables, and the counts of what they cover."""
    del context
    from densing.data.shipped import WHAT

    return [*WHAT, "coverage"]


def _declared(kind: str) -> list[str]:
    from densing.models.declaration import declared

    return [*declared(kind), *sorted(str(path) for path in Path().glob("*.toml"))]


ModelName = Annotated[str | None, Parameter(completer=model_names)]
RecipeName = Annotated[str | None, Parameter(completer=recipe_names)]
TableName = Annotated[str | None, Parameter(completer=table_names)]
