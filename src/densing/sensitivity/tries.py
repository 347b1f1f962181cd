"""Draws that are not to be trusted are made again: in a better shape, then in smaller steps."""

from collections.abc import Callable, Mapping
from typing import Any

from densing.inference.sampler import Enough, Sampled
from densing.inference.whitening import Inputs
from densing.sensitivity.machine import Machine

Record = dict[str, Any]
TIMES = {"twice": False, "three times": True}
"""Tries after the first, and whether their steps are small ones."""


def until_good(
    machine: Machine,
    sampled: Sampled,
    inputs: Inputs,
    *,
    judge: Callable[[Sampled, str], Record],
    good: Callable[[Mapping[str, Any]], bool],
    how: str,
    seed: int,
    enough: Enough,
) -> tuple[Sampled, Record]:
    """Judge draws and sample anew while they are not `good`: no draw of a failed try is kept.

    A bad shape is what fails most often, and the draws that show it mend it. Small steps cost twice
    the gradients: they are for chains that fail in the new shape too, by divergences or because
    one of them never enters where spreads are small.

    Parameters
    ----------
    judge
        Makes the record of draws and of how they came about.
    how
        How the first ones did.
    """
    record = judge(sampled, how)
    for times, careful in TIMES.items():
        if good(record):
            break
        sampled = machine.again(sampled, inputs, seed=seed, enough=enough, careful=careful)
        record = judge(sampled, f"{how}, {times}")
    return sampled, record
