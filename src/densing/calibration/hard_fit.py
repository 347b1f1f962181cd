"""Fit simulated worlds of one kind, and see what the 90 % intervals cover.

The first world is fitted from nothing; the others start from its draws, carried to their own modes
and curvatures as a sensitivity run's universes are (`sensitivity.transport`), at a fifth of the
cost. A world whose chains then fail twice is fitted from nothing too.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from densing.inference.sampler import Sampled
from densing.inference.settings import Settings
from densing.inference.setup import prepare_jax
from densing.inference.targets import draw_targets
from densing.inference.whitening import Inputs
from densing.models.declaration import Model
from densing.models.joint import Switches
from densing.models.layout import Layout
from densing.results.health import chains_did_their_part
from densing.results.interval import PROB
from densing.results.line import least_squares
from densing.results.record_setters import record_setters
from densing.sensitivity.leaders import Leader
from densing.sensitivity.machine import ELSEWHERE, Machine, build_machine
from densing.sensitivity.padding import Shape, Sizes, numbers_as_data, padded
from densing.sensitivity.record import FAULTS
from densing.sensitivity.tries import until_good
from densing.sensitivity.universe import growth_rates, judge, suffices


@dataclass(frozen=True)
class Drawn:
    """One world: its layout and the truth behind it."""

    number: int
    seed: int
    layout: Layout
    truth: Mapping[str, Any]


def fit_worlds(
    drawn: Sequence[Drawn],
    shape: Shape,
    sizes: Sizes,
    model: Model,
    settings: Settings,
    numbers: Sequence[int],
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Fit worlds by number with one compiled program; yield each number with its record.

    Which worlds are asked for changes no record: the leader is the first world, whoever fits it.
    """
    prepare_jax()
    priors, facts = numbers_as_data(model.priors)

    def inputs_of(one: Drawn) -> Inputs:
        arrays = Inputs(padded(one.layout, sizes), {**one.layout.facts, **facts})
        return jax.tree.map(jnp.asarray, arrays)

    first = inputs_of(drawn[0])
    machine = build_machine(shape, sizes, priors, first, settings, workers=1)
    began = perf_counter()
    record, sampled = _led(machine, drawn[0], first, shape.switches)
    head = record | {"seconds": round(perf_counter() - began, 2)}
    leader = _leader(machine, sampled, first, head)
    for number in numbers:
        one, began = drawn[number], perf_counter()
        if number == 0:
            yield number, head
            continue
        record = _followed(machine, leader, one, inputs_of(one), shape.switches)
        yield number, record | {"seconds": round(perf_counter() - began, 2)}


def _leader(
    machine: Machine, sampled: Sampled, inputs: Inputs, head: dict[str, Any]
) -> Leader | None:
    """Keep what the other worlds start from; None where the numbers break down.

    The gradients that it takes are the head's.
    """
    try:
        leader = machine.leader(sampled, inputs, trustworthy=_good(head))
    except FAULTS:
        return None
    head["gradient_evaluations"] += leader.evaluations
    return leader


def _followed(
    machine: Machine, leader: Leader | None, one: Drawn, inputs: Inputs, switches: Switches
) -> dict[str, Any]:
    """Fit a world from the leader's draws; from nothing where that fails."""
    spent = 0
    if leader is not None:
        with suppress(*FAULTS):
            way = machine.reach(leader, inputs)
            enough = partial(suffices, layout=one.layout)
            sampled = machine.follow(leader, way, inputs, seed=one.seed, enough=enough)
            how = "from the first world's draws"
            record, _ = _tried(machine, sampled, one, inputs, switches, how)
            if _good(record):
                return record
            spent = record["gradient_evaluations"]
    record = _led(machine, one, inputs, switches, again=ELSEWHERE)[0]
    record["gradient_evaluations"] += spent
    return record


def _led(
    machine: Machine, one: Drawn, inputs: Inputs, switches: Switches, *, again: int = 0
) -> tuple[dict[str, Any], Sampled]:
    """Fit a world from nothing; with other random numbers where it is tried `again`."""
    enough = partial(suffices, layout=one.layout)
    sampled = machine.lead(inputs, seed=one.seed + again, enough=enough)
    return _tried(machine, sampled, one, inputs, switches, "from dispersed starts")


def _tried(
    machine: Machine, sampled: Sampled, one: Drawn, inputs: Inputs, switches: Switches, how: str
) -> tuple[dict[str, Any], Sampled]:
    """Judge a world's draws, and sample anew while they are not to be trusted."""
    sampled, record = until_good(
        machine, sampled, inputs, good=_good, how=how, seed=one.seed,
        judge=lambda some, how: _record(one, some, inputs, switches, how),
        enough=partial(suffices, layout=one.layout),
    )  # fmt: skip
    return record, sampled


def _good(record: Mapping[str, Any]) -> bool:
    """Whether the chains did their part; no further chain mends a grid."""
    return chains_did_their_part(record["reasons"])


def _record(
    one: Drawn, sampled: Sampled, inputs: Inputs, switches: Switches, how: str
) -> dict[str, Any]:
    """Judge a world's draws, and hold its intervals against the truth."""
    layout, truth = one.layout, one.truth
    values = {k: v.reshape(-1, *v.shape[2:]) for k, v in sampled.values.items()}
    models = len(layout.models)
    targets = draw_targets(values, inputs.data, inputs.facts, switches, seed=one.seed)
    targets = targets.first(models)  # what comes after them is padding
    eta = targets.log_density
    time = layout.data.models.time
    rates = {f"{key}_rate": draws for key, draws in growth_rates(sampled.values, layout).items()}
    own, _, reasons = judge(
        sampled, rates,
        more={"log_density": eta.reshape(*sampled.chains.statistics.lp.shape, models)},
        integration_error=targets.typical_error,
        edge_mass=targets.worst_edge,
        first_divergences=sampled.first_divergences,
    )  # fmt: skip
    intervals = {key: _ends(draws.ravel()) for key, draws in rates.items()}
    true_eta = np.log([truth["density"][name] for name in layout.models["model"]])
    low, high = _ends(eta)
    covered = {k: bool(v[0] < truth[k] < v[1]) for k, v in intervals.items()}
    return {
        "world": one.number,
        "covered": covered | {"density": float(np.mean((low < true_eta) & (true_eta < high)))},
        "interval": {k: [float(end) for end in v] for k, v in intervals.items()},
        "p_not_growing": {k: float(np.mean(v <= 0)) for k, v in rates.items()},
        "record_line": record_line(time, true_eta, truth["frontier_rate"]),
        "how": how, "verdict": "not trustworthy" if reasons else "trustworthy",
        "reasons": reasons, "effective_draws": min(own.min_ess_bulk, own.min_ess_tail),
        "gradient_evaluations": sampled.gradient_evaluations,
    }  # fmt: skip


def _ends(draws: np.ndarray) -> np.ndarray:
    return np.quantile(draws, [0.5 - PROB / 2, 0.5 + PROB / 2], axis=0)


def record_line(time: np.ndarray, eta: np.ndarray, truth: float) -> bool | None:
    """Whether least squares on the record-setters covers; None with fewer than three."""
    records = record_setters(time, eta)
    try:
        line: Any = least_squares(time[records], eta[records]).slope_interval()
    except ValueError:
        return None
    return bool(line.lower < truth < line.upper)
