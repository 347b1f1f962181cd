r"""Modes of a posterior and how much of it each holds.

Dispersed starts find the modes; a mixture of Student-t densities, one about each, is fitted to
the posterior by population Monte Carlo (Cappe et al. 2004: sample the mixture, weight by the
posterior, move the components to the weighted moments), and its last round weighs the modes:

``weight_m ~ E_q[ w(z) r_m(z) ]``, ``w = posterior / q``, ``r_m`` the share of component m in q.

One mixture for all modes, so their weights are on one scale; the effective number of draws and
the Pareto k of w say whether to believe them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]
from scipy.special import gammaln

from densing.inference.laplace import Mode, curvature, find_mode
from densing.inference.potential import Potential
from densing.inference.starts import HOPELESS
from densing.inference.whitening import Inputs
from densing.models.ops import numpy_ops
from densing.results.health import MAX_PARETO_K as RELIABLE

FREEDOM = 5.0
"""Degrees of freedom of the mixture's components: tails heavier than the posterior's."""
SAME = 1.0
"""Modes nearer than this, in standard deviations of the curvature at the better one, are one."""


@dataclass(frozen=True)
class Weighed:
    """Modes of a posterior, the heaviest first, and draws that say what each implies."""

    modes: list[Mode]
    weight: np.ndarray
    """Share of the posterior in each mode, shape (mode,), sum 1."""
    error: np.ndarray
    """Monte Carlo standard error of the shares, shape (mode,)."""
    pareto_k: float
    effective_draws: float
    position: np.ndarray
    """Draws of the last round, flat unconstrained vectors, shape (draw, size)."""
    share: np.ndarray
    """Posterior weight of each draw within each mode, shape (mode, draw), rows sum to 1."""

    @property
    def reliable(self) -> bool:
        """Whether the weights may be believed."""
        return self.pareto_k < RELIABLE


def find_modes(
    potential: Potential,
    inputs: Inputs,
    *,
    starts: int = 40,
    seed: int = 1,
    points: Sequence[np.ndarray] = (),
) -> list[Mode]:
    """Distinct modes within `HOPELESS` nats of the best, the highest first.

    Searched from `points` and from `starts` random ones.
    """
    value_and_grad = potential.value_and_grad
    keys = jax.random.split(jax.random.key(seed), max(starts, 1))[:starts]
    begin = [*points, *(potential.start(key) for key in keys)]
    found = [find_mode(value_and_grad, inputs, point) for point in begin]
    found.sort(key=lambda mode: mode.energy)
    kept: list[tuple[Mode, np.ndarray]] = []
    for mode in found:
        if not mode.energy < found[0].energy + HOPELESS:
            break
        apart = (np.linalg.solve(scale, mode.position - at.position) for at, scale in kept)
        if all(np.linalg.norm(z) > SAME for z in apart):
            scale = np.asarray(curvature(value_and_grad, inputs, mode).scale)
            kept.append((mode, scale))
    return [mode for mode, _ in kept]


def weigh_modes(
    potential: Potential,
    inputs: Inputs,
    modes: list[Mode],
    *,
    rounds: int = 6,
    draws: int = 4000,
    seed: int = 1,
) -> Weighed:
    """Weigh `modes` against each other; see the module."""
    rng = np.random.default_rng(seed)
    energy = jax.jit(jax.vmap(potential.negative_log_density, in_axes=(0, None)))
    centre = np.stack([mode.position for mode in modes])
    scale = np.stack(
        [np.asarray(curvature(potential.value_and_grad, inputs, mode).scale) for mode in modes]
    )
    part = np.full(len(modes), 1.0 / len(modes))

    def population() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return _round(energy, inputs, centre, scale, part, draws=draws, rng=rng)

    for _ in range(rounds - 1):
        position, log_w, responsible = population()
        held = responsible * np.exp(log_w - numpy_ops.logsumexp(log_w, axis=0))
        centre, scale, part = _moved(position, held, centre, scale)
    position, log_w, responsible = population()
    w = np.exp(log_w - numpy_ops.logsumexp(log_w, axis=0))
    held = responsible * w
    weight = held.sum(axis=1)
    order = np.argsort(-weight)
    deviation = responsible - weight[:, None]
    error = np.sqrt(np.sum((w * deviation) ** 2, axis=1))
    arviz: Any = array_stats  # its types are those of its defaults
    _, k = arviz.psislw(-log_w, axis=0)
    return Weighed(
        modes=[modes[m] for m in order],
        weight=weight[order],
        error=error[order],
        pareto_k=float(k),
        effective_draws=float(1.0 / np.sum(w**2)),
        position=position,
        share=(held / np.maximum(weight[:, None], 1e-300))[order],
    )


def _round(
    energy: Callable[..., Any],
    inputs: Inputs,
    centre: np.ndarray,
    scale: np.ndarray,
    part: np.ndarray,
    *,
    draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw from the mixture: positions, log weights and each component's share in the density."""
    which = rng.choice(len(part), draws, p=part)
    z = rng.standard_normal((draws, centre.shape[1]))
    z /= np.sqrt(rng.chisquare(FREEDOM, (draws, 1)) / FREEDOM)
    position = centre[which] + np.einsum("dij,dj->di", scale[which], z)
    apart = [
        _log_student(np.linalg.solve(own, (position - at).T), own)
        for at, own in zip(centre, scale, strict=True)
    ]
    terms = np.stack(apart) + np.log(part)[:, None]
    log_q = numpy_ops.logsumexp(terms, axis=0)
    found = -np.asarray(energy(jnp.asarray(position), inputs))
    log_w = np.where(np.isfinite(found), found, -np.inf) - log_q
    return position, log_w, np.exp(terms - log_q)


def _log_student(z: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Log density of a Student-t at standardised columns `z`, (size, draw)."""
    size = len(z)
    constant = gammaln((FREEDOM + size) / 2) - gammaln(FREEDOM / 2)
    constant -= 0.5 * size * np.log(FREEDOM * np.pi) + np.linalg.slogdet(scale)[1]
    return constant - 0.5 * (FREEDOM + size) * np.log1p(np.sum(z**2, axis=0) / FREEDOM)


def _moved(
    position: np.ndarray, held: np.ndarray, centre: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Components at the weighted moments of what they hold; each keeps a tenth of its draws."""
    new_centre, new_scale = centre.copy(), scale.copy()
    for m, w in enumerate(held / np.maximum(held.sum(axis=1, keepdims=True), 1e-300)):
        if 1.0 / max(np.sum(w**2), 1e-300) < 10 * position.shape[1]:
            continue  # too few effective draws for a covariance: the component stays
        new_centre[m] = w @ position
        apart = position - new_centre[m]
        new_scale[m] = np.linalg.cholesky((apart * w[:, None]).T @ apart)
    floor = 0.1
    part = np.maximum(held.sum(axis=1), floor)
    return new_centre, new_scale, part / part.sum()
