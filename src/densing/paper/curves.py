r"""The paper's two curves by its own method: least squares, one step after the other, inverted.

Symbols
-------
N, D : parameters (no embeddings) and training tokens.  L : loss.  S : score in percent.
Loss curve : ``L = a N^-alpha + b D^-beta`` (no irreducible loss).
Score curve : ``S = c / (1 + exp(-gamma (L - l))) + d``, gamma negative.
Inversion : ``N = ((L(S) - b D0^-beta) / a)^(-1/alpha)``, the effective parameters of a score.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares, minimize

from densing.data import bundled


class PowerLaws(NamedTuple):
    """Loss curve."""

    a: float
    alpha: float
    b: float
    beta: float

    def loss(self, params: np.ndarray, tokens: np.ndarray | float) -> np.ndarray:
        """Loss at sizes and tokens (broadcast)."""
        return self.a * np.asarray(params) ** -self.alpha + self.b * tokens**-self.beta

    def params(self, loss: np.ndarray, tokens: float) -> np.ndarray:
        """Size that reaches `loss` at `tokens`; infinite where no size does."""
        left = (np.asarray(loss) - self.b * tokens**-self.beta) / self.a
        with np.errstate(divide="ignore"):
            return np.where(left > 0, np.maximum(left, 0.0) ** (-1.0 / self.alpha), np.inf)


class Sigmoid(NamedTuple):
    """Score curve, in percent."""

    c: float
    gamma: float
    l: float  # noqa: E741 (the paper's symbol)
    d: float

    def score(self, loss: np.ndarray) -> np.ndarray:
        """Score at a loss."""
        return self.c / (1.0 + np.exp(-self.gamma * (np.asarray(loss) - self.l))) + self.d

    def loss(self, score: np.ndarray) -> np.ndarray:
        """Loss at a score; nan where the curve never has that score."""
        share = (np.asarray(score) - self.d) / self.c
        inside = (share > 0) & (share < 1)
        odds = np.where(inside, 1.0 / np.where(inside, share, 0.5) - 1.0, np.nan)
        return self.l - np.log(odds) / self.gamma


def published_curves(benchmark: str) -> tuple[PowerLaws, Sigmoid]:
    """Return the paper's two curves of a benchmark, read off its figure."""
    table = bundled("published_curves")
    row = table[table["benchmark"] == benchmark].to_dict("records")[0]
    law = PowerLaws(*(float(row[name]) for name in PowerLaws._fields))
    return law, Sigmoid(*(float(row[name]) for name in Sigmoid._fields))


def effective_params(
    law: PowerLaws, curve: Sigmoid, score: np.ndarray, *, tokens: float
) -> np.ndarray:
    """Parameters the reference family needs for `score` (percent) at `tokens`."""
    return law.params(curve.loss(score), tokens)


def fit_loss_curve(
    params: np.ndarray, tokens: np.ndarray, loss: np.ndarray, *, start: tuple[float, float]
) -> tuple[PowerLaws, float]:
    """Least-squares loss curve at the optimum that `start` (alpha, beta) leads to.

    The coefficients are solved for at every pair of exponents, so the search has two
    dimensions. Arrays have shape (run,).

    Returns
    -------
    law, squares
        The curve and its sum of squared residuals.
    """
    n0, d0 = np.exp(np.log(params).mean()), np.exp(np.log(tokens).mean())

    def solve(exponents: np.ndarray) -> tuple[np.ndarray, float]:
        terms = np.column_stack([(params / n0) ** -exponents[0], (tokens / d0) ** -exponents[1]])
        terms_at, *_ = np.linalg.lstsq(terms, loss, rcond=None)
        return terms_at, float(np.sum((loss - terms @ terms_at) ** 2))

    found = minimize(
        lambda e: np.log(solve(e)[1]), np.asarray(start), method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12, "maxiter": 2000},
    )  # fmt: skip
    alpha, beta = (float(v) for v in found.x)
    (size_term, data_term), squares = solve(found.x)
    law = PowerLaws(float(size_term * n0**alpha), alpha, float(data_term * d0**beta), beta)
    return law, squares


def fit_sigmoid(
    loss: np.ndarray, score: np.ndarray, *, start: Sigmoid, ends: bool = True
) -> tuple[Sigmoid, float]:
    """Least-squares score curve through checkpoints, shape (checkpoint,), score in percent.

    Parameters
    ----------
    start
        Where to start.
    ends
        Whether floor `d` and height `c` are fitted too, or kept as in `start`.
    """

    def curve(x: np.ndarray) -> Sigmoid:
        return Sigmoid(*x) if ends else Sigmoid(start.c, x[0], x[1], start.d)

    first = np.asarray(start if ends else (start.gamma, start.l))
    scale = (10.0, 10.0, 0.05, 5.0) if ends else (10.0, 0.05)
    found = least_squares(lambda x: curve(x).score(loss) - score, first, x_scale=scale)
    return curve(found.x), float(2.0 * found.cost)
