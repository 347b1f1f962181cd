"""What the commands that answer share: the words, the JSON and the exit status."""

from typing import Any

from rich.console import Console

from densing.cli.app import GOOD, NOT_TRUSTWORTHY

PIPE_WIDTH = 140
"""Columns of a table where there is no terminal."""


def plain_console(*, markup: bool = True) -> Console:
    """Console whose words wrap at a terminal's edge; where there is none, lines stay whole."""
    console = Console(highlight=False, markup=markup)
    if console.is_terminal:
        return console
    return Console(highlight=False, markup=markup, soft_wrap=True, width=PIPE_WIDTH)


def say_written(console: Console, path: object) -> None:
    """Print where the answer is, on one line however long: it is copied."""
    console.print(f"written: {path}", soft_wrap=True, markup=False)


def print_json(answer: Any) -> None:
    """Print a record or a list on standard output, numbers that JSON lacks as null."""
    import sys

    from densing.files import to_json

    told = to_json(answer)
    try:
        told.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        told = to_json(answer, ascii_only=True)
    print(told)


def status(*, trustworthy: bool) -> int:
    """Return the exit status of a command that finished."""
    return GOOD if trustworthy else NOT_TRUSTWORTHY
