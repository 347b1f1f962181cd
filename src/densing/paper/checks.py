"""What the published line hangs on: other choices, public scores, and its contradictions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from densing.data import bundled
from densing.paper import published as pub
from densing.paper.claim import Claim
from densing.paper.growth import SECTION, ChatGPT, Growth, RecordLine, months, record_line
from densing.paper.laws import Panel, PowerLaws, effective_params, published_curves

PANEL = "AVERAGE"
DAYS_APART, SIZE_APART = 3, 0.02
"""How far release dates and relative sizes of one model may lie apart in the two tables."""


@dataclass(frozen=True, eq=False)
class Choice:
    """The record line under one choice of curve and tokens."""

    name: str
    tokens: float
    rule: RecordLine
    lost: int
    """Models whose loss the curve cannot reach at any size: they drop out."""

    @property
    def months(self) -> float:
        """Doubling time of the line, months."""
        found = months(self.rule.line.slope_interval()).median
        assert found is not None
        return found


def other_choices(growth: Growth, panels: dict[str, Panel]) -> list[Choice]:
    """Fit the record line again under other curves and other training tokens of the reference.

    A published density gives back the loss its effective parameters have on the published curve;
    that loss on another curve, or at other tokens, gives another density. The score curve drops
    out.
    """
    published, best = panels[PANEL].published_law, panels[PANEL].best_law
    params = growth.table["params"].to_numpy(float)
    loss = published.loss(params * growth.table["density"].to_numpy(), pub.TOKENS)

    def again(law: PowerLaws, tokens: float, name: str) -> Choice:
        density = law.params(loss, tokens) / params
        kept = np.isfinite(density)
        day, value = growth.rule.day[kept], np.log(density[kept])
        rule = record_line(day, value, rng=np.random.default_rng(1))
        return Choice(name, tokens, rule, int((~kept).sum()))

    tokens = (pub.TOKENS_PREPRINT, pub.TOKENS, 3 * pub.TOKENS, np.inf)
    return [
        *(again(published, one, "published curve") for one in tokens),
        again(best, pub.TOKENS, "best least-squares curve"),
    ]


def preprint_claim(choices: list[Choice]) -> Claim:
    """Return the preprint's doubling time beside the journal's points at its tokens."""
    choice = next(c for c in choices if c.tokens == pub.TOKENS_PREPRINT)
    return Claim(
        SECTION, "doubling time: preprint, reference at 1T tokens", "months", pub.MONTHS_PREPRINT,
        choice.months, months(choice.rule.line.slope_interval()),
        "line through the records at 1T tokens", choice.rule.chance.months(),
        note="the preprint's own points are not published: these are the journal's models",
    )  # fmt: skip


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
    claims: list[Claim],
    growth: Growth,
    eras: ChatGPT,
    panels: dict[str, Panel],
    choices: list[Choice],
) -> list[str]:
    """Sentences on where the paper contradicts itself or its own points, the weightiest first."""
    by_name = {claim.name: claim for claim in claims}
    before, after = (
        next(c for c in choices if c.tokens == tokens).months
        for tokens in (pub.TOKENS_PREPRINT, pub.TOKENS)
    )
    own = by_name["doubling time with the record line"].reproduced
    price = by_name["halving time: cheapest line"]
    curves = {name: panel.published_sigmoid for name, panel in panels.items()}
    over = ", ".join(f"{n} {s.c + s.d:.1f} %" for n, s in curves.items() if s.c + s.d > 100.05)
    memory, compute = 1.0 / pub.BANDWIDTH, 2.0 * pub.REPLY_TOKENS / pub.FLOPS
    at = growth.table.set_index("model")["release_date"]
    gap = pd.Timedelta(at["MiniCPM-2.4B"] - at["Mistral-7B-v0.1"]).days
    example = 100 * np.exp(-growth.rule.line.slope * gap)
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
        f"Time for memory is printed as about {pub.MEMORY_OVER_COMPUTE} times the time for "
        f"computation; the printed constants give {memory / compute:.2f} times, the inverse.",
        f"The example of MiniCPM-2.4B needs a faster law than the line: {pub.EXAMPLE_SHARE} % of "
        f"the parameters, where the line predicts {example:.1f} %.",
    ]


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
