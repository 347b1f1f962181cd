"""What a run says of days to come, from a notebook."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from densing.notebook.given import as_prob, as_run
from densing.notebook.plots import shown
from densing.report.forecast import plot_fan
from densing.results.backtested import verdict
from densing.results.forecast import ESTIMANDS, look_ahead
from densing.results.forecast import forecast as tell
from densing.results.interval import KIND, PROB


def forecast(
    run: xr.DataTree, *, until: Any, today: Any = None, prob: float = PROB, seed: int = 1
) -> pd.DataFrame:
    """Density to come, month by month, with intervals.

    For milestones and sizes see `milestones`.

    Parameters
    ----------
    run
        Of `fit` or `open_run`.
    until
        Last day, as a text such as 2027-12-31 or a date.
    today
        Day the forecast is made; the day of the call where None.
    prob
        Probability of the equal-tailed intervals.
    seed
        Seed of the simulated releases.

    Returns
    -------
    DataFrame
        Indexed by date; columns (estimand, end), estimands population, frontier (where there is
        one), new_model and record, ends median, lower and upper. `attrs` has prob, kind, the
        run's verdict, how far beyond the data this reaches (`extrapolation`) and how such
        forecasts did on the past (`backtest`, a sentence).

    Raises
    ------
    TypeError, RunError, RequestError
        No run of a joint model, or dates that cannot be forecast; the message says what to do.
    """
    run, prob = as_run(run), as_prob(prob)
    answer = tell(look_ahead(run, until=until, today=today, seed=seed), prob=prob)
    columns = {
        (name, end): [interval[end] for interval in answer[name]]
        for name in ESTIMANDS
        if answer[name] is not None
        for end in ("median", "lower", "upper")
    }
    dates = pd.DatetimeIndex(answer["dates"], name="date")
    frame = pd.DataFrame(columns, index=dates)
    told = verdict(run, days_beyond=answer["extrapolation"]["days_beyond"])
    frame.attrs = {
        "prob": prob, "kind": KIND, "verdict": answer["diagnostics"]["verdict"],
        "extrapolation": answer["extrapolation"], "backtest": told["sentence"],
    }  # fmt: skip
    return frame


def plot_forecast(
    run: xr.DataTree,
    axes: Sequence[Axes] | None = None,
    *,
    until: Any,
    today: Any = None,
    seed: int = 1,
) -> list[Axes]:
    """Draw the data and a fan of intervals for each estimand until a day, one panel each."""
    outlook = look_ahead(as_run(run), until=until, today=today, seed=seed)
    return shown(plot_fan(outlook, axes), new=axes is None)
