"""`density`: the capability density of each model of a run."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers._answer import DOUBTFUL, Answer, Cells, JointRun, Line, ModelTable, Record
from densing.answers.given import as_families, as_model_rows, as_models, as_prob, as_run
from densing.results.family_run import new_densities, seen
from densing.results.horizon import RequestError
from densing.results.interval import PROB, Interval, interval
from densing.results.reweighting import smoothed, weighted_interval
from densing.text import cut, percent, sized


class ModelDensity(Record):
    """Density of one model."""

    model: str
    release_date: str
    params: float
    """Parameters that count."""
    density: Interval
    effective_params: Interval
    """Parameters that the reference needs for the same scores."""
    p_beyond_reference: float
    """Probability that its scores lie beyond what the reference reaches at any size."""


class NewDensity(ModelDensity):
    """Density of a model from its scores and a run that was fitted without it."""

    scores: int
    """Scores on benchmarks of the run."""
    pareto_k: float | None
    """Of the weight of its scores on the run's draws; None for a model of the run."""
    reliable: bool
    """Whether the run's draws can stand for those of a new fit."""
    in_run: bool
    """The run was fitted to it: the density is the run's own."""


class Density(Answer):
    """Densities of models, densest first."""

    models: list[ModelDensity]

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """List the models."""
        del width
        rows = [
            (
                row.model, row.release_date, sized(row.params), f"{row.density.median:.3g}",
                f"{row.density.lower:.2g} to {row.density.upper:.2g}",
                sized(row.effective_params.median),
            )
            for row in self.models
        ]  # fmt: skip
        heads = "model", "released", "params", "density", f"{percent(self._prob)} interval"
        yield Cells((*heads, "effective"), rows, right=2)
        if self._verdict != "trustworthy":
            yield Line(DOUBTFUL, "bold red")

    def table(self) -> pd.DataFrame:
        """Return one row a model, indexed by name.

        Columns: release_date; params; density, lower, upper; effective_params, effective_lower,
        effective_upper; p_beyond_reference.
        """
        rows = [
            {
                "model": row.model, "release_date": pd.Timestamp(row.release_date),
                "params": row.params, "density": row.density.median, "lower": row.density.lower,
                "upper": row.density.upper, "effective_params": row.effective_params.median,
                "effective_lower": row.effective_params.lower,
                "effective_upper": row.effective_params.upper,
                "p_beyond_reference": row.p_beyond_reference,
            }
            for row in self.models
        ]  # fmt: skip
        return self.framed(pd.DataFrame(rows).set_index("model"))

    def as_json(self) -> list[ModelDensity]:
        """Return the list of models."""
        return self.models


class NewDensities(Density):
    """Densities of models that a run has not seen, densest first."""

    models: list[NewDensity]  # type: ignore[assignment]

    @property
    def good(self) -> bool:
        """Whether run and weights are to be trusted."""
        return super().good and all(row.reliable for row in self.models)

    def parts(self, width: int = 0) -> Iterator[Line | Cells]:
        """List the models, and say for which of them a new fit is needed."""
        yield from super().parts(width)
        if seen := [row.model for row in self.models if row.in_run]:
            yield Line(f"In the run, with the density it has there: {cut(seen, NAMED)}.", "yellow")
        if few := [row.model for row in self.models if not row.reliable]:
            yield Line(
                f"The scores of {cut(few, NAMED)} move the run's own parameters so far that its "
                "draws cannot tell (Pareto k is high): fit anew with them (densing fit --models "
                "TABLE).",
                "bold yellow",
            )

    def table(self) -> pd.DataFrame:
        """Return one row a model; as `Density.table`, with scores, pareto_k and reliable."""
        frame = super().table()
        for name in ("scores", "pareto_k", "reliable", "in_run"):
            frame[name] = [row[name] for row in self.models]
        return frame


NAMED = 5
"""Models that a sentence names."""


def density(run: JointRun, *names: str, models: ModelTable = None, prob: float = PROB) -> Density:
    """Capability density of each model of a run, densest first.

    Draws, with all that models share, are ``run["derived"]["density"]``, of dims (chain, draw,
    model): compare two models there, since their intervals move together.

    Parameters
    ----------
    run
        A run of the joint model (densing fit, densing report).
    names
        Names of models; all of them without any.
    models
        Models that the run has not seen, and their scores (a file or frame as for
        `load_evidence(models=...)`): their densities, each by itself, from a saved run of families
        without a new fit. Where a model's scores would move the run too far (Pareto k), a new fit
        is advised.
    prob
        Probability of the equal-tailed intervals.

    Raises
    ------
    TypeError, RunError, TableError
        No run of a joint model, or a model that it does not have; the message says what to do.
    """
    run, prob = as_run(run), as_prob(prob)
    if models is not None:
        if names:
            raise RequestError("give names of the run's models or a table of new ones, not both")
        return of_new_models(as_families(run), models, prob=prob)
    asked = as_models(names, run) or list(map(str, run["derived"]["model"].to_numpy()))
    rows = [row for row in density_table(run, prob=prob) if row.model in asked]
    return Density(models=rows).about(run, prob=prob)


def of_new_models(run: xr.DataTree, models: Any, *, prob: float = PROB) -> NewDensities:
    """Densities of models in a table from a run of families, without a new fit."""
    rows = as_model_rows(models)
    own = {row.model: row for row in density_table(run, prob=prob)}
    new, known = new_densities(run, rows), seen(run, rows)
    found = []
    for i, name in enumerate(new.models["model"]):
        about = {"scores": int(new.scores[i]), "in_run": name in known}
        if name in known:
            told = own[known[name]] | {"model": name} | about
            found.append(NewDensity(**told, pareto_k=None, reliable=True))
            continue
        weights = smoothed(new.log_weight[:, i])
        of, size = new.log_density[:, i], new.log_params[:, i]
        found.append(
            NewDensity(
                model=name, release_date=f"{new.models['release_date'][i]:%Y-%m-%d}",
                params=float(np.exp(np.median(size))), p_beyond_reference=0.0,
                density=weighted_interval(np.exp(of), weights.values, prob=prob),
                effective_params=weighted_interval(np.exp(of + size), weights.values, prob=prob),
                pareto_k=weights.pareto_k, reliable=weights.reliable, **about,
            )
        )  # fmt: skip
    found.sort(key=lambda row: -row.density.median)
    return NewDensities(models=found).about(run, prob=prob)


def density_table(run: xr.DataTree, *, prob: float = PROB) -> list[ModelDensity]:
    """Densities of all models of a run, densest first."""
    derived, data = run["derived"], run["constant_data"]
    dates, sizes = data["release_date"].to_numpy(), data["counted_params"].to_numpy()
    draws = {
        name: derived[name].to_numpy()
        for name in ("density", "effective_params", "beyond_reference")
    }
    rows = [
        ModelDensity(
            model=str(name), release_date=str(dates[i]), params=float(sizes[i]),
            density=interval(draws["density"][..., i], prob=prob),
            effective_params=interval(draws["effective_params"][..., i], prob=prob),
            p_beyond_reference=float(np.mean(draws["beyond_reference"][..., i])),
        )
        for i, name in enumerate(derived["model"].to_numpy())
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row.density.median)
