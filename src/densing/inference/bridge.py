r"""How much of a posterior lies in a region, from draws of it there: bridge sampling.

``Z = E_q[ h p ] / E_p[ h q ]`` for any h; Meng & Wong (1996) give the h of least error,
``h = 1 / (s_1 p + s_2 Z q)``, and Z by iteration. The proposal q is normal, with the moments of one
half of the draws, the other half is bridged. Draws are mirrored at random about the centre (Warp-III
after Meng & Schilling 2002, as in Gronau et al. 2017), so that skewness costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]

from densing.models.ops import numpy_ops

ROUNDS = 1000
"""Iterations at the most; a few dozen are usual."""
CLOSE = 1e-10
"""Relative change of Z at which the iteration ends."""


@dataclass(frozen=True)
class Integral:
    """The integral of an unnormalised density over a region."""

    log_value: float
    error: float
    """Its Monte Carlo standard error in nats (Fruehwirth-Schnatter 2004)."""


def bridge(
    log_density: Callable[[np.ndarray], np.ndarray],
    draws: np.ndarray,
    inside: np.ndarray | None = None,
    *,
    seed: int = 1,
) -> Integral:
    """Integrate exp(log_density) from draws of it.

    Parameters
    ----------
    log_density
        Of flat vectors, shape (draw, size) to (draw,); -inf outside the region.
    draws
        Shape (chain, draw, size).
    inside
        Which draws are within the region, shape (chain, draw); all of them where None.
    """
    if inside is None or inside.all():
        kept = draws
    else:  # order within chains goes with those that left: too few to matter, or told
        kept = draws[inside][None]
    draws = kept
    rng = np.random.default_rng(seed)
    half = draws.shape[1] // 2
    first, second = draws[:, :half], draws[:, half : 2 * half]
    flat = first.reshape(-1, first.shape[-1])
    centre = flat.mean(axis=0)
    scale = np.linalg.cholesky(np.cov(flat.T).reshape(len(centre), -1))
    log_scale = np.log(np.diag(scale)).sum() + 0.5 * len(centre) * np.log(2.0 * np.pi)

    def ratio(z: np.ndarray) -> np.ndarray:
        """Log of the mirrored density over the proposal, in standardised vectors."""
        both = [log_density(centre + sign * z @ scale.T) for sign in (1.0, -1.0)]
        mirrored = np.logaddexp(*both) - np.log(2.0)
        return mirrored + log_scale + 0.5 * np.sum(z**2, axis=1)

    kept = second.reshape(-1, second.shape[-1])
    z = np.linalg.solve(scale, (kept - centre).T).T * rng.choice([-1.0, 1.0], (len(kept), 1))
    posterior, proposal = ratio(z), ratio(rng.standard_normal(z.shape))
    shape = second.shape[:2]
    return _iterate(posterior.reshape(shape), proposal)


def _iterate(posterior: np.ndarray, proposal: np.ndarray) -> Integral:
    """Solve for Z from log ratios p/q at draws of p, (chain, draw), and of q, (draw,)."""
    ess = float(_ess(np.exp(posterior - posterior.max())))
    n_p = min(max(ess, 1.0), posterior.size)
    s_p, s_q = n_p / (n_p + len(proposal)), len(proposal) / (n_p + len(proposal))
    shift = float(np.median(posterior))
    lp, lq = posterior - shift, proposal - shift
    log_z = 0.0
    for _ in range(ROUNDS):
        f_q = lq - np.logaddexp(np.log(s_p) + lq, np.log(s_q) + log_z)
        f_p = -np.logaddexp(np.log(s_p) + lp, np.log(s_q) + log_z)
        new = _log_mean(f_q) - _log_mean(f_p.ravel())
        done = abs(new - log_z) < CLOSE
        log_z = new
        if done:
            break
    a, b = np.exp(f_q - f_q.max()), np.exp(f_p - f_p.max())
    noise_q = np.var(a) / np.mean(a) ** 2 / len(a)
    noise_p = np.var(b) / np.mean(b) ** 2 / min(max(float(_ess(b)), 1.0), b.size)
    return Integral(float(log_z + shift), float(np.sqrt(noise_q + noise_p)))


def _log_mean(x: np.ndarray) -> float:
    return float(numpy_ops.logsumexp(x, axis=0) - np.log(len(x)))


def _ess(x: np.ndarray) -> float:
    if np.ptp(x) == 0.0:
        return float(x.size)
    arviz: Any = array_stats  # its types are those of its defaults
    return float(np.asarray(arviz.ess(x, chain_axis=0, draw_axis=1, method="mean")))
