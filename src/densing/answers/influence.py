"""`influence`: which models, and which families, the answer hangs on.

Leave-one-out: the posterior without a model's scores is the run's, reweighted by one over their
likelihood (`results.reweighting`). A model's density is integrated out of that likelihood, so the
weights concern shared parameters alone and behave better than score by score. A family is left out
with all of its models. Everything else stays: dates and their window, the other models, the priors
and what the evidence tells them. Where the weights cannot be believed, a refit tells
(`results.refits`), if the run holds one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import PrivateAttr

from densing.answers._answer import DOUBTFUL, Answer, Cells, Growths, Line, Record, Run, Verdict
from densing.answers.given import as_prob, as_run
from densing.answers.growth import growths
from densing.results.interval import PROB
from densing.results.refits import Key, Refit, refits
from densing.results.reweighting import Weights, reweight, weighted_growth
from densing.results.run import RunError, of_ladder, record
from densing.text import ESTIMANDS, cut, months

KINDS = {"models": ("model", "models"), "families": ("family", "families")}
"""What is left out: keys of an answer, and words."""
ROWS = 15
"""Models, and families, that are listed."""


class Refitted(Record):
    """How a refit was made and judged."""

    how: str
    verdict: str
    reasons: list[str]
    max_rhat: float | None
    min_ess: float


class LeftOut(Growths):
    """The answer without a model or a family; None where neither weights nor a refit tell."""

    name: str
    models: int
    """How many are left out."""
    pareto_k: float
    reliable: bool
    """Whether weights tell."""
    refit: Refitted | None
    """None where weights tell, or the run holds no refit."""
    shift: float | None
    """The larger change of the two median rates, in standard deviations of the posterior's."""

    def how(self) -> str:
        """Say where the answer is from."""
        if untold(self):
            return "needs a refit"
        if self.refit is None:
            return "reweighted"
        return "refit, not trustworthy" if doubtful(self) else "refit"

    def cells(self) -> tuple[str, ...]:
        """Return a row of a table: name, how many, both doubling times, Pareto k."""
        doubt = ", not trustworthy" if doubtful(self) else ""
        grown = ("needs a refit" if untold(self) else months(self[e]) + doubt for e in ESTIMANDS)
        told = f"{self.pareto_k:.2f}" + (", refit" if self.refit else "")
        return (self.name, str(self.models), *grown, told)


class Flagged(Record):
    """A model whose Pareto k is beyond the limit."""

    model: str
    pareto_k: float


class LeaveOneOut(Record):
    """Log predictive density of each model's scores given all others, summed."""

    elpd: float
    se: float
    """Over models."""
    p_loo: float
    """Effective number of parameters."""
    limit: float
    """Largest Pareto k that can be relied on."""
    flagged: list[Flagged]
    """For these `elpd` is too good."""


class Influence(Answer, Growths):
    """The answer with everything, and without each model and each family.

    `models` and `families` have those first that need a refit, then the most influential.
    """

    loo: LeaveOneOut
    models: list[LeftOut]
    families: list[LeftOut]
    diagnostics: Verdict
    _refit: str = PrivateAttr("densing influence RUN.nc --refit")

    @property
    def good(self) -> bool:
        """Whether the run and all of its refits are trustworthy."""
        return self.diagnostics.ok and not any(map(doubtful, (*self.models, *self.families)))

    def left(self, command: str | None = None) -> list[str]:
        """Say what is left to refit and what was refitted; nothing where weights tell all.

        Parameters
        ----------
        command
            Command that refits what is left.
        """
        said = []
        if waiting := counted(self, which=untold):
            said.append(
                f"Without {waiting} ({self._named(untold)}) the posterior lies too far from the "
                "run's own draws for weights to tell: fit those anew with "
                f"{command or self._refit}"
            )
        if refitted := counted(self, which=lambda row: row.refit is not None):
            said.append(f"Refitted, since weights cannot tell: {refitted}")
        if bad := counted(self, which=doubtful):
            said.append(f"Refits of {bad} are not trustworthy: {self._named(doubtful)}")
        return said

    def _named(self, which: Callable[[Any], bool]) -> str:
        """Names, families first: a family of one model is that model."""
        rows = (*self.families, *self.models)
        return cut(list(dict.fromkeys(row.name for row in rows if which(row))), 6)

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """List models and families, then say what is left to do."""
        del width
        titles = [f"{title}, months" for title in ESTIMANDS.values()]
        whole = ("nothing left out", "", *(months(self[e]) for e in ESTIMANDS), "")
        for key, (kind, _) in KINDS.items():
            yield Line(f"Doubling time without each {kind}, the most influential first:")
            rows = [whole, *(row.cells() for row in self[key][:ROWS])]
            yield Cells((kind, "models", *titles, "k"), rows, breaks=(0,))
        yield Line(
            f"leave-one-model-out log predictive density {self.loo.elpd:.1f} (standard error "
            f"{self.loo.se:.1f}), {self.loo.p_loo:.1f} effective parameters; Pareto k beyond "
            f"{self.loo.limit:.2f} for {len(self.loo.flagged)} of {len(self.models)} models"
        )
        yield from map(Line, self.left())
        if not self.diagnostics.ok:
            yield Line(DOUBTFUL, "bold red")

    def table(self) -> pd.DataFrame:
        """Return one row a model and a family, indexed by what (`model`, `family`) and name.

        Columns: models (how many are left out); population, population_lower, population_upper
        and the same of frontier (months; missing where it needs a refit, or does not grow);
        shift; pareto_k; how.
        """
        rows = []
        for key, (kind, _) in KINDS.items():
            for row in self[key]:
                cells: dict[str, Any] = {"what": kind, "name": row.name, "models": row.models}
                for e in ESTIMANDS:
                    ends = row[e].row() if row[e] else {}
                    for column, end in ((e, "median"), (f"{e}_lower", "lower"),
                                        (f"{e}_upper", "upper")):  # fmt: skip
                        cells[column] = ends.get(end, np.nan)
                shift = np.nan if row.shift is None else row.shift
                rows.append(cells | {"shift": shift, "pareto_k": row.pareto_k, "how": row.how()})
        return self.framed(pd.DataFrame(rows).set_index(["what", "name"]))


def influence(run: Run, *, prob: float = PROB) -> Influence:
    """Doubling time without each model and each family, the most influential first.

    Parameters
    ----------
    run
        A run of the joint model; one with refits (`refit`) has answers where weights cannot tell.
    prob
        Probability of the equal-tailed intervals.

    Raises
    ------
    TypeError, RunError
        No run of a joint model, or one without scores of models.
    """
    return left_one_out(of_ladder(as_run(run), "influence"), prob=as_prob(prob))


def left_one_out(run: xr.DataTree, *, prob: float = PROB) -> Influence:
    """Answer `influence` for what is known to be a run."""
    scores = log_scores(run)
    rates = {
        name: run["derived"][f"{name}_rate"].transpose("chain", "draw").to_numpy()
        for name in ESTIMANDS if f"{name}_rate" in run["derived"]
    }  # fmt: skip
    names = [str(name) for name in run["constant_data"]["model"].to_numpy()]
    families = np.asarray([str(f) for f in run["constant_data"]["model_family"].to_numpy()])
    alone = {name: [i] for i, name in enumerate(names)}
    together = {name: np.flatnonzero(families == name).tolist() for name in sorted(set(families))}
    weights = {name: reweight(-scores[..., i].sum(-1)) for name, i in alone.items()}
    kept = refits(run)

    def without(key: Key, count: int, of: Weights) -> LeftOut:
        return _without(key[1], count, of, None if of.reliable else kept.get(key), rates, prob)

    return Influence(
        **growths(run, prob=prob), loo=loo(scores, weights),
        models=_ranked([without(("model", name), 1, weights[name]) for name in alone]),
        families=_ranked([
            without(("family", name), len(i), reweight(-scores[..., i].sum(-1)))
            for name, i in together.items()
        ]),
        diagnostics=record(run, "health"),
    ).about(run, prob=prob)  # fmt: skip


def untold(row: Any) -> bool:
    """Whether a row has no answer yet: its draws cannot be reweighted, and no refit is there."""
    return not row["reliable"] and row["refit"] is None


def doubtful(row: Any) -> bool:
    """Whether a row's answer is from a refit that did not pass its diagnostics."""
    return row["refit"] is not None and row["refit"]["verdict"] != "trustworthy"


def counted(answer: Influence, *, which: Callable[[Any], bool]) -> str:
    """Say how many models and families `which` is true of; blank for none."""
    said = []
    for key, words in KINDS.items():
        if found := sum(map(which, answer[key])):
            said.append(f"{found} {words[found != 1]}")
    return " and ".join(said)


def log_scores(run: xr.DataTree) -> np.ndarray:
    """Log-likelihood of each model's scores together, shape (chain, draw, model)."""
    if "log_likelihood" not in run.children or "scores" not in run["log_likelihood"]:
        raise RunError(
            "this run has no scores of models to leave out: give a run of `densing fit` or "
            "`densing report`"
        )
    return run["log_likelihood"]["scores"].transpose("chain", "draw", "model").to_numpy()


def loo(scores: np.ndarray, weights: Mapping[str, Weights]) -> LeaveOneOut:
    """Estimate the log predictive density of each model's scores, given all other models.

    By the same weights as the rest of the answer: ArviZ's own differ in their smoothing.

    Parameters
    ----------
    scores
        Log-likelihoods, shape (chain, draw, model).
    weights
        Of leaving each model out, in the order of `scores`.
    """
    likelihood = np.exp(scores - (top := scores.max(axis=(0, 1))))
    within = np.log(likelihood.mean(axis=(0, 1))) + top
    each = np.stack([w.values for w in weights.values()], axis=-1)
    left_out = np.log(np.sum(each * likelihood, axis=(0, 1))) + top
    flagged = [(name, w.pareto_k) for name, w in weights.items() if not w.reliable]
    return LeaveOneOut(
        elpd=float(left_out.sum()), se=float(np.sqrt(len(left_out) * np.var(left_out))),
        p_loo=float(np.sum(within - left_out)), limit=next(iter(weights.values())).limit,
        flagged=[
            Flagged(model=name, pareto_k=k) for name, k in sorted(flagged, key=lambda f: -f[1])
        ],
    )  # fmt: skip


def _without(
    name: str,
    count: int,
    weights: Weights,
    refit: Refit | None,
    rates: Mapping[str, np.ndarray],
    prob: float,
) -> LeftOut:
    answers: dict[str, Any] = dict.fromkeys(ESTIMANDS)
    if weights.reliable:
        answers |= {k: weighted_growth(v, weights.values, prob=prob) for k, v in rates.items()}
    elif refit is not None:
        answers |= {k: refit.growth(k, prob=prob) for k in rates if k in refit.quantiles}
    shifts = [
        (answers[k]["rate_per_year"]["median"] - float(np.median(v))) / float(np.std(v))
        for k, v in rates.items()
        if answers[k] is not None
    ]
    return LeftOut(
        name=name, models=count, pareto_k=weights.pareto_k, reliable=weights.reliable,
        refit=refit and refit.as_dict(), **answers,
        shift=max(shifts, key=abs) if shifts else None,
    )  # fmt: skip


def _ranked(rows: list[LeftOut]) -> list[LeftOut]:
    """Those that need a refit first, then by the size of the shift."""
    return sorted(
        rows, key=lambda row: (0, -row.pareto_k) if row.shift is None else (1, -abs(row.shift))
    )
