"""Figures 3a and 3b and the arithmetic: prices, compression, hardware, and the one example."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from densing.data import bundled
from densing.models.dates import DAYS_PER_YEAR
from densing.paper import published as pub
from densing.paper.claim import Claim
from densing.paper.growth import MONTH, Growth, chance_months, days, months
from densing.paper.records import Chance, chance_lines
from densing.results.interval import PROB, Interval
from densing.results.line import Line, least_squares
from densing.results.record_setters import record_setters

PRICE, COMPRESSION = "Price of inference (Fig. 3a)", "Compression (Fig. 3b)"
HARDWARE, EXAMPLE = "Hardware and density", "The example of the text"


@dataclass(frozen=True, eq=False)
class Prices:
    """Published prices, cheapest line and line through all."""

    table: pd.DataFrame
    day: np.ndarray
    cheapest: np.ndarray
    """Positions of the strict price records."""
    line: Line
    all_models: Line
    chance: Chance


def price_lines(*, seed: int = 1) -> Prices:
    """Fit the fall of the log price (US dollars a million tokens) by day."""
    table = bundled("published_prices")
    day, price = days(table["date"]), np.log(table["usd_per_million_tokens"].to_numpy())
    cheapest = record_setters(day, -price)
    return Prices(
        table, day, cheapest, least_squares(day[cheapest], price[cheapest]),
        least_squares(day, price),
        chance_lines(day, -price, rng=np.random.default_rng(seed)),
    )  # fmt: skip


def _fall(line: Line) -> Interval:
    """Halving time in months: the doubling time of the inverse price."""
    slope = line.slope_interval()
    assert slope.lower is not None
    assert slope.upper is not None
    return months(Interval(-line.slope, -slope.upper, -slope.lower, slope.prob))


def price_claims(prices: Prices) -> list[Claim]:
    """Return the claims on prices."""
    cost = prices.table["usd_per_million_tokens"].to_numpy()[prices.cheapest]
    day = prices.day[prices.cheapest]
    factor = float(cost[0] / cost[-1])
    ends = (day[-1] - day[0]) / MONTH / np.log2(factor)
    printed = pub.PRICE_SPAN_MONTHS / np.log2(factor)
    found = _fall(prices.line)
    share = float(np.mean(prices.chance.slope >= -prices.line.slope))
    return [
        Claim(PRICE, "fall of the lowest price", "factor", pub.PRICE_FACTOR, factor,
              note="arithmetic on the first and the last price"),
        Claim(PRICE, "halving time: cheapest line", "months", pub.PRICE_MONTHS, found.median, found,
              "line through the cheapest", chance_months(prices.chance),
              note=f"first to last: {ends:.2f}; the printed value needs {pub.PRICE_SPAN_MONTHS} "
                   f"months for the whole fall ({printed:.2f}); {len(cost)} points, so steep in "
                   f"{share:.0%} of shuffles without a fall"),
        Claim(PRICE, f"halving time: all {len(prices.day)} prices", "months", pub.PRICE_MONTHS,
              None, _fall(prices.all_models), "line through all prices", (np.inf, np.inf)),
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


def hardware_claims(growth: Growth) -> list[Claim]:
    """Density and hardware together: ``1 / (1 / T_density + 1 / T_hardware)``."""
    hardware = pub.MOORE_YEARS * DAYS_PER_YEAR
    faster = np.log(2.0) / hardware

    def together(rate: float) -> float:
        return float(np.log(2.0) / (rate + faster))

    rounded = together(float(pub.RATE_ROUNDED))
    slope = growth.line.slope_interval()
    low, high = growth.chance.band()
    assert slope.lower is not None
    assert slope.upper is not None
    found = Interval(together(growth.line.slope), together(slope.upper), together(slope.lower))
    return [
        Claim(HARDWARE, "doubling time with the printed rate", "days", pub.COMBINED_DAYS, rounded,
              note=f"arithmetic with a rate of {pub.RATE_ROUNDED} a day"),
        Claim(HARDWARE, "doubling time with the record line", "days", pub.COMBINED_DAYS,
              together(growth.line.slope), found, "line through the records",
              (together(high), together(low)),
              note="the preprint's 88 days stand beside the journal's slower rate; hardware taken "
                   f"as exact at {pub.MOORE_YEARS} years"),
    ]  # fmt: skip


def example_claims(growth: Growth) -> list[Claim]:
    """MiniCPM-2.4B at the performance of Mistral-7B."""
    at = growth.table.set_index("model")
    small, large = at.loc["MiniCPM-2.4B"], at.loc["Mistral-7B-v0.1"]
    gap = (small["release_date"] - large["release_date"]).days
    share = 100 * small["params"] / large["params"]
    law = 100 * np.exp(-growth.line.slope * gap)
    effective = [m["params"] * m["density"] / 1e9 for m in (small, large)]
    return [
        Claim(EXAMPLE, "MiniCPM-2.4B over Mistral-7B", "percent", pub.EXAMPLE_SHARE, float(share),
              note=f"one pair, {gap} days apart; the line predicts {law:.1f}; effective parameters "
                   f"{effective[0]:.2f}B and {effective[1]:.2f}B"),
    ]  # fmt: skip
