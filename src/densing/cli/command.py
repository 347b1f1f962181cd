"""From a question to a command: the same arguments and docstring, and where the answer goes."""

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from cyclopts import Parameter

from densing.answers import QUESTIONS
from densing.answers._answer import Answer, FromShell
from densing.answers.given import NotTrustworthyWarning
from densing.cli.answers import plain_console, print_json, say_written, status
from densing.cli.files import check_writable
from densing.cli.options import Flag, Seed


@Parameter(name="*")
@dataclass(frozen=True)
class Output:
    """Where an answer goes."""

    json: Flag = False
    """Print the answer as JSON."""


@Parameter(name="*")
@dataclass(frozen=True)
class Drawn(Output):
    """Where an answer with figures goes."""

    out: Path | None = None
    """Folder for the figures (.png, .svg) and the answer as JSON."""


def command(question: Callable[..., Answer]) -> Callable[..., int]:
    """Make the shell's form of a question; it returns the exit status."""
    signature = inspect.signature(question)
    shell = {
        name: told
        for name, parameter in signature.parameters.items()
        for told in get_args(parameter.annotation) if isinstance(told, FromShell)
    }  # fmt: skip
    goes = Drawn if getattr(signature.return_annotation, "draws", False) else Output

    @functools.wraps(question)
    def run(*given: Any, output: Output = goes(), **named: Any) -> int:  # noqa: B008
        out = output.out if isinstance(output, Drawn) else None
        if out is not None:
            check_writable(out)
        given = (given,) if any(told.many for told in shell.values()) else given
        bound = signature.bind(*given, **named)
        for name, told in shell.items():
            if name in bound.arguments:
                module, _, function = told.read.partition(":")
                read = getattr(import_module(module), function)
                bound.arguments[name] = read(bound.arguments[name])
        with warnings.catch_warnings():  # the answer says so, and so does the status
            warnings.simplefilter("ignore", NotTrustworthyWarning)
            answer = question(*bound.args, **bound.kwargs)
        written = None if out is None else write(answer, out, name=question.__name__)
        return tell(answer, json=output.json, written=written)

    def worded(parameter: inspect.Parameter) -> inspect.Parameter:
        if parameter.name == "seed":
            return parameter.replace(annotation=Seed)
        if (told := shell.get(parameter.name)) is None:
            return parameter
        return parameter.replace(
            annotation=told.words | None if parameter.default is None else told.words,
            kind=inspect.Parameter.VAR_POSITIONAL if told.many else parameter.kind,
        )

    parameters = [worded(parameter) for parameter in signature.parameters.values()]
    more = inspect.Parameter(
        "output", inspect.Parameter.KEYWORD_ONLY, default=goes(), annotation=goes
    )
    run.__signature__ = signature.replace(parameters=[*parameters, more], return_annotation=int)
    run.__annotations__ = {p.name: p.annotation for p in (*parameters, more)} | {"return": int}
    return run


def tell(answer: Answer, *, json: bool, written: Path | None = None) -> int:
    """Print an answer, in words or as JSON; the status says whether it may be trusted."""
    if json:
        print_json(answer.as_json())
    else:
        console = plain_console()
        answer.show(console)
        if written is not None:
            say_written(console, written)
    return status(trustworthy=answer.good)


def write(answer: Answer, out: Path, *, name: str) -> Path:
    """Write an answer's figures and its record into a folder, all of them or nothing."""
    from densing.report.folder import write_json, written_whole
    from densing.report.style import save

    with written_whole(out, last=f"{name}.json") as folder:
        for title, figure in answer.figures().items():
            save(figure, folder / title)
        write_json(folder / f"{name}.json", answer.as_json())
    return out


def __getattr__(name: str) -> Callable[..., int]:
    """Return the command of a question: imported when it is asked."""
    if name not in QUESTIONS:
        raise AttributeError(name)
    return command(getattr(import_module(QUESTIONS[name]), name))
