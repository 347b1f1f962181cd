r"""Nested Gaussian effects on several benchmarks at once, integrated out exactly.

A model i of release r of family f has on each benchmark k a logit

``z_ik = mean_ik + w_ik,  w_i ~ N(w_r, C_model),  w_r ~ N(w_f, C_release),  w_f ~ N(0, C_family)``

with ``C = spread^2 b b' + diag(residual^2)`` at each level: one shift of log density that all
benchmarks share, seen through their slopes ``b_k``, and what a release (family, model) has on one
benchmark alone. Given slopes and spreads everything is Gaussian, so messages go from models to
releases to families (an information filter on a tree), each a benchmark-by-benchmark matrix: the
cost is that of one small Cholesky factor for each release and family, however many effects there
are. `smooth` draws the effects afterwards, exactly, from the root down.

A measurement of z enters with its precision, 0 where there is none.
"""

from typing import Any, NamedTuple


class Level(NamedTuple):
    """Covariance of one level's effects about the level above."""

    spread: Any
    """Standard deviation of the shared log density, scalar."""
    residual: Any
    """Standard deviation on each benchmark alone, logits, shape (benchmark,)."""

    def covariance(self, xp: Any, slope: Any) -> Any:
        """Shape (benchmark, benchmark)."""
        eye = xp.eye(self.residual.shape[0])
        return self.spread**2 * slope[:, None] * slope[None, :] + (self.residual**2)[:, None] * eye


class Tree(NamedTuple):
    """Who belongs to whom."""

    release: Any
    """Release of each model, shape (model,)."""
    family: Any
    """Family of each release, shape (release,)."""
    families: Any
    """One entry a family, zeros: it carries their number, shape (family,)."""


class Message(NamedTuple):
    """``constant + h' w - w' J w / 2``: what is known below a node of its effects w."""

    precision: Any
    """J, shape (node, benchmark, benchmark)."""
    shift: Any
    """h, shape (node, benchmark)."""
    constant: Any
    """Shape (node,); up to what no parameter changes."""

    def summed(self, xp: Any, index: Any, count: int) -> "Message":
        """Messages of all children added up in each parent; `index` is a child's parent."""
        return Message(*(xp.segment_sum(part, index, count) for part in self))


def from_measurements(xp: Any, z: Any, precision: Any, slope: Any, level: Level) -> Message:
    """Message of each model to its release, from its own measurements.

    Parameters
    ----------
    z
        Measured logits less their means, shape (model, benchmark); anything finite where there
        is none.
    precision
        Of the measurement, shape (model, benchmark); 0 where there is none.
    """
    q = precision / (1.0 + precision * level.residual**2)
    weighted = q * slope
    total = 1.0 + level.spread**2 * xp.sum(weighted * slope, axis=1)
    shrink = (level.spread**2 / total)[:, None]
    h = q * z - weighted * (shrink * xp.sum(weighted * z, axis=1)[:, None])
    eye = xp.eye(slope.shape[0])
    full = q[:, :, None] * eye - (shrink * weighted)[:, :, None] * weighted[:, None, :]
    constant = -0.5 * (
        xp.sum(z * h, axis=1)
        + xp.sum(xp.log1p(precision * level.residual**2), axis=1)
        + xp.log(total)
    )
    return Message(full, h, constant)


def upwards(xp: Any, below: Message, covariance: Any, scale: Any = None) -> Message:
    """Message to the level above, the nodes' own effects of `covariance` integrated out.

    `scale`, shape (node,), multiplies the standard deviations of a node's effects; None for 1.
    """
    root = xp.cholesky(covariance)
    inverse_root = xp.solve_lower(root, xp.eye(covariance.shape[0]))
    inverse = xp.matmul(inverse_root.T, inverse_root)
    size = covariance.shape[0]
    wider = 0.0
    if scale is not None:
        inverse = inverse / (scale**2)[:, None, None]
        wider = size * xp.log(scale)
    factor = xp.cholesky(below.precision + inverse)
    sides = xp.solve_lower(factor, xp.stacked(below.precision, below.shift))
    half, x = sides[:, :, :size], sides[:, :, size]
    turned = xp.transpose(half)
    constant = (
        below.constant
        + 0.5 * xp.sum(x**2, axis=1)
        - xp.sum(xp.log(xp.diagonal(factor)), axis=1)
        - xp.sum(xp.log(xp.diagonal(root[None])), axis=1)
        - wider
    )
    return Message(
        below.precision - xp.matmul(turned, half),
        below.shift - xp.matmul(turned, x[:, :, None])[:, :, 0],
        constant,
    )


def log_likelihood(
    xp: Any, z: Any, precision: Any, tree: Tree, slope: Any, levels: "Levels"
) -> Any:
    """Log density of all measurements by family, shape (family,)."""
    found = to_families(xp, z, precision, tree, slope, levels)
    return upwards(xp, found, levels.family.covariance(xp, slope)).constant


def to_families(
    xp: Any, z: Any, precision: Any, tree: Tree, slope: Any, levels: "Levels"
) -> Message:
    """Message of all scores to the effects of each family."""
    of_models = from_measurements(xp, z, precision, slope, levels.model)
    of_releases = of_models.summed(xp, tree.release, tree.family.shape[0])
    covariance = levels.release.covariance(xp, slope)
    return upwards(xp, of_releases, covariance, levels.scale).summed(
        xp, tree.family, tree.families.shape[0]
    )


class Levels(NamedTuple):
    """Spreads of all levels."""

    model: Level
    release: Level
    family: Level
    scale: Any = None
    """How much wider or narrower the effects of each release of the fit are, (release,)."""
    tail: Any = 0.0
    """Standard deviation of the log of that factor, for releases that are not in the fit."""
    drift: Any = 0.0
    """Growth of the log of that factor, 1 / year."""
