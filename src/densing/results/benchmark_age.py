"""Does density grow faster on newer benchmarks: their rates in joint draws, by release date.

A model that was tuned to old benchmarks, or that has seen them, would gain on these more than on
new ones; so would one whose makers simply care for other things now. The rates alone cannot tell.
These benchmarks' rates are one thing, those of newer and older benchmarks in general another: there
each group is a sample, whose benchmarks scatter by the run's own spread of such rates.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.data import bundled
from densing.results.acceleration import ratio_interval
from densing.results.interval import PROB, interval


def benchmark_age(run: xr.DataTree, *, prob: float = PROB, seed: int = 1) -> dict[str, Any] | None:
    """Growth of a typical new model on newer benchmarks over that on older ones.

    Returns
    -------
    dict or None
        `older`, `newer`: `benchmarks` (name and `released`), and `rate_per_year`, the interval of
        their mean growth; the middle one of an odd number belongs to neither. `ratio` of the
        means and `p_newer_faster`; `in_general`, `p_newer_faster_in_general`: the same of the kinds
        of benchmarks that these are samples of; `per_year`: interval of the least-squares slope of
        the rates over all release dates, 1 / year a year. None where all share one trend, or are
        of one date.
    """
    if "benchmark_rate" not in run["derived"] or "drift_spread" not in run["posterior"]:
        return None
    rates = run["derived"]["benchmark_rate"].transpose("chain", "draw", "benchmark")
    days = bundled("benchmarks").set_index("benchmark")["released"]
    names = [str(n) for n in rates["benchmark"].to_numpy() if pd.notna(days.get(str(n)))]
    names = sorted(names, key=lambda name: pd.Timestamp(days[name]))
    when = pd.DatetimeIndex([days[name] for name in names])
    if when.nunique() < 2:
        return None
    drawn = rates.sel(benchmark=names).to_numpy().reshape(-1, len(names))
    half = len(names) // 2
    groups = {"older": slice(0, half), "newer": slice(len(names) - half, len(names))}
    mean = {key: drawn[:, part].mean(axis=1) for key, part in groups.items()}
    spread = run["posterior"]["drift_spread"].to_numpy().ravel()
    noise = np.random.default_rng(seed).standard_normal((2, len(spread))) * spread / np.sqrt(half)
    kind = {key: mean[key] + own for key, own in zip(groups, noise, strict=True)}
    age = np.asarray((when - when.mean()).days, float) / 365.25
    return {
        **{
            key: {
                "benchmarks": [
                    {"name": name, "released": f"{day:%Y-%m-%d}"}
                    for name, day in zip(names[part], when[part], strict=True)
                ],
                "rate_per_year": interval(mean[key], prob=prob).as_dict(),
            }
            for key, part in groups.items()
        },
        "ratio": ratio_interval(mean["newer"], mean["older"], prob=prob),
        "p_newer_faster": float(np.mean(mean["newer"] > mean["older"])),
        "in_general": ratio_interval(kind["newer"], kind["older"], prob=prob),
        "p_newer_faster_in_general": float(np.mean(kind["newer"] > kind["older"])),
        "per_year": interval(drawn @ age / (age @ age), prob=prob).as_dict(),
        "count": len(names), "from": f"{when[0]:%Y}", "until": f"{when[-1]:%Y}",
    }  # fmt: skip
