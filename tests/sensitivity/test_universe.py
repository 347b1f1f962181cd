from types import SimpleNamespace

import numpy as np
import pytest

from densing.inference.matching import Normal
from densing.inference.nuts import Statistics
from densing.inference.whitening import Whitening
from densing.results.health import convergence
from densing.sensitivity.leaders import Leader
from densing.sensitivity.machine import MAX_RHAT, MAX_RHAT_ANY
from densing.sensitivity.transport import Transport
from densing.sensitivity.universe import from_draws, from_leader, suffices

LAYOUT = SimpleNamespace(
    data=SimpleNamespace(models=SimpleNamespace(time=np.array([-1.0, 1.0]))), models=["a", "b"]
)
FINE = {"integration_error": 0.001, "edge_mass": 0.0}

STAY = Whitening(np.zeros(1), np.eye(1))
NEAR = Transport(STAY, (1.0, 1.0), 7)


def leader_and_machine(change, *, trustworthy=True, checks=FINE):
    """A leader with a normal rate, and a machine whose universe has `change` as log ratio."""
    rng = np.random.default_rng(5)
    rate = 2.5 + 0.2 * rng.standard_normal((4, 500))
    energy = 0.5 * ((rate - 2.5) / 0.2) ** 2
    machine = SimpleNamespace(
        energy=lambda position, inputs: energy - change(position[..., 0]),
        integration=lambda values, inputs, *, models, weights: checks,
        sampler=SimpleNamespace(constrain=lambda position, inputs: {"rate": position[..., 0]}),
    )
    peak = Normal(np.array([2.5]), np.array([[0.04]]), 0)
    return Leader([], STAY, peak, peak, rate[..., None], energy, trustworthy), machine


def test_a_near_universe_is_reweighted_to_the_right_place():
    # N(2.5, 0.2) times exp(0.1 x / 0.04): the same spread, its mean moved by 0.1.
    leader, machine = leader_and_machine(lambda x: 0.1 * x / 0.04)
    record = from_leader(machine, leader, NEAR, None, LAYOUT)
    rate = record["population"]["rate_per_year"]
    assert rate["median"] == pytest.approx(2.6, abs=0.03)
    assert record["diagnostics"]["pareto_k"] <= 0.7
    assert record["diagnostics"]["how"] == "reweighted"
    assert record["diagnostics"]["gradient_evaluations"] == 7 + 2000
    assert record["frontier"] is None


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({"integration_error": 0.12}, "the integration grid is too coarse: 0.12 nats off"),
        ({"edge_mass": 0.006}, "the integration grid is too short: 0.6% of a model's posterior"),
        ({"edge_mass": np.nan}, "the integration grid is too short"),
    ],
)
def test_a_reweighted_universe_is_judged_by_its_grid_too(checks, words):
    leader, machine = leader_and_machine(lambda x: 0.0 * x, checks=FINE | checks)
    told = from_leader(machine, leader, NEAR, None, LAYOUT)["diagnostics"]
    assert told["verdict"] == "not trustworthy"
    (reason,) = told["reasons"]
    assert reason.startswith(words)


def test_draws_carried_to_where_the_universe_lies_need_no_weights():
    # The universe is N(3.5, 0.4), far beyond what weights reach; carried there they are all one.
    leader, machine = leader_and_machine(lambda x: 0.0 * x)
    carried = Transport(Whitening(np.array([-1.5]), np.array([[2.0]])), (0.8, 1.2), 7)
    record = from_leader(machine, leader, carried, None, LAYOUT)
    rate = record["population"]["rate_per_year"]
    assert rate["median"] == pytest.approx(3.5, abs=0.03)
    assert rate["upper"] - rate["lower"] == pytest.approx(3.29 * 0.4, rel=0.05)
    assert record["diagnostics"]["min_ess_bulk"] == pytest.approx(2000)


def test_nothing_is_reweighted_from_draws_that_are_not_trusted_nor_where_widths_differ():
    leader, machine = leader_and_machine(lambda x: 0.0 * x)
    wider = Transport(STAY, (1.0, 1.5), 7)
    assert from_leader(machine, leader, wider, None, LAYOUT) is None
    doubtful, machine = leader_and_machine(lambda x: 0.0 * x, trustworthy=False)
    assert from_leader(machine, doubtful, NEAR, None, LAYOUT) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda x: 3.0 * x / 0.04,
        lambda x: np.where(x > 2.6, np.inf, 0.0),
        lambda x: np.where(x > 2.6, np.nan, 0.0),
    ],
    ids=["far away", "infinite", "not a number"],
)
def test_a_far_universe_is_not(change):
    leader, machine = leader_and_machine(change)
    assert from_leader(machine, leader, NEAR, None, LAYOUT) is None


def drawn(rate):
    """Four chains of a rate, as a sampler gives them."""
    noise = np.random.default_rng(7).standard_normal(rate.shape)
    chains = Statistics(**(dict.fromkeys(Statistics._fields, noise) | {"diverging": noise > 99}))
    return SimpleNamespace(
        values={"rate": rate}, chains=SimpleNamespace(statistics=chains), gradient_evaluations=9
    )


def test_a_sampled_universe_is_judged_by_its_grid_and_no_rate_that_is_no_number_is_told():
    rate = np.random.default_rng(6).standard_normal((4, 500))
    asked = []

    def integration(values, inputs, *, models):
        asked.append(models)
        return FINE | {"integration_error": 0.12}

    machine = SimpleNamespace(integration=integration)
    told = from_draws(machine, drawn(rate), None, LAYOUT, how="led")["diagnostics"]
    assert asked == [2]
    assert told["reasons"] == ["the integration grid is too coarse: 0.12 nats off (limit 0.05)"]
    assert told["integration_error"] == 0.12
    with pytest.raises(FloatingPointError, match="not finite"):
        from_draws(machine, drawn(np.where(rate > 3.0, np.nan, rate)), None, LAYOUT, how="led")


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
    assert MAX_RHAT < convergence(apart)[0] < MAX_RHAT_ANY
    assert suffices(values, LAYOUT) is passes
