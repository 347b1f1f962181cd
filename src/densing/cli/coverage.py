"""`densing coverage`: what the 90 % intervals cover in worlds that break other methods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Column, Table

from densing.cli.answers import plain_console, print_json, status
from densing.cli.calibrate import made
from densing.cli.files import check_writable, continuing
from densing.cli.options import Flag, Sampling, compiled_once

COLUMNS = {"population_rate": "typical new model", "frontier_rate": "frontier",
           "density": "density", "record_line": "record line"}  # fmt: skip


def coverage(
    *,
    out: Path = Path("calibration-run"),
    kinds: str | None = None,
    worlds: int = 100,
    workers: int = 2,
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Simulate worlds with one truth, fit each as a user would, count what 90 % intervals cover.

    Unlike `calibrate`, the truth is fixed, the scores are drawn forward (not from the likelihood
    that is fitted), and priors and facts are what a user gets. Beside it: a least-squares line on
    the record-setters' true densities, the method of the literature. A run that was stopped
    continues where it was: give the same command again. Exit status 3 where a kind is covered less
    than chance allows, or where fewer than 95 % of its fits are trustworthy.

    Parameters
    ----------
    out
        Folder to write: hard/, coverage.json.
    kinds
        Kinds of worlds, separated by commas; all without it.
    worlds
        Worlds of each kind.
    workers
        Processes to fit in.
    json
        Print one JSON object.
    """
    from densing.calibration.coverage import cover, summarise_kinds, verdict
    from densing.calibration.coverage import kinds as known
    from densing.cli.progress import counting
    from densing.models.declaration import DeclarationError, of_ladder
    from densing.report.folder import write_json, written_whole

    names = list(known()) if kinds is None else [k.strip() for k in kinds.split(",") if k.strip()]
    unknown = [name for name in names if name not in known()]
    if unknown or not names:
        raise DeclarationError(
            f"unknown kind {', '.join(map(repr, unknown)) or 'none'}; known: {', '.join(known())}"
        )
    if worlds < 2 or workers < 1:
        raise DeclarationError(
            f"--worlds must be at least 2 and --workers at least 1, got {worlds} and {workers}"
        )
    model, settings = sampling.declared(model="ladder", inference="world")
    of_ladder(model, "densing coverage")
    compiled_once(settings, "worlds")
    if not model.choices.shortfall:
        raise DeclarationError(
            f"model {model.name!r} has no frontier, whose coverage is counted; take one with "
            "shortfall = true"
        )
    check_writable(out)
    found = {}
    with continuing(out):
        for name in names:
            with counting(f"worlds of {name}", quiet=sampling.quiet) as listen:
                found[name] = cover(
                    name, model, settings, out, worlds=worlds, seed=sampling.seed,
                    workers=workers, listen=listen,
                )  # fmt: skip
    rows = summarise_kinds(found)
    answer = {"kinds": rows} | verdict(rows) | made(model.name, settings.name, sampling.seed)
    with written_whole(out, last="coverage.json") as folder:
        write_json(folder / "coverage.json", answer)
    if json:
        print_json(answer)
    else:
        show(answer)
        print(f"written: {out / 'coverage.json'}")
    return status(trustworthy=not answer["reasons"])


def show(answer: dict[str, Any]) -> None:
    """Print the coverage of the 90 % intervals by kind, and the verdict."""
    first = Column("worlds", min_width=22)
    table = Table(
        first, "trustworthy", *COLUMNS.values(), "not bounded", box=SIMPLE, padding=0
    )  # fmt: skip
    for name, row in answer["kinds"].items():
        cells = []
        for key in COLUMNS:
            share, error = row[key]["coverage"], row[key].get("standard_error")
            text = "none" if share is None else f"{100 * share:.0f}"
            cells.append(text if error is None else f"{text} ({100 * error:.1f})")
        about = f"{name}: {row['about']}"
        sound = f"{row['trustworthy']} of {row['worlds']}"
        table.add_row(about, sound, *cells, not_bounded(row))
    console = plain_console()
    console.print("Truths inside 90 % intervals, % (standard error over worlds):")
    console.print(table)
    console.print(
        "record line: least squares on the record-setters' true densities, against the "
        "frontier's rate; not bounded: % of worlds whose interval of the rate includes zero, so "
        "that the doubling time is not bounded above, of a typical new model and of the frontier"
    )
    bands = {
        row["worlds"]: row["population_rate"]["allowed"] for row in answer["kinds"].values()
    }  # fmt: skip
    for worlds, (low, high) in sorted(bands.items()):
        console.print(
            f"A rate covered in 90 % is covered in {100 * low:.0f} to {100 * high:.0f} % of "
            f"{worlds} worlds, but for chance (probability {answer['chance']:g})."
        )
    if answer["over"]:
        console.print(f"Covered more than promised (no failure): {', '.join(answer['over'])}.")
    for reason in answer["reasons"]:
        console.print(reason, style="bold red")
    console.print(answer["verdict"])


def not_bounded(row: Mapping[str, Any]) -> str:
    """Percent of worlds whose interval leaves a doubling time open, of both rates."""
    both = [row[key]["not_bounded"] for key in ("population_rate", "frontier_rate")]
    return ", ".join(f"{100 * share:.0f}" for share in both)
