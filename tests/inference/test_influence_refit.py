"""Leaving a model out by weights against leaving it out in a fit."""

from dataclasses import replace

import numpy as np
import pytest
from arviz_stats.base import array_stats

from densing.answers.influence import log_scores
from densing.inference import engines
from densing.inference.fit import fit
from densing.inference.settings import load_settings
from densing.models.layout import lay_out
from densing.models.problem import joint_problem
from densing.results.reweighting import reweight

SIGMAS = 4.0
PARAMETERS = ("rate", "level", "scatter", "family_spread", "log_discrepancy_typical")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Two-9B"])
def test_weights_are_a_refit(evidence, model, name):
    # One trend for both benchmarks: of four models, each would be too much of a benchmark's own
    # trend to be left out by weights.
    model = model.choose(benchmark_trends=False)
    settings = load_settings().model_copy(update={"draws": 1000})
    run = fit(evidence, model=model, settings=settings, seed=1)
    layout = lay_out(evidence, model.choices)
    which = layout.coords["model"].index(name)
    weights = reweight(-log_scores(run)[..., which])
    assert weights.reliable

    # The same model without this model's scores: dates, facts and grid stay as they are.
    scores = layout.data.scores
    blank = {}
    for field in ("log_score", "log_miss", "count"):
        blank[field] = getattr(scores, field).copy()
        blank[field][which] = 0.0
    data = layout.data._replace(scores=scores._replace(**blank))
    problem = replace(joint_problem(layout, model), data=data)
    refit = engines.sample(problem, settings=settings, seed=2)

    moved = 0.0
    for parameter in PARAMETERS:
        draws = run["posterior"][parameter].to_numpy()
        ours = float(np.sum(weights.values * draws))
        terms = weights.values * (draws - ours)
        efficiency = float(
            array_stats.ess(terms, chain_axis=0, draw_axis=1, method="mean", relative=True)
        )
        weighted_error = np.sqrt(np.sum(terms**2) / min(efficiency, 1.0))
        theirs = refit.values[parameter]
        plain_error, refit_error = (
            float(array_stats.mcse(x, chain_axis=0, draw_axis=1)) for x in (draws, theirs)
        )
        off = abs(ours - theirs.mean())
        assert off < SIGMAS * np.hypot(weighted_error, refit_error), parameter
        plain_off = abs(draws.mean() - theirs.mean())
        moved = max(moved, plain_off / np.hypot(plain_error, refit_error))
    # Without weights the test would fail: leaving the model out does change the posterior.
    assert moved > SIGMAS
