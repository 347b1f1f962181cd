"""`densing corollaries`: what follows from a growing density, each with its interval."""

from pathlib import Path
from typing import Any

from densing.cli.options import Flag, Seed


def corollaries(
    run: Path,
    *,
    derived: Path | None = None,
    bent: Path | None = None,
    hardware_years: float = 2.1,
    prob: float = 0.9,
    seed: Seed = 1,
    out: Path | None = None,
    json: Flag = False,
) -> int:
    """Print what follows from a run: changes of growth, budgets, prices, sizes, compression, fit.

    Parameters
    ----------
    run
        Run file (densing fit, densing report).
    derived
        Run that keeps derived models, for compression (densing fit --set derived=true --set
        min_scores=1).
    bent
        Run whose trend has a changepoint, for the change of growth (densing fit --model
        changepoint).
    hardware_years
        Median of the prior of the time in which computation per dollar doubles, in years.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the random numbers.
    out
        Folder for the figures (corollaries, size_bands, compression; .png, .svg) and
        corollaries.json.
    json
        Print one JSON object.
    """
    from densing.cli.answers import print_json, probability, status
    from densing.cli.files import check_writable
    from densing.results.corollaries import corollaries as follow
    from densing.results.run import open_run

    prob = probability(prob)
    opened = open_run(run)
    kept = None if derived is None else open_run(derived)
    bends = None if bent is None else open_run(bent)
    if out is not None:
        check_writable(out)
    answer = follow(
        opened, derived=kept, bent=bends, hardware_years=hardware_years, prob=prob, seed=seed
    )
    written = None
    if out is not None:
        from densing.report.corollaries import write_corollaries

        written = write_corollaries(answer, out, seed=seed)
    if json:
        print_json(answer)
    else:
        _show(answer, written)
    return status(trustworthy=answer["trustworthy"])


def _show(answer: dict[str, Any], written: Path | None) -> None:
    from densing.cli.answers import plain_console, say, say_written
    from densing.results.corollaries import TITLES

    console = plain_console()
    for name, text in answer["sentences"].items():
        say(console, TITLES[name], text)
    compressed = answer["compression"]
    if compressed is not None:
        from densing.results.spans import span

        for row in compressed["pairs"]:
            console.print(
                f"    {row['model']} / {row['parent']} ({row['method']}): "
                f"{span(row['ratio'], digits=2)}"
            )
        if compressed["unpaired"]:
            names = ", ".join(row["model"] for row in compressed["unpaired"])
            console.print(f"    original not in the run or not disclosed: {names}")
    if not answer["trustworthy"]:
        console.print("not trustworthy: see `densing summary`", style="bold red")
    if written is not None:
        say_written(console, written)
