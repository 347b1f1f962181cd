"""Health of a posterior: whether its intervals may be trusted, and if not, why, in words."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr

# ---- every limit of a verdict ----------------------------------------------------------------

MAX_RHAT, MIN_ESS, MIN_EBFMI = 1.01, 400.0, 0.3
"""Of a run: every scalar's rank R-hat, its effective draws (bulk and tail), each chain's E-BFMI."""
MAX_INTEGRATION_ERROR, MAX_EDGE_MASS = 0.05, 1e-3
"""Of the grid: nats that a finer one changes, and posterior mass of a model at either end."""
STOP_MARGIN = 1.1
"""A run that is still sampled goes on until it is so much better than its limits."""
UNIVERSE_MAX_RHAT, UNIVERSE_MIN_ESS = 1.02, 100.0
"""Of a universe's growth rates, which are all that is told. With 100 effective draws Monte Carlo
moves a median by an eighth of the posterior's standard deviation and an end of its interval by a
fifth: each is read beside a hundred others."""
UNIVERSE_MAX_RHAT_ANY = 1.1
"""Of any other quantity of a universe: Gelman & Rubin's, against chains in different modes."""
MIN_TRUSTWORTHY = 0.95
"""Share of universes, or of simulated worlds, whose fit must be trustworthy."""
MIN_COVERAGE = 0.85
"""Below this coverage of 90 % intervals, a forecast says that they were too narrow."""
MAX_FALSE_ALARM = 0.05
"""Probability that any of several tests says that something is wrong where nothing is (Holm)."""
MAX_PARETO_K = 0.7
"""Of importance weights, where the draws are many; fewer bear less (`reweighting.reweight`)."""
MIN_COMPARED = 0.5
"""Share of the observations that can be left out, without which there is no comparison."""
ALIKE = 4.0
"""Nats: models closer than this make much the same predictions, and the standard error of their
difference is not to be relied on (Sivula, Magnusson, Matamoros & Vehtari 2025)."""
MIN_SENSITIVITY = 0.05
"""Power-scaling: a prior above it is informative, a likelihood below it says little."""

# ---- of one run ------------------------------------------------------------------------------

GRID = "the integration grid"
"""How the reasons begin that are of the integration and not of the chains."""
AXES: dict[str, Any] = {"chain_axis": 0, "draw_axis": 1}
"""Where ArviZ finds chains and draws in our arrays."""


@dataclass(frozen=True)
class Health:
    """Diagnostics of one run."""

    max_rhat: float
    min_ess_bulk: float
    min_ess_tail: float
    divergences: int
    min_ebfmi: float
    gradient_evaluations: int
    integration_error: float
    edge_mass: float
    worst: str
    """The parameter with the fewest effective draws, where they were counted."""
    reasons: tuple[str, ...]
    first_divergences: int = 0
    """Divergent transitions of a first try in larger steps, whose draws were dropped."""

    @property
    def verdict(self) -> str:
        """`trustworthy` or `not trustworthy`."""
        return "not trustworthy" if self.reasons else "trustworthy"

    def as_dict(self, seconds: dict[str, float]) -> dict[str, Any]:
        """Return the contract's `diagnostics` object."""
        record = asdict(self)
        record["reasons"] = list(self.reasons)
        return record | {"verdict": self.verdict, "seconds": seconds}


def examine(
    posterior: xr.Dataset,
    sample_stats: xr.Dataset,
    *,
    gradient_evaluations: int,
    integration_error: float = 0.0,
    edge_mass: float = 0.0,
    max_rhat: float = MAX_RHAT,
    min_ess: float = MIN_ESS,
    first_divergences: int = 0,
) -> Health:
    """Diagnose every scalar of `posterior` (dims chain, draw, ...).

    Rank-normalised split R-hat and bulk and tail effective sample sizes (5 % and 95 % quantile)
    after Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021), by ArviZ.

    Parameters
    ----------
    integration_error
        Root mean square over draws of what a four times finer grid, without interpolation, changes
        in the joint log-likelihood of the scores, in nats.
    edge_mass
        Largest share of a model's posterior mass in the grid's first or last cell.
    max_rhat, min_ess
        Limits, where they are not those of a run. Effective draws are not counted (NaN) where none
        are asked for.
    first_divergences
        Of a first try, whose draws were dropped: told, not judged.
    """
    count = min_ess > 0.0
    rows = {label: convergence(values, count=count) for label, values in scalars(posterior)}
    rhat = {k: v[0] for k, v in rows.items()}
    bulk = {k: v[1] for k, v in rows.items()}
    tail = {k: v[2] for k, v in rows.items()}
    worst_rhat = max(rhat, key=lambda k: np.nan_to_num(rhat[k], nan=np.inf))
    worst_bulk = min(bulk, key=lambda k: np.nan_to_num(bulk[k], nan=-np.inf))
    worst_tail = min(tail, key=lambda k: np.nan_to_num(tail[k], nan=-np.inf))
    divergences = int(sample_stats["diverging"].sum())
    ebfmi = float(np.min(_ebfmi(sample_stats["energy"].to_numpy())))
    reasons = []
    broken = [label for label, values in scalars(posterior) if not np.isfinite(values).all()]
    if broken:
        reasons.append(f"draws that are not finite: {', '.join(broken[:5])}")
    if not rhat[worst_rhat] <= max_rhat:
        reasons.append(
            f"chains disagree: R-hat {rhat[worst_rhat]:.3f} for {worst_rhat} (limit {max_rhat})"
        )
        reasons += _modes(dict(scalars(posterior))[worst_rhat], sample_stats["lp"].to_numpy())
    if count and not bulk[worst_bulk] >= min_ess:
        reasons.append(
            f"too few effective draws: bulk {bulk[worst_bulk]:.0f} for {worst_bulk} "
            f"(at least {min_ess:.0f})"
        )
    if count and not tail[worst_tail] >= min_ess:
        reasons.append(
            f"too few effective draws in the tails: {tail[worst_tail]:.0f} for {worst_tail} "
            f"(at least {min_ess:.0f})"
        )
    if divergences:
        reasons.append(f"{divergences} divergent transitions: part of the posterior is missed")
    if not ebfmi >= MIN_EBFMI:
        reasons.append(f"energy mixes slowly: E-BFMI {ebfmi:.2f} (at least {MIN_EBFMI})")
    reasons += grid_reasons(integration_error, edge_mass)
    return Health(
        max_rhat=float(rhat[worst_rhat]),
        min_ess_bulk=float(bulk[worst_bulk]),
        min_ess_tail=float(tail[worst_tail]),
        divergences=divergences,
        min_ebfmi=ebfmi,
        gradient_evaluations=gradient_evaluations,
        integration_error=integration_error,
        edge_mass=edge_mass,
        worst=worst_bulk,
        reasons=tuple(reasons),
        first_divergences=first_divergences,
    )


def grid_reasons(integration_error: float, edge_mass: float) -> list[str]:
    """Say what is wrong with the integration, as `examine` has it; each begins with `GRID`."""
    reasons = []
    if not integration_error <= MAX_INTEGRATION_ERROR:
        off = f"{integration_error:.2g} nats off (limit {MAX_INTEGRATION_ERROR})"
        reasons.append(f"{GRID} is too coarse: {off}")
    if not edge_mass <= MAX_EDGE_MASS:
        off = f"{edge_mass:.1%} of a model's posterior lies at its end (limit {MAX_EDGE_MASS:.1%})"
        reasons.append(f"{GRID} is too short: {off}")
    return reasons


def chains_did_their_part(reasons: Iterable[str]) -> bool:
    """Whether all reasons are of the integration: no further draw mends a grid."""
    return all(reason.startswith(GRID) for reason in reasons)


def scalars(posterior: xr.Dataset) -> list[tuple[str, np.ndarray]]:
    """Every scalar quantity with its label, as (chain, draw) arrays."""
    out = []
    for name, variable in posterior.data_vars.items():
        dims = [d for d in variable.dims if d not in ("chain", "draw")]
        values = variable.transpose("chain", "draw", *dims).to_numpy()
        flat = values.reshape(*values.shape[:2], -1)
        index = np.ndindex(*values.shape[2:])
        for position, at in enumerate(index):
            where = ", ".join(str(posterior[d].values[i]) for d, i in zip(dims, at, strict=True))
            out.append((f"{name}[{where}]" if where else str(name), flat[..., position]))
    return out


def convergence(x: np.ndarray, *, count: bool = True) -> tuple[float, float, float]:
    """R-hat, bulk and tail effective sample size of one scalar, shape (chain, draw).

    Without `count` the effective draws are NaN: counting them takes most of the time.
    """
    # Imported here: it brings ArviZ's converters, and with them an engine where there is one.
    from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]

    if not np.isfinite(x).all():
        return np.nan, np.nan, np.nan
    if np.all(x == x.flat[0]):
        return 1.0, float(x.size), float(x.size)
    rhat = _float(array_stats.rhat(x, **AXES)) if x.shape[0] > 1 else np.nan
    return rhat, *(effective(x) if count else (np.nan, np.nan))


def effective(x: np.ndarray) -> tuple[float, float]:
    """Bulk and tail effective sample size of a scalar that is no constant, shape (chain, draw)."""
    from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]

    return (
        _float(array_stats.ess(x, method="bulk", **AXES)),
        _float(array_stats.ess(x, method="tail", prob=(0.05, 0.95), **AXES)),
    )


def _float(value: Any) -> float:
    return float(np.asarray(value))


def _ebfmi(energy: np.ndarray) -> np.ndarray:
    """Estimated Bayesian fraction of missing information of each chain (Betancourt 2016)."""
    moved = np.mean(np.diff(energy, axis=1) ** 2, axis=1)
    spread = np.var(energy, axis=1)
    return np.divide(moved, spread, out=np.zeros_like(moved), where=spread > 0)


def _modes(x: np.ndarray, lp: np.ndarray) -> list[str]:
    """Say so when chains sit apart: in different modes, rather than slow in one.

    Chains are apart when the middle 90 % of what some visited does not touch that of others.

    Parameters
    ----------
    x
        The scalar with the worst R-hat, shape (chain, draw).
    lp
        Log density, shape (chain, draw).
    """
    if len(x) < 2:
        return ["one chain cannot show whether there are several modes"]
    lower, upper = np.quantile(x, [0.05, 0.95], axis=1)
    order = np.argsort(lower)
    reached = np.maximum.accumulate(upper[order])
    gaps = np.flatnonzero(lower[order][1:] > reached[:-1])
    if not len(gaps):
        return []
    groups = np.split(order, gaps + 1)
    heights = [lp[group].mean() for group in groups]
    best = int(np.argmax(heights))
    advice = "the posterior has several modes and these draws do not weigh them"
    words = []
    for group, height in zip(groups, heights, strict=True):
        if group is groups[best]:
            continue
        drop = height - heights[best]
        lower_one = drop < -lp.std(axis=1).mean()
        which = "another, lower mode" if lower_one else "another mode of equal height"
        words.append(
            f"chains {', '.join(map(str, sorted(group)))} sit in {which} than chains "
            f"{', '.join(map(str, sorted(groups[best])))} (log density {drop:+.1f}): {advice}"
        )
    return words
