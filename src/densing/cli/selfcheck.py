"""`densing selfcheck`: the reference's own largest models, whose density is 1 by construction."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from densing.answers._answer import Cells, Line, Plain
from densing.answers.given import as_prob
from densing.cli.command import tell
from densing.cli.offers import model_names, recipe_names
from densing.cli.options import Flag, Quiet, Seed

ASKED = {
    "loss": "loss, given size and tokens",
    "score_given_loss": "score, given the loss",
    "score_of_run": "score of one more run of the family",
    "score_of_model": "score of a target model of density 1",
    "density": "density 1, from one score",
}


class SelfCheck(Plain):
    """Predictions of the reference's largest models."""

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """List one row a run and benchmark, then how many lie inside their intervals."""
        del width
        rows = []
        for row in self["rows"]:
            ends = [_ends(row[c]) for c in ("loss", "score_of_run", "score_of_model", "density")]
            ends.insert(1, f"{row['score_of_run']['observed']:.3f}")
            rows.append((row["run"], row["benchmark"], *ends, f"{row['p_beyond_reference']:.2f}"))
        heads = "run", "benchmark", "loss", "score", "as a run", "as a target", "density", "beyond"
        yield Cells(heads, rows, whole=(1,), dense=True)
        for check, words in ASKED.items():
            count = self["counts"][check]
            yield Line(
                f"{words}: {count['covered']} of {count['of']} inside their {count['prob']:.0%} "
                "intervals"
            )
        health = self["diagnostics"]
        yield Line(
            f"reference {self['reference']}, {self['runs_fitted']} runs fitted; "
            f"{health['verdict']}", "" if self.good else "bold red",
        )  # fmt: skip
        yield from (Line(reason, "red", below=True) for reason in health["reasons"])


def selfcheck(
    *,
    model: Annotated[str, Parameter(completer=model_names)] = "olmo2",
    inference: Annotated[str, Parameter(completer=recipe_names)] = "default",
    set_: list[str] | None = None,
    above: float | None = None,
    reference: Path | None = None,
    prob: float = 0.9,
    seed: Seed = 1,
    quiet: Quiet = False,
    json: Flag = False,
) -> int:
    """Predict the reference's largest models from its smaller ones; their density is 1.

    Parameters
    ----------
    model
        Declared model that names the reference, or a .toml file. Asked on every benchmark that
        held-out runs of this reference carry, unless --set benchmarks=... says which.
    inference
        Sampler recipe (`densing inference`) or a .toml file.
    set_
        KEY=VALUE: a reference choice or a prior's argument. May be given several times.
    above
        Hold out the runs of more parameters than this, in place of those marked in the table.
    reference
        Table of reference runs (CSV) in place of the bundled one.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of all random numbers.
    quiet
        No progress on the terminal.
    json
        Print one JSON object.
    """
    from densing.cli.progress import showing
    from densing.data import load_evidence
    from densing.inference.fit import fit_reference
    from densing.inference.settings import load_settings
    from densing.models.declaration import load_model, of_ladder, override
    from densing.models.select import hold_out_above, on_all
    from densing.results.selfcheck import selfcheck as ask

    prob = as_prob(prob)
    changes, settings = set_ or [], load_settings(inference)
    declared = of_ladder(override(load_model(model), changes), "densing selfcheck")
    evidence = load_evidence(reference_runs=reference)
    if above is not None:
        evidence = hold_out_above(evidence, declared.choices.reference, above)
    if not any(change.partition("=")[0].strip() == "benchmarks" for change in changes):
        declared = on_all(declared, evidence)
    with showing(quiet=quiet) as listener:
        run = fit_reference(evidence, model=declared, settings=settings, seed=seed, listen=listener)
    answer = ask(run, seed=seed, prob=prob)
    return tell(SelfCheck.from_record(answer, prob=prob), json=json)


def _ends(told: dict[str, Any]) -> str:
    return f"{told['lower']:.3g} to {told['upper']:.3g}" + ("" if told["inside"] else " ✗")
