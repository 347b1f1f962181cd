r"""Where over sizes the law breaks: lack of fit by band of sizes, and by band and benchmark.

*Band*: how far its models stand off the trend, families heeded. This is what all benchmarks see
alike. A departure b shifts what is expected of some models: ``x ~ residual(. - b)``. Given a draw
of everything else, its posterior is one-dimensional, with the prior ``b ~ Normal(0, ln 2)`` (a
factor of two either way), and so is the evidence for it against ``b = 0``. Both are averaged over
the run's draws; these took b to be zero, so that what is said here is rather too cautious.

*Band and benchmark*: the band's scores on one benchmark against what the models' other scores
predict (`score_grid.left_over`), as a posterior predictive check: the sum of their residuals,
whose probability of being so far from zero by chance is `p`; the sum of their squares
(`p_scatter`) asks for outliers in either direction. Many pairs are looked at, so a pair lacks fit
where its `p` passes Holm's (1979) step-down bound.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from densing.models.ops import numpy_ops
from densing.results.health import MAX_FALSE_ALARM
from densing.results.interval import PROB, Interval
from densing.results.posterior import thinned
from densing.results.run import chosen
from densing.results.score_grid import STEP, LeftOver, ScoreGrid, left_over, score_grids
from densing.text import span

FACTOR = 2.0
"""By which densities of one size may well lie off the trend: one standard deviation a priori."""
REACH = 30
"""Departures are looked for up to so many steps of `STEP` on either side: a factor of 20."""
SHIFTS = STEP * np.arange(-REACH, REACH + 1)
_PRIOR = np.exp(-0.5 * (SHIFTS / np.log(FACTOR)) ** 2)
PRIOR = _PRIOR / _PRIOR.sum()


def log_evidence(grid: ScoreGrid, who: np.ndarray) -> np.ndarray:
    """Log-likelihood of each model's scores at each of `SHIFTS`, shape (model, shift).

    Parameters
    ----------
    who
        Position of each score's model, shape (score_row,).
    """
    own = np.zeros((len(grid.trend.mean), len(grid.points)))
    np.add.at(own, who, grid.log_likelihood)
    top = own.max(axis=1, keepdims=True)
    reach = STEP * np.arange(-REACH, len(grid.points) + REACH) + grid.points[0]
    prior = np.exp(grid.log_residual(reach))
    # Row j of the windows is the residual's density at the points less the j-th shift.
    windows = np.lib.stride_tricks.sliding_window_view(prior, len(grid.points), axis=1)[:, ::-1]
    found = np.einsum("msp,mp->ms", windows, np.exp(own - top))
    return np.log(np.maximum(found, 1e-300)) + top + numpy_ops.log(STEP)


def departure(evidence: np.ndarray, *, prob: float = PROB) -> Mapping[str, Any]:
    """Read the departure of some models off draws of their summed `log_evidence`.

    Parameters
    ----------
    evidence
        Shape (sample, shift).

    Returns
    -------
    dict
        `ratio`: interval of ``exp(b)``, density over the trend's; `p_denser`, that it is above
        one; `p_departs`, that it is not one, where both are as likely beforehand.
    """
    weight = np.exp(evidence - evidence.max(axis=1, keepdims=True)) * PRIOR
    factor = weight.sum(axis=1) / (weight[:, REACH] / PRIOR[REACH])
    posterior = (weight / weight.sum(axis=1, keepdims=True)).mean(axis=0)
    below = np.concatenate([[0.0], np.cumsum(posterior)])
    edges = np.append(SHIFTS - 0.5 * STEP, SHIFTS[-1] + 0.5 * STEP)
    levels = [(1 - prob) / 2, 0.5, (1 + prob) / 2]
    low, middle, high = (float(v) for v in np.exp(np.interp(levels, below, edges)))
    return {
        "ratio": Interval(middle, low, high, prob).as_dict(),
        "p_denser": float(1.0 - np.interp(0.0, edges, below)),
        "p_departs": float(np.mean(factor / (1.0 + factor))),
    }


EDGES = (1e8, 1e9, 3e9, 1e10, 3e10, 1e11)
"""Parameters (those that count) at which a band ends and the next begins."""
NAMES = (
    "under 100M", "100M to 1B", "1B to 3B", "3B to 10B", "10B to 30B", "30B to 100B", "over 100B",
)  # fmt: skip
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
        `ratio`, `p_denser`, `p_departs` (`departure`; None without models);
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
    return {"bands": bands, "tested": len(tested), "level": MAX_FALSE_ALARM, "likely": LIKELY}


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


def holm(p: list[float], *, level: float = MAX_FALSE_ALARM) -> list[bool]:
    """Which of several null hypotheses Holm's step-down bound rejects."""
    out, order = [False] * len(p), np.argsort(p)
    for rank, i in enumerate(order):
        if p[i] > level / (len(p) - rank):
            break
        out[i] = True
    return out


def size_bands_words(told: Mapping[str, Any]) -> str:
    """Say which bands of sizes stand off the trend, and where single benchmarks do not fit."""
    seen = [band for band in told["bands"] if band["models"]]
    if not seen:
        return ""
    empty = [band["name"] for band in told["bands"] if not band["models"]]
    parts = [f"{band['name']} {span(band['ratio'], digits=2)}" for band in seen]
    off = [band for band in seen if band["p_departs"] >= told["likely"]]
    text = f"Density over its trend, by size: {', '.join(parts)}. "
    if off:
        text += f"Off the trend: {', '.join(_band(band) for band in off)}. "
    else:
        text += (
            f"No size stands off the trend with probability {told['likely']:g}; the likeliest is "
            f"{_band(max(seen, key=lambda band: band['p_departs']))}. "
        )
    wrong = [
        f"{name} {band['name']} ({100 * cell['difference']:+.0f} points)"
        for band in seen for name, cell in band["benchmarks"].items() if cell and cell["lacks_fit"]
    ]  # fmt: skip
    text += (
        f"Scores off what the models' other scores predict, beyond chance: {', '.join(wrong)}"
        if wrong else
        f"In none of {told['tested']} pairs of size and benchmark are scores off what the models' "
        "other scores predict, beyond chance"
    )  # fmt: skip
    return text + (f". No models {' and '.join(empty)}: nothing is said there." if empty else ".")


def _band(band: Mapping[str, Any]) -> str:
    experts = band["experts"]
    kinds = f", {experts} of {band['models']} mixtures of experts" if experts else ""
    return f"{band['name']} (probability {band['p_departs']:.2f}{kinds})"
