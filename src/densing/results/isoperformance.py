"""Sizes of equal performance: the smallest open model that reaches a score, by date.

The steps are reported scores and no model of ours; the line beside them is what a families run
expects of a typical release.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from densing.models.dates import years
from densing.models.families import SIZE, expected_logits
from densing.models.family_predict import replay
from densing.results.family_run import draws_of, layout_of
from densing.results.interval import PROB

LEVELS = 3
"""Scores a benchmark that are followed."""
DRAWS = 200
DATES = 40


@dataclass(frozen=True)
class Frontier:
    """Sizes at which one score is reached on one benchmark."""

    benchmark: str
    score: float
    """A proportion, between 0 and 1."""
    dates: pd.DatetimeIndex
    """On which the smallest model that reaches the score became smaller, shape (step,)."""
    params: np.ndarray
    """Its parameters (those that count), shape (step,)."""
    models: list[str]
    expected_dates: pd.DatetimeIndex
    expected: np.ndarray
    """Lower end, median and upper end of the size at which a typical release of the date is
    expected to reach the score, shape (3, date); infinite where no size does."""


def isoperformance(run: xr.DataTree, *, prob: float = PROB) -> dict[str, list[Frontier]]:
    """Follow up to three scores on each benchmark of a families run.

    Parameters
    ----------
    run
        A families run (`results.family_run.is_families`).
    prob
        Probability of the equal-tailed interval of the expected size.

    Returns
    -------
    dict
        By benchmark, in the order of the run: frontiers, lowest score first.
    """
    data = run["constant_data"].to_dataset()
    released = pd.DatetimeIndex(data["release_date"].to_numpy().astype(str))
    sizes, names = data["counted_params"].to_numpy(), data["model"].to_numpy().astype(str)
    which = data["score_model"].to_numpy().astype(int)
    of, score = (
        data["score_benchmark"].to_numpy().astype(str),
        data["score"].to_numpy().astype(float),
    )
    benchmarks = data["benchmark"].to_numpy().astype(str)
    chance = dict(zip(benchmarks, data["chance"].to_numpy().astype(float), strict=True))
    chosen = {name: levels(score[of == name], chance[name]) for name in benchmarks}
    dates = pd.date_range(released.min(), released.max(), periods=DATES)
    expected = expected_sizes(run, chosen, dates, prob=prob)
    out: dict[str, list[Frontier]] = {}
    for name in benchmarks:
        for k, level in enumerate(chosen[name]):
            reach = which[(of == name) & (score >= level)]
            order = reach[np.lexsort((sizes[reach], released[reach]))]
            smallest = np.minimum.accumulate(sizes[order])
            first = np.append(True, np.diff(smallest) < 0.0)
            found = order[first]
            # Of one day only the smallest model is a step.
            found = found[np.append(np.diff(released[found].asi8) > 0, True)]
            out.setdefault(name, []).append(
                Frontier(
                    name, level, released[found], sizes[found], names[found].tolist(), dates,
                    expected[name][k],
                )
            )  # fmt: skip
    return out


def levels(score: np.ndarray, chance: float) -> list[float]:
    """Round scores above chance, in steps of five points, that half to a tenth of models reach."""
    at = np.quantile(score, np.linspace(0.5, 0.9, LEVELS))
    rounded = np.unique(np.floor(20.0 * at + 1e-9) / 20.0)
    return [float(f"{level:.2f}") for level in rounded if level > chance + 0.02]


def expected_sizes(
    run: xr.DataTree,
    scores: dict[str, list[float]],
    dates: pd.DatetimeIndex,
    *,
    prob: float = PROB,
) -> dict[str, np.ndarray]:
    """Size at which a typical release of a date is expected to reach each score.

    Typical: its family's, its release's and its own effects are zero, and each benchmark is
    asked in its own protocol. Mixtures of experts count as the run counts them.

    Returns
    -------
    dict
        By benchmark: lower end, median, upper end, shape (score, 3, date), parameters.
    """
    layout = layout_of(run)
    zeros = np.zeros(len(dates))
    data = layout.data._replace(
        time=years(dates) - layout.centre["time"], log_active=zeros, log_total=zeros,
        since_mean=zeros, log_tokens=zeros,
        protocol=np.zeros((len(dates), len(layout.data.floor)), int),
    )  # fmt: skip
    draws = draws_of(run, DRAWS)
    found: dict[str, list[np.ndarray]] = {name: [] for name in scores}
    for i in range(len(draws["rate"])):
        values = {**layout.facts, **{name: value[i] for name, value in draws.items()}}
        mean, curves, _ = expected_logits(replay(values), data, layout.switches)
        bend = np.asarray(values.get("curvature", np.zeros(len(curves.slope))))
        for k, name in enumerate(layout.coords["benchmark"]):
            level = np.asarray(scores[name], float)[:, None]
            share = (level - curves.floor[k]) / (curves.ceiling[k] - curves.floor[k])
            inside = (share > 0.0) & (share < 1.0)
            share = np.where(inside, share, 0.5)
            away = np.log(share) - np.log1p(-share) - mean[:, k]
            # Root of bend x^2 + slope x = away that is there without a bend, too.
            under = curves.slope[k] ** 2 + 4.0 * bend[k] * away
            log = 2.0 * away / (curves.slope[k] + np.sqrt(np.maximum(under, 0.0)))
            reached = np.exp(np.minimum(log, 300.0)) * SIZE
            found[name].append(np.where(inside & (under > 0.0), reached, np.inf))
    ends = [(1 - prob) / 2, 0.5, (1 + prob) / 2]
    return {
        name: np.quantile(np.array(each), ends, axis=0, method="inverted_cdf").transpose(1, 0, 2)
        for name, each in found.items()
    }
