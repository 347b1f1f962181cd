r"""Quantised models beside the same weights unquantised, by scores of one protocol.

No density can be fitted to quantised models as to others: few have scores on the benchmarks of a
run, and none on three. But a pair shares all that sets a model apart on a benchmark, so that its
scores tell the *ratio* of densities: each is inverted through the run's own curves, draw by draw,
with one discrepancy for both models and each score's own sampling of items. Both have as many
parameters: what quantising saves is bytes.

A pair takes part where the original scores well above guessing, so that its score says how large
it is, and within the reference's reach. Pairs that are matched by name alone do not: that both are
the same weights is not known of them, and many of the quantised score as by guessing.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.data import bundled
from densing.models.laws import LossCurve
from densing.models.loss import loss_curve
from densing.models.performance import score_map
from densing.results.interval import PROB, interval
from densing.results.needed import log_size_for_score
from densing.results.posterior import RunReplay, thinned

DRAWS = 1000
METHODS = {
    "quantised 8bit": "quantised to 8 bits", "quantised 4bit": "quantised to 4 bits",
    "quantised QLoRA (QAT)": "quantised in training", "quantised SpinQuant": "quantised, SpinQuant",
    "quantised vanilla PTQ": "quantised, plain",
}  # fmt: skip
"""Methods of `compressed_pairs` of which both models are known to be the same weights."""
UNSURE = "by name"
ABOVE_CHANCE = 0.1
"""Least distance of an original's score from guessing, a proportion."""
BEYOND = 0.05
"""Largest share of draws in which an original may lie beyond the reference's reach."""
LARGEST = np.log(1e15)
"""Log parameters at which sizes beyond the reach are cut off; one parameter at the other end."""


def quantised(run: xr.DataTree, *, prob: float = PROB, seed: int = 1) -> dict[str, Any] | None:
    """Densities of quantised models over those of the same weights.

    Returns
    -------
    dict or None
        `methods`: by method, the number of `pairs`, the geometric mean `ratio` of such pairs, an
        interval, and `p_less_dense`, that it is below one; `benchmarks`; `left_out`: how many
        pairs have an original near guessing or beyond the reach. None where no pair is left.
    """
    data = run["constant_data"].to_dataset()
    names = [str(name) for name in data["benchmark"].to_numpy()]
    pairs = same_weights(names)
    chance, items = data["chance"].to_numpy(), data["benchmark_items"].to_numpy()
    of = np.asarray([names.index(name) for name in pairs["benchmark"]], int)
    near = pairs["parent_score"].to_numpy() < chance[of] + ABOVE_CHANCE
    pairs, of, lost = pairs[~near], of[~near], int(near.sum())
    if pairs.empty:
        return None
    rng = np.random.default_rng(seed)
    tau = thinned(run, ["discrepancy"], draws=DRAWS)["discrepancy"][:, of]
    shared = tau * rng.standard_normal(tau.shape)
    size = {
        key: log_size(run, of, _before_sampling(rng, pairs[key].to_numpy(), items[of], len(tau)),
                      shared)
        for key in ("child_score", "parent_score")
    }  # fmt: skip
    within = np.mean(size["parent_score"] >= LARGEST, axis=0) <= BEYOND
    if not within.any():
        return None
    ratio = (size["child_score"] - size["parent_score"])[:, within]
    pairs = pairs[within]
    method = pairs["method"].map(METHODS).to_numpy()
    publisher = pairs["child"].str.split("/").str[0].to_numpy()
    means = {
        name: _mean(rng, ratio[:, method == name], publisher[method == name])
        for name in METHODS.values() if np.any(method == name)
    }  # fmt: skip
    return {
        "methods": {
            name: {
                "pairs": int(np.sum(method == name)),
                "ratio": interval(np.exp(mean), prob=prob).as_dict(),
                "p_less_dense": float(np.mean(mean < 0)),
            }
            for name, mean in means.items()
        },
        "benchmarks": sorted(set(pairs["benchmark"])),
        "left_out": lost + int((~within).sum()),
    }  # fmt: skip


def _mean(rng: np.random.Generator, log_ratio: np.ndarray, publisher: np.ndarray) -> np.ndarray:
    """Mean log ratio of such pairs, shape (sample,): a Bayesian bootstrap of their publishers.

    Models of one publisher are most often variants of one model: they are drawn together.
    """
    names, of = np.unique(publisher, return_inverse=True)
    weight = rng.dirichlet(np.ones(len(names)), len(log_ratio))[:, of]
    return (weight * log_ratio).sum(axis=1) / weight.sum(axis=1)


def same_weights(benchmarks: list[str]) -> pd.DataFrame:
    """Pairs of the bundled table: one row a quantised model and benchmark.

    An original that was scored at two precisions has the mean of both scores.
    """
    table = bundled("compressed_pairs")
    kept = table[
        table["method"].isin(METHODS) & (table["match"] != UNSURE)
        & table["benchmark"].isin(benchmarks)
    ]  # fmt: skip
    keys = ["method", "child", "benchmark", "protocol"]
    return kept.groupby(keys, as_index=False, sort=False)[["child_score", "parent_score"]].mean()


def log_size(
    run: xr.DataTree, of: np.ndarray, score: np.ndarray, deviation: np.ndarray
) -> np.ndarray:
    """Log parameters of the reference's model of each score, shape (sample, row), cut off.

    Parameters
    ----------
    of
        Index of each row's benchmark, shape (row,).
    score
        Expected proportions, shape (sample, row).
    deviation
        Log loss over the reference's, the row's discrepancy, shape (sample, row).
    """
    replay = RunReplay(run, draws=len(score))
    centre, values = replay.centre, replay.m.values
    # The level of a benchmark, as all else that is shared, cancels in the ratio of a pair.
    curve = LossCurve(*(field[of].T for field in loss_curve(values)))
    maps = score_map(values, link=replay.link)
    maps = type(maps)(*(field[of].T for field in maps))
    tokens = np.median(run["constant_data"]["score_tokens"].to_numpy())
    d = float(np.log(tokens) - centre["log_tokens"])
    n = log_size_for_score(curve, maps, score, d=d, shift=0.0, deviation=deviation)
    return np.clip(n + centre["log_params"], 0.0, LARGEST)


def _before_sampling(
    rng: np.random.Generator, score: np.ndarray, items: np.ndarray, draws: int
) -> np.ndarray:
    """Proportions that scores may stand for, shape (sample, row): Jeffreys' posterior.

    Both models of a pair answer the same questions, so this is too wide for their ratio.
    """
    right = score * items
    return rng.beta(right + 0.5, items - right + 0.5, (draws, len(score)))
