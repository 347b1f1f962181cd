"""Naive forecasts of a new model's scores, benchmark by benchmark: what a model has to beat.

Each fits the logit of a score's share of its range by least squares; its errors are normal, and
belong together over benchmarks as the residuals do, so that averages have their right error.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from densing.results.line import record_setters

NO_GROWTH, HALF_YEAR = "no growth", "last half-year"
LINE, PRIOR_LINE, RECORDS = "ln N + date", "ln N + date, prior rate", "line through records"
NAIVE = (HALF_YEAR, LINE, PRIOR_LINE, RECORDS, NO_GROWTH)
"""Forecasters of scores.

All have a slope in ln N. The last half-year's mean stands beside it without growth; the lines grow
with the date, of which one knows the prior rate beforehand and one goes through record holders.
"""
PRIOR_RATE, PRIOR_ERROR = 0.48, 0.3
"""Growth of a logit a year, as known before 2023: 1.06 of ln density a year (the paper's densities
up to LLaMA 1), at a typical 0.45 logits for each ln N, with a wide error."""
CEILING, EDGE = 0.98, 0.02
"""Ceiling of a score's range, and how near to its ends a share is taken to be."""
FEWEST = 3
"""Scores of a half-year that have a mean worth the name."""
PAIRED = 6
"""Models with both of two benchmarks that a correlation needs; below, `ALIKE` stands for it."""
ALIKE = 0.5
ROUNDS = 20


class Reported(NamedTuple):
    """Scores of models."""

    score: np.ndarray
    """Proportions, NaN where there is none, shape (model, benchmark)."""
    log_size: np.ndarray
    """ln of parameters over any constant, shape (model,)."""
    time: np.ndarray
    """Years after the origin, shape (model,)."""


class Line(NamedTuple):
    """What a forecaster says of one benchmark."""

    drawn: np.ndarray
    """Logits of the new models without their own errors, shape (sample, model)."""
    noise: float
    """Standard deviation of a model's own error, logits."""
    residual: np.ndarray
    """Of past models, NaN where there is no score, shape (past model,)."""


def naive_scores(
    name: str,
    past: Reported,
    new: Reported,
    floor: np.ndarray,
    items: np.ndarray,
    *,
    samples: int,
    seed: int = 1,
) -> np.ndarray:
    """Draw scores of new models from one of the `NAIVE` forecasters.

    Parameters
    ----------
    past
        Models before the origin, at least three with a score on each benchmark.
    new
        Models after it; their scores are not used.
    floor, items
        Chance level and number of items of each benchmark, shape (benchmark,).

    Returns
    -------
    Proportions, shape (sample, model, benchmark).
    """
    rng = np.random.default_rng(seed)
    share = np.clip((past.score - floor) / (CEILING - floor), EDGE, 1.0 - EDGE)
    fit = _through_records if name == RECORDS else _least_squares
    lines = [fit(name, rng, logit(z), past, new, samples) for z in share.T]
    root = _root(np.column_stack([line.residual for line in lines]))
    error = rng.standard_normal((samples, len(new.time), len(lines))) @ root.T
    z = np.stack([line.drawn for line in lines], axis=-1)
    p = floor + (CEILING - floor) * expit(z + error * np.array([line.noise for line in lines]))
    sampled = p + np.sqrt(p * (1.0 - p) / items) * rng.standard_normal(p.shape)
    return np.clip(sampled, 0.0, 1.0)


def _least_squares(
    name: str, rng: np.random.Generator, z: np.ndarray, past: Reported, new: Reported, samples: int
) -> Line:
    """Fit a line in ln N and, where it grows, the date; coefficients are drawn."""
    there = np.isfinite(z)

    def design(of: Reported) -> np.ndarray:
        columns = [np.ones(len(of.time)), of.log_size]
        return np.column_stack([*columns, of.time] if name in (LINE, PRIOR_LINE) else columns)

    x, y = design(past)[there], z[there]
    certainty, centre = np.zeros((x.shape[1], x.shape[1])), np.zeros(x.shape[1])
    if name == PRIOR_LINE:
        certainty[2, 2], centre[2] = PRIOR_ERROR**-2, PRIOR_RATE
    variance = 1.0
    for _ in range(ROUNDS):
        precision = x.T @ x / variance + certainty
        found = np.linalg.solve(precision, x.T @ y / variance + certainty @ centre)
        residual = y - x @ found
        variance = float(residual @ residual) / max(len(y) - len(found), 1)
    recent = past.time[there] > -0.5
    if name == HALF_YEAR and recent.sum() >= FEWEST:
        found[0] += residual[recent].mean()
        residual = residual - residual[recent].mean()
    drawn = rng.multivariate_normal(found, np.linalg.inv(precision), size=samples)
    return Line(drawn @ design(new).T, np.sqrt(variance), _spread_out(residual, there))


def _through_records(
    name: str, rng: np.random.Generator, z: np.ndarray, past: Reported, new: Reported, samples: int
) -> Line:
    """Fit a line through those who set a record for their size, lowered to the mean of all."""
    del name, rng
    there = np.isfinite(z)
    x, t, y = past.log_size[there], past.time[there], z[there]
    design = np.column_stack([np.ones(len(y)), x, t])
    steep = np.linalg.lstsq(design, y, rcond=None)[0][1]
    beyond = y - steep * x
    best = record_setters(t, beyond)
    many = len(np.unique(t[best])) > 1
    rate = np.polyfit(t[best], beyond[best], 1)[0] if many else 0.0
    residual = beyond - rate * t
    line = residual.mean() + steep * new.log_size + rate * new.time
    residual = residual - residual.mean()
    return Line(
        np.broadcast_to(line, (samples, len(line))), float(residual.std(ddof=2)),
        _spread_out(residual, there),
    )  # fmt: skip


def _spread_out(residual: np.ndarray, there: np.ndarray) -> np.ndarray:
    out = np.full(len(there), np.nan)
    out[there] = residual
    return out


def _root(residual: np.ndarray) -> np.ndarray:
    """Root of the correlations of residuals over benchmarks, pair by pair, made positive."""
    size = residual.shape[1]
    found = np.eye(size)
    for i in range(size):
        for j in range(i):
            both = np.isfinite(residual[:, i]) & np.isfinite(residual[:, j])
            pair = residual[both][:, [i, j]]
            known = both.sum() >= PAIRED and (pair.std(axis=0) > 0.0).all()
            found[i, j] = found[j, i] = np.corrcoef(pair.T)[0, 1] if known else ALIKE
    value, vector = np.linalg.eigh(found)
    root = vector * np.sqrt(np.clip(value, 1e-3, None))
    return root / np.sqrt(np.sum(root**2, axis=1, keepdims=True))
