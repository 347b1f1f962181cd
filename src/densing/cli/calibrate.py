"""`densing calibrate`: whether the intervals cover what they should."""

import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Column, Table

from densing.cli.answers import plain_console, print_json, status
from densing.cli.files import check_writable, continuing
from densing.cli.options import Flag, Sampling, Tables, compiled_once

PACKAGES = ("densing", "jax", "numpyro", "arviz", "numpy")


def calibrate(
    *,
    out: Path = Path("calibration-run"),
    cases: str = "population,frontier,loss,performance,joint",
    worlds: int = 200,
    every: int = 3,
    workers: int = 2,
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Simulation-based calibration: draw worlds from the model, fit each, count what is covered.

    Truth is drawn from the priors, data from the truth, on the design of the evidence (its runs,
    checkpoints, models and dates). If sampler and densities are right, intervals of 90 % cover in
    90 % of worlds, and the truth's rank among the draws is uniform. A run that was stopped
    continues where it was: give the same command again.

    Parameters
    ----------
    out
        Folder to write: worlds/, calibration.json, figures/ranks.
    cases
        What to calibrate, separated by commas.
    worlds
        Worlds of each case.
    every
        Of the target models, in order of release, every how-manieth is in the design.
    workers
        Processes to fit in.
    json
        Print one JSON object.
    """
    from densing.models.declaration import DeclarationError, of_ladder

    if worlds < 2 or workers < 1:
        raise DeclarationError(
            f"--worlds must be at least 2 and --workers at least 1, got {worlds} and {workers}"
        )
    model, settings = sampling.declared(model="calibration")
    of_ladder(model, "densing calibrate")
    compiled_once(settings, "worlds")
    check_writable(out)
    evidence = tables.load()
    from densing.calibration.cases import build_cases
    from densing.calibration.cases import calibrate as fit_worlds
    from densing.calibration.ranks import summarise
    from densing.cli.progress import counting

    names = [name.strip() for name in cases.split(",") if name.strip()]
    found = {}
    with continuing(out):
        for case in build_cases(names, evidence, model, every=every):
            with counting(f"worlds of {case.name}", quiet=sampling.quiet) as listen:
                records = fit_worlds(
                    case, settings, out, worlds=worlds, seed=sampling.seed, workers=workers,
                    listen=listen,
                )  # fmt: skip
            found[case.name] = (case.about, records)
    answer = summarise(found) | made(model.name, settings.name, sampling.seed, every=every)
    _write(answer, out)
    if json:
        print_json(answer)
    else:
        show(answer)
        print(f"written: {out}")
    return status(trustworthy=answer["verdict"] == "calibrated")


def show(answer: dict[str, Any]) -> None:
    """Print the coverage table."""
    console = plain_console()
    levels = list(next(iter(answer["cases"].values()))["coverage"])
    heads = [f"{100 * float(level):.0f} %" for level in levels]
    table = Table(
        Column("case", no_wrap=True), "quantities", "worlds", *heads, "not uniform",
        box=SIMPLE, padding=0,
    )  # fmt: skip
    for name, case in answer["cases"].items():
        cells = [
            f"{100 * c['mean']:.1f}±{100 * c['standard_error']:.1f}"
            for c in case["coverage"].values()
        ]
        alarms = ", ".join(case["alarms"]) or "none"
        table.add_row(
            name, str(len(case["quantities"])), f"{case['trustworthy']} of {case['worlds']}",
            *cells, alarms,
        )  # fmt: skip
    console.print(
        "Share of truths inside equal-tailed intervals, % (± standard error over worlds; worlds: "
        "those whose fit is trustworthy, of all):"
    )
    console.print(table)
    console.print(
        f"Ranks of the truth among {answer['kept']} draws: the probability that all quantities of "
        f"a calibrated case together raise an alarm is {answer['false_alarm']:g}."
    )
    console.print(
        "All quantities of a case together, ranks as normal quantiles: mean 0 and spread 1 if "
        "calibrated, spread 2 where posteriors are half as wide as they should be:"
    )
    together = Table("case", "mean", "p", "spread", "p")
    for name, case in answer["cases"].items():
        together.add_row(name, *pooled_cells(case["pooled"]))
    console.print(together)
    console.print(
        f"The probability that a calibrated case raises either alarm is at most "
        f"{answer['pooled_false_alarm']:g}."
    )
    for reason in answer["reasons"]:
        console.print(reason, style="bold red")
    console.print(answer["verdict"])


def pooled_cells(told: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Mean and spread of a case's ranks, each with its p."""
    mean, spread = f"{told['mean']:+.2f}", f"{told['spread']:.2f}"
    return mean, f"{told['mean_p']:.2g}", spread, f"{told['spread_p']:.2g}"


def made(model: str, settings: str, seed: int, **more: Any) -> dict[str, Any]:
    """Say how an answer that is kept was made."""
    from importlib.metadata import version

    return {
        "command": shlex.join(["densing", *sys.argv[1:]]),
        "date": datetime.now(UTC).date().isoformat(),
        "model": model, "inference": settings, "seed": seed, **more,
        "versions": {name: version(name) for name in PACKAGES},
    }  # fmt: skip


def _write(answer: dict[str, Any], out: Path) -> None:
    from densing.report.calibration_figure import plot_all_ranks
    from densing.report.folder import write_json, written_whole
    from densing.report.style import figure_of, save

    with written_whole(out, last="calibration.json") as made:
        (made / "figures").mkdir()
        save(figure_of(plot_all_ranks(answer)), made / "figures" / "ranks")
        write_json(made / "calibration.json", answer)
