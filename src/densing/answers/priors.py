"""`priors`: how much the priors, and how much the evidence, move the answer.

Power-scaling (Kallioinen, Paananen, Buerkner & Vehtari 2024): raise the priors, or the
likelihood, to a power near one and measure how far a posterior moves (cumulative
Jensen-Shannon distance per doubling of the power), from the run's own draws. Only priors that a
person chose are scaled, not the pooling that is part of the model (`log_prior.top_level`).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers._answer import (
    DOUBTFUL,
    Answer,
    Cells,
    Growth,
    JointRun,
    Line,
    Record,
    Verdict,
)  # fmt: skip
from densing.answers.given import as_prob, as_run
from densing.models.declaration import Model
from densing.results.health import MIN_SENSITIVITY, scalars
from densing.results.interval import PROB, growth
from densing.results.log_prior import top_level
from densing.results.reweighting import reweight, weighted_growth
from densing.results.run import RunError, of_ladder, record
from densing.text import ESTIMANDS, months

STEP = 0.01
WEAKER, STRONGER = 0.8, 1.25
"""Powers at which the growth itself is told; 0.8 makes a normal prior 12 % wider."""
SHOWN = 10
PARTS = {
    "scores": "scores of the models", "log_loss": "losses of the reference",
    "correct": "scores of its checkpoints", "checkpoints": "checkpoints above the irreducible loss",
}  # fmt: skip


class Moved(Record):
    """How far priors and evidence move a quantity."""

    prior: float
    likelihood: float
    diagnosis: str


class Scaled(Record):
    """Growth under all chosen priors to a power; None where that needs a refit."""

    power: float
    pareto_k: float
    growth: Growth | None


class Estimand(Moved):
    """How far each prior and each part of the evidence moves a growth rate."""

    growth: Growth
    likelihoods: dict[str, float]
    priors: dict[str, float]
    """Largest first."""
    weaker: Scaled
    stronger: Scaled


class Parameter(Moved):
    """How far priors and evidence move a parameter."""

    name: str


class Priors(Answer):
    """Power-scaling of a run's priors and likelihood."""

    threshold: float
    population: Estimand | None
    frontier: Estimand | None
    parameters: list[Parameter]
    """Those that the priors move most."""
    diagnostics: Verdict

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """Say what moves each growth rate, and which parameters the priors move."""
        del width
        yield Line(f"Power-scaling sensitivity; {self.threshold:g} and more is noteworthy.")
        for key, title in ESTIMANDS.items():
            if (row := self[key]) is None:
                continue
            yield Line(
                f"{title}: priors {row.prior:.3f}, evidence {row.likelihood:.3f}: {row.diagnosis}",
                "bold",
            )
            first = ", ".join(f"{k} {v:.3f}" for k, v in list(row.priors.items())[:4])
            yield Line(f"of the priors: {first}", below=True)
            parts = ", ".join(f"{PARTS[k]} {v:.3f}" for k, v in row.likelihoods.items())
            yield Line(f"of the evidence: {parts}", below=True)
            for scaled, words in ((row.weaker, "weakened"), (row.stronger, "strengthened")):
                said = "needs a refit" if scaled.growth is None else months(scaled.growth)
                power = f"(power {scaled.power:g})"
                yield Line(f"months with all priors {words} {power}: {said}", below=True)
            yield Line(f"months as fitted: {months(row.growth)}", below=True)
        yield Line("The parameters that the priors move most:")
        yield Cells(
            ("parameter", "priors", "evidence", "what it means"),
            [
                (row.name, f"{row.prior:.3f}", f"{row.likelihood:.3f}", row.diagnosis)
                for row in self.parameters
            ],
        )
        if not self.good:
            yield Line(DOUBTFUL, "bold red")

    def table(self) -> pd.DataFrame:
        """Return one row a parameter: prior, likelihood, diagnosis."""
        rows = [row.model_dump() for row in self.parameters]
        return self.framed(pd.DataFrame(rows).set_index("name"))


def priors(run: JointRun, *, prob: float = PROB) -> Priors:
    """How much the priors move the answer of a run, and the parameters they move most.

    Parameters
    ----------
    run
        A run of a ladder model (densing fit --model ladder).
    prob
        Probability of the equal-tailed intervals.

    Raises
    ------
    TypeError, RunError
        No run of a joint model, or one without log prior densities.
    """
    return prior_sensitivity(of_ladder(as_run(run), "priors"), prob=as_prob(prob))


def prior_sensitivity(run: xr.DataTree, *, prob: float = PROB) -> Priors:
    """Answer `priors` for what is known to be a run."""
    chosen, likelihoods = terms(run)
    both = sum(chosen.values()), sum(likelihoods.values())
    estimands: dict[str, Any] = dict.fromkeys(ESTIMANDS)
    for name in ESTIMANDS:
        if f"{name}_rate" not in run["derived"]:
            continue
        draws = run["derived"][f"{name}_rate"].transpose("chain", "draw").to_numpy()
        single = {k: sensitivity(draws, v) for k, v in chosen.items()}
        estimands[name] = _moved(draws, *both) | {
            "growth": growth(draws, prob=prob),
            "likelihoods": {k: sensitivity(draws, v) for k, v in likelihoods.items()},
            "priors": dict(sorted(single.items(), key=lambda item: -item[1])),
            "weaker": _scaled(draws, both[0], WEAKER, prob),
            "stronger": _scaled(draws, both[0], STRONGER, prob),
        }
    rows = [
        Parameter(name=name, **_moved(draws, *both))
        for name, draws in scalars(run["posterior"].to_dataset())
    ]
    return Priors(
        threshold=MIN_SENSITIVITY, **estimands,
        parameters=sorted(rows, key=lambda row: -row.prior)[:SHOWN],
        diagnostics=record(run, "health"),
    ).about(run, prob=prob)  # fmt: skip


def terms(run: xr.DataTree) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Log density of each chosen prior and of each part of the evidence, shape (chain, draw)."""
    if "log_prior" not in run.children:
        raise RunError(
            "this run has no log prior densities: make it again with this version's "
            "`densing fit` or `densing report`"
        )
    chosen = top_level(Model.model_validate(record(run, "model")).priors)

    def summed(group: str, names: Any) -> dict[str, np.ndarray]:
        data = run[group]
        return {
            str(name): data[name]
            .sum([d for d in data[name].dims if d not in ("chain", "draw")])
            .transpose("chain", "draw")
            .to_numpy()
            for name in names
        }

    return (
        summed("log_prior", [name for name in chosen if name in run["log_prior"]]),
        summed("log_likelihood", run["log_likelihood"].data_vars),
    )


def sensitivity(draws: np.ndarray, log_density: Any) -> float:
    """Distance that a scalar's posterior moves for each doubling of a term's power.

    Parameters
    ----------
    draws, log_density
        The scalar, and the log density of the term that is scaled, shape (chain, draw).
    """
    # Imported here: it brings ArviZ's converters, and with them an engine where there is one.
    from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]

    arviz: Any = array_stats  # its types are those of its defaults
    if np.ptp(draws) == 0.0 or np.ptp(log_density) == 0.0:
        return 0.0
    powers = (1.0 - STEP, 1.0 + STEP)
    # Weights on the draws' scale: where a term's log density is steep they must not overflow.
    try:
        logs = [arviz.power_scale_lw(log_density, alpha=a, axis=(0, 1)) for a in powers]
    except ValueError:  # a term at its bound in most draws: weights are bounded, none to smooth
        logs = [(a - 1.0) * (log_density - np.max(log_density)) for a in powers]
    lower, upper = (np.exp(w - np.max(w)) for w in logs)
    return float(
        arviz.power_scale_sense(
            draws, lower / lower.sum(), upper / upper.sum(), *powers, chain_axis=0, draw_axis=1
        )
    )


def diagnose(prior: float, likelihood: float) -> str:
    """Say what two sensitivities mean."""
    if prior >= MIN_SENSITIVITY and likelihood >= MIN_SENSITIVITY:
        return "the priors and the evidence both move it: they may disagree"
    if prior >= MIN_SENSITIVITY:
        return "the priors move it, the evidence hardly does"
    if likelihood >= MIN_SENSITIVITY:
        return "the evidence decides"
    return "neither moves it alone"


def _moved(draws: np.ndarray, prior: Any, likelihood: Any) -> dict[str, Any]:
    found = sensitivity(draws, prior), sensitivity(draws, likelihood)
    return {"prior": found[0], "likelihood": found[1], "diagnosis": diagnose(*found)}


def _scaled(draws: np.ndarray, prior: Any, power: float, prob: float) -> dict[str, Any]:
    weights = reweight((power - 1.0) * prior)
    told = weighted_growth(draws, weights.values, prob=prob) if weights.reliable else None
    return {"power": power, "pareto_k": weights.pareto_k, "growth": told}
