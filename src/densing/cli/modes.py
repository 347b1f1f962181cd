"""`densing modes`: every mode of a loss law, its weight, and the doubling time it implies."""

from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter

from densing.answers._answer import Cells, Line, Plain
from densing.answers.given import as_prob
from densing.cli.command import tell
from densing.cli.offers import model_names
from densing.cli.options import Flag, Quiet, Seed, Tables
from densing.text import months

METHOD = (
    "weights of the runs alone: importance sampling by a mixture of Student-t densities fitted by "
    "population Monte Carlo; doubling times and support: the joint model of the one benchmark, its "
    "law held at the mode, all else by a normal approximation"
)


class Modes(Plain):
    """The modes of each loss law, the heaviest first."""

    @property
    def good(self) -> bool:
        """Whether the weights of all are to be believed."""
        return all(row["reliable"] for row in self["benchmarks"])

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """List one row a mode."""
        del width
        yield Line(
            f"Modes of each benchmark's loss law ({self['reference']}, {self['model']}); weight by "
            "the runs alone, in brackets its Monte Carlo standard error; months to double of a "
            "typical new model and of the frontier; nats of support by the scores; alpha if let go:"
        )
        rows, breaks = [], []
        for row in self["benchmarks"]:
            for i, mode in enumerate(row["modes"]):
                weight = f"{100 * mode['weight']:.1f} ({100 * mode['error']:.2f})"
                rows.append((
                    "" if i else row["benchmark"], f"{mode['alpha']:.3f}", f"{mode['beta']:.3f}",
                    weight if row["reliable"] else f"{weight} ?", months(mode["population"]),
                    months(mode["frontier"]), f"{mode['support']:+.1f}",
                    f"{mode['released']['alpha']:.3f}",
                ))  # fmt: skip
            breaks.append(len(rows) - 1)
        # Short words, for a terminal of 80 columns.
        heads = ("benchmark", "alpha", "beta", "weight, %", "months, typical", "months, frontier",
                 "nats", "let go")  # fmt: skip
        yield Cells(heads, rows, breaks=breaks, whole=(0,))
        yield Line(f"{self['method']}.")
        for row in self["benchmarks"]:
            if not row["reliable"]:
                yield Line(
                    f"{row['benchmark']}: the weights are not to be believed (Pareto k "
                    f"{row['pareto_k']:.2f}, limit {row['limit']})", "bold red",
                )  # fmt: skip


def modes(
    *benchmarks: str,
    model: Annotated[str, Parameter(completer=model_names)] = "no_irreducible",
    set_: list[str] | None = None,
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
    from densing.models.declaration import load_model, of_ladder, override
    from densing.models.layout import lay_out

    prob = as_prob(prob)
    declared = of_ladder(override(load_model(model), set_ or []), "densing modes")
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
    return tell(Modes.from_record(answer, prob=prob), json=json)
