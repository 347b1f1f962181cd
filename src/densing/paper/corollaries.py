"""Prices, compression and hardware: the paper's numbers, and this package's own posteriors.

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
from scipy import stats

from densing.data import bundled
from densing.inference.fit import fit_trend
from densing.inference.news import Listener
from densing.models.dates import DAYS_PER_YEAR
from densing.models.declaration import load_model
from densing.paper import published as pub
from densing.paper.claim import Claim
from densing.paper.growth import (
    ABSENT,
    CHATGPT,
    ESTIMANDS,
    MONTH,
    Growth,
    RecordLine,
    days,
    months,
    record_line,
)
from densing.results.acceleration import acceleration
from densing.results.corollaries.contrasts import CURE, SMALLER, compression
from densing.results.corollaries.economics import budget, halving_months, price_trend
from densing.results.interval import PROB, Interval, as_interval, interval
from densing.results.run import log_densities, trustworthy

PRICE, COMPRESSION = "Price of inference (Fig. 3a)", "Compression (Fig. 3b)"
HARDWARE, EXAMPLE = "Hardware and density", "The example of the text"
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
    model = load_model("ladder").choose(shape="fixed_changepoint", changepoint=pub.CHATGPT)
    return Runs(fit_trend(values, model=model, seed=seed, listen=listen), joint, derived)


def acceleration_again(runs: Runs) -> list[Claim]:
    """Return the ratio of slopes after and before ChatGPT in one trend through all models."""
    told, good = acceleration(runs.bent), trustworthy(runs.bent)
    assert told is not None
    note = f"one trend, bent on {pub.CHATGPT}, through all {runs.bent.attrs['values']} models"
    return [
        Claim(CHATGPT, f"acceleration, bent trend, {name}", "ratio", pub.ACCELERATION, None,
              as_interval(told[key]["ratio"]), "ratio of slopes, sampled", (1.0, 1.0), good,
              f"{'' if good else DOUBT}{note}; P(faster) = {told[key]['p_acceleration']:.2f}")
        for key, name in ESTIMANDS.items() if told[key]
    ]  # fmt: skip


def price_lines(*, seed: int = 1) -> tuple[pd.DataFrame, RecordLine]:
    """Return the published prices, and the line through the cheapest.

    What grows is the inverse of the price, US dollars a million tokens.
    """
    table = bundled("published_prices")
    price = np.log(table["usd_per_million_tokens"].to_numpy())
    return table, record_line(days(table["date"]), -price, rng=np.random.default_rng(seed))


def price_claims(prices: pd.DataFrame, rule: RecordLine, *, seed: int = 1) -> list[Claim]:
    """Return the claims on prices, the last at an equal score, from this package's own table."""
    cost, day = prices["usd_per_million_tokens"].to_numpy()[rule.records], rule.day[rule.records]
    factor = float(cost[0] / cost[-1])
    ends = (day[-1] - day[0]) / MONTH / np.log2(factor)
    printed = pub.PRICE_SPAN_MONTHS / np.log2(factor)
    found, every = (months(line.slope_interval()) for line in (rule.line, rule.all_models))
    own = price_trend(seed=seed)
    return [
        Claim(PRICE, "fall of the lowest price", "factor", pub.PRICE_FACTOR, factor,
              note="arithmetic on the first and the last price"),
        Claim(PRICE, "halving time: cheapest line", "months", pub.PRICE_MONTHS, found.median, found,
              "line through the cheapest", rule.chance.months(),
              note=f"first to last: {ends:.2f}; the printed value needs {pub.PRICE_SPAN_MONTHS} "
                   f"months for the whole fall ({printed:.2f}); {len(cost)} points, so steep in "
                   f"{rule.as_steep:.0%} of shuffles without a fall"),
        Claim(PRICE, f"halving time: all {len(rule.day)} prices", "months", pub.PRICE_MONTHS,
              None, every, "line through all prices", (inf, inf)),
        Claim(PRICE, "halving time: at an equal score", "months", pub.PRICE_MONTHS, None,
              halving_months(own.fall, prob=PROB), "Bayesian bootstrap of models", (inf, inf),
              note=f"typical offer, not the cheapest; {len(own.table)} prices of "
                   f"{own.table['model'].nunique()} models (`densing data prices`)"),
    ]  # fmt: skip


def compression_pairs() -> pd.DataFrame:
    """Return derived models beside their originals, one row a pair, with the ratio of densities."""
    table = bundled("published_compression")
    density = table.set_index("model")["density"]
    pairs = table.dropna(subset=["parent"]).copy()
    pairs["parent_density"] = density.loc[pairs["parent"]].to_numpy()
    return pairs.assign(ratio=pairs["density"] / pairs["parent_density"]).reset_index(drop=True)


def compression_claims(pairs: pd.DataFrame) -> list[Claim]:
    """One claim a pair, and the share of derived models that are less dense."""
    less, count = int((pairs["ratio"] < 1).sum()), len(pairs)
    figure = bundled("published_density").set_index("model")["density"]
    minitron = figure[figure.index.str.startswith("Llama-3.1-Minitron-4B")]
    drawn = pairs.loc[pairs["model"] == "Llama-3.1-Minitron-4B", "density"].iloc[0]
    share = stats.beta(1 + less, 1 + count - less)
    low, middle, high = (float(share.ppf(p)) for p in ((1 - PROB) / 2, 0.5, (1 + PROB) / 2))
    apart = ", ".join(f"{v:.3f}" for v in minitron)
    return [
        Claim(COMPRESSION, "derived models denser than their original", "pairs", "1", count - less,
              note=", ".join(f"{r.model} / {r.parent} {r.ratio:.2f}" for r in pairs.itertuples())),
        Claim(COMPRESSION, "share of derived models less dense", "share", f"{less / count:.2f}",
              less / count, Interval(middle, low, high), "Binomial share, flat prior", (0.5, 0.5),
              note=f"{count} pairs of {pairs['parent'].nunique()} originals, so hardly "
                   f"independent; Minitron-4B is {drawn:.3f} here and {apart} in Fig. 1"),
    ]  # fmt: skip


def compression_again(pairs: pd.DataFrame, runs: Runs) -> list[Claim]:
    """Return the share of derived models less dense, and those of the paper's pairs that are there.

    Parameters
    ----------
    pairs
        `compression_pairs()`.
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


def hardware_claims(growth: Growth, runs: Runs, *, seed: int = 1) -> list[Claim]:
    """Density and hardware together: ``1 / (1 / T_density + 1 / T_hardware)``.

    The paper takes hardware as exact; this package, with its own growth, gives it a prior.
    """
    faster = np.log(2.0) / (pub.MOORE_YEARS * DAYS_PER_YEAR)

    def together(rate: float | None) -> float:
        assert rate is not None
        return float(np.log(2.0) / (rate + faster))

    line, (low, high) = growth.rule.line, growth.rule.chance.band()
    slope = line.slope_interval()
    found = Interval(together(line.slope), together(slope.upper), together(slope.lower))
    claims = [
        Claim(HARDWARE, "doubling time with the printed rate", "days", pub.COMBINED_DAYS,
              together(float(pub.RATE_ROUNDED)),
              note=f"arithmetic with a rate of {pub.RATE_ROUNDED} a day"),
        Claim(HARDWARE, "doubling time with the record line", "days", pub.COMBINED_DAYS,
              found.median, found, "line through the records", (together(high), together(low)),
              note="the preprint's 88 days stand beside the journal's slower rate; hardware taken "
                   f"as exact at {pub.MOORE_YEARS} years"),
        *_together(growth.trend, f"of all {len(growth.table)} densities", seed),
    ]  # fmt: skip
    if runs.joint is not None:
        return claims + _together(runs.joint, "of the joint model", seed)
    name = "doubling time with hardware: joint model"
    return [*claims, Claim(HARDWARE, name, "days", pub.COMBINED_DAYS, None, note=ABSENT)]


def _together(run: xr.DataTree, of: str, seed: int) -> list[Claim]:
    told = budget(run, years=pub.MOORE_YEARS, seed=seed)

    def in_days(months: dict[str, Any]) -> Interval:
        ends = {k: None if months[k] is None else months[k] * MONTH
                for k in ("median", "lower", "upper")}  # fmt: skip
        return as_interval(months | ends)

    prior, good = in_days(told["hardware"]), trustworthy(run)
    assert prior.lower is not None
    note = f"hardware's doubling time a prior, {prior.lower:.0f} to {prior.upper:.0f} days"
    return [
        Claim(HARDWARE, f"doubling time with hardware: {ESTIMANDS[key]} {of}", "days",
              pub.COMBINED_DAYS, None, in_days(told["together"][key]), "growth and prior, by draws",
              # Without growth of density hardware alone is left.
              (prior.lower, inf), good, ("" if good else DOUBT) + note)
        for key in ESTIMANDS if key in told["together"]
    ]  # fmt: skip


def example_claims(growth: Growth) -> list[Claim]:
    """MiniCPM-2.4B at the performance of Mistral-7B."""
    at = growth.table.set_index("model")
    small, large = at.loc["MiniCPM-2.4B"], at.loc["Mistral-7B-v0.1"]
    gap = (small["release_date"] - large["release_date"]).days
    share = 100 * small["params"] / large["params"]
    law = 100 * np.exp(-growth.rule.line.slope * gap)
    effective = [m["params"] * m["density"] / 1e9 for m in (small, large)]
    return [
        Claim(EXAMPLE, "MiniCPM-2.4B over Mistral-7B", "percent", pub.EXAMPLE_SHARE, float(share),
              note=f"one pair, {gap} days apart; the line predicts {law:.1f}; effective parameters "
                   f"{effective[0]:.2f}B and {effective[1]:.2f}B"),
    ]  # fmt: skip


NAMES = {"frontier": "frontier", "population": "typical model"}
DOUBT = "NOT TRUSTWORTHY; "
