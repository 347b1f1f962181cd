from types import SimpleNamespace

import numpy as np
import pytest

from densing.sensitivity.machine import Leader
from densing.sensitivity.universe import from_leader

LAYOUT = SimpleNamespace(data=SimpleNamespace(models=SimpleNamespace(time=np.array([-1.0, 1.0]))))


def leader_and_machine(change):
    """A leader with a normal rate, and a machine whose universe has `change` as log ratio."""
    rng = np.random.default_rng(5)
    rate = 2.5 + 0.2 * rng.standard_normal((4, 500))
    energy = 0.5 * ((rate - 2.5) / 0.2) ** 2
    sampler = SimpleNamespace(
        energy=lambda position, inputs: energy - change(position[..., 0]),
        constrain=lambda position, inputs: {"rate": position[..., 0]},
    )
    return Leader(None, rate[..., None], energy), SimpleNamespace(sampler=sampler)


def test_a_near_universe_is_reweighted_to_the_right_place():
    # N(2.5, 0.2) times exp(0.1 x / 0.04): the same spread, its mean moved by 0.1.
    leader, machine = leader_and_machine(lambda x: 0.1 * x / 0.04)
    record = from_leader(machine, leader, None, LAYOUT)
    rate = record["population"]["rate_per_year"]
    assert rate["median"] == pytest.approx(2.6, abs=0.03)
    assert record["diagnostics"]["pareto_k"] <= 0.7
    assert record["diagnostics"]["how"] == "reweighted"
    assert record["frontier"] is None


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
    assert from_leader(machine, leader, None, LAYOUT) is None
