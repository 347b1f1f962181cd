"""`densing sensitivity`: the answer over all declared reference choices."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from densing.cli.answers import below, months, plain_console, print_json, status
from densing.cli.calibrate import made
from densing.cli.files import check_writable, continuing
from densing.cli.options import Flag, Sampling, Tables, compiled_once
from densing.results.estimands import ESTIMANDS

LISTED = 10
"""Universes or combinations that are named one by one."""


def sensitivity(
    *,
    out: Path = Path("sensitivity-run"),
    axes: str | None = None,
    declaration: str = "default",
    factorial: Flag = False,
    universes: int | None = None,
    workers: int = 2,
    dask: str | None = None,
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Fit the multiverse of reference choices and show how the doubling time moves.

    A run that was stopped continues where it was: give the same command again.

    Parameters
    ----------
    out
        Folder to write: universes/, sensitivity.json, sensitivity.csv, figures/.
    axes
        Axes to vary, separated by commas; all declared ones without it.
    declaration
        Declared axes or a .toml file.
    factorial
        Every combination of the axes named, however many.
    universes
        How many in all, a sample filling up what one axis at a time leaves (110); the latter is
        never cut short.
    workers
        Processes to fit in.
    dask
        Address of a Dask scheduler, such as tcp://10.0.0.1:8786: its workers fit in their place.
    json
        Print one JSON object.
    """
    from densing.models.declaration import DeclarationError
    from densing.sensitivity.axes import load_axes
    from densing.sensitivity.design import design, more_than_asked

    declared = load_axes(declaration)
    if axes is not None:
        named = [name.strip() for name in axes.split(",") if name.strip()]
        if not named:
            raise DeclarationError(f"--axes names none; known: {', '.join(declared.axes)}")
        declared = declared.pick(named)
    elif factorial:
        raise DeclarationError(
            f"--factorial needs --axes, for example --axes tokens,law; known: "
            f"{', '.join(declared.axes)}"
        )
    if workers < 1:
        raise DeclarationError(f"--workers must be at least 1, got {workers}")
    if universes is not None and universes < 1:
        raise DeclarationError(f"--universes must be at least 1, got {universes}")
    if factorial and universes is not None:
        raise DeclarationError(
            "--factorial fits every combination of --axes: leave --universes out, or leave "
            "--factorial out for a sample of that size"
        )
    laid_out = design(declared, full=factorial, universes=universes, seed=sampling.seed)
    if told := more_than_asked(laid_out, universes):
        print(told, file=sys.stderr)
    model, settings = sampling.declared(inference="universe")
    compiled_once(settings, "universes")
    check_writable(out)
    evidence = tables.load()
    from densing.cli.progress import counting
    from densing.report.sensitivity import write_sensitivity
    from densing.sensitivity.multiverse import run
    from densing.sensitivity.summary import summarise

    with continuing(out):
        with counting("universes", quiet=sampling.quiet) as listen:
            result = run(
                laid_out, model, evidence, settings, out, seed=sampling.seed, workers=workers,
                dask=dask, listen=listen,
            )  # fmt: skip
        answer = summarise(result, declared) | made(model.name, settings.name, sampling.seed)
        # Of this call alone: the rest of the answer is the same however often it was stopped.
        answer["diagnostics"] |= {key: result[key] for key in ("seconds", "fitted")}
        written = write_sensitivity(answer, out)
    if json:
        print_json(answer)
    else:
        _show(answer, written, result["seconds"])
    return status(trustworthy=answer["diagnostics"]["verdict"] == "trustworthy")


def _show(answer: dict[str, Any], written: Path, seconds: float) -> None:
    from densing.sensitivity.record import off

    console = plain_console()
    table = Table("axis", "level", *(f"{title}, months" for title in ESTIMANDS.values()))
    default = answer["default"]
    if default:
        cells = [months(default[e]) for e in ESTIMANDS]
        table.add_row("default", "", *cells, end_section=True)
    for name, axis in answer["axes"].items():
        for level, told in axis["levels"].items():
            if told is not None:
                doubt = "" if told["verdict"] == "trustworthy" else " (not trustworthy)"
                table.add_row(name, level + doubt, *(months(told[e]) for e in ESTIMANDS))
    console.print("Doubling time, one axis at a time (90 % equal-tailed intervals):")
    console.print(table)
    for sentence in together(answer):
        console.print(sentence)
    for estimand, title in ESTIMANDS.items():
        if answer["variance"][estimand]:
            console.print(f"{title}, {spread(answer, estimand)}")
    for claim in answer["claims"]:
        console.print(claim["sentence"])
    broken = [u for u in answer["universes"] if u["population"] is None]
    listed(console, [f"{u['name']}: {u['diagnostics']['reasons'][0]}" for u in broken])
    told = answer["diagnostics"]
    console.print(
        f"{told['trustworthy']} of {told['universes']} universes are trustworthy; "
        f"{len(answer['skipped'])} combinations are impossible or repeat another"
        + (":" if answer["skipped"] else "")
    )
    defaults = {name: axis["default"] for name, axis in answer["axes"].items()}
    listed(console, [f"{off(s['levels'], defaults)}: {s['reason']}" for s in answer["skipped"]])
    console.print(cost(told))
    console.print(f"written: {written} ({seconds:.0f} s)", soft_wrap=True)


def cost(told: Mapping[str, Any]) -> str:
    """Say what all universes took, and what that is beside the default one's own gradients."""
    text = f"{told['gradient_evaluations']:,} gradients for {told['universes']} universes"
    if told["gradients_over_default"] is not None:
        text += (
            f", {told['gradients_over_default']:.1f} times the default universe's own "
            f"{told['default_gradients']:,}"
        )
    return f"{text}; {told['worker_seconds']:.0f} s of workers"


def listed(console: Console, lines: Sequence[str]) -> None:
    """Print lines set in from the edge, and of many how many more there are."""
    for line in lines[:LISTED]:
        below(console, line)
    if len(lines) > LISTED:
        below(console, f"and {len(lines) - LISTED} more, in sensitivity.json")


def together(answer: dict[str, Any]) -> list[str]:
    """Say for each estimand what all trustworthy universes say, and the levels counted alike."""
    told = []
    for key, title in ESTIMANDS.items():
        if whole := answer["multiverse"][key]:
            told.append(
                f"{title}: all {whole['universes']} trustworthy universes together "
                f"{months(whole)} months, each counted once, as often as the design drew its levels"
            )
        if most := answer["widest"][key]:
            told.append(
                f"{title}: the levels of one choice counted alike, widest for {most['title']} "
                f"({', '.join(most['levels'])}): {months(most)} months"
            )
    return told


def spread(answer: dict[str, Any], estimand: str, *, count: int = 4) -> str:
    """Say what one standard deviation of the axes that matter most does to the default."""
    split, axes = answer["variance"][estimand], answer["axes"]
    known = [(axes[n]["title"], told) for n, told in split["axes"].items() if told][:count]
    each = ", ".join(f"{name} {_between(*told['months'])}" for name, told in known)
    return (
        f"one standard deviation of a choice moves the default to, months: {each}; "
        f"the evidence {_between(*split['posterior']['months'])}"
    )


def _between(fast: float | None, slow: float | None) -> str:
    if fast is None:
        return "no growth"
    return f"{fast:.1f} to {'no growth' if slow is None else f'{slow:.1f}'}"
