"""What the published line hangs on: other choices, public scores, and its contradictions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from densing.data import bundled
from densing.paper import published as pub
from densing.paper.claim import Claim
from densing.paper.growth import (
    SECTION,
    Chance,
    ChatGPT,
    Growth,
    chance_lines,
    chance_months,
    months,
)
from densing.paper.laws import Laws, PowerLaws, effective_params, published_curves
from densing.results.line import Line, least_squares
from densing.results.record_setters import record_setters

PANEL = "AVERAGE"


@dataclass(frozen=True)
class Choice:
    """The record line under one choice of curve and tokens."""

    name: str
    tokens: float
    line: Line
    chance: Chance
    lost: int
    """Models whose loss the curve cannot reach at any size: they drop out."""


def other_choices(growth: Growth, laws: Laws) -> list[Choice]:
    """Re-derive every density and fit the record line again."""
    panel = laws.panels[PANEL]
    published = panel.published_law
    return [
        _again(growth, published, published, pub.TOKENS_PREPRINT, "published curve"),
        _again(growth, published, published, pub.TOKENS, "published curve"),
        _again(growth, published, published, 3 * pub.TOKENS, "published curve"),
        _again(growth, published, published, np.inf, "published curve"),
        _again(growth, published, panel.best_law, pub.TOKENS, "best least-squares curve"),
    ]


def _again(growth: Growth, old: PowerLaws, new: PowerLaws, tokens: float, name: str) -> Choice:
    params = growth.table["params"].to_numpy(float)
    effective = params * growth.table["density"].to_numpy()
    density = new.params(old.loss(effective, pub.TOKENS), tokens) / params
    kept = np.isfinite(density)
    day, value = growth.day[kept], np.log(density[kept])
    records = record_setters(day, value)
    return Choice(
        name, tokens, least_squares(day[records], value[records]),
        chance_lines(day, value, rng=np.random.default_rng(1)), int((~kept).sum()),
    )  # fmt: skip


def preprint_claim(choices: list[Choice]) -> Claim:
    """Return the preprint's doubling time beside the journal's points at its tokens."""
    choice = next(c for c in choices if c.tokens == pub.TOKENS_PREPRINT)
    found = months(choice.line.slope_interval())
    return Claim(
        SECTION, "doubling time: preprint, reference at 1T tokens", "months", pub.MONTHS_PREPRINT,
        found.median, found, "line through the records at 1T tokens",
        chance_months(choice.chance),
        note="the preprint's own points are not published: these are the journal's models",
    )  # fmt: skip


PANEL = "AVERAGE"
DAYS_APART, SIZE_APART = 3, 0.02
"""How far release dates and relative sizes of one model may lie apart in the two tables."""


def public_scores() -> np.ndarray:
    """Return the density by the published curves from public scores over the published density.

    The models of Figure 1 whose mean of the five benchmarks is in the bundled catalog, matched
    by release date and non-embedding size; quantised ones are left out. Shape (model,).
    """
    law, sigmoid = published_curves(PANEL)
    figure, catalog = bundled("published_density"), bundled("catalog")
    figure = figure[~figure["model"].str.contains("GPTQ|gguf")]
    catalog = catalog[catalog["benchmark"] == PANEL]
    size = (catalog["params"] - catalog["embedding_params"].fillna(0)).to_numpy(float)
    score = 100 * catalog["score"].to_numpy(float)
    effective = effective_params(law, sigmoid, score, tokens=pub.TOKENS)
    gap = np.subtract.outer(figure["release_date"].to_numpy(), catalog["release_date"].to_numpy())
    near = np.abs(gap) <= np.timedelta64(DAYS_APART, "D")
    apart = np.abs(size / figure["params"].to_numpy(float)[:, None] - 1)
    drawn, found = np.nonzero(near & (apart < SIZE_APART))
    return effective[found] / size[found] / figure["density"].to_numpy(float)[drawn]


def contradictions(
    claims: list[Claim], growth: Growth, eras: ChatGPT, laws: Laws, choices: list[Choice]
) -> list[str]:
    """Sentences, the weightiest first."""
    by_name = {claim.name: claim for claim in claims}
    before, after = _months_at(choices, pub.TOKENS_PREPRINT), _months_at(choices, pub.TOKENS)
    own = by_name["doubling time with the record line"].reproduced
    price = by_name["halving time: cheapest line"]
    tops = {
        name: panel.published_sigmoid.c + panel.published_sigmoid.d
        for name, panel in laws.panels.items()
    }
    over = ", ".join(f"{name} {top:.1f} %" for name, top in tops.items() if top > 100.05)
    return [
        f"The preprint trains the reference on 1T tokens, the journal on 5T. With one set of "
        f"points that alone moves the doubling time from {before:.2f} to {after:.2f} months.",
        f"The rate is printed as {pub.RATE} and as about {pub.RATE_ROUNDED} a day (preprint: "
        f"{' and '.join(pub.RATE_PREPRINT)}), R2 as {pub.R2} (preprint: "
        f"{' and '.join(pub.R2_PREPRINT)}).",
        f"{pub.COMBINED_DAYS} days for density and hardware follow from a rate of "
        f"{pub.RATE_ROUNDED}; the journal's own line gives {own:.1f} days.",
        f"The printed halving of prices, {pub.PRICE_MONTHS} months, is given neither by the line "
        f"through the cheapest prices ({price.reproduced:.2f}) nor by first and last "
        f"({price.note.split(';')[0].removeprefix('first to last: ')}).",
        f"Records start again at ChatGPT: {eras.restarts} of the {eras.after.line.count} points of "
        "the later line is no record among all models.",
        f"Score curves rise above 100 %: {over}.",
        _average(),
        _minitron(),
        _memory(),
        f"The example of MiniCPM-2.4B needs a faster law than the line: {pub.EXAMPLE_SHARE} % of "
        f"the parameters, where the line predicts {_example(growth):.1f} %.",
    ]


def _months_at(choices: list[Choice], tokens: float) -> float:
    """Doubling time of the published curve at some tokens; the first such choice."""
    found = months(next(c for c in choices if c.tokens == tokens).line.slope_interval()).median
    assert found is not None
    return found


def _average() -> str:
    runs = bundled("reference_runs")
    runs = runs[runs["reference"] == "minicpm"]
    wide = runs.pivot(index="run", columns="benchmark", values="loss")
    four = wide[["MMLU", "BBH", "MATH", "MBPP"]].mean(axis=1)
    five = wide.drop(columns="AVERAGE").mean(axis=1)
    off = [float(np.abs(wide["AVERAGE"] - mean).max()) for mean in (four, five)]
    return (
        "The average panel's losses are those of four benchmarks without HumanEval (within "
        f"{off[0]:.4f}; all five: within {off[1]:.4f}), the scores those of five."
    )


def _minitron() -> str:
    pairs = bundled("published_compression").set_index("model")["density"]
    figure = bundled("published_density").set_index("model")["density"]
    names = [n for n in figure.index if n.startswith("Llama-3.1-Minitron-4B")]
    others = " and ".join(f"{figure[n]:.3f} ({n.rsplit('-', 1)[1]})" for n in names)
    here = pairs["Llama-3.1-Minitron-4B"]
    return f"Llama-3.1-Minitron-4B has {here:.3f} in Fig. 3b, {others} in Fig. 1."


def _memory() -> str:
    memory = 1.0 / pub.BANDWIDTH
    compute = 2.0 * pub.REPLY_TOKENS / pub.FLOPS
    return (
        f"Time for memory is printed as about {pub.MEMORY_OVER_COMPUTE} times the time for "
        f"computation; the printed constants give {memory / compute:.2f} times, the inverse."
    )


def _example(growth: Growth) -> float:
    at = growth.table.set_index("model")["release_date"]
    gap = pd.Timedelta(at["MiniCPM-2.4B"] - at["Mistral-7B-v0.1"]).days
    return float(100 * np.exp(-growth.line.slope * gap))
