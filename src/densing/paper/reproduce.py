"""Everything the paper claims, recomputed and re-estimated, in one record."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.inference.news import Listener
from densing.paper import published
from densing.paper.checks import (
    Choice,
    contradictions,
    other_choices,
    preprint_claim,
    public_scores,
)
from densing.paper.claim import RULE, VERDICTS, Claim
from densing.paper.corollaries import (
    Runs,
    acceleration_again,
    compression_again,
    compression_claims,
    compression_pairs,
    corollary_runs,
    example_claims,
    hardware_claims,
    price_claims,
    price_lines,
)
from densing.paper.growth import (
    ChatGPT,
    Growth,
    RecordLine,
    chatgpt_claims,
    grow,
    growth_claims,
    months,
    split_at_chatgpt,
)
from densing.paper.laws import Panel, fit_laws, law_claims, score_claims
from densing.results.run import record, trustworthy

ABSENT = (
    "Figure 2 (MMLU-CF): its densities are not among the bundled tables",
    "each model's density from its scores: the paper prints no scores",
    "mixture-of-experts and quantised densities: they are taken as published",
)
"""What is not reproduced, and why."""


@dataclass(frozen=True, eq=False)
class Reproduction:
    """The claims, and the parts that the figures draw."""

    claims: list[Claim]
    growth: Growth
    chatgpt: ChatGPT
    prices: pd.DataFrame
    price_rule: RecordLine
    """Of the inverse price."""
    pairs: pd.DataFrame
    laws: dict[str, Panel]
    """By benchmark."""
    choices: list[Choice]
    score_ratio: np.ndarray
    """Density from public scores over published density, shape (model,)."""
    contradictions: list[str]
    runs: Runs
    """What the corollaries are re-estimated from."""
    joint: str | None
    """Name of the run of the joint model, where one was given."""

    @property
    def trustworthy(self) -> bool:
        """Whether everything that was sampled converged."""
        joint = self.growth.joint
        given = joint is None or joint["diagnostics"]["verdict"] == "trustworthy"
        return trustworthy(self.growth.trend) and given and self.runs.trustworthy

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of `densing reproduce`."""
        low, middle, high = np.quantile(self.score_ratio, [0.05, 0.5, 0.95])
        return {
            "claims": [claim.as_dict() for claim in self.claims],
            "verdicts": {
                verdict: sum(claim.verdict == verdict for claim in self.claims)
                for verdict in VERDICTS
            },
            "rule": RULE,
            "choices": [
                {
                    "curve": choice.name, "tokens": choice.tokens,
                    "records": choice.rule.line.count, "models_lost": choice.lost,
                    "doubling_months": asdict(months(choice.rule.line.slope_interval())),
                }
                for choice in self.choices
            ],
            "public_scores": {
                "models": len(self.score_ratio), "median_ratio": float(middle),
                "lower": float(low), "upper": float(high),
            },
            "contradictions": self.contradictions,
            "not_reproduced": list(ABSENT),
            "joint_run": self.joint,
            "diagnostics": {
                "trend": record(self.growth.trend, "health"),
                "joint": None if self.growth.joint is None else self.growth.joint["diagnostics"],
                "bent_trend": record(self.runs.bent, "health"),
                "derived": None
                if self.runs.derived is None else record(self.runs.derived, "health"),
            },
            "source": [published.JOURNAL, published.PREPRINT],
            "versions": record(self.growth.trend, "versions"),
        }  # fmt: skip


def reproduce(
    *,
    seed: int = 1,
    joint: xr.DataTree | None = None,
    derived: xr.DataTree | None = None,
    name: str | None = None,
    listen: Listener | None = None,
) -> Reproduction:
    """Recompute the paper by its own method and re-estimate each claim.

    Parameters
    ----------
    joint
        A saved run of the joint model (`densing.results.run.open_run`), to stand beside the
        headline and hardware; without it those rows say how to get one.
    derived
        One that keeps derived models, to stand beside compression; likewise.
    name
        What to call that run, for example its file.
    """
    growth = grow(seed=seed, joint=joint, listen=listen)
    laws, eras = fit_laws(seed=seed), split_at_chatgpt(seed=seed)
    prices, price_rule = price_lines(seed=seed)
    pairs, choices = compression_pairs(), other_choices(growth, laws)
    runs = corollary_runs(joint=joint, derived=derived, seed=seed, listen=listen)
    claims = [
        *growth_claims(growth),
        preprint_claim(choices),
        *chatgpt_claims(eras),
        *acceleration_again(runs),
        *price_claims(prices, price_rule, seed=seed),
        *compression_claims(pairs),
        *compression_again(pairs, runs),
        *hardware_claims(growth, runs, seed=seed),
        *example_claims(growth),
        *law_claims(laws),
        *score_claims(laws),
    ]
    return Reproduction(
        claims, growth, eras, prices, price_rule, pairs, laws, choices, public_scores(),
        contradictions(claims, growth, eras, laws, choices), runs, name,
    )  # fmt: skip
