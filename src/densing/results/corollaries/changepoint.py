r"""What a straight-line run says of a change of growth: its draws, reweighted towards a bent trend.

A trend with a changepoint at an unknown date (`models.shapes`) is the straight one plus a bend,
and how well each model's scores go with a shift of its expected density is known from the run
(`misfit.log_evidence`). So a draw of the run stands for a draw of the bent model with the
weight ``prior(bend) p(scores | draw, bend) / p(scores | draw)``, on a grid of bends. Level, slope
and families' effects give way to each bend by least squares, which is a change of variables of
Jacobian one: what is left of a bend is small, and so is the spread of the weights. Their Pareto k
says whether to believe them; their mean is the Bayes factor. The prior of the level is taken to be
flat, which it nearly is over so short a way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from densing.models.declaration import load_model
from densing.models.ops import numpy_ops
from densing.models.shapes import Span, bend, chord
from densing.results.corollaries.misfit import REACH, SHIFTS, log_evidence
from densing.results.future import future
from densing.results.horizon import released
from densing.results.log_prior import LOG_DENSITIES
from densing.results.reweighting import reweight
from densing.results.run import record
from densing.results.score_grid import score_grids

DRAWS = 400
RESAMPLED = 8000
CHANGES = np.linspace(-4.5, 4.5, 46)
"""Changes of slope, 1 / year: three standard deviations of the default's prior either way."""
SHARES = (np.arange(24) + 0.5) / 24
"""Dates of the change, as shares of the span."""
LEAST = 0.02
"""Curvature of the log-evidence that a model has at the least in the least squares."""

LogPriors = Mapping[str, Any]
"""Functions of values: `slope_change`, `changepoint_share`, `rate`."""


@dataclass(frozen=True)
class ImportanceChangepoint:
    """Draws of the bent model; every array has shape (sample,)."""

    before: np.ndarray
    """Slope of a typical new model before the change, 1 / year."""
    after: np.ndarray
    corner: np.ndarray
    """Years since the mean release date."""
    draw: np.ndarray
    """Which of the straight run's draws it comes from."""
    bayes_factor: float
    """Evidence for the bent trend over that for the straight one."""
    pareto_k: float
    limit: float


def importance_changepoint(
    run: xr.DataTree, *, draws: int = DRAWS, seed: int = 1
) -> ImportanceChangepoint:
    """Reweight a joint run of a straight trend; `draw` counts its draws, chain by chain."""
    data, ahead = run["constant_data"].to_dataset(), future(run)
    who = data["score_model"].to_numpy().astype(int)
    chains = run["posterior"].sizes["chain"]
    kept = np.linspace(0, ahead.size - 1, min(draws, ahead.size)).astype(int)  # as `thinned`
    evidence = np.array([log_evidence(grid, who) for grid in score_grids(run, draws=len(kept))])
    rate, spread = ahead.draws("rate"), ahead.draws("family_spread")
    assert rate is not None
    families, effects = None, None
    if spread is not None and "family_effect" in run["posterior"]:
        effect = run["posterior"]["family_effect"].transpose("chain", "draw", "family")
        names = effect["family"].to_numpy().astype(str)
        families = data["model_family"].to_numpy().astype(str)[:, None] == names
        effects = effect.to_numpy().reshape(-1, len(names))[kept] / spread[kept, None]
    found = reweighted(
        evidence, ahead.time(released(run)), rate[kept], priors=run_priors(run), families=families,
        effects=effects, spread=None if spread is None else spread[kept],
        chains=chains if len(kept) % chains == 0 else 1, rng=np.random.default_rng(seed),
    )  # fmt: skip
    return ImportanceChangepoint(**{**vars(found), "draw": kept[found.draw]})


def reweighted(
    evidence: np.ndarray,
    time: np.ndarray,
    rate: np.ndarray,
    *,
    priors: LogPriors,
    rng: np.random.Generator,
    families: np.ndarray | None = None,
    effects: np.ndarray | None = None,
    spread: np.ndarray | None = None,
    chains: int = 1,
) -> ImportanceChangepoint:
    """Reweight the draws of a straight trend, from its parts.

    Parameters
    ----------
    evidence
        `log_evidence` of each draw, (sample, model, shift).
    time
        Release dates, years since their mean, (model,).
    rate
        Slope of the straight line, (sample,).
    families, effects, spread
        Which family a model has (model, family), the effects over their spread (sample, family),
        and the spread (sample,); None without families.
    """
    change, share = (values.ravel() for values in np.meshgrid(CHANGES, SHARES))
    span = Span(time.min(), time.max(), 0.0)
    values = {"slope_change": change, "changepoint_share": share, "rate": 0.0}
    columns = {name: np.reshape(value, (-1, 1)) for name, value in values.items()}
    away = bend(numpy_ops, "changepoint", columns, span, time)
    given, design = _gives_way(evidence, time, families, spread)
    moved = away @ given.T
    weight = np.zeros((len(rate), len(change)))
    for i, rest in enumerate((away - moved @ design.T).T):
        own = evidence[:, i] - evidence[:, i, REACH : REACH + 1]
        weight += own @ _cubic(rest)
    weight += priors["rate"](rate[:, None] - moved[:, 1]) - priors["rate"](rate)[:, None]
    if effects is not None and spread is not None:
        shifted = moved[:, 2:] @ effects.T / spread
        weight -= 0.5 * ((moved[:, 2:] ** 2).sum(1) / spread[:, None] ** 2 - 2.0 * shifted.T)
    prior = priors["slope_change"](change) + priors["changepoint_share"](share)
    weight += prior - np.log(np.exp(prior - prior.max()).sum()) - prior.max()
    top = weight.max(axis=1, keepdims=True)
    inner = np.exp(weight - top)
    total = np.log(inner.sum(axis=1)) + top[:, 0]
    smoothed = reweight(total.reshape(chains, -1))
    draw = rng.choice(len(rate), RESAMPLED, p=smoothed.values.ravel())
    below = np.cumsum(inner, axis=1)
    level = rng.random(RESAMPLED) * below[draw, -1]
    at = np.minimum((below[draw] < level[:, None]).sum(axis=1), len(change) - 1)
    drawn = {
        "slope_change": change[at] + np.ptp(CHANGES[:2]) * (rng.random(RESAMPLED) - 0.5),
        "changepoint_share": share[at] + (rng.random(RESAMPLED) - 0.5) / len(SHARES),
        "rate": 0.0,
    }  # within a cell of the grid a bend is any that lies in it
    before = rate[draw] - moved[at, 1] - chord(numpy_ops, "changepoint", drawn, span)
    return ImportanceChangepoint(
        before, before + drawn["slope_change"],
        span.first + drawn["changepoint_share"] * (span.last - span.first), draw,
        float(np.exp(total - total.max()).mean() * np.exp(total.max())),
        smoothed.pareto_k, smoothed.limit,
    )  # fmt: skip


def _gives_way(
    evidence: np.ndarray, time: np.ndarray, families: np.ndarray | None, spread: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what level, slope and families take of a departure, (part, model), and the design."""
    mean = evidence.mean(axis=0)
    step = 3 * (SHIFTS[1] - SHIFTS[0])
    curved = 2 * mean[:, REACH] - mean[:, REACH - 3] - mean[:, REACH + 3]
    weight = np.maximum(curved / step**2, LEAST)[:, None]
    design, firm = np.column_stack([np.ones(len(time)), time]), [1e-6, 1e-6]
    if families is not None and spread is not None:
        design = np.column_stack([design, families])
        firm += [float(np.median(spread)) ** -2] * families.shape[1]
    normal = (weight * design).T @ design + np.diag(firm)
    return np.linalg.solve(normal, (weight * design).T), design


def _cubic(shift: np.ndarray) -> np.ndarray:
    """Weights of `SHIFTS` in the value at `shift`, by Lagrange's cubic; (shift, value)."""
    place = np.clip((shift - SHIFTS[0]) / (SHIFTS[1] - SHIFTS[0]), 1, len(SHIFTS) - 2.001)
    low = place.astype(int)
    f, out = place - low, np.zeros((len(SHIFTS), len(shift)))
    parts = (-f * (f - 1) * (f - 2) / 6, (f + 1) * (f - 1) * (f - 2) / 2,
             -f * (f + 1) * (f - 2) / 2, f * (f + 1) * (f - 1) / 6)  # fmt: skip
    for k, part in enumerate(parts):
        out[low - 1 + k, np.arange(len(shift))] = part
    return out


def run_priors(run: xr.DataTree) -> LogPriors:
    """Log densities of the run's own priors; the default's where it is older than the shapes."""
    declared, usual = record(run, "model")["priors"], load_model("ladder").priors

    def density(name: str) -> Any:
        own = declared.get(name)
        family, args = (
            (usual[name].family, usual[name].args) if own is None else (own["family"], own["args"])
        )
        return lambda x: LOG_DENSITIES[family](x, *args.values())

    return {name: density(name) for name in ("slope_change", "changepoint_share", "rate")}
