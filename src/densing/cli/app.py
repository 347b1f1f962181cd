"""The commands and the exit statuses: 0 good, 2 bad input, 3 finished but not trustworthy."""

import sys
from importlib import import_module

from cyclopts import App, CycloptsError
from rich.console import Console

from densing import __version__

GOOD, BAD_INPUT, NOT_TRUSTWORTHY, INTERRUPTED = 0, 2, 3, 130

GROUPS = {
    "Measure": {
        "report": ("fit", "the main job: fit, figures, tables and a page"),
        "fit": ("fit", "one run, as a file"),
        "loss": ("component", "a loss law L(N, D) on any table of runs"),
        "trend": ("component", "a trend on any dated positive values"),
        "sensitivity": ("sensitivity", "the answer over all reference choices"),
        "backtest": ("backtest", "forecasts as of the past, scored against what came"),
        "calibrate": ("calibrate", "simulated worlds: do the intervals cover what they should?"),
        "coverage": ("coverage", "the same in worlds that break other methods"),
        "reproduce": ("reproduce", "the Densing Law paper beside its re-estimate"),
        "selfcheck": ("selfcheck", "a reference's own largest models, whose density is 1"),
    },
    "Read a run": {
        "summary": ("show", "headline and diagnostics"),
        "density": ("show", "one row a model"),
        "influence": ("influence", "the answer without each model and each family"),
        "priors": ("influence", "how much the priors move the answer"),
        "compare": ("compare", "runs of different models: predictive density, weights"),
        "forecast": ("forecast", "density to come, the record, milestones"),
    },
    "Tables": {
        "check": ("tables", "validate tables, every fault at once"),
        "data": ("tables", "the bundled evidence, with its provenance"),
        "simulate": ("tables", "a world with known truth, in the tables' own form"),
    },
    "Declarations": {
        "models": ("declared", "declared models, their choices and priors"),
        "inference": ("declared", "declared sampler recipes"),
    },
}
"""Commands by group: the module that holds each, and what it does.

Modules are imported when their command runs, so that `densing --help` answers at once.
"""

FIRST_STEPS = """\
Bayesian estimation of the capability density of open language models.

The first five things to do:

    densing report                  the answer, as a page
    densing summary report/run.nc   the headline again
    densing density report/run.nc   one row a model
    densing check models.csv        is my table fit to be used?
    densing report --models models.csv --out mine
"""

app = App(
    name="densing",
    help=FIRST_STEPS,
    version=__version__,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
    error_console=Console(stderr=True),
)
for group, commands in GROUPS.items():
    for command, (module, about) in commands.items():
        app.command(f"densing.cli.{module}:{command}", name=command, group=group, help=about)


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit status, and prints no traceback for bad input."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    try:
        status = app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return BAD_INPUT
    except KeyboardInterrupt:
        errors.print("interrupted: nothing was written")
        return INTERRUPTED
    except OSError as fault:
        errors.print(f"cannot read or write {fault.filename or ''}: {fault.strerror or fault}")
        return BAD_INPUT
    except Exception as fault:
        if not isinstance(fault, _expected()):
            raise
        errors.print(str(fault))
        return BAD_INPUT
    return status if isinstance(status, int) else GOOD


def _expected() -> tuple[type[Exception], ...]:
    """Return the faults of the input, which are reported without a traceback."""
    places = {
        "densing.data": "TableError",
        "densing.models.declaration": "DeclarationError",
        "densing.models.select": "SelectionError",
        "densing.results.run": "RunError",
    }
    return tuple(getattr(import_module(module), name) for module, name in places.items())
