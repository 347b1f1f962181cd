"""Runs of different models on the same observations, from a notebook."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from densing.notebook.answers import months_row
from densing.notebook.given import as_prob, as_run
from densing.notebook.plots import shown
from densing.report.compare_figure import plot_compare as _draw
from densing.results.compare import NUMBERS
from densing.results.compare import compare as weigh
from densing.results.interval import KIND, PROB

KINDS = ("joint", "trend")


def compare(runs: Mapping[str, xr.DataTree], *, prob: float = PROB) -> pd.DataFrame:
    """Compare runs by how they predict a model left out, and average them (`densing compare`).

    Leave-one-out by Pareto-smoothed importance sampling, by ArviZ: of all scores of a model, and
    of each value for runs of `densing trend`. A run that is not trustworthy is listed, warned of
    and not weighed.

    Parameters
    ----------
    runs
        At least two runs of `fit` or `open_run`, by a name for each: ``{"linear": run, ...}``.
    prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    DataFrame
        Indexed by run, best first, and a last row `stacked`, the average by `weight`, where two
        runs or more have one. Columns: (prediction, ...) elpd and its se and Monte Carlo error
        mcse, p_loo, elpd_diff to the best and its dse, stacking and weight, worst_pareto_k;
        (population, ...) and (frontier, ...) as in `doubling_time`, mean over the dates, and
        (population at end, ...), (frontier at end, ...) at the last; missing where there is
        nothing to tell. `attrs`: prob, kind, sentence, observations, compared, left_aside (names
        and Pareto k of what no number is known for), limit, and verdict, by run.

    Raises
    ------
    TypeError
        Not runs by name.
    RunError
        Fewer than two runs, other observations, or no likelihoods; the message says what to do.
    """
    told = weigh(_named(runs), prob=as_prob(prob))
    rows = {row["name"]: _row(row) for row in told["runs"]}
    if told["stacked"] is not None:
        rows["stacked"] = _growths(told["stacked"])
    columns = pd.MultiIndex.from_tuples(dict.fromkeys(key for row in rows.values() for key in row))
    values = [[row.get(key) for key in columns] for row in rows.values()]
    frame = pd.DataFrame(values, pd.Index(rows, name="run"), columns, dtype=float)
    frame.attrs = {
        "prob": prob, "kind": KIND,
        "verdict": {row["name"]: "trustworthy" if row["trustworthy"] else "not trustworthy"
                    for row in told["runs"]},
        **{key: told[key] for key in
           ("sentence", "observations", "compared", "left_aside", "limit")},
    }  # fmt: skip
    return frame


def plot_compare(
    runs: Mapping[str, xr.DataTree], axes: Sequence[Axes] | None = None, *, prob: float = PROB
) -> list[Axes]:
    """Draw each run's line through the data, its predictive density and its growth, three Axes."""
    named = _named(runs)
    return shown(_draw(named, weigh(named, prob=as_prob(prob)), axes), new=axes is None)


def _named(runs: Any) -> dict[str, xr.DataTree]:
    if not isinstance(runs, Mapping) or isinstance(runs, xr.DataTree):
        raise TypeError(
            f"expected runs by name, got {type(runs).__name__}: "
            'dn.compare({"linear": run, "local": other})'
        )
    return {str(name): as_run(run, kinds=KINDS) for name, run in runs.items()}


def _row(row: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    numbers = {("prediction", key): row[key] for key in (*NUMBERS, "worst_pareto_k")}
    return numbers | _growths(row)


def _growths(row: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    parts = {
        f"{key}{where}": told[key]
        for where, told in (("", row), (" at end", row["at_end"] or row))
        for key in ("population", "frontier")
    }  # fmt: skip
    return {
        (part, column): value
        for part, told in parts.items() if told is not None
        for column, value in months_row(told).items()
    }  # fmt: skip
