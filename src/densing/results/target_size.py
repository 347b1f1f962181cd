"""Size that a score takes: parameters of a model of the day's best practice.

The score is one that models of the data's last year typically reach on a benchmark, so that it
lies where there are data. The smallest size for it is what best practice (the frontier; the
typical new model where there is none) needs on a day; anything larger pays for parameters that
density has made unnecessary. Discrepancies of single models and a benchmark's own growth are in
the interval; a score out of the reference's reach gives an open end.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.results.future import future
from densing.results.half_size import RECENT_DAYS
from densing.results.horizon import released
from densing.results.interval import PROB, open_interval
from densing.results.needed import Yardstick

YEARS = (-1, 0, 1)
"""Years after the last release at which the size is asked for."""


def target_sizes(run: xr.DataTree, *, prob: float = PROB, seed: int = 1) -> list[dict[str, Any]]:
    """Parameters that the last year's median score takes on each benchmark, and when.

    Returns
    -------
    list of dict
        `benchmark`, `score` (proportion, of `models` models), `dates` (YYYY-MM-DD), `params`
        (intervals, one a date; None for an open end), `smallest_seen`: below this size no model
        of the run says what density is.
    """
    data, ahead, day = run["constant_data"].to_dataset(), future(run), released(run)
    recent = day > day.max() - pd.Timedelta(days=RECENT_DAYS)
    who = data["score_model"].to_numpy().astype(int)
    of = data["score_benchmark"].to_numpy().astype(str)
    dates = [day.max() + pd.DateOffset(years=years) for years in YEARS]
    time = ahead.time(dates)
    lines = ahead.lines(time)
    best = lines.get("frontier", lines["population"])
    rng = np.random.default_rng(seed)
    rows = []
    for name in data["benchmark"].to_numpy().astype(str):
        scores = data["score"].to_numpy()[(of == name) & np.asarray(recent)[who]]
        if not len(scores):
            continue
        score, yardstick = float(np.median(scores)), Yardstick(run, name)
        needed = yardstick.needed(score, rng)[:, None] - best - yardstick.lead(time)
        with np.errstate(over="ignore"):
            sizes = [open_interval(size, prob=prob).as_dict() for size in np.exp(needed).T]
        rows.append(
            {"benchmark": name, "score": score, "models": len(scores),
             "dates": [f"{when:%Y-%m-%d}" for when in dates], "params": sizes,
             "smallest_seen": float(data["counted_params"].min())}
        )  # fmt: skip
    return rows
