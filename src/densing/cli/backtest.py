"""`densing backtest`: forecasts made as of the past, scored against what came."""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from densing.cli.offers import model_names
from densing.cli.options import Flag, Sampling, Tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from densing.models.declaration import Model

SHAPE = ("shape", "changepoint")
"""Choices in which models that are averaged may differ."""
SINGLE = ("forecasts", "average_forecasts", "record_forecasts", "score_forecasts")
"""Every forecast by itself: a file of its own."""


def backtest(
    *,
    out: Path = Path("backtest-run"),
    with_: Annotated[
        list[str] | None, Parameter(name="--with", negative=(), completer=model_names)
    ] = None,
    tables: Tables = Tables(),  # noqa: B008
    sampling: Sampling = Sampling(),  # noqa: B008
    json: Flag = False,
) -> int:
    """Refit as of each half-year and score what each would have said of the models that came.

    Coverage, CRPS and log score, 3, 6 and 12 months ahead, beside naive forecasts: of reported
    scores where families are the yardstick, of densities too under one ladder. A run that was
    stopped continues where it was: give the same command again. Refits are kept by what they are
    of, so one folder serves several models and their average.

    Parameters
    ----------
    out
        Folder to write: origins/ (the refits), backtest.json and forecasts.json, one by one.
    with_
        Another declared model, of another shape of the trend, to average with by the stacking
        weights of each half-year (densing forecast --with). May be given several times.
    json
        Print one JSON object.
    """
    from densing.cli.answers import print_json, status
    from densing.cli.files import check_writable, continuing
    from densing.files import to_json, write_whole
    from densing.models.declaration import DeclarationError

    model, settings = sampling.declared()
    families = model.choices.form == "families"
    if families and with_:
        raise DeclarationError(
            "--with averages shapes of the trend under one ladder: add --model ladder"
        )
    others = _others(sampling, model, with_ or ())
    evidence = tables.load()
    check_writable(out)
    from densing.calibration.backtest import backtest as run_backtest
    from densing.calibration.score_backtest import backtest_scores

    errors = Console(stderr=True, highlight=False)

    def listen(origin: str, models: int) -> None:
        if not sampling.quiet:
            errors.print(f"fitting {models} models, origin {origin} ...")

    with continuing(out):
        fit = backtest_scores if families else partial(run_backtest, others=others)
        answer = fit(evidence, model, settings, out / "origins", seed=sampling.seed, listen=listen)
    answer["command"] = shlex.join(["densing", *sys.argv[1:]])
    single = {key: answer.pop(key) for key in SINGLE if key in answer}
    for name, content in (("forecasts.json", single), ("backtest.json", answer)):
        write_whole(out / name, (to_json(content) + "\n").encode())
    if json:
        print_json(answer)
    else:
        (show_scores if families else show)(answer)
        print(f"written: {out / 'backtest.json'}")
    return status(trustworthy=answer["trustworthy"])


def _others(sampling: Sampling, first: "Model", names: "Sequence[str]") -> "list[Model]":
    """Load the models of --with, under the same --set; refuse what cannot be averaged.

    Raises
    ------
    DeclarationError
        A model that is given twice, or differs in more than its trend; names every fault.
    """
    from dataclasses import replace

    from densing.models.declaration import DeclarationError

    others = [replace(sampling, model=name).declared()[0] for name in names]
    called = [first.name, *(model.name for model in others)]
    faults = [
        f"--with {name}: given twice; average models that differ"
        for name in dict.fromkeys(called) if called.count(name) > 1
    ]  # fmt: skip
    for model in others:
        own, usual = model.choices.model_dump(), first.choices.model_dump()
        apart = [key for key in own if key not in SHAPE and own[key] != usual.get(key)]
        if apart:
            faults.append(
                f"--with {model.name}: differs from {first.name} in {', '.join(apart)}; only "
                "shapes of the trend are averaged here (densing models)"
            )
    if faults:
        raise DeclarationError("\n".join(faults))
    return others


def show_scores(answer: dict[str, Any]) -> None:
    """Print the forecasters of scores side by side, and the sentences that sum it up."""
    from densing.cli.answers import plain_console

    console = plain_console()
    for key, what in (("score_table", "Average score of a model"),
                      ("single_score_table", "Single scores")):  # fmt: skip
        console.print(f"{what}, mean over the origins")
        table = Table(
            "months", "forecaster", "n", "inside 90 %", "bias", "CRPS", "log", "CRPS behind us",
            "log behind us", box=SIMPLE, padding=0,
        )  # fmt: skip
        for column in table.columns[2:]:
            column.justify, column.no_wrap = "right", True
        before = None
        for row in answer[key]:
            if before not in (None, row["months"]):
                table.add_section()
            label, before = str(row["months"]) if row["months"] != before else "", row["months"]
            behind = ("", "")
            if "crps_more" in row:
                behind = (
                    f"{row['crps_more']:+.3f} ± {row['se_crps_more']:.3f}",
                    f"{row['log_score_less']:+.2f} ± {row['se_log_score_less']:.2f}",
                )
            table.add_row(
                label, row["forecaster"], str(row["n"]), f"{100 * row['coverage']:.0f}",
                f"{row['bias']:+.3f}", f"{row['crps']:.3f} ± {row['mcse_crps']:.3f}",
                f"{row['log_score']:.2f} ± {row['mcse_log_score']:.2f}", *behind,
            )  # fmt: skip
        console.print(table)
    table = Table("origin", "n", "inside 90 %", "bias", "CRPS", box=SIMPLE, padding=0)
    for row in answer["by_origin"]:
        table.add_row(
            row["origin"], str(row["n"]), f"{100 * row['coverage']:.0f}", f"{row['bias']:+.3f}",
            f"{row['crps']:.3f}",
        )  # fmt: skip
    console.print("Average scores by origin")
    console.print(table)
    bad = [row["origin"] for row in answer["origins"] if row["verdict"] != "trustworthy"]
    if bad:
        console.print(f"not trustworthy: refits of {', '.join(bad)}", style="bold red")
    for key in ("sentence", "scores_sentence"):
        console.print(answer[key])


def show(answer: dict[str, Any]) -> None:
    """Print the table of scores and the sentences that sum it up."""
    from densing.cli.answers import plain_console
    from densing.results.backtested import SENTENCES

    console = plain_console()
    console.print(
        "Log density of new models, all origins together: probability in % that the intervals hold "
        "it, bias, CRPS and log score"
    )
    console.print(_scores(answer["table"], "months"))
    console.print("A year ahead, by origin")
    console.print(_scores(answer["by_origin"], "origin"))
    console.print("Average reported score of the models of the year after each origin")
    console.print(_years(answer["averages"]))
    if answer["weights"]:
        console.print("Weights of the models, as of each origin and of today")
        console.print(_weights(answer))
    bad = [row["origin"] for row in answer["origins"] if row["verdict"] != "trustworthy"]
    if bad:
        console.print(f"not trustworthy: refits of {', '.join(bad)}", style="bold red")
    for key in (*SENTENCES, "scores_sentence", "cannot_know"):
        console.print(answer[key])


def _weights(answer: dict[str, Any]) -> Table:
    names = list(answer["weights"])
    table = Table("origin", "models", *names, box=SIMPLE, padding=0)
    for column in table.columns[1:]:
        column.justify = "right"
    today = {"origin": "all", "models": "", "weights": answer["weights"]}
    for row in (*answer["origins"], today):
        found = (row["weights"].get(name) for name in names)
        cells = ("none" if weight is None else f"{weight:.2f}" for weight in found)
        table.add_row(row["origin"], str(row["models"]), *cells)
    return table


def _years(averages: dict[str, Any]) -> Table:
    table = Table(
        "origin", "models", "inside 90 %", "year's average", "forecast", "90 % interval",
        box=SIMPLE, padding=0,
    )  # fmt: skip
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for origin, own in averages["by_origin"].items():
        year = own["year"]
        table.add_row(
            origin, str(own["forecasts"]), f"{100 * own['coverage']:.0f}",
            f"{year['observed']:.2f}", f"{year['median']:.2f}",
            f"{year['lower']:.2f} to {year['upper']:.2f}",
        )  # fmt: skip
    return table


def _scores(rows: list[dict[str, Any]], first: str) -> Table:
    table = Table(
        first, "forecaster", "n", "batches", "50%", "80%", "90%", "95%", "bias", "CRPS",
        "log", box=SIMPLE, padding=0,
    )  # fmt: skip
    for column in table.columns:
        column.no_wrap = True
    for column in table.columns[2:]:
        column.justify = "right"
    before = None
    for row in rows:
        if before not in (None, row[first]):
            table.add_section()
        label = str(row[first]) if row[first] != before else ""
        before = row[first]
        table.add_row(
            label, row["forecaster"], str(row["forecasts"]), str(row["batches"]),
            *(f"{100 * told['share']:.0f}" for told in row["coverage"].values()),
            f"{row['bias']:+.2f}", f"{row['crps']:.2f}", f"{row['log_score']:.2f}",
        )  # fmt: skip
    return table
