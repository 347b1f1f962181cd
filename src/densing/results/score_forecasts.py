"""Forecasts of reported scores, judged: who comes near, and how far apart forecasters are.

Origins weigh equally: the mean over origins of each origin's mean over its models. A model counts
once for each origin before it. What a mean owes to the models that happened to come is told by a
bootstrap over releases, whose models miss together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from densing.models.dates import DAYS_PER_YEAR
from densing.results.backtest import MONTHS, OURS
from densing.results.interval import PROB
from densing.results.naive_scores import NAIVE
from densing.results.scoring import covered, crps, kernel_width, log_score, pit
from densing.text import listed, percent

AVERAGE, SINGLE = "average", "single"
"""A model's average over the benchmarks it reports; one of its scores."""
NARROWEST = 1e-3
"""Width of a kernel at least: scores are reported to a thousandth."""
UNFORESEEN = 0.01
"""Share of every forecast, whoever makes it, that is uniform over all scores: draws say nothing of
tails beyond them, and one score there would decide between forecasters."""
REPLICATES = 1000
Row = dict[str, Any]


def judged(
    forecaster: str,
    origin: str,
    models: pd.DataFrame,
    names: Sequence[str],
    drawn: np.ndarray,
    score: np.ndarray,
) -> list[Row]:
    """Judge one forecaster's draws of the models that came after one origin.

    Parameters
    ----------
    models
        One row a model: model, release, release_date.
    names
        Of the benchmarks.
    drawn
        Shape (sample, model, benchmark).
    score
        Reported, shape (model, benchmark), NaN where there is none.

    Returns
    -------
    list of dict
        `forecaster`, `origin`, `kind` (`AVERAGE`, `SINGLE`), `model`, `release`, `benchmark` (None
        of an average), `lead_days`, `observed`, `median`, `pit`, `crps`, `log_score`.
    """
    there = np.isfinite(score)
    lead = (models["release_date"] - pd.Timestamp(origin)).dt.days.to_numpy()
    at = np.nonzero(there)
    every, none = np.arange(len(models)), [None] * len(models)
    out = []
    for kind, who, what, of, seen in (
        (
            AVERAGE, every, none, np.mean(drawn, axis=2, where=there),
            np.mean(score, axis=1, where=there),
        ),
        (SINGLE, at[0], [names[k] for k in at[1]], drawn[:, at[0], at[1]], score[at]),
    ):  # fmt: skip
        frame = pd.DataFrame(
            {
                "forecaster": forecaster, "origin": origin, "kind": kind,
                "model": models["model"].to_numpy()[who],
                "release": models["release"].to_numpy()[who], "benchmark": what,
                "lead_days": lead[who], "observed": seen, "median": np.median(of, axis=0),
                "pit": pit(of, seen), "crps": crps(of, seen),
                "log_score": log_predictive(of, seen),
            }
        )  # fmt: skip
        out += frame.to_dict("records")
    return out


def log_predictive(drawn: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Log predictive density of scores, nats, shape (case,), from draws, (sample, case).

    A kernel estimate, mixed with a uniform density by `UNFORESEEN`.
    """
    near = log_score(drawn, seen, np.maximum(kernel_width(drawn), NARROWEST))
    return np.logaddexp(np.log1p(-UNFORESEEN) + near, np.log(UNFORESEEN))


def score_table(rows: Iterable[Mapping[str, Any]], *, seed: int = 1) -> list[Row]:
    """Score forecasters by horizon, of rows of one kind.

    Returns
    -------
    list of dict
        `months`, `forecaster`, `n` (forecasts), `models`, `origins` (counts), `coverage` (share
        inside 90 % intervals), `bias` (median less observed), `crps`, `log_score`, and of both
        the standard errors `mcse_crps`, `mcse_log_score`; `crps_more` and `log_score_less`, how
        far this forecaster is behind ours, with `se_crps_more`, `se_log_score_less`.
    """
    frame = pd.DataFrame(list(rows))
    frame["coverage"] = covered(frame["pit"].to_numpy(), PROB).astype(float)
    frame["bias"] = frame["median"] - frame["observed"]
    out = []
    for months in MONTHS:
        near = frame[frame["lead_days"] <= months * DAYS_PER_YEAR / 12]
        means = {name: _means(own, seed) for name, own in near.groupby("forecaster")}
        for name in (OURS, *NAIVE):
            if name not in means:
                continue
            own, (mean, drawn) = near[near["forecaster"] == name], means[name]
            error = drawn.std(axis=0)
            row = {
                "months": months, "forecaster": name, "n": len(own),
                "models": own["model"].nunique(), "origins": own["origin"].nunique(),
                **dict(zip(MEANS, map(float, mean), strict=True)),
                "mcse_crps": float(error[2]), "mcse_log_score": float(error[3]),
            }  # fmt: skip
            if name != OURS and OURS in means:
                apart, spread = mean - means[OURS][0], (drawn - means[OURS][1]).std(axis=0)
                row |= {
                    "crps_more": float(apart[2]), "se_crps_more": float(spread[2]),
                    "log_score_less": -float(apart[3]), "se_log_score_less": float(spread[3]),
                }  # fmt: skip
            out.append(row)
    return out


MEANS = ("coverage", "bias", "crps", "log_score")


def _means(own: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Means with equal weight for each origin, (quantity,), and replicates, (replicate, quantity).

    The same seed draws the same releases for every forecaster of the same models.
    """
    release, origin = (pd.factorize(own[name], sort=True) for name in ("release", "origin"))
    size = len(origin[1]), len(release[1])
    total = np.zeros((*size, len(MEANS) + 1))
    values = np.column_stack([own[list(MEANS)].to_numpy(float), np.ones(len(own))])
    np.add.at(total, (origin[0], release[0]), values)
    weight = np.random.default_rng(seed).multinomial(
        size[1], np.full(size[1], 1.0 / size[1]), size=REPLICATES
    )
    drawn = np.einsum("br,orq->boq", weight, total)
    count = np.where(drawn[..., -1:] > 0.0, drawn[..., -1:], np.nan)
    mean = np.mean(total.sum(axis=1)[:, :-1] / total.sum(axis=1)[:, -1:], axis=0)
    return mean, np.nanmean(drawn[..., :-1] / count, axis=1)


def by_origin(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Our own forecasts of averages by origin: `origin`, `n`, `coverage`, `bias`, `crps`."""
    frame = pd.DataFrame([r for r in rows if r["forecaster"] == OURS and r["kind"] == AVERAGE])
    return [
        {
            "origin": str(origin), "n": len(own),
            "coverage": float(np.mean(covered(own["pit"].to_numpy(), PROB))),
            "bias": float((own["median"] - own["observed"]).mean()),
            "crps": float(own["crps"].mean()),
        }
        for origin, own in frame.groupby("origin")
    ]  # fmt: skip


def sentence(table: Sequence[Row], what: str) -> str:
    """Say how forecasts did at the longest horizon, and who beat them.

    Parameters
    ----------
    what
        What was forecast: `average scores`, `single scores`.
    """
    months = max(row["months"] for row in table)
    far = {row["forecaster"]: row for row in table if row["months"] == months}
    ours = far.pop(OURS)
    told = (
        f"Refitted as of {ours['origins']} half-years and asked up to {months} months ahead from "
        f"size, date and family alone, 90 % intervals held {percent(ours['coverage'])} of "
        f"{ours['n']} {what} (CRPS {ours['crps']:.3f}, standard error {ours['mcse_crps']:.3f}; "
        f"log score {ours['log_score']:.2f})"
    )
    better = [n for n, row in far.items() if row["crps_more"] > 0 and row["log_score_less"] > 0]
    worse = [name for name in far if name not in better]
    parts = []
    if better:
        parts.append(f"better in both than {listed(better)}")
    if worse:
        parts.append(f"not better in both than {listed(worse)}")
    return f"{told}: {' and '.join(parts)}." if parts else f"{told}."
