r"""Posteriors of the paper's two curves on a grid: its own likelihood, flat priors, every optimum.

Least squares is a normal likelihood; given the non-linear parameters both curves are linear in
the rest. So the non-linear pair stands on a grid and the rest is integrated out, which finds
all optima at once, needs no sampler, and cannot fail to converge. The grid is refined where the
posterior is, however many modes it has.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logsumexp

Range = tuple[float, float]
CUTS = (60.0, 30.0, 16.0)
"""At each refinement cells so many log units below the best are dropped, generously at first."""


def refined(
    log_weight: Callable[[np.ndarray, np.ndarray], np.ndarray],
    first: Range,
    second: Range,
    *,
    points: int,
    cuts: tuple[float, ...] = CUTS,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[float, float]]:
    """Refine a grid of `points` by `points` cells, three by three in each cell that counts.

    Parameters
    ----------
    log_weight
        Log posterior density at cell centres (cell,), up to a constant.

    Returns
    -------
    x, y, weight, steps
        Centres and normalised weights of the cells, shape (cell,), and their two widths.
    """
    steps = np.array([(end - start) / points for start, end in (first, second)])
    centre = np.arange(points) + 0.5
    x, y = (
        grid.ravel()
        for grid in np.meshgrid(
            first[0] + steps[0] * centre, second[0] + steps[1] * centre, indexing="ij"
        )
    )
    value = log_weight(x, y)
    for cut in cuts:
        keep = value > value.max() - cut
        steps = steps / 3.0
        shift = np.array([-1.0, 0.0, 1.0])
        x = (x[keep, None, None] + steps[0] * shift[:, None] + 0.0 * shift).ravel()
        y = (y[keep, None, None] + steps[1] * shift + 0.0 * shift[:, None]).ravel()
        value = log_weight(x, y)
    weight = np.exp(value - value.max())
    return x, y, weight / weight.sum(), (float(steps[0]), float(steps[1]))


EXPONENTS = (0.01, 1.2)
"""Range of the flat prior on each exponent."""
STEEPNESS = (1.0, 40.0)
"""Range of the prior, flat in logs, on the logits per relative change of loss."""
SHIFT = 1.2
"""The midpoint is flat between zero and this many times the largest loss."""
FLOOR, CEILING = (0.0, 50.0), (50.0, 100.0)
"""Ranges of the flat priors on the ends of a score curve, percent."""
STEP = 1.25
"""Width of a cell of floor and ceiling, percent."""


class Linear(NamedTuple):
    """What integrating the linear coefficients out leaves, at each pair of exponents."""

    best: np.ndarray
    """Least-squares coefficients, shape (cell, term)."""
    cross: np.ndarray
    """Cross products of the terms, shape (cell, term, term)."""
    squares: np.ndarray
    """Sum of squared residuals, shape (cell,)."""

    def log_weight(self, freedom: int) -> np.ndarray:
        """Log marginal density under flat coefficients and log noise, shape (cell,)."""
        _, log_det = np.linalg.slogdet(self.cross)
        return -0.5 * log_det - 0.5 * freedom * np.log(self.squares)


def loss_law_draws(
    log_n: np.ndarray,
    log_d: np.ndarray,
    loss: np.ndarray,
    *,
    rng: np.random.Generator,
    irreducible: bool = False,
    points: int = 60,
    draws: int = 8000,
) -> np.ndarray:
    """Draws of (alpha, beta, size term, data term, irreducible loss), shape (draw, 5).

    ``L = E + A exp(-alpha n) + B exp(-beta d)``, n and d centred logs of parameters and tokens,
    shape (run,). Flat priors on both exponents, on A and B >= 0, on the logarithm of the noise
    and, where `irreducible`, on E of either sign: a law without E is then an ordinary value.
    """
    n, d = log_n - log_n.mean(), log_d - log_d.mean()
    freedom = len(loss) - (3 if irreducible else 2)

    def linear(alpha: np.ndarray, beta: np.ndarray) -> Linear:
        terms = [np.exp(-alpha[:, None] * n), np.exp(-beta[:, None] * d)]
        x = np.stack([*terms, *([np.ones_like(terms[0])] if irreducible else [])], axis=-1)
        cross = np.swapaxes(x, 1, 2) @ x
        best = np.linalg.solve(cross, (np.swapaxes(x, 1, 2) @ loss)[..., None])[..., 0]
        return Linear(best, cross, np.sum((loss - (x @ best[..., None])[..., 0]) ** 2, axis=1))

    alpha, beta, weight, steps = refined(
        lambda a, b: linear(a, b).log_weight(freedom), EXPONENTS, EXPONENTS, points=points
    )
    kept: list[np.ndarray] = []
    while sum(map(len, kept)) < draws:
        at = rng.choice(len(weight), draws, p=weight)
        exponents = np.column_stack([alpha[at], beta[at]])
        exponents += (rng.random((draws, 2)) - 0.5) * steps
        found = linear(*exponents.T)
        root = np.linalg.cholesky(np.linalg.inv(found.cross))
        noise = np.sqrt(found.squares / rng.chisquare(freedom, draws))
        normal = rng.standard_normal((draws, found.best.shape[1], 1))
        coefficients = found.best + noise[:, None] * (root @ normal)[..., 0]
        rest = coefficients[:, 2] if irreducible else np.zeros(draws)
        out = np.column_stack([exponents, coefficients[:, :2], rest])
        kept.append(out[np.all(coefficients[:, :2] >= 0, axis=1)])
    return np.concatenate(kept)[:draws]


def score_map_draws(
    loss: np.ndarray,
    score: np.ndarray,
    *,
    rng: np.random.Generator,
    points: int = 30,
    draws: int = 4000,
) -> np.ndarray:
    """Draws of (c, gamma, l, d) of the score curve in percent, shape (draw, 4).

    Flat priors on floor and ceiling (no score above 100 %), on the midpoint and on the
    logarithms of steepness and noise. `loss` and `score` have shape (checkpoint,).
    """
    low, high = (
        grid.ravel()
        for grid in np.meshgrid(
            *(np.arange(start + STEP / 2, end, STEP) for start, end in (FLOOR, CEILING))
        )
    )
    reach = float(SHIFT * loss.max())

    def ends(steep: np.ndarray, middle: np.ndarray) -> np.ndarray:
        """Log density of every floor and ceiling, shape (cell, end)."""
        up = expit(np.exp(steep)[:, None] * (1.0 - loss / middle[:, None]))
        down = 1.0 - up
        # Sum of squares of score - (low * down + high * up), from sums over the checkpoints.
        sums = np.column_stack(
            [down @ score, up @ score, (down**2).sum(1), (up**2).sum(1), (up * down).sum(1)]
        )
        terms = np.stack([-2.0 * low, -2.0 * high, low**2, high**2, 2.0 * low * high])
        squares = score @ score + sums @ terms
        return -0.5 * len(loss) * np.log(np.maximum(squares, 1e-9))

    def log_weight(steep: np.ndarray, middle: np.ndarray) -> np.ndarray:
        parts = range(0, len(steep), 500)  # bounds the memory
        return np.concatenate(
            [logsumexp(ends(steep[i : i + 500], middle[i : i + 500]), axis=1) for i in parts]
        )

    first = (float(np.log(STEEPNESS[0])), float(np.log(STEEPNESS[1])))
    steep, middle, weight, steps = refined(
        log_weight, first, (0.0, reach), points=points, cuts=(16.0, 11.0)
    )
    cells, counts = np.unique(rng.choice(len(weight), draws, p=weight), return_counts=True)
    out = []
    for cell, count in zip(cells, counts, strict=True):
        at = ends(steep[[cell]], middle[[cell]])[0]
        end = rng.choice(len(at), count, p=np.exp(at - logsumexp(at)))
        jitter = rng.random((4, count)) - 0.5
        midpoint = middle[cell] + steps[1] * jitter[1]
        gamma = -np.exp(steep[cell] + steps[0] * jitter[0]) / midpoint
        floor, ceiling = low[end] + STEP * jitter[2], high[end] + STEP * jitter[3]
        out.append(np.column_stack([ceiling - floor, gamma, midpoint, floor]))
    return rng.permutation(np.concatenate(out))
