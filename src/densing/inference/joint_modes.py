"""Every mode of a joint posterior that its loss laws make, weighed, and what each implies.

Without irreducible loss the runs leave a law two ways to lie (`loss_modes`), and a chain stays in
the one it starts in. So every combination of the laws' own modes is taken down to its mode of the
joint posterior (`law_starts`), and each of these is sampled by chains of its own. Space is parted
between the modes, each point going to the mode whose laws lie nearest; bridge sampling integrates
the posterior over each part, and the integrals are the weights. Parts do not overlap: no mode is
counted twice, and a chain that crosses over counts where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits

from densing.data import Evidence
from densing.inference.bridge import Integral, bridge
from densing.inference.laplace import Mode, curvature, find_mode
from densing.inference.law_starts import law_starts
from densing.inference.news import Listener, Progress, nobody
from densing.inference.potential import Inputs, Whitening
from densing.inference.sampler import Sampled, Sampler, build_sampler
from densing.inference.settings import Settings, load_settings
from densing.inference.setup import prepare_jax
from densing.models.declaration import Model, load_model
from densing.models.joint import joint
from densing.models.layout import Layout, lay_out
from densing.models.program import Program

NEAR = 3.0
"""Modes whose laws lie nearer than this, in standard deviations, are one."""
NEGLIGIBLE = 12.0
"""A mode whose normal approximation weighs this many nats less than the heaviest's is not
sampled: a share of 6e-6, unless that approximation is wrong by as much."""


@dataclass(frozen=True)
class Part:
    """One mode and the part of space that goes to it."""

    mode: Mode
    whitening: Whitening
    """At the mode, all coordinates."""
    laws: np.ndarray
    """Coordinates of the laws at the mode, shape (law,)."""
    spread: np.ndarray
    """Cholesky factor of the laws' covariance in the normal approximation, (law, law)."""
    log_laplace: float
    """Log integral of the normal approximation."""

    def distance(self, laws: np.ndarray) -> np.ndarray:
        """Distance of laws, shape (draw, law), in standard deviations: (draw,)."""
        return np.linalg.norm(np.linalg.solve(self.spread, (laws - self.laws).T), axis=0)


@dataclass(frozen=True)
class Visited:
    """A mode that was sampled."""

    part: Part
    sampled: Sampled
    inside: np.ndarray
    """Whether each draw lies in the mode's part, shape (chain, draw)."""
    integral: Integral
    """Of the posterior over the part."""


@dataclass(frozen=True)
class JointModes:
    """The modes of a joint posterior, the heaviest first."""

    layout: Layout
    visited: list[Visited]
    neglected: list[Part]
    """Modes that were found and are too light to be sampled."""
    weight: np.ndarray
    """Share of the posterior in each mode that was visited, sum 1."""
    error: np.ndarray
    """Monte Carlo standard error of the shares."""


def joint_modes(
    evidence: Evidence,
    *,
    model: Model | None = None,
    settings: Settings | None = None,
    starts: int = 8,
    seed: int = 1,
    listen: Listener | None = None,
) -> JointModes:
    """Find, sample and weigh the modes of a joint model.

    Parameters
    ----------
    model
        `no_irreducible` where None.
    settings
        How each mode is sampled.
    starts
        Random points that the modes of each law are searched from, beside those of a grid.

    Raises
    ------
    SelectionError
        The choices leave nothing to fit.
    """
    prepare_jax()
    tell = listen or nobody
    model, settings = model or load_model("no_irreducible"), settings or load_settings()
    layout = lay_out(evidence, model.choices)

    def program(m: Program, data: Any) -> None:
        joint(m, data, layout.switches)

    inputs = jax.tree.map(jnp.asarray, Inputs(layout.data, dict(layout.facts)))
    sampler = build_sampler(
        program, inputs, priors=model.priors, sizes=layout.sizes, settings=settings
    )
    tell(Progress("compiling"))
    with threadpool_limits(1, user_api="blas"):
        labels, laws = law_starts(layout, model, starts=starts, seed=seed)
        at = np.asarray([sampler.potential.labels.index(label) for label in labels])
        parts = find_parts(sampler, inputs, laws, at, seed=seed, tell=tell)
    heaviest = max(part.log_laplace for part in parts)
    matter = [p for p in parts if p.log_laplace > heaviest - NEGLIGIBLE]
    visited = [
        visit(sampler, inputs, part, matter, at, seed=seed + i, tell=tell)
        for i, part in enumerate(matter)
    ]
    log_z = np.asarray([v.integral.log_value for v in visited])
    weight = np.exp(log_z - np.logaddexp.reduce(log_z))
    error = share_errors(weight, np.asarray([v.integral.error for v in visited]))
    order = np.argsort(-weight)
    return JointModes(
        layout, [visited[i] for i in order],
        [p for p in parts if p.log_laplace <= heaviest - NEGLIGIBLE], weight[order], error[order],
    )  # fmt: skip


def find_parts(
    sampler: Sampler, inputs: Inputs, laws: Sequence[np.ndarray], at: np.ndarray, *,
    seed: int, tell: Listener,
) -> list[Part]:  # fmt: skip
    """Distinct modes of the joint posterior, the highest first.

    From one mode, found from a random point, and again with its laws at each of `laws`.

    Parameters
    ----------
    at
        Positions of the laws' coordinates in the flat vector, shape (law,).
    """
    potential = sampler.potential
    first = find_mode(potential.value_and_grad, inputs, potential.start(jax.random.key(seed)))
    modes = [first]
    for i, law in enumerate(laws):
        tell(Progress("searching modes", done=i, total=len(laws)))
        start = first.position.copy()
        start[at] = law
        modes.append(find_mode(potential.value_and_grad, inputs, start))
    parts: list[Part] = []
    for mode in sorted(modes, key=lambda mode: mode.energy):
        own = mode.position[at][None]
        if any(part.distance(own)[0] < NEAR for part in parts):
            continue
        whitening = curvature(potential.value_and_grad, inputs, mode)
        scale = np.asarray(whitening.scale)
        spread = np.linalg.cholesky((scale @ scale.T)[np.ix_(at, at)])
        volume = np.linalg.slogdet(scale)[1] + 0.5 * len(scale) * np.log(2.0 * np.pi)
        parts.append(Part(mode, whitening, own[0], spread, float(volume - mode.energy)))
    return parts


def visit(
    sampler: Sampler, inputs: Inputs, part: Part, parts: Sequence[Part], at: np.ndarray, *,
    seed: int, tell: Listener,
) -> Visited:  # fmt: skip
    """Sample from `part`'s mode, and integrate over its part of space among `parts`."""

    def inside(position: np.ndarray) -> np.ndarray:
        laws = position.reshape(-1, position.shape[-1])[:, at]
        nearest = np.argmin([other.distance(laws) for other in parts], axis=0)
        return (np.asarray(parts, object)[nearest] == part).reshape(position.shape[:-1])

    def log_density(position: np.ndarray) -> np.ndarray:
        energy = sampler.energy(position[None], inputs)[0]
        return np.where(np.isfinite(energy) & inside(position), -energy, -np.inf)

    rng = np.random.default_rng(seed)
    shape = (sampler.settings.chains, len(part.mode.position))
    whitening = jax.tree.map(jnp.asarray, part.whitening)
    sampled = sampler.shape(
        inputs, whitening, list(rng.standard_normal(shape)), seed=seed, tell=tell
    )
    stayed = inside(sampled.chains.position)
    return Visited(part, sampled, stayed, bridge(log_density, sampled.chains.position, stayed))


def share_errors(weight: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Standard errors of shares, (mode,), from those of the logs of what they are shares of."""
    others = np.sum((weight * error) ** 2) - (weight * error) ** 2
    return weight * np.sqrt(((1.0 - weight) * error) ** 2 + others)
