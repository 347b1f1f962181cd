"""Where over sizes the law breaks: lack of fit by band of sizes, and by band and benchmark.

*Band*: how far its models stand off the trend, families heeded (`size_departure`). This is what all
benchmarks see alike. *Band and benchmark*: the band's scores on one benchmark against what the
models' other scores predict (`score_grid.left_over`), as a posterior predictive check: the sum of
standardised residuals, whose probability of being so far from zero by chance is `p`; the sum of
their squares (`p_scatter`) asks for outliers in either direction. Many pairs are looked at, so a
pair lacks fit where its `p` passes Holm's (1979) step-down bound.
"""

from typing import Any

import numpy as np
import xarray as xr

from densing.results.interval import PROB
from densing.results.posterior import thinned
from densing.results.run import chosen
from densing.results.score_grid import LeftOver, left_over, score_grids
from densing.results.size_departure import departure, log_evidence

EDGES = (1e8, 1e9, 3e9, 1e10, 3e10, 1e11)
"""Parameters (those that count) at which a band ends and the next begins."""
NAMES = (
    "under 100M", "100M to 1B", "1B to 3B", "3B to 10B", "10B to 30B", "30B to 100B", "over 100B",
)  # fmt: skip
LEVEL = 0.05
"""Probability that any pair is said to lack fit where none does."""
LIKELY = 0.95
"""From this probability on a band is said to depart."""
DRAWS, REPLICATES = 200, 50


def size_bands(
    run: xr.DataTree,
    *,
    draws: int = DRAWS,
    replicates: int = REPLICATES,
    prob: float = PROB,
    seed: int = 1,
) -> dict[str, Any]:
    """Lack of fit over sizes.

    Parameters
    ----------
    draws
        Of the posterior, evenly spaced.
    replicates
        Of all scores, in each draw.

    Returns
    -------
    dict
        `bands`, small to large: `name`, `models` and, of those, `experts` (mixtures of experts);
        `ratio`, `p_denser`, `p_departs` (`size_departure.departure`; None without models);
        `benchmarks`: by name None without scores, else `scores`, `difference` (mean of score less
        prediction, a proportion), `p`, `p_scatter` and `lacks_fit`. `tested`: pairs of band and
        benchmark; `level`, `likely`: the thresholds.
    """
    rng, data = np.random.default_rng(seed), run["constant_data"].to_dataset()
    who = data["score_model"].to_numpy().astype(int)
    size = data["counted_params"].to_numpy()
    of = np.searchsorted(EDGES, size, side="right")
    evidence, left, tails = [], [], _tails(run, draws=draws)
    for s, grid in enumerate(score_grids(run, draws=draws)):
        evidence.append(log_evidence(grid, who))
        tail = None if tails is None else float(tails[s])
        left.append(left_over(grid, data, rng, replicates=replicates, tail=tail))
    shifts = np.array(evidence)
    experts = data["architecture"].to_numpy().astype(str) == "moe"
    on = data["score_benchmark"].to_numpy().astype(str)
    names = [str(name) for name in data["benchmark"].to_numpy()]
    bands = []
    for i, name in enumerate(NAMES):
        own = of == i
        told: dict[str, Any] = {"ratio": None, "p_denser": None, "p_departs": None}
        if own.any():
            told |= departure(shifts[:, own].sum(axis=1), prob=prob)
        bands.append({
            "name": name, "models": int(own.sum()), "experts": int((own & experts).sum()), **told,
            "benchmarks": {k: cell(left, own[who] & (on == k)) for k in names},
        })  # fmt: skip
    tested = [c for band in bands for c in band["benchmarks"].values() if c is not None]
    for found, lacks in zip(tested, holm([c["p"] for c in tested]), strict=True):
        found["lacks_fit"] = lacks
    return {"bands": bands, "tested": len(tested), "level": LEVEL, "likely": LIKELY}


def _tails(run: xr.DataTree, *, draws: int) -> np.ndarray | None:
    """Degrees of freedom of the scores, as `left_over` takes them."""
    likelihood = chosen(run, "likelihood", "beta")
    if likelihood == "beta":
        return None
    if likelihood == "normal":
        return np.full(draws, np.nan)
    return thinned(run, ["score_tail"], draws=draws)["score_tail"]


def cell(left: list[LeftOver], rows: np.ndarray) -> dict[str, Any] | None:
    """Posterior predictive check of some scores; None without any."""
    count = int(rows.sum())
    if not count:
        return None
    seen = np.array([one.standardised[rows] for one in left])
    drawn = np.array([one.replicated[:, rows] for one in left])
    side = tail(drawn.sum(axis=2), seen.sum(axis=1))
    return {
        "scores": count,
        "difference": float(np.mean([one.difference[rows].mean() for one in left])),
        "p": min(1.0, 2.0 * min(side)),
        "p_scatter": tail((drawn**2).sum(axis=2), (seen**2).sum(axis=1))[1],
    }


def tail(drawn: np.ndarray, seen: np.ndarray) -> tuple[float, float]:
    """Probability that what is drawn (sample, replicate) is as low, as high as seen (sample,).

    One more draw than there are is counted as extreme, so that no probability is zero.
    """
    low, high = np.sum(drawn <= seen[:, None]), np.sum(drawn >= seen[:, None])
    return float((low + 1) / (drawn.size + 1)), float((high + 1) / (drawn.size + 1))


def holm(p: list[float], *, level: float = LEVEL) -> list[bool]:
    """Which of several null hypotheses Holm's step-down bound rejects."""
    out, order = [False] * len(p), np.argsort(p)
    for rank, i in enumerate(order):
        if p[i] > level / (len(p) - rank):
            break
        out[i] = True
    return out
