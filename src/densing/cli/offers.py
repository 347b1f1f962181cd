"""The tab key: what it offers for a declared or bundled name, and `densing completion`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

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
Shell = Literal["bash", "zsh", "fish", "powershell"]


def completion(shell: Shell | None = None, *, install: bool = False) -> None:
    """Print the script that completes commands, options, files and declared names.

    Parameters
    ----------
    shell
        Shell it is for; the one this command was called from without it.
    install
        Put the script where the shell finds it, and name that place.
    """
    from cyclopts.completion import ShellDetectionError

    from densing.cli.app import build
    from densing.models.declaration import DeclarationError

    try:
        if not install:
            print(build().generate_completion(shell=shell))
            return
        place = build().install_completion(shell=shell)
    except ShellDetectionError:
        known = ", ".join(get_args(Shell))
        raise DeclarationError(
            f"which shell is meant cannot be told: name it, one of {known}"
        ) from None
    print(f"written: {place}; open a new shell to use it")
