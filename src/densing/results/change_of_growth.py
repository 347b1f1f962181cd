"""Did growth change at an unknown date: slopes before and after it, from what a run allows.

A run whose trend has a changepoint answers itself. A straight one is reweighted (`bent`); where
its draws do not stand for the bent model there is no number, only the command that makes one.
Runs of other shapes have no such date.
"""

from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import gaussian_kde

from densing.results.acceleration import acceleration, date_interval, eras
from densing.results.bent import Bent, bent, run_priors
from densing.results.future import future
from densing.results.horizon import released
from densing.results.interval import PROB
from densing.results.run import record
from densing.results.shortfall import gap_growth
from densing.results.trend_curve import curve_of

CHATGPT = "2022-11-30"
"""Its release, after which growth is said to have been faster."""
CURE = "densing fit --model changepoint --out changepoint.nc"


def change_of_growth(
    run: xr.DataTree, *, given: xr.DataTree | None = None, prob: float = PROB, seed: int = 1
) -> dict[str, Any]:
    """Slopes before and after a changepoint, and their ratio.

    Parameters
    ----------
    given
        Run with a changepoint that is asked instead.

    Returns
    -------
    dict
        `source`: "run", "given", "reweighted" or None where there is no answer; then `changepoint`,
        `population`, `frontier` (`acceleration.acceleration`; None without) and `bayes_factor`, of
        the bend against the straight line; `pareto_k`, `limit` of a reweighted run; `shape` of the
        run; `chatgpt`: its `date` and how many models of the run are `older`.
    """
    asked = run if given is None else given
    days = released(asked)
    told: dict[str, Any] = {
        "source": None, "shape": curve_of(asked).shape, "changepoint": None, "population": None,
        "frontier": None, "bayes_factor": None, "pareto_k": None, "limit": None,
        "chatgpt": {"date": CHATGPT, "older": int((days < np.datetime64(CHATGPT)).sum()),
                    "first": f"{days.min():%Y-%m-%d}"},
    }  # fmt: skip
    if (own := acceleration(asked, prob=prob)) is not None:
        factor = _savage_dickey(asked)
        return told | own | {"source": "run" if given is None else "given", "bayes_factor": factor}
    if told["shape"] != "linear":
        return told
    found = bent(asked, seed=seed)
    told |= {"pareto_k": found.pareto_k, "limit": found.limit}
    if not found.pareto_k <= found.limit:
        return told
    return told | _slopes(asked, found, prob) | {
        "source": "reweighted", "bayes_factor": found.bayes_factor,
    }  # fmt: skip


def _slopes(run: xr.DataTree, found: Bent, prob: float) -> dict[str, Any]:
    """Both estimands, as `acceleration`: the frontier adds the growth of its distance."""
    ahead, frontier = future(run), None
    theta, drift = ahead.draws("shortfall"), ahead.draws("shortfall_drift")
    if theta is not None and drift is not None:
        time, theta, drift = ahead.time(released(run)), theta[found.draw], drift[found.draw]
        first, last = time.min(), time.max()
        frontier = eras(
            found.before + gap_growth(theta, drift, first, found.corner),
            found.after + gap_growth(theta, drift, found.corner, last), prob=prob,
        )  # fmt: skip
    corner = found.corner + float(record(run, "centre")["time"])
    return {
        "changepoint": date_interval(corner, prob=prob),
        "population": eras(found.before, found.after, prob=prob), "frontier": frontier,
    }  # fmt: skip


def _savage_dickey(run: xr.DataTree) -> float:
    """Evidence for a bend over that for none: prior over posterior density of no change."""
    change = run["posterior"]["slope_change"].to_numpy().ravel()
    if np.ptp(change) == 0.0:
        return float("nan")
    prior = np.exp(run_priors(run)["slope_change"](np.zeros(1)))
    return float(prior[0] / gaussian_kde(change)(0.0)[0])
