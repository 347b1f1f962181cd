"""`densing compare`: runs of different models, by how they predict a model left out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Column, Table

from densing.cli.options import Flag

SHORT = {"population": "typical", "frontier": "frontier"}
FLAGGED = 5
"""Models beyond Pareto k's limit that are named."""
WIDE = 140
"""Columns of a terminal from which on prediction and growth stand in one table."""


def compare(
    *runs: Annotated[Path, Parameter(negative=())],
    prob: float = 0.9,
    out: Path | None = None,
    json: Flag = False,
) -> int:
    """Compare runs of different models on the same observations.

    By the log predictive density of each model's scores with the model left out (PSIS-LOO), and
    averaged with stacking weights. Fit the shapes of the trend with --model changepoint, local
    and saturating.

    Parameters
    ----------
    runs
        At least two run files (densing fit, densing trend --out).
    prob
        Probability of the equal-tailed intervals.
    out
        Folder for the figure (compare.png, .svg) and compare.json.
    json
        Print one JSON object.
    """
    from densing.cli.answers import print_json, probability, status
    from densing.cli.files import check_writable, open_named
    from densing.results.compare import compare as weigh

    prob = probability(prob)
    opened = open_named(runs)
    if out is not None:
        check_writable(out)
    answer = weigh(opened, prob=prob)
    written = None
    if out is not None:
        from densing.report.compare_write import write_comparison

        written = write_comparison(opened, answer, out)
    if json:
        print_json(answer)
    else:
        _show(answer, written)
    return status(trustworthy=answer["trustworthy"])


def _show(answer: dict[str, Any], written: Path | None) -> None:
    from densing.cli.answers import months, plain_console

    console = plain_console()
    rows, stacked = answer["runs"], answer["stacked"]
    told = [key for key in SHORT if any(row[key] for row in rows)]
    prediction = "shape", "log density", "below best", "weight", "worst k"
    growth = (*(f"{SHORT[key]}, months" for key in told), "at the last date")
    lines = []
    for row in rows:
        marked = "" if row["trustworthy"] else " (not trustworthy)"
        end = months((row["at_end"] or row)[told[0]])
        lines.append(
            (
                row["name"] + marked,
                [row["shape"].replace("_", " "), *density(row), f"{row['worst_pareto_k']:.2f}"],
                [*(months(row[key]) for key in told), end],
                None if row["trustworthy"] else "red",
            )
        )
    if stacked is not None:
        grown = [*(months(stacked[key]) for key in told), months(stacked["at_end"][told[0]])]
        lines.append(("stacked", ["", "", "", "1.00", ""], grown, None))
    if console.width >= WIDE:
        tables = [_table((*prediction, *growth), [(n, p + g, s) for n, p, g, s in lines], stacked)]
    else:
        tables = [
            _table(prediction, [(n, p, s) for n, p, _, s in lines[: len(rows)]], None),
            _table(growth, [(n, g, s) for n, _, g, s in lines], stacked),
        ]
    console.print(
        f"Leave-one-out prediction of {answer['compared']} of {answer['observations']} "
        f"{answer['of']}, best first:"
    )
    for table in tables:
        console.print(table)
    console.print(answer["sentence"], style="bold")
    _notes(console, answer)
    if written is not None:
        console.print(f"written: {written}")


def _table(
    heads: Sequence[str], lines: Sequence[tuple[str, list[str], str | None]], stacked: object
) -> Table:
    """Lines of name, cells and style under heads; names wrap, and are never cut."""
    table = Table(Column("run", overflow="fold"), *heads)
    for i, (name, cells, style) in enumerate(lines):
        if stacked is not None and i == len(lines) - 1:
            table.add_section()
        table.add_row(name, *cells, style=style)
    return table


def density(row: dict[str, Any]) -> tuple[str, str, str]:
    """Say a run's predictive density, how far below the best it lies, and its weight."""
    if row["elpd"] is None:
        return "not weighed", "", "none"
    below = "best" if row["elpd_diff"] == 0 else f"{-row['elpd_diff']:.1f} ± {row['dse']:.1f}"
    return f"{row['elpd']:.1f} ± {row['se']:.1f}", below, f"{row['weight']:.2f}"


def _notes(console: Console, answer: dict[str, Any]) -> None:
    from densing.results.shape_summary import acceleration_sentences

    aside = [row["name"] for row in answer["left_aside"]]
    if aside:
        names = ", ".join(aside[:FLAGGED]) + (", ..." if len(aside) > FLAGGED else "")
        console.print(
            f"Left aside, since without a refit nothing can be said of them (Pareto k beyond "
            f"{answer['limit']:.2f} in some run): {names}",
            style="yellow",
        )
    for row in answer["runs"]:
        if row["acceleration"]:
            console.print(f"{row['name']}:")
            for line in acceleration_sentences(row["acceleration"]):
                console.print(f"  {line}")
        if not row["trustworthy"]:
            console.print(f"{row['name']} is not trustworthy, and was not weighed:", style="red")
            for reason in row["reasons"]:
                console.print(f"  {reason}", style="red")
    errors = [row["mcse"] for row in answer["runs"] if row["mcse"] is not None]
    if errors:
        console.print(f"Monte Carlo error of these densities: up to {max(errors):.1f}.")
    console.print(
        "Leaving one out asks how a shape fills gaps among the data, not how it forecasts: see "
        "`densing backtest`."
    )
