"""`densing modes`: every mode of a loss law, its weight, and the doubling time it implies."""

from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Column, Table

from densing.cli.answers import months, plain_console, print_json, probability, status
from densing.cli.offers import model_names
from densing.cli.options import Flag, Quiet, Seed, Tables

Changes = Annotated[list[str] | None, Parameter(name="--set", negative=())]


def modes(
    *benchmarks: str,
    model: Annotated[str, Parameter(completer=model_names)] = "no_irreducible",
    set_: Changes = None,
    tables: Tables = Tables(),  # noqa: B008
    prob: float = 0.9,
    seed: Seed = 1,
    quiet: Quiet = False,
    json: Flag = False,
) -> int:
    """Find every mode of a loss law, weigh them, and say what each means for the doubling time.

    Without irreducible loss, the law of the paper, runs of nearly proportional size and tokens can
    leave a law two ways to lie; one optimum, or chains that start near it, show one of them.

    Parameters
    ----------
    benchmarks
        Benchmarks to look at, each alone; all of the model without any.
    model
        Declared model whose reference, priors and law are meant, or a .toml file.
    set_
        KEY=VALUE: a reference choice or a prior's argument. May be given several times.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of all random numbers.
    quiet
        No progress on the terminal.
    json
        Print one JSON object.
    """
    from densing.cli.progress import counting
    from densing.models.declaration import load_model, override
    from densing.models.layout import lay_out

    prob = probability(prob)
    declared = override(load_model(model), set_ or [])
    evidence = tables.load()
    asked = list(dict.fromkeys(benchmarks)) or list(declared.choices.benchmarks)
    lay_out(evidence, declared.choose(benchmarks=asked, min_scores=1).choices)  # or says why not
    from densing.inference.conditional import benchmark_modes

    found = []
    with counting("benchmarks", quiet=quiet) as listen:
        for i, name in enumerate(asked):
            if listen:
                listen(i, len(asked))
            found.append(benchmark_modes(evidence, name, model=declared, seed=seed, prob=prob))
    answer = {
        "reference": declared.choices.reference, "model": declared.name, "seed": seed,
        "method": METHOD, "benchmarks": [found_one.as_dict() for found_one in found],
    }  # fmt: skip
    if json:
        print_json(answer)
    else:
        show(answer)
    return status(trustworthy=all(row["reliable"] for row in answer["benchmarks"]))


METHOD = (
    "weights of the runs alone: importance sampling by a mixture of Student-t densities fitted by "
    "population Monte Carlo; doubling times and support: the joint model of the one benchmark, its "
    "law held at the mode, all else by a normal approximation"
)


def show(answer: dict[str, Any]) -> None:
    """Print one row a mode, the heaviest first."""
    # Short words, and two that are held whole: for a terminal of 80 columns.
    table = Table(
        Column("benchmark", no_wrap=True), "alpha", "beta", "weight, %", "months, typical",
        Column("months, frontier", min_width=len("frontier")), "nats", "let go",
    )  # fmt: skip
    for row in answer["benchmarks"]:
        for i, mode in enumerate(row["modes"]):
            weight = f"{100 * mode['weight']:.1f} ({100 * mode['error']:.2f})"
            table.add_row(
                row["benchmark"] if i == 0 else "", f"{mode['alpha']:.3f}", f"{mode['beta']:.3f}",
                weight if row["reliable"] else f"{weight} ?", months(mode["population"]),
                months(mode["frontier"]), f"{mode['support']:+.1f}",
                f"{mode['released']['alpha']:.3f}", end_section=i + 1 == len(row["modes"]),
            )  # fmt: skip
    console = plain_console()
    console.print(
        f"Modes of each benchmark's loss law ({answer['reference']}, {answer['model']}); weight by "
        "the runs alone, in brackets its Monte Carlo standard error; months to double of a typical "
        "new model and of the frontier; nats of support by the scores; alpha if let go:"
    )
    console.print(table)
    console.print(f"{answer['method']}.")
    for row in answer["benchmarks"]:
        if not row["reliable"]:
            console.print(
                f"{row['benchmark']}: the weights are not to be believed (Pareto k "
                f"{row['pareto_k']:.2f}, limit {row['limit']})", style="bold red",
            )  # fmt: skip
