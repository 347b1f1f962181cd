"""A universe that follows, against a fit of its own of the same model."""

import numpy as np
import pytest

from densing.batch.ladder import DISPERSED, WARM
from densing.batch.verdict import growth_rates
from densing.inference import fit
from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.results.health import convergence
from densing.sensitivity.axes import Axes
from densing.sensitivity.design import design
from densing.sensitivity.multiverse import UniverseFit, plan
from models import world

AXES = Axes(
    name="toy", about="one axis",
    axes={"tokens": {"reason": "a", "default": "5T", "levels": {"1T": {"tokens": 1e12}}}},
)  # fmt: skip


def told_by(values, layout):
    """Rates, and the level that a follower's tokens move most."""
    return growth_rates(values, layout) | {"level": values["level"]}


def mean_and_error(draws):
    """Mean of draws, (chain, draw), and its Monte Carlo standard error."""
    return draws.mean(), draws.std() / np.sqrt(convergence(draws)[1])


@pytest.mark.slow
def test_a_follower_has_the_rates_of_its_own_fit(monkeypatch):
    model = load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )
    settings = load_settings("universe")
    (group,), _ = plan(design(AXES, universes=1), model, world.evidence(), settings, seed=1)
    drawn = {}

    def keep(self, machine, sampled, inputs, *, how):
        drawn[how.split(",")[0]] = told_by(sampled.values, self.layout)
        return kept(self, machine, sampled, inputs, how=how)

    kept = UniverseFit.record
    monkeypatch.setattr(UniverseFit, "record", keep)
    records = dict(group.fit(group.members, {}, threads=2))
    follower = group.members[1]
    assert follower.universe.name == "tokens: 1T"
    told = records[follower.key]
    assert told["diagnostics"]["how"].startswith(WARM)
    assert told["diagnostics"]["integration_error"] > 0.0

    run = fit.fit(world.evidence(), model=follower.model, settings=settings, seed=2)
    values = {str(name): v.to_numpy() for name, v in run["posterior"].data_vars.items()}
    own = told_by(values, follower.layout)

    def apart(draws, name):
        """Distance to the fit in combined Monte Carlo standard errors."""
        (mean, error), (other, its) = mean_and_error(draws), mean_and_error(own[name])
        return abs(mean - other) / np.hypot(error, its)

    followed = drawn[WARM]
    assert set(followed) == {"population", "frontier", "level"}
    assert all(apart(draws, name) < 4.0 for name, draws in followed.items())
    # The leader's own draws are none of its: following had something to do.
    assert apart(drawn[DISPERSED]["level"], "level") > apart(followed["level"], "level")
