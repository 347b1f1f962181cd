r"""Target models against the reference, forward: density to score, never back.

Model i with log density eta_i has log effective parameters ``x_i = eta_i + ln N_i``. The
reference's loss at (x_i, D0) times a model-by-benchmark discrepancy ``exp(delta)``,
``delta ~ Normal(0, tau_k)``, goes through the performance map. The score is Beta distributed
with the mean and variance that this and the Beta-Binomial sampling of the items imply.

Geometry. x_i is one-dimensional given everything else, and the score's distribution depends on
the model only through x_i, so x_i is integrated out on one grid common to all models
(trapezoid rule: exponentially accurate for a smooth integrand). The Beta is an exponential
family: the log-likelihood of all models at all grid points is a product of two matrices,
``(model, cell) @ (cell, grid)``; curves are evaluated per cell, not per model. A *cell* is a
combination of benchmark, protocol, item count, reference tokens and quarter.

A benchmark may stand higher or lower against the reference than the others do, and grow faster
or slower (`offset`, `drift`): on benchmark k at time t a model has the effective parameters
``x_i + offset_k + drift_k t``. For the law this is a factor on its size term.
"""

from typing import Any, Literal, NamedTuple

import numpy as np

from densing.models.coordinates import common_scaled, scaled
from densing.models.laws import (
    LossCurve,
    ScoreMap,
    log_loss_at_infinite_size,
    loss_of_size,
    score,
    score_variance,
)
from densing.models.loss import at
from densing.models.ops import LOG_SQRT_2PI, numpy_ops
from densing.models.program import Program


class ScoreData(NamedTuple):
    """Scores of the target models as sufficient statistics of the Beta distribution."""

    log_score: Any
    """Sum of ln y over a model's scores in a cell, shape (model, cell)."""
    log_miss: Any
    """Sum of ln(1 - y), shape (model, cell)."""
    count: Any
    """Number of scores, shape (model, cell)."""
    benchmark: Any
    """Benchmark of each cell, shape (cell,)."""
    protocol: Any
    """Protocol of each cell, 0 for a benchmark's baseline, shape (cell,)."""
    items: Any
    """Items behind a score of the cell, shape (cell,)."""
    d: Any
    """Centred log reference tokens D0 of the cell, shape (cell,)."""
    time: Any
    """Mean date of the cell's quarter, years since the mean release date, shape (cell,)."""
    score: Any = None
    """The cell's one score, shape (cell,), where scores are no Beta; else None."""
    late: Any = None
    """1 where the cell's models may have trained for its benchmark, else 0, shape (cell,); None
    where that is not asked (`Choices.contamination`)."""


class Cells(NamedTuple):
    """Curves of each cell; every field has shape (cell, 1)."""

    loss: LossCurve
    map: ScoreMap
    discrepancy: Any
    shift: Any
    items: Any
    d: Any
    score: Any = None
    """The cell's one score where scores are no Beta (`LikelihoodName`)."""
    tail: Any = None
    """Degrees of freedom of its Student-t, a scalar; None under a normal."""


NODES = (0.0, 1.7320508075688772, -1.7320508075688772)
WEIGHTS = (2 / 3, 1 / 6, 1 / 6)
"""Three-point Gauss-Hermite rule for the discrepancy: exact to the fifth moment."""


def cells(
    m: Program,
    data: ScoreData,
    loss: LossCurve,
    performance: ScoreMap,
    *,
    protocols: bool,
    benchmark_trends: bool,
    likelihood: str = "beta",
    contamination: bool = False,
) -> Cells:
    """Sample what belongs to scores alone and lay the curves out per cell."""
    xp = m.xp
    of = at_column(xp, loss, data.benchmark)
    if benchmark_trends:
        offset, drift = (
            m.sample(name, coordinate=common_scaled(xp, m.sample(f"{name}_spread")))
            for name in ("offset", "drift")
        )
        of = further(of, benchmark_effect(xp, offset, drift, data.benchmark, data.time)[:, None])
    shift = xp.zeros(len(data.protocol))
    if protocols:
        spread = m.sample("protocol_spread")
        effect = m.sample("protocol_effect", coordinate=scaled(xp, spread))
        shift = xp.take(xp.concatenate([xp.zeros(1), effect]), data.protocol)
    if contamination:
        bias = m.sample("contamination")
        shift = shift + xp.take(bias, data.benchmark) * data.late
    return Cells(
        loss=of,
        map=at_column(xp, performance, data.benchmark),
        discrepancy=xp.take(m.values["discrepancy"], data.benchmark)[:, None],
        shift=shift[:, None],
        items=data.items[:, None],
        d=data.d[:, None],
        score=None if likelihood == "beta" else data.score[:, None],
        tail=m.sample("score_tail") if likelihood == "student-t" else None,
    )


def benchmark_effect(xp: Any, offset: Any, drift: Any, benchmark: Any, time: Any) -> Any:
    """How far benchmarks stand ahead of the common trend, log effective parameters.

    Parameters
    ----------
    offset, drift
        Level and growth (1 / year) of each benchmark about the common ones, shape (benchmark,).
    benchmark, time
        Index and years since the mean release date, shape (row,).
    """
    return xp.take(offset, benchmark) + xp.take(drift, benchmark) * time


def further(loss: LossCurve, ahead: Any) -> LossCurve:
    """Loss laws read at effective parameters larger by the factor ``exp(ahead)``."""
    return loss._replace(log_size_term=loss.log_size_term - loss.alpha * ahead)


def at_column(xp: Any, record: Any, index: Any) -> Any:
    """Curves of each cell as columns, shape (cell, 1)."""
    taken = at(xp, record, index)
    return type(taken)(*(field[:, None] for field in taken))


def score_moments(xp: Any, cell: Cells, overdispersion: Any, n: Any) -> tuple[Any, Any]:
    """Mean and variance of a score at centred log effective parameters `n`, (cell, grid).

    The variance is between the discrepancy's nodes plus, on average over them, within.
    """
    loss = loss_of_size(xp, cell.loss, n, cell.d)
    return moments(xp, cell.map, loss, cell.discrepancy, cell.shift, cell.items, overdispersion)


def moments(
    xp: Any, maps: Any, loss: Any, discrepancy: Any, shift: Any, items: Any, overdispersion: Any
) -> tuple[Any, Any]:
    """Do the same at a `loss` that is known but for the discrepancy; all arguments broadcast."""
    means = [score(xp, maps, loss * xp.exp(node * discrepancy), shift) for node in NODES]
    mean = sum(w * s for w, s in zip(WEIGHTS, means, strict=True))
    between = sum(w * (s - mean) ** 2 for w, s in zip(WEIGHTS, means, strict=True))
    within = sum(
        w * score_variance(s, items, overdispersion) for w, s in zip(WEIGHTS, means, strict=True)
    )
    return mean, between + within


class Coefficients(NamedTuple):
    """What the scores' log-likelihood is linear in, at grid points; shape (cell, grid)."""

    log_score: Any
    log_miss: Any
    count: Any
    """Where scores are no Beta: the log density of the cell's one score, and nothing else."""


def score_coefficients(xp: Any, cell: Cells, overdispersion: Any, n: Any) -> Coefficients:
    """Densities of each cell's scores at centred log effective parameters `n`, (1, grid)."""
    mean, variance = score_moments(xp, cell, overdispersion, n)
    if cell.score is not None:
        own = log_density_about(xp, cell.score, mean, variance, cell.tail)
        return Coefficients(None, None, own)
    precision = mean * (1.0 - mean) / variance - 1.0
    a, b = mean * precision, (1.0 - mean) * precision
    return Coefficients(a - 1.0, b - 1.0, -xp.betaln(a, b))


def score_log_likelihood(xp: Any, data: ScoreData, cell: Cells, overdispersion: Any, n: Any) -> Any:
    """Log-likelihood of each model's scores at each grid point, shape (model, grid)."""
    of = score_coefficients(xp, cell, overdispersion, n)
    return rows_log_likelihood(xp, data.log_score, data.log_miss, data.count, of)


def rows_log_likelihood(
    xp: Any, log_score: Any, log_miss: Any, count: Any, of: Coefficients
) -> Any:
    """Do the same for some models: rows of `ScoreData`, shape (model, cell)."""
    if of.log_score is None:
        return xp.matmul(count, of.count)
    return (
        xp.matmul(log_score, of.log_score)
        + xp.matmul(log_miss, of.log_miss)
        + xp.matmul(count, of.count)
    )


def score_log_density(xp: Any, cell: Cells, overdispersion: Any, n: Any, y: Any) -> Any:
    """Log density of each cell's one score `y`, inside (0, 1), at `n`; shapes as `n`."""
    of = score_coefficients(xp, cell, overdispersion, n)
    if of.log_score is None:
        return of.count
    return of.log_score * xp.log(y) + of.log_miss * xp.log(1.0 - y) + of.count


def draw_scores(
    rng: np.random.Generator, cell: Cells, n: Any, precision: Any, noise: Any = None
) -> np.ndarray:
    """Scores as reported, each with a discrepancy of its own, by the model's own likelihood.

    The discrepancy and then a Beta-Binomial of whole items; or a normal or Student-t of the mean
    and variance that these give, held to [0, 1].

    Parameters
    ----------
    cell
        One a score, fields of shape (row, 1), or (row, 1, draw).
    n
        Centred log effective parameters, shape (row, 1) or (row, 1, draw).
    precision
        Of the Beta, a scalar or shape (draw,).
    noise
        Standard normal draws of the discrepancy, shape (row,) or (draw, row); drawn where None.

    Returns
    -------
    numpy.ndarray
        Proportions, shape (row,) or (draw, row).
    """
    if cell.score is not None:
        mean, variance = score_moments(numpy_ops, cell, 1.0 / (1.0 + precision), n)
        tail = None if cell.tail is None else np.asarray(cell.tail)[..., None]
        return np.clip(draw_about(rng, mean[:, 0].T, variance[:, 0].T, tail), 0.0, 1.0)
    loss = loss_of_size(numpy_ops, cell.loss, n, cell.d)
    if noise is None:
        noise = rng.standard_normal(loss[:, 0].T.shape)
    loss = loss * np.exp(cell.discrepancy * np.asarray(noise).T[:, None])
    mean = score(numpy_ops, cell.map, loss, cell.shift)[:, 0].T
    return draw_proportions(rng, mean, np.asarray(precision)[..., None], cell.items.reshape(-1))


def draw_proportions(rng: np.random.Generator, mean: Any, precision: Any, items: Any) -> np.ndarray:
    """Beta-Binomial proportions of right answers with the given mean; shape of `mean`."""
    inner = np.clip(mean, 1e-9, 1.0 - 1e-9)
    share = rng.beta(inner * precision, (1.0 - inner) * precision)
    whole = np.maximum(np.rint(items), 1).astype(np.int64)
    return rng.binomial(whole, share) / whole


def reach(xp: Any, cell: Cells) -> Any:
    """Centred log parameters beyond which size makes no visible difference, shape (cell, 1).

    There the loss the family could still shed by growing at D0 is one discrepancy's width:
    ``A (N/N0)^-alpha = tau * L(infinity, D0)``.
    """
    limit = log_loss_at_infinite_size(xp, cell.loss, cell.d)
    return (cell.loss.log_size_term - xp.log(cell.discrepancy) - limit) / cell.loss.alpha


LikelihoodName = Literal["beta", "normal", "student-t"]


def log_density_about(xp: Any, score: Any, mean: Any, variance: Any, tail: Any = None) -> Any:
    """Log density of a score about its mean where that is no Beta, shape of all arguments together.

    The default's Beta is an exponential family: all scores of a cell enter as two sums
    (`score_coefficients`). A normal and a Student-t of the same mean and variance do not know that
    a score lies between 0 and 1; the Student-t forgives a score that is simply wrong. Each score
    is then a cell of its own.

    Parameters
    ----------
    score
        As reported, a proportion.
    mean, variance
        Of the score; under a Student-t the variance is its squared scale.
    tail
        Degrees of freedom of the Student-t; None for the normal.
    """
    square = (score - mean) ** 2 / variance
    log_scale = 0.5 * xp.log(variance)
    if tail is None:
        return -0.5 * square - log_scale - LOG_SQRT_2PI
    norm = xp.betaln(0.5 * tail, 0.0 * tail + 0.5) + 0.5 * xp.log(tail)
    return -0.5 * (tail + 1.0) * xp.log(1.0 + square / tail) - norm - log_scale


def draw_about(
    rng: np.random.Generator, mean: np.ndarray, variance: np.ndarray, tail: Any = None
) -> np.ndarray:
    """Scores drawn from the density of `log_density_about`, beyond 0 and 1 too; its arguments."""
    if tail is None:
        noise = rng.standard_normal(mean.shape)
    else:
        noise = rng.standard_t(np.broadcast_to(tail, mean.shape))
    return mean + np.sqrt(variance) * noise
