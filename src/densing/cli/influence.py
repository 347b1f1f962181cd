"""`densing influence` and `densing priors`: what the answer of a run hangs on."""

from pathlib import Path

from rich.table import Table

from densing.cli.answers import below, months, plain_console, print_json, probability, status_of
from densing.cli.files import open_joint
from densing.cli.options import Flag
from densing.results.estimands import ESTIMANDS

ROWS = 15
PARTS = {
    "scores": "scores of the models", "log_loss": "losses of the reference",
    "correct": "scores of its checkpoints", "checkpoints": "checkpoints above the irreducible loss",
}  # fmt: skip


def influence(run: Path, *, prob: float = 0.9, json: Flag = False) -> int:
    """Print the doubling time without each of the most influential models and families.

    Parameters
    ----------
    run
        Run file (densing fit, densing report).
    prob
        Probability of the equal-tailed intervals.
    json
        Print one JSON object, with every model and family.
    """
    from densing.results.influence import influence as leave_out

    opened = open_joint(run)
    answer = leave_out(opened, prob=probability(prob))
    if json:
        print_json(answer)
        return status_of(opened)
    console = plain_console()
    for key, title in (("models", "model"), ("families", "family")):
        table = Table(title, "models", *(f"{ESTIMANDS[e]}, months" for e in ESTIMANDS), "k")
        table.add_row(
            "nothing left out", "", *(months(answer[e]) for e in ESTIMANDS), "", end_section=True
        )
        for row in answer[key][:ROWS]:
            told = [months(row[e]) if row["reliable"] else "needs a refit" for e in ESTIMANDS]
            table.add_row(row["name"], str(row["models"]), *told, f"{row['pareto_k']:.2f}")
        console.print(f"Doubling time without each {title}, the most influential first:")
        console.print(table)
    loo = answer["loo"]
    console.print(
        f"leave-one-model-out log predictive density {loo['elpd']:.1f} (standard error "
        f"{loo['se']:.1f}), {loo['p_loo']:.1f} effective parameters; Pareto k beyond "
        f"{loo['limit']:.2f} for {len(loo['flagged'])} of {len(answer['models'])} models"
    )
    if any(not row["reliable"] for row in answer["families"]):
        first = next(row["name"] for row in answer["families"] if not row["reliable"])
        console.print(
            "a refit without a family: densing fit "
            f"--set 'exclude_families=[\"{first}\"]' --out without.nc"
        )
    return status_of(opened, console)


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
