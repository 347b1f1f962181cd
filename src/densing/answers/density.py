"""`density`: the capability density of each model of a run."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers._answer import DOUBTFUL, Answer, Cells, JointRun, Line, Record
from densing.answers.given import as_models, as_prob, as_run
from densing.results.interval import PROB, Interval, interval
from densing.text import percent, sized


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
        if not self.good:
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


def density(run: JointRun, *names: str, prob: float = PROB) -> Density:
    """Capability density of each model of a run, densest first.

    Draws, with all that models share, are ``run["derived"]["density"]``, of dims (chain, draw,
    model): compare two models there, since their intervals move together.

    Parameters
    ----------
    run
        A run of the joint model (densing fit, densing report).
    names
        Names of models; all of them without any.
    prob
        Probability of the equal-tailed intervals.

    Raises
    ------
    TypeError, RunError
        No run of a joint model, or a model that it does not have; the message says what to do.
    """
    run, prob = as_run(run), as_prob(prob)
    asked = as_models(names, run) or list(map(str, run["derived"]["model"].to_numpy()))
    rows = [row for row in density_table(run, prob=prob) if row.model in asked]
    return Density(models=rows).about(run, prob=prob)


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
