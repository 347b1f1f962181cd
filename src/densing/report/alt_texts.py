"""What each figure of the report shows, in words from the run: for those who cannot see it."""

from densing.answers.influence import counted, untold
from densing.report.answers import RunAnswers
from densing.report.reference import shown
from densing.report.words import digits, doubling, months_range, percent, size


def headline(run: RunAnswers) -> str:
    """Densities against release dates, with both trends."""
    answer = run.summary
    table = run.densities
    text = (
        f"Scatter plot of capability density against release date for {answer['models']} models, "
        f"on a logarithmic axis. A typical new model's density {doubling(answer['population'])}"
    )
    if answer["frontier"] is not None:
        text += f"; the frontier's {doubling(answer['frontier'])}"
    top, last = table[0], table[-1]
    return (
        f"{text}. Densest: {top['model']} at {digits(top['density']['median'], figures=2)}; "
        f"least dense: {last['model']} at {digits(last['density']['median'], figures=2)}."
    )


def rate(run: RunAnswers) -> str:
    """Posterior of both growth rates."""
    answer = run.summary
    parts = [
        f"{name}: median rate {answer[key]['rate_per_year']['median']:.2f} a year, "
        f"doubling time {months_range(answer[key]['doubling_months'])} months "
        f"({percent(answer[key]['doubling_months']['prob'])} interval)"
        for name, key in (("typical new model", "population"), ("frontier", "frontier"))
        if answer[key] is not None
    ]
    return "Posterior densities of the growth rate. " + "; ".join(parts) + "."


def benchmark_rates(run: RunAnswers) -> str:
    """Doubling time on each benchmark."""
    rows = [
        f"{name} {months_range(told['doubling_months'])}"
        for name, told in (run.summary["benchmarks"] or {}).items()
    ]
    return "Intervals of the doubling time in months on each benchmark: " + ", ".join(rows) + "."


def ranking(run: RunAnswers) -> str:
    """Densities, densest first."""
    rows = [
        f"{row['model']} {digits(row['density']['median'], figures=2)}" for row in run.densities[:5]
    ]
    return "Interval plot of densities, densest first: " + ", ".join(rows) + " and so on."


def loss_law(run: RunAnswers) -> str:
    """Losses of the reference's runs."""
    sizes = run.run["constant_data"]["run_params"].to_numpy()
    return (
        f"Loss against training tokens on {_benchmarks(run)}, for reference models of "
        f"{size(sizes.min())} to {size(sizes.max())} parameters, with fitted curves."
    )


def reference(run: RunAnswers) -> str:
    """Loss of the reference at D0, against size."""
    return (
        f"Loss of the reference family at D0 against effective parameters on {_benchmarks(run)}: "
        "the bands widen beyond the sizes that were trained."
    )


def performance_map(run: RunAnswers) -> str:
    """Score against loss."""
    return f"Score against loss on {_benchmarks(run)}: S-shaped curves through the checkpoints."


def predictive(run: RunAnswers) -> str:
    """Observed against predicted scores."""
    checks = run.coverage
    return "Observed against predicted scores. " + "; ".join(
        f"{name.replace('_', ' ')}: {c['covered']} of {c['of']} inside their "
        f"{percent(c['nominal'])} interval"
        for name, c in checks.items()
        if c["of"]
    )


def influence(run: RunAnswers) -> str:
    """Answer without single models and families."""
    answer = run.influence
    waiting = counted(answer, which=untold)
    rows = [*answer["families"], *answer["models"]]
    told = f"the family that moves it most is {rows[0]['name']}"
    if waiting:
        first = next(row["name"] for row in rows if untold(row))
        told = f"{waiting} not told without a refit, {first} first"
    return f"Doubling time without each of the most influential models and families; {told}."


def diagnostics(run: RunAnswers) -> str:
    """Traces and ranks."""
    return f"Traces and rank histograms of {', '.join(shown(run.run))}, one colour a chain."


def _benchmarks(run: RunAnswers) -> str:
    return ", ".join(str(name) for name in run.run["posterior"]["benchmark"].to_numpy())
