"""`densing influence` and `densing priors`: what the answer of a run hangs on."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from densing.cli.answers import (
    below,
    months,
    plain_console,
    print_json,
    probability,
    status,
    status_of,
)
from densing.cli.files import check_file, continuing, open_joint
from densing.cli.options import Flag, Quiet, Seed, Tables
from densing.results.estimands import ESTIMANDS

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

ROWS = 15
PARTS = {
    "scores": "scores of the models", "log_loss": "losses of the reference",
    "correct": "scores of its checkpoints", "checkpoints": "checkpoints above the irreducible loss",
}  # fmt: skip


def influence(
    run: Path,
    *,
    prob: float = 0.9,
    refit: Flag = False,
    only: Annotated[list[str] | None, Parameter(negative=())] = None,
    out: Path | None = None,
    workers: int = 1,
    tables: Tables = Tables(),  # noqa: B008
    seed: Seed = 1,
    quiet: Quiet = False,
    json: Flag = False,
) -> int:
    """Print the doubling time without each of the most influential models and families.

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
    from densing.models.declaration import DeclarationError
    from densing.results.influence import influence as leave_out
    from densing.results.influence_words import doubtful

    prob = probability(prob)
    opened, failed = open_joint(run), {}
    if refit:
        if workers < 1:
            raise DeclarationError(f"--workers must be at least 1, got {workers}")
        opened, failed = _refitted(
            opened, out or run, tables, only, seed=seed, workers=workers, quiet=quiet
        )
    elif tables != Tables() or only or out:
        raise DeclarationError("--only, --out and tables are for refits: add --refit")
    answer = leave_out(opened, prob=prob)
    bad = any(doubtful(row) for key in ("models", "families") for row in answer[key])
    if json:
        print_json(answer)
        return max(status_of(opened), status(trustworthy=not bad))
    console = plain_console()
    _show(console, answer)
    for sentence in _left(answer, out or run):
        console.print(sentence, soft_wrap=True, markup=False)
    for what, why in failed.items():
        console.print(f"cannot be refitted: {what}: {why}", markup=False)
    return max(status_of(opened, console), status(trustworthy=not bad))


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


def _show(console: "Console", answer: dict[str, Any]) -> None:
    for key, title in (("models", "model"), ("families", "family")):
        table = Table(title, "models", *(f"{ESTIMANDS[e]}, months" for e in ESTIMANDS), "k")
        table.add_row(
            "nothing left out", "", *(months(answer[e]) for e in ESTIMANDS), "", end_section=True
        )
        for row in answer[key][:ROWS]:
            table.add_row(row["name"], str(row["models"]), *_told(row), _by(row))
        console.print(f"Doubling time without each {title}, the most influential first:")
        console.print(table)
    loo = answer["loo"]
    console.print(
        f"leave-one-model-out log predictive density {loo['elpd']:.1f} (standard error "
        f"{loo['se']:.1f}), {loo['p_loo']:.1f} effective parameters; Pareto k beyond "
        f"{loo['limit']:.2f} for {len(loo['flagged'])} of {len(answer['models'])} models"
    )


def _told(row: dict[str, Any]) -> list[str]:
    from densing.results.influence_words import doubtful, untold

    if untold(row):
        return ["needs a refit"] * len(ESTIMANDS)
    doubt = ", not trustworthy" if doubtful(row) else ""
    return [months(row[e]) + doubt for e in ESTIMANDS]


def _by(row: dict[str, Any]) -> str:
    """Pareto k of the weights, and whether a refit tells in their place."""
    return f"{row['pareto_k']:.2f}" + (", refit" if row["refit"] else "")


def _left(answer: dict[str, Any], run: Path) -> list[str]:
    from densing.results.influence_words import sentences

    return sentences(answer, command=shlex.join(["densing", "influence", str(run), "--refit"]))


def priors(run: Path, *, prob: float = 0.9, json: Flag = False) -> int:
    """Print how much the priors move the answer of a run, and the parameters they move most.

    Parameters
    ----------
    run
        Run file (densing fit, densing report).
    prob
        Probability of the equal-tailed intervals.
    json
        Print one JSON object.
    """
    from densing.results.prior_sensitivity import prior_sensitivity

    opened = open_joint(run)
    answer = prior_sensitivity(opened, prob=probability(prob))
    if json:
        print_json(answer)
        return status_of(opened)
    console = plain_console()
    console.print(f"Power-scaling sensitivity; {answer['threshold']:g} and more is noteworthy.")
    rows = {title: answer[key] for key, title in ESTIMANDS.items() if answer[key]}
    for title, row in rows.items():
        console.print(
            f"{title}: priors {row['prior']:.3f}, evidence {row['likelihood']:.3f}: "
            f"{row['diagnosis']}",
            style="bold",
        )
        first = ", ".join(f"{k} {v:.3f}" for k, v in list(row["priors"].items())[:4])
        below(console, f"of the priors: {first}")
        parts = ", ".join(f"{PARTS[k]} {v:.3f}" for k, v in row["likelihoods"].items())
        below(console, f"of the evidence: {parts}")
        for key, words in (("weaker", "weakened"), ("stronger", "strengthened")):
            scaled = row[key]
            told = "needs a refit" if scaled["growth"] is None else months(scaled["growth"])
            below(console, f"months with all priors {words} (power {scaled['power']:g}): {told}")
        below(console, f"months as fitted: {months(row['growth'])}")
    table = Table("parameter", "priors", "evidence", "what it means")
    for row in answer["parameters"]:
        table.add_row(
            row["name"], f"{row['prior']:.3f}", f"{row['likelihood']:.3f}", row["diagnosis"]
        )
    console.print("The parameters that the priors move most:")
    console.print(table)
    return status_of(opened, console)
