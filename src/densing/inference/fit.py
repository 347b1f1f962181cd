"""One fit: evidence and a declared model in, a run out."""

from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import xarray as xr

from densing.data import Evidence
from densing.inference import assemble, engines
from densing.inference.draws import Draws
from densing.inference.news import Listener, Progress
from densing.inference.settings import Settings, load_settings
from densing.inference.targets import TargetDraws, draw_targets
from densing.models.declaration import Model, load_model
from densing.models.joint import Switches, joint
from densing.models.layout import FINER, GRID_STEP, LONGER, Layout, lay_out
from densing.models.prior_draws import prior_draws
from densing.models.program import Program
from densing.results.derive import derived
from densing.results.health import MAX_EDGE_MASS, MAX_INTEGRATION_ERROR, examine
from densing.results.log_prior import log_prior
from densing.results.predict import predict_scores

PRIOR_DRAWS = 500
"""Draws from the prior that go into a run."""
TRIES = 3
"""Grids that a fit tries."""


def fit(
    evidence: Evidence,
    *,
    model: Model | None = None,
    settings: Settings | None = None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """Sample the joint posterior of `model` given `evidence`.

    Parameters
    ----------
    evidence
        Validated tables (`load_evidence`).
    model, settings
        Declared model and sampler recipe, which names the engine; the defaults where None.
    seed
        Same seed, same machine: same draws.
    listen
        Called with `Progress`, from several threads.

    Returns
    -------
    xarray.DataTree
        Groups posterior, posterior_predictive, prior, prior_predictive, derived, sample_stats,
        log_likelihood, log_prior, observed_data and constant_data; whether it may be trusted is
        in the attribute `health` (see `results.health`).

    Raises
    ------
    SelectionError
        The choices leave nothing to fit.
    DeclarationError
        The recipe's engine is not installed.
    """
    model, settings = model or load_model(), settings or load_settings()
    engines.require(settings)
    layout, sampled, targets = _sampled(evidence, model, settings, seed=seed, listen=listen)
    began = perf_counter()
    shape = sampled.statistics.lp.shape

    def by_chain(array: np.ndarray) -> np.ndarray:
        return array.reshape(*shape, *array.shape[1:])

    draws = {**sampled.values, "log_density": by_chain(targets.log_density)}
    posterior = assemble.labelled(draws, model.priors, layout.coords)
    stats = assemble.sample_stats(sampled.statistics)
    health = examine(
        posterior,
        stats,
        gradient_evaluations=sampled.gradient_evaluations,
        first_divergences=sampled.first_divergences,
        integration_error=targets.typical_error,
        edge_mass=targets.worst_edge,
    )
    likelihood = {name: by_chain(array) for name, array in targets.log_likelihood.items()}
    prior = prior_draws(
        layout.data, layout.laid_scores.rows, layout.scores["model_index"].to_numpy(),
        priors=model.priors, sizes=layout.sizes, facts=layout.facts,
        switches=layout.switches, draws=PRIOR_DRAWS, seed=seed,
    )  # fmt: skip
    groups = {
        "/posterior": posterior,
        "/prior": assemble.labelled(
            {name: value[None] for name, value in prior.values.items()}, model.priors, layout.coords
        ),
        "/prior_predictive": assemble.predicted_scores(prior.scores[None]),
        "/observed_data": assemble.observed_data(layout),
        "/derived": derived(posterior, layout, seed=seed),
        "/sample_stats": stats,
        "/log_likelihood": log_likelihood(likelihood, layout),
        "/log_prior": log_prior(posterior, model.priors, layout.facts),
        "/constant_data": assemble.constant_data(layout),
    }
    seconds = sampled.seconds | {"derive": round(perf_counter() - began, 2)}
    run = xr.DataTree.from_dict(groups)
    run.attrs = assemble.attributes(
        kind="joint", model=model, engine=settings.engine, evidence_hash=evidence.hash,
        centre=dict(layout.centre), settings=settings.model_dump(), seed=seed,
        health=health.as_dict(seconds), models=len(layout.models), scores=len(layout.scores),
        grid_step=layout.data.grid.step,
    )  # fmt: skip
    predicted = predict_scores(run, seed=seed, draws=int(np.prod(shape)))["predicted"].to_numpy()
    run["posterior_predictive"] = xr.DataTree(assemble.predicted_scores(by_chain(predicted)))
    return run


def _sampled(
    evidence: Evidence, model: Model, settings: Settings, *, seed: int, listen: Listener | None
) -> tuple[Layout, Draws, TargetDraws]:
    """Sample on a grid that is fine and long enough: where the first is not, on better ones.

    Sharp curves (little scatter of a benchmark about its law) make integrands narrow, scores near
    floor or ceiling make them long; how much is known from the posterior only. What the tries
    before cost is added.
    """
    spent, seconds, step, more = 0, {}, GRID_STEP, 0.0
    for left in reversed(range(TRIES)):
        layout = lay_out(evidence, model.choices, grid_step=step, grid_more=more)
        sampled = engines.sample(
            partial(_program, layout.switches), layout.data, priors=model.priors,
            sizes=layout.sizes, facts=layout.facts, coords=layout.coords, settings=settings,
            seed=seed, listen=listen,
        )  # fmt: skip
        flat = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
        targets = draw_targets(flat, layout.data, layout.facts, layout.switches, seed=seed)
        spent += sampled.gradient_evaluations
        seconds = {k: round(v + seconds.get(k, 0.0), 2) for k, v in sampled.seconds.items()}
        coarse = targets.typical_error > MAX_INTEGRATION_ERROR
        short = targets.worst_edge > MAX_EDGE_MASS
        if not left or not (coarse or short):
            break
        step, more = step * (FINER if coarse else 1.0), more + (LONGER if short else 0.0)
    return layout, replace(sampled, gradient_evaluations=spent, seconds=seconds), targets


def _program(switches: Switches, m: Program, data: Any) -> None:
    joint(m, data, switches)


def log_likelihood(terms: dict[str, np.ndarray], layout: Layout) -> xr.Dataset:
    """Pointwise log-likelihoods; `scores` is of all of a model's scores together.

    With `log_prior` they add up to the joint log density.
    """
    dims = {
        "scores": "model", "log_loss": "run_row", "correct": "checkpoint_row",
        "checkpoints": "checkpoint_row",
    }  # fmt: skip
    return xr.Dataset(
        {
            name: (
                ("chain", "draw", dims[name]), array,
                {"units": "nats", "long_name": f"log-likelihood of {name}"},
            )
            for name, array in terms.items()
        },
        coords={"model": layout.coords["model"]} | assemble.numbered(*terms["scores"].shape[:2]),
    )  # fmt: skip


__all__ = ["Progress", "fit"]
