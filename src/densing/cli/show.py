"""`densing summary` and `densing density`: what a run says."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Column, Table

from densing.cli.answers import (
    plain_console,
    print_json,
    probability,
    say_written,
    status,
    status_of,
)
from densing.cli.files import open_joint
from densing.cli.options import Flag

if TYPE_CHECKING:
    import xarray as xr


def summary(run: Path, *, prob: float = 0.9, json: Flag = False) -> int:
    """Print the headline of a run and its diagnostics.

    Parameters
    ----------
    run
        Run file (densing fit, densing report).
    prob
        Probability of the equal-tailed intervals.
    json
        Print one JSON object.
    """
    from densing.results.run import open_run

    return show_summary(open_run(run), json=json, prob=probability(prob))


def density(run: Path, *models: str, prob: float = 0.9, json: Flag = False) -> int:
    """Print the density of each model of a run, densest first.

    Parameters
    ----------
    run
        Run file (densing fit, densing report).
    models
        Names of models to print; all of them without any.
    prob
        Probability of the equal-tailed intervals.
    json
        Print one JSON list.
    """
    from densing.results.density import density_table

    opened = open_joint(run)
    rows = _only(density_table(opened, prob=probability(prob)), models)
    if json:
        print_json(rows)
        return status_of(opened)
    console = Console()
    console.print(_densities(rows, prob))
    return status_of(opened, console)


def _densities(rows: list[dict[str, Any]], prob: float) -> Table:
    table = Table(
        Column("model", overflow="fold"), "released", "params", "density",
        f"{prob:.0%} interval", "effective",
    )  # fmt: skip
    for column in table.columns[2:]:
        column.justify = "right"
    for row in rows:
        d, e = row["density"], row["effective_params"]
        table.add_row(
            row["model"], row["release_date"], count(row["params"]), f"{d['median']:.3g}",
            f"{d['lower']:.2g} to {d['upper']:.2g}", count(e["median"]),
        )  # fmt: skip
    return table


def _only(rows: list[dict[str, Any]], models: tuple[str, ...]) -> list[dict[str, Any]]:
    """Keep rows of the models asked for; raises `RequestError` with every name that is unknown."""
    from densing.results.horizon import RequestError
    from densing.results.request import unknown

    known = [row["model"] for row in rows]
    faults = [unknown("model", name, known) for name in models if name not in known]
    if faults:
        raise RequestError("\n".join(faults))
    return [row for row in rows if not models or row["model"] in models]


def show_summary(
    run: "xr.DataTree", *, json: bool, prob: float = 0.9, written: Path | None = None
) -> int:
    """Print a run's headline; the status says whether it may be trusted."""
    from densing.results.component import loss_summary, trend_summary
    from densing.results.freshness import freshness_note
    from densing.results.growth import sentence
    from densing.results.headline import by_benchmark, summary, trustworthy
    from densing.results.shape_summary import shape_sentences

    kinds = {"loss": loss_summary, "trend": trend_summary}
    answer = kinds.get(run.attrs.get("kind", "joint"), summary)(run, prob=prob)
    good = trustworthy(run)
    if json:
        print_json(answer)
        return status(trustworthy=good)
    console = plain_console()
    subject = "Capability density of a typical new model" if "models" in answer else "The value"
    if "population" in answer:
        console.print(sentence(answer["population"], subject), style="bold")
    if answer.get("frontier"):
        console.print(sentence(answer["frontier"], "Its frontier"), style="bold")
    if "population" in answer:
        for line in shape_sentences(answer, subject=subject):
            console.print(line)
    if answer.get("benchmarks"):
        console.print(by_benchmark(answer["benchmarks"]))
    if "parameters" in answer:
        console.print(_parameters(answer["parameters"]))
    if "models" in answer:
        console.print(
            f"{answer['models']} models, {answer['scores']} scores, reference "
            f"{answer['reference']}, model {answer['model']}"
        )
        console.print(freshness_note(answer["newest"]))
    _diagnostics(console, answer["diagnostics"])
    if written is not None:
        say_written(console, written)
    return status(trustworthy=good)


def _parameters(parameters: dict[str, Any]) -> Table:
    several = not any("median" in value for value in parameters.values())
    laws = parameters if several else {"": parameters}
    table = Table("law" if several else "", "parameter", "median", "interval")
    for name, law in laws.items():
        for parameter, i in law.items():
            label = f"{i['lower']:.4g} to {i['upper']:.4g}"
            table.add_row(name, parameter, f"{i['median']:.4g}", label)
    return table


def _diagnostics(console: Console, health: dict[str, Any]) -> None:
    def number(value: float | None, form: str) -> str:
        return "unknown" if value is None else format(value, form)

    console.print(
        f"{health['verdict']}: R-hat {number(health['max_rhat'], '.3f')}, effective draws "
        f"{number(health['min_ess_bulk'], '.0f')} (bulk) and "
        f"{number(health['min_ess_tail'], '.0f')} (tail) at the least, "
        f"{health['divergences']} divergences; {health['gradient_evaluations']} gradients in "
        f"{health['seconds']['sample']:.0f} s, compiled in {health['seconds']['compile']:.0f} s",
        style=None if health["verdict"] == "trustworthy" else "bold red",
    )
    if health.get("first_divergences"):
        console.print(
            f"after a first try in larger steps, dropped, that met {health['first_divergences']} "
            "divergences"
        )
    for reason in health["reasons"]:
        console.print(f"  {reason}", style="red")


def count(value: float) -> str:
    """Say a number of parameters: 7.2B."""
    from densing.results.request import sized

    return sized(value)
