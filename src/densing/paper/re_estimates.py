"""The paper's corollaries by this package's own posteriors, as rows beside its method's.

Prices need no run; hardware takes the growth of a joint run (and of the trend on all published
densities), compression a run that keeps derived models, acceleration a trend with a changepoint
on the published densities on MMLU. They are what `densing corollaries` and `densing trend` print.
"""

import re
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.data import bundled
from densing.inference.component import fit_trend
from densing.inference.news import Listener
from densing.models.declaration import load_model
from densing.paper import published as pub
from densing.paper.chatgpt import SECTION as CHATGPT
from densing.paper.claim import Claim
from densing.paper.corollaries import COMPRESSION, HARDWARE, PRICE
from densing.paper.growth import MONTH, Growth
from densing.results.acceleration import acceleration
from densing.results.budget import budget, halving_months
from densing.results.compression import CURE, SMALLER, compression
from densing.results.interval import Interval, as_interval, interval
from densing.results.price_trend import price_trend
from densing.results.run import log_densities, trustworthy

NAMES = {"frontier": "frontier", "population": "typical model"}
DOUBT = "NOT TRUSTWORTHY; "


@dataclass(frozen=True, eq=False)
class Runs:
    """What the corollaries are re-estimated from."""

    bent: xr.DataTree
    """Trend with a changepoint at ChatGPT's release on the published densities on MMLU."""
    joint: xr.DataTree | None = None
    derived: xr.DataTree | None = None
    """Joint run that keeps derived models."""

    @property
    def trustworthy(self) -> bool:
        """Whether every run that is there converged."""
        return all(trustworthy(run) for run in (self.bent, self.joint, self.derived) if run)


def corollary_runs(
    *,
    joint: xr.DataTree | None = None,
    derived: xr.DataTree | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> Runs:
    """Fit the trend with a changepoint; the other runs are given or absent."""
    table = bundled("published_density_mmlu")
    values = table.rename(columns={"model": "name", "release_date": "date", "density": "value"})
    model = load_model().choose(shape="fixed_changepoint", changepoint=pub.CHATGPT)
    return Runs(fit_trend(values, model=model, seed=seed, listen=listen), joint, derived)


def price_again(*, seed: int = 1) -> Claim:
    """Return the halving time at an equal score, from this package's own table of prices."""
    found = price_trend(seed=seed)
    return Claim(
        PRICE, "halving time: at an equal score", "months", pub.PRICE_MONTHS, None,
        halving_months(found.fall, prob=0.9), "Bayesian bootstrap of models", (inf, inf),
        note=f"typical offer, not the cheapest; {len(found.table)} prices of "
             f"{found.table['model'].nunique()} models (`densing data prices`)",
    )  # fmt: skip


def hardware_again(growth: Growth, runs: Runs, *, seed: int = 1) -> list[Claim]:
    """Return density and hardware together, hardware with a prior instead of a number."""
    count = len(growth.table)
    claims = _together(growth.trend, f"of all {count} densities", seed)
    if runs.joint is None:
        note = "absent: make a run with `densing fit --out RUN.nc`, then give --run RUN.nc"
        name = "doubling time with hardware: joint model"
        return [*claims, Claim(HARDWARE, name, "days", pub.COMBINED_DAYS, None, note=note)]
    return claims + _together(runs.joint, "of the joint model", seed)


def _together(run: xr.DataTree, of: str, seed: int) -> list[Claim]:
    told = budget(run, years=pub.MOORE_YEARS, seed=seed)
    prior = _days(told["hardware"])
    assert prior.lower is not None
    good = trustworthy(run)
    note = f"hardware's doubling time a prior, {prior.lower:.0f} to {prior.upper:.0f} days"
    return [
        Claim(HARDWARE, f"doubling time with hardware: {NAMES[key]} {of}", "days",
              pub.COMBINED_DAYS, None, _days(told["together"][key]), "growth and prior, by draws",
              # Without growth of density hardware alone is left.
              (prior.lower, inf), good, ("" if good else DOUBT) + note)
        for key in NAMES if key in told["together"]
    ]  # fmt: skip


def _days(months: dict[str, Any]) -> Interval:
    ends = {
        key: None if months[key] is None else months[key] * MONTH
        for key in ("median", "lower", "upper")
    }
    return as_interval(months | ends)


def acceleration_again(runs: Runs) -> list[Claim]:
    """Return the ratio of slopes after and before ChatGPT in one trend through all models."""
    told, good = acceleration(runs.bent), trustworthy(runs.bent)
    assert told is not None
    note = f"one trend, bent on {pub.CHATGPT}, through all {runs.bent.attrs['values']} models"
    return [
        Claim(CHATGPT, f"acceleration, bent trend, {name}", "ratio", pub.ACCELERATION, None,
              as_interval(told[key]["ratio"]), "ratio of slopes, sampled", (1.0, 1.0), good,
              f"{'' if good else DOUBT}{note}; P(faster) = {told[key]['p_acceleration']:.2f}")
        for key, name in NAMES.items() if told[key]
    ]  # fmt: skip


def compression_again(pairs: pd.DataFrame, runs: Runs) -> list[Claim]:
    """Return the share of derived models less dense, and those of the paper's pairs that are there.

    Parameters
    ----------
    pairs
        `corollaries.compression_pairs()`.
    """
    name = "share of derived models less dense, joint model"
    published = f"{np.mean(pairs['ratio'] < 1):.2f}"
    if runs.derived is None:
        note = f"absent: make a run with `{CURE}`, then give --derived derived.nc"
        return [Claim(COMPRESSION, name, "share", published, None, note=note)]
    good, told = trustworthy(runs.derived), compression(runs.derived)
    doubt = "" if good else DOUBT
    share = told["share_less_dense"]
    smaller = sum(pair["method"] in SMALLER for pair in told["pairs"])
    claims = [
        Claim(COMPRESSION, name, "share", published, None, share and as_interval(share),
              "Binomial share, joint draws", (0.5, 0.5), good,
              f"{doubt}{smaller} pruned or distilled models of the catalog, none quantised")
    ]  # fmt: skip
    names = [str(name) for name in runs.derived["constant_data"]["model"].to_numpy()]
    own = log_densities(runs.derived)
    listed: list[Any] = pairs.to_dict("records")
    for pair in listed:
        child, parent = (_like(pair[key], names) for key in ("model", "parent"))
        if not child or not parent:
            continue
        ratio = np.exp(own[:, child].mean(axis=1) - own[:, parent].mean(axis=1))
        several = f" (mean of {len(child)})" if len(child) > 1 else ""
        claims.append(
            Claim(COMPRESSION, f"{pair['model']} over {pair['parent']}", "ratio",
                  f"{pair['ratio']:.2f}", pair["ratio"], interval(ratio),
                  "joint model, same draws", (1.0, 1.0), good,
                  f"{doubt}{', '.join(names[i] for i in child)}{several}; P(less dense) = "
                  f"{np.mean(ratio < 1):.2f}", drawn=True)
        )  # fmt: skip
    return claims


def _like(name: str, names: list[str]) -> list[int]:
    """Positions of the models that a name of the paper stands for: its variants, too."""
    wanted = re.sub(r"[-_ ]", "", name).lower()
    own = [re.sub(r"[-_ ]", "", other).lower() for other in names]
    exact = [i for i, other in enumerate(own) if other == wanted]
    variants = (wanted + "width", wanted + "depth")
    return exact or [i for i, other in enumerate(own) if other in variants]
