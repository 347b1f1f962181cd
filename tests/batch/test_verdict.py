"""What a universe's draws are asked for; nothing is sampled here."""

from types import SimpleNamespace

import numpy as np
import pytest

from densing.batch.verdict import suffices
from densing.inference.nuts import Statistics
from densing.results.health import UNIVERSE_MAX_RHAT, UNIVERSE_MAX_RHAT_ANY, convergence
from densing.sensitivity.multiverse import UniverseFit

LAYOUT = SimpleNamespace(
    data=SimpleNamespace(models=SimpleNamespace(time=np.array([-1.0, 1.0]))), models=["a", "b"]
)
FINE = {"integration_error": 0.001, "edge_mass": 0.0}


def drawn(rate):
    """Four chains of a rate, as a sampler gives them."""
    noise = np.random.default_rng(7).standard_normal(rate.shape)
    chains = Statistics(**(dict.fromkeys(Statistics._fields, noise) | {"diverging": noise > 99}))
    return SimpleNamespace(
        values={"rate": rate}, chains=SimpleNamespace(statistics=chains), gradient_evaluations=9
    )


class Bare(UniverseFit):
    @property
    def about(self):
        return {}


def test_a_sampled_universe_is_judged_by_its_grid_and_no_rate_that_is_no_number_is_told():
    rate = np.random.default_rng(6).standard_normal((4, 500))
    asked, fit = [], Bare("key", 1, None, LAYOUT, None)

    def integration(values, inputs, *, models):
        asked.append(models)
        return FINE | {"integration_error": 0.12}

    machine = SimpleNamespace(integration=integration)
    told = fit.record(machine, drawn(rate), None, how="led")["diagnostics"]
    assert asked == [2]
    assert told["reasons"] == ["the integration grid is too coarse: 0.12 nats off (limit 0.05)"]
    assert told["integration_error"] == 0.12
    with pytest.raises(FloatingPointError, match="not finite"):
        fit.record(machine, drawn(np.where(rate > 3.0, np.nan, rate)), None, how="led")


@pytest.mark.parametrize(("scale", "passes"), [(1e-9, True), (0.3, False)])
def test_draws_suffice_when_the_growth_rates_do(scale, passes):
    """A parameter that mixes less well is in the way where it moves a rate, and only there."""
    rng = np.random.default_rng(8)
    draws = rng.standard_normal((3, 2, 400))
    apart = draws[0] + np.array([[0.28], [-0.28]])
    values = {
        "level": 0.1 * draws[2], "rate": 2.5 + 0.2 * draws[1],
        "shortfall": 1.0 + 0.01 * draws[2], "shortfall_drift": scale * apart,
    }  # fmt: skip
    assert UNIVERSE_MAX_RHAT < convergence(apart)[0] < UNIVERSE_MAX_RHAT_ANY
    assert suffices(values, LAYOUT) is passes
