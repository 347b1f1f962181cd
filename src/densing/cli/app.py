"""The commands and the exit statuses: 0 good, 2 bad input, 3 finished but not trustworthy."""

import os
import sys
from importlib import import_module
from io import TextIOWrapper

from cyclopts import App, CycloptsError, Group, Parameter
from rich.console import Console

from densing import __version__
from densing.cli import signals
from densing.files import finished

GOOD, BAD_INPUT, NOT_TRUSTWORTHY, NOBODY_READS = 0, 2, 3, 141

SHOWN = 4
"""Files that an interrupted command names."""

GROUPS = {
    "Measure": {
        "report": ("fit", "the main job: fit, figures, tables and a page"),
        "fit": ("fit", "one run, as a file"),
        "loss": ("fit", "a loss law L(N, D) on any table of runs"),
        "trend": ("fit", "a trend on any dated positive values"),
        "sensitivity": ("sensitivity", "the answer over all reference choices"),
        "backtest": ("backtest", "forecasts as of the past, scored against what came"),
        "calibrate": ("calibrate", "simulated worlds: do the intervals cover what they should?"),
        "coverage": ("coverage", "the same in worlds that break other methods"),
        "modes": ("modes", "every mode of a loss law, its weight, what it implies"),
        "reproduce": ("reproduce", "the Densing Law paper beside its re-estimate"),
        "selfcheck": ("selfcheck", "a reference's own largest models, whose density is 1"),
    },
    "Read a run": {
        "summary": ("command", "headline and diagnostics"),
        "density": ("command", "one row a model; of new models too, without a new fit"),
        "influence": ("influence", "the answer without each model and each family"),
        "priors": ("command", "how much the priors move the answer"),
        "predict": ("command", "scores expected of models that the run has not seen"),
        "siblings": ("command", "within releases density must not depend on size: does it?"),
        "compare": ("command", "runs of different models: predictive density, weights"),
        "forecast": ("command", "density to come, the record, milestones"),
        "corollaries": ("command", "change of growth, budgets, prices, sizes, compression"),
    },
    "Tables": {
        "check": ("tables", "validate tables, every fault at once"),
        "data": ("evidence", "the bundled evidence, with its provenance; add to it"),
        "simulate": ("tables", "a world with known truth, in the tables' own form"),
    },
    "Declarations": {
        "models": ("declared", "declared models, their choices and priors"),
        "inference": ("declared", "declared sampler recipes"),
    },
    "Shell": {
        "completion": ("offers", "completion by the tab key, for your shell"),
    },
}
"""Commands by group: the module that holds each, and what it does.

Modules are imported when their command runs, so that `densing --help` answers at once.
"""

ABOUT = "Bayesian estimation of the capability density of open language models."

FIRST_STEPS = {
    "densing report": "the answer as a page, report/index.html (a minute or two)",
    "densing density report/run.nc": "every model's density, with its interval",
    "densing check mine.csv": "is my table of models fit to be used?",
    "densing report --models mine.csv --out mine": "my models among the others",
    "densing forecast mine/run.nc --until 2027-12-31": "what is to come, and when",
}
"""The first five things to do, which `densing` alone shows."""

_titles = {title: Group.create_ordered(title) for title in GROUPS}


def build(asked: str = "") -> App:
    """Make the application; the command that is `asked` for helps with its own docstring."""
    app = App(
        name="densing", group_commands=Group.create_ordered("Options"),
        help=f"{ABOUT}\n\n`densing` alone shows the first five things to do.",
        version=__version__, help_format="rst", suppress_keyboard_interrupt=False,
        error_console=Console(stderr=True), default_parameter=Parameter(negative=()),
    )  # fmt: skip
    for title, commands in GROUPS.items():
        for place, (command, (module, about)) in enumerate(commands.items()):
            app.command(
                f"densing.cli.{module}:{command}", name=command, group=_titles[title],
                sort_key=place, help=None if command == asked else about,
            )  # fmt: skip
    return app


def first_steps() -> None:
    """Show the first five things to do, and where all the rest is."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{ABOUT}\n\nThe first five things to do:\n")
    for command, about in FIRST_STEPS.items():
        console.print(f"  {about}\n    [bold]{command}[/bold]")
    console.print(
        "\nAll commands: [bold]densing --help[/bold]. One of them: [bold]densing report "
        "--help[/bold].\nCompletion by the tab key: [bold]densing completion --install[/bold]."
    )


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that the terminal cannot show is no fault
            stream.reconfigure(errors="backslashreplace")
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError as fault:
        if not isinstance(fault, BrokenPipeError):
            print(f"cannot write standard output: {fault.strerror}", file=sys.stderr)
        lost = NOBODY_READS if isinstance(fault, BrokenPipeError) else BAD_INPUT
        status = lost if status == GOOD else status
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python flushes once more, and complains
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit status, and prints no traceback for bad input."""
    at_terminal = sys.stderr.isatty()  # words wrap there; in a pipe lines stay whole
    errors = Console(stderr=True, highlight=False, soft_wrap=not at_terminal, markup=False)
    finished.clear()
    try:
        if not arguments:
            first_steps()
            return GOOD
        status = build(arguments[0])(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        errors.print(f"what it takes: {_help(arguments)}")
        return BAD_INPUT
    except KeyboardInterrupt as interrupt:
        signals.stop_listening()
        errors.print(f"interrupted: {_left(interrupt)}")
        return signals.status()
    except BrokenPipeError:
        return NOBODY_READS  # such as `densing data catalog | head`
    except OSError as fault:
        place = "" if fault.filename is None else f" {fault.filename}"
        reason = " ".join(str(fault.strerror or fault).split())
        errors.print(f"cannot read or write{place}: {reason}; {_left(fault)}")
        return BAD_INPUT
    except Exception as fault:
        if not isinstance(fault, _expected()):
            raise
        errors.print(str(fault))
        return BAD_INPUT
    return status if isinstance(status, int) else GOOD


def _help(arguments: list[str]) -> str:
    """Name the page of help of the command that was meant, or of all of them."""
    known = {command for commands in GROUPS.values() for command in commands}
    return "densing " + ("" if arguments[0] not in known else f"{arguments[0]} ") + "--help"


def _left(stop: BaseException) -> str:
    """Say what a command that did not finish has left: how to go on, or files, which are whole."""
    if notes := getattr(stop, "__notes__", None):
        return "; ".join(notes)
    there = list(dict.fromkeys(str(path) for path in finished if path.exists()))
    if not there:
        return "nothing was written"
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    return f"written before, and whole: {', '.join(there[:SHOWN])}{more}"


def _expected() -> tuple[type[Exception], ...]:
    """Return the faults of the input, which are reported without a traceback."""
    places = {
        "densing.data": "TableError",
        "densing.models.declaration": "DeclarationError",
        "densing.models.select": "SelectionError",
        "densing.results.run": "RunError",
    }
    return tuple(getattr(import_module(module), name) for module, name in places.items())
