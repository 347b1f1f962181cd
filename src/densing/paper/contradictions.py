"""Where the paper contradicts itself, or its own points: one sentence each, recomputed."""

import numpy as np
import pandas as pd

from densing.data import bundled
from densing.paper import published as pub
from densing.paper.chatgpt import ChatGPT
from densing.paper.choices import Choice
from densing.paper.claim import Claim
from densing.paper.growth import Growth, months
from densing.paper.laws import Laws


def contradictions(
    claims: list[Claim], growth: Growth, eras: ChatGPT, laws: Laws, choices: list[Choice]
) -> list[str]:
    """Sentences, the weightiest first."""
    by_name = {claim.name: claim for claim in claims}
    before, after = _at(choices, pub.TOKENS_PREPRINT), _at(choices, pub.TOKENS)
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


def _at(choices: list[Choice], tokens: float) -> float:
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
