"""`densing sensitivity`: the answer over all declared reference choices."""

import sys
from pathlib import Path

from densing.cli.calibrate import made
from densing.cli.files import check_writable, continuing
from densing.cli.options import Flag, Sampling, Tables, compiled_once


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
    from densing.models.declaration import DeclarationError, of_ladder
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
    model, settings = sampling.declared(model="ladder", inference="universe")
    of_ladder(model, "densing sensitivity")
    compiled_once(settings, "universes")
    check_writable(out)
    evidence = tables.load()
    from densing.cli.command import tell
    from densing.cli.progress import counting
    from densing.report.sensitivity import write_sensitivity
    from densing.sensitivity.multiverse import run
    from densing.sensitivity.summary import Multiverse, summarise

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
    return tell(Multiverse.from_record(answer), json=json, written=written)
