"""`compare`: which model predicts a model it has not seen, and an average by stacking.

Leave-one-out by Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry 2017), by ArviZ, of
all scores of a model together, its density integrated out; of each value for a run of `densing
trend`. An observation whose Pareto k is beyond the limit in any run has no number without a refit:
it is left aside in all of them, and named. A run that is not trustworthy is listed but takes no
part: its weight is None.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import PrivateAttr

from densing.answers._answer import (
    Answer,
    Cells,
    FromShell,
    Growths,
    Line,
    Record,
    draw,
)  # fmt: skip
from densing.answers.given import as_prob, as_run
from densing.answers.growth import Shaped, shaped
from densing.answers.loo import check_same_data, leave_one_out, log_likelihood, ranked
from densing.results.derive import end_rates
from densing.results.health import ALIKE, MAX_PARETO_K, MIN_COMPARED
from densing.results.interval import PROB
from densing.results.reweighting import weighted_growth
from densing.results.run import RunError, of_ladder, record, trustworthy
from densing.results.trend_curve import curve_of
from densing.text import ESTIMANDS, cut, listed, months

FLAGGED = 5
"""Observations left aside that are named."""
WIDE = 140
"""Columns from which on prediction and growth stand in one table."""
SHORT = {"population": "typical", "frontier": "frontier"}
NUMBERS = ("elpd", "se", "mcse", "p_loo", "elpd_diff", "dse", "weight")

Runs = Annotated[
    Mapping[str, xr.DataTree], FromShell(Path, "densing.cli.files:open_named", many=True)
]
"""Runs by name; their files on the command line."""


class Compared(Shaped):
    """A run among others: what is not known of it is None."""

    name: str
    model: str
    trustworthy: bool
    reasons: list[str]
    elpd: float | None
    """Leave-one-out log predictive density, nats."""
    se: float | None
    """Of `elpd`, over observations."""
    mcse: float | None
    """Of `elpd`, over draws."""
    p_loo: float | None
    """Effective number of parameters."""
    elpd_diff: float | None
    """To the best run, zero or less."""
    dse: float | None
    """Standard error of `elpd_diff`."""
    stacking: float | None
    """The same as `weight`, under its name of before."""
    weight: float | None
    """In the average of the runs (`loo.bootstrapped_weights`)."""
    worst_pareto_k: float

    def prediction(self) -> tuple[str, str, str]:
        """Say the predictive density, how far below the best it lies, and the weight."""
        if self.elpd is None:
            return "not weighed", "", "none"
        below = "best" if self.elpd_diff == 0 else f"{-self.elpd_diff:.1f} ± {self.dse:.1f}"
        return f"{self.elpd:.1f} ± {self.se:.1f}", below, f"{self.weight:.2f}"


class Stacked(Growths):
    """Growth of the weighted average; a frontier where every run with a weight has one."""

    at_end: Growths


class LeftAside(Record):
    """An observation that no number is known for without a refit."""

    name: str
    pareto_k: float


class Comparison(Answer):
    """Runs of different models on the same observations, best first."""

    draws = True
    runs: list[Compared]
    stacked: Stacked | None
    """None where fewer than two runs are trustworthy."""
    of: str
    """What is left out: models, values."""
    observations: int
    compared: int
    left_aside: list[LeftAside]
    limit: float
    """Largest Pareto k that can be relied on."""
    trustworthy: bool
    sentence: str
    _runs: Mapping[str, xr.DataTree] = PrivateAttr()

    @property
    def good(self) -> bool:
        """Whether all runs are trustworthy."""
        return self.trustworthy

    def parts(self, width: int = WIDE) -> Iterator[Line | Cells]:
        """Say how the runs predict, what growth each tells, and what was left aside."""
        yield Line(
            f"Leave-one-out prediction of {self.compared} of {self.observations} {self.of}, best "
            "first:"
        )
        keys = [key for key in SHORT if any(row[key] for row in self.runs)]
        prediction = "shape", "log density", "below best", "weight", "worst k"
        growth = (*(f"{SHORT[key]}, months" for key in keys), "at the last date")
        names = [r.name + ("" if r.trustworthy else " (not trustworthy)") for r in self.runs]
        bad = [i for i, row in enumerate(self.runs) if not row.trustworthy]
        predicted = [
            (row.shape.replace("_", " "), *row.prediction(), f"{row.worst_pareto_k:.2f}")
            for row in self.runs
        ]
        grown = [_grown(row, row.at_end or row, keys) for row in self.runs]
        names_too, breaks = names, ()
        if self.stacked:
            names_too, breaks = [*names, "stacked"], (len(names) - 1,)
            predicted.append(("", "", "", "1.00", ""))
            grown.append(_grown(self.stacked, self.stacked.at_end, keys))
        if width >= WIDE:
            rows = [(n, *p, *g) for n, p, g in zip(names_too, predicted, grown, strict=True)]
            yield Cells(("run", *prediction, *growth), rows, bad=bad, breaks=breaks)
        else:
            yield Cells(
                ("run", *prediction),
                [(n, *p) for n, p in zip(names, predicted, strict=False)], bad=bad,
            )  # fmt: skip
            rows = [(n, *g) for n, g in zip(names_too, grown, strict=True)]
            yield Cells(("run", *growth), rows, bad=bad, breaks=breaks)
        yield Line(self.sentence, "bold")
        if self.left_aside:
            yield Line(
                "Left aside, since without a refit nothing can be said of them (Pareto k beyond "
                f"{self.limit:.2f} in some run): "
                f"{cut([row.name for row in self.left_aside], FLAGGED)}",
                "yellow",
            )
        for row in self.runs:
            if row.acceleration:
                yield Line(f"{row.name}:")
                yield from (Line(line, below=True) for line in row.acceleration.sentences())
            if not row.trustworthy:
                yield Line(f"{row.name} is not trustworthy, and was not weighed:", "red")
                yield from (Line(reason, "red", below=True) for reason in row.reasons)
        errors = [row.mcse for row in self.runs if row.mcse is not None]
        if errors:
            yield Line(f"Monte Carlo error of these densities: up to {max(errors):.1f}.")
        yield Line(
            "Leaving one out asks how a shape fills gaps among the data, not how it forecasts: see "
            "`densing backtest`."
        )

    def table(self) -> pd.DataFrame:
        """Return one row a run, best first, and `stacked`, the average, where there is one.

        Columns: (prediction, ...) elpd, se, mcse, p_loo, elpd_diff, dse, weight, worst_pareto_k;
        (population, ...) and (frontier, ...) as in `doubling_time`, mean over the dates, and
        (population at end, ...), (frontier at end, ...) at the last. `attrs` has the verdict by
        run, and sentence, observations, compared, left_aside and limit.
        """
        rows = {
            row.name: {("prediction", key): row[key] for key in (*NUMBERS, "worst_pareto_k")}
            | _columns(row, row.at_end or row)
            for row in self.runs
        }
        if self.stacked:
            rows["stacked"] = _columns(self.stacked, self.stacked.at_end)
        keys = dict.fromkeys(key for row in rows.values() for key in row)
        columns = pd.MultiIndex.from_tuples(keys)
        values = [[row.get(key) for key in columns] for row in rows.values()]
        frame = self.framed(pd.DataFrame(values, pd.Index(rows, name="run"), columns, dtype=float))
        verdicts = {
            row.name: "trustworthy" if row.trustworthy else "not trustworthy" for row in self.runs
        }
        told = ("sentence", "observations", "compared", "left_aside", "limit")
        frame.attrs |= {"verdict": verdicts, **{key: self[key] for key in told}}
        return frame

    def figures(self) -> dict[str, Any]:
        """Draw each run's line through the data, its predictive density and its growth."""
        return {"compare": draw("densing.report.compare_figure:plot_compare", self._runs, self)}


def compare(runs: Runs, *, prob: float = PROB) -> Comparison:
    """Compare runs of different models on the same observations.

    By the log predictive density of each model's scores with the model left out (PSIS-LOO), and
    averaged with stacking weights. Fit the shapes of the trend with --model changepoint, local
    and saturating.

    Parameters
    ----------
    runs
        At least two runs (densing fit, densing trend --out); in Python by a name for each,
        ``{"linear": run, "local": other}``.
    prob
        Probability of the equal-tailed intervals.

    Raises
    ------
    TypeError
        Not runs by name.
    RunError
        Fewer than two runs, other observations, or no likelihoods; the message says what to do.
    """
    prob = as_prob(prob)
    if not isinstance(runs, Mapping) or isinstance(runs, xr.DataTree):
        raise TypeError(
            f"expected runs by name, got {type(runs).__name__}: "
            'dn.compare({"linear": run, "local": other})'
        )
    kinds = ("joint", "trend", "loss")
    return compared({str(k): as_run(run, kinds=kinds) for k, run in runs.items()}, prob=prob)


def compared(runs: Mapping[str, xr.DataTree], *, prob: float = PROB) -> Comparison:
    """Compare runs that are known to be runs; see `compare`."""
    if len(runs) < 2:
        raise RunError("compare needs at least two runs: fit another model (`densing models`)")
    for name, run in runs.items():
        of_ladder(run, f"comparing {name}")
    check_same_data(runs)
    terms = {name: log_likelihood(name, run) for name, run in runs.items()}
    good = {name: term for name, term in terms.items() if trustworthy(runs[name])}
    first = {name: leave_one_out(term) for name, term in terms.items()}
    worst = np.asarray([first[name].pareto_k.to_numpy() for name in good or first]).max(axis=0)
    limit = min([MAX_PARETO_K, *(float(loo.good_k) for loo in first.values())])
    kept = np.flatnonzero(worst <= limit)
    enough = len(kept) >= max(2, MIN_COMPARED * len(worst))
    found = (
        {name: leave_one_out(term.isel(obs=kept)) for name, term in good.items()} if enough else {}
    )
    numbers = ranked(found, {name: good[name].isel(obs=kept) for name in found})
    none: dict[str, Any] = dict.fromkeys(NUMBERS)
    rows = []
    for name, run in runs.items():
        own = numbers.get(name, none)
        rows.append(
            Compared(
                name=name, model=record(run, "model")["name"], trustworthy=trustworthy(run),
                reasons=record(run, "health")["reasons"], **own, stacking=own["weight"],
                worst_pareto_k=float(first[name].pareto_k.max()), **shaped(run, prob=prob),
            )
        )  # fmt: skip
    rows.sort(key=lambda row: -np.inf if row.elpd is None else row.elpd, reverse=True)
    one = next(iter(runs.values()))
    joint = one.attrs.get("kind", "joint") == "joint"
    names = one["constant_data"]["model" if joint else "name"].to_numpy()
    told = Comparison(
        runs=rows, stacked=stacked(runs, {row.name: row.weight for row in rows}, prob=prob),
        of="models" if joint else "values", observations=len(worst), compared=len(kept),
        left_aside=[
            LeftAside(name=str(names[i]), pareto_k=float(worst[i]))
            for i in np.argsort(-worst) if worst[i] > limit
        ],
        limit=limit, trustworthy=all(row.trustworthy for row in rows),
        sentence=sentence(rows, enough=enough),
    )  # fmt: skip
    told._runs, told._prob = runs, prob
    return told


def stacked(
    runs: Mapping[str, xr.DataTree], weights: Mapping[str, float | None], *, prob: float = PROB
) -> dict[str, Any] | None:
    """Growth of the weighted average of runs, the fields of `Stacked`.

    None where fewer than two runs have weights.
    """
    parts = {name: weight for name, weight in weights.items() if weight is not None}
    if len(parts) < 2:
        return None
    rates: dict[str, dict[str, np.ndarray]] = {}
    for name in parts:
        derived, posterior = runs[name]["derived"], runs[name]["posterior"].to_dataset()
        means = {
            f"{key}_rate": derived[f"{key}_rate"].to_numpy()
            for key in ESTIMANDS if f"{key}_rate" in derived
        }  # fmt: skip
        rates[name] = means | end_rates(posterior, curve_of(runs[name]))

    def average(rate: str) -> dict[str, Any] | None:
        if not all(rate in own for own in rates.values()):
            return None
        draws = [rates[name][rate].ravel() for name in parts]
        each = [np.full(len(d), w / len(d)) for d, w in zip(draws, parts.values(), strict=True)]
        total = np.concatenate(each)
        return weighted_growth(np.concatenate(draws), total / total.sum(), prob=prob)

    means, ends = (
        {key: average(f"{key}_rate{suffix}") for key in ESTIMANDS} for suffix in ("", "_at_end")
    )
    return {**means, "at_end": ends}


def sentence(rows: Sequence[Any], *, enough: bool = True) -> str:
    """Say whether any of the runs, best first, predicts better than the others.

    Parameters
    ----------
    rows
        Records with `name`, `elpd`, `elpd_diff` and `dse`.
    enough
        Whether enough of the observations can be left out.
    """
    if not enough:
        return (
            "Leave-one-out by reweighting cannot be believed for most observations: there is no "
            "comparison without refits."
        )
    weighed = [row for row in rows if row["elpd"] is not None]
    if len(weighed) < 2:
        return "Fewer than two of these runs are trustworthy: there is nothing to compare."
    best, *others = weighed
    near, unclear, far = [], [], []
    for row in others:
        below = -row["elpd_diff"]
        group = near if below < ALIKE else unclear if below < 2.0 * row["dse"] else far
        group.append(row["name"])
    parts = []
    if near:
        parts.append(
            f"predicts no better than {listed(near)} (within {ALIKE:g} nats: the data do not tell "
            "them apart)"
        )
    if unclear:
        parts.append(f"is ahead of {listed(unclear)} by less than two standard errors")
    if far:
        parts.append(f"predicts better than {listed(far)} by more than two standard errors")
    return f"{best['name']} {'; '.join(parts)}."


def _grown(means: Growths, ends: Growths, keys: Sequence[str]) -> tuple[str, ...]:
    """Cells of growth: each estimand over all dates, and the first at the last date."""
    return (*(months(means[key]) for key in keys), months(ends[keys[0]]))


def _columns(means: Growths, ends: Growths) -> dict[tuple[str, str], float]:
    """Columns of growth of a row of `Comparison.table`."""
    parts = {f"{key}{where}": told[key] for where, told in (("", means), (" at end", ends))
             for key in ESTIMANDS}  # fmt: skip
    return {
        (part, column): value
        for part, growth in parts.items() if growth is not None
        for column, value in growth.row().items()
    }  # fmt: skip
