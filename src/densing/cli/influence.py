"""`densing influence`: the answer without each model and each family, and refits where needed."""

import shlex
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from densing.answers.given import NotTrustworthyWarning, as_count
from densing.cli.files import check_file, continuing, open_joint
from densing.cli.options import Flag, Names, Quiet, Seed, Tables

if TYPE_CHECKING:
    import xarray as xr


def influence(
    run: Path,
    *,
    prob: float = 0.9,
    refit: Flag = False,
    only: Names = None,
    out: Path | None = None,
    workers: int = 1,
    tables: Tables = Tables(),  # noqa: B008
    seed: Seed = 1,
    quiet: Quiet = False,
    json: Flag = False,
) -> int:
    """Doubling time without each model and each family, the most influential first.

    By reweighting the run's draws; where that cannot tell, by a refit, which the run file keeps
    (--refit). Refits that were stopped continue where they were: give the same command again.

    Parameters
    ----------
    run
        Run file (densing fit, densing report).
    prob
        Probability of the equal-tailed intervals.
    refit
        Fit anew without each model and family for which weights cannot tell.
    only
        Model or family to refit, in place of all that need it. May be given several times.
    out
        Run file to write, with the refits in it; RUN itself where none is given.
    workers
        Processes to refit in.
    json
        Print one JSON object, with every model and family.
    """
    from densing.answers.influence import influence as ask
    from densing.cli.answers import plain_console
    from densing.cli.command import tell
    from densing.models.declaration import DeclarationError

    opened, failed = open_joint(run), {}
    if refit:
        as_count(workers, "--workers")
        opened, failed = _refitted(
            opened, out or run, tables, only, seed=seed, workers=workers, quiet=quiet
        )
    elif tables != Tables() or only or out:
        raise DeclarationError("--only, --out and tables are for refits: add --refit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotTrustworthyWarning)
        answer = ask(opened, prob=prob)
    answer._refit = shlex.join(["densing", "influence", str(out or run), "--refit"])
    status = tell(answer, json=json)
    for what, why in failed.items() if not json else ():
        plain_console(markup=False).print(f"cannot be refitted: {what}: {why}")
    return status


def _refitted(
    run: "xr.DataTree",
    out: Path,
    tables: Tables,
    only: list[str] | None,
    *,
    seed: int,
    workers: int,
    quiet: bool,
) -> "tuple[xr.DataTree, dict[str, str]]":
    """Refit what weights cannot tell and keep it in `out`; beside it until all are done."""
    check_file(out)
    evidence = tables.load()
    from densing.cli.progress import counting
    from densing.inference.settings import load_settings
    from densing.results.run import save_run
    from densing.sensitivity.refits import cleared, refit

    folder = out.with_name(f"{out.stem}.refits")
    with continuing(folder):
        with counting("refits", quiet=quiet) as listen:
            done = refit(
                run, evidence, load_settings("universe"), folder, only=only, seed=seed,
                workers=workers, listen=listen,
            )  # fmt: skip
        save_run(done.run, out)
    cleared(folder)
    return done
