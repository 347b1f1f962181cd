"""The compiled program of a group, kept with the process, and what it is given of a universe."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp

from densing.inference.settings import Settings
from densing.inference.whitening import Inputs
from densing.sensitivity.machine import Machine, build_machine
from densing.sensitivity.padding import padded
from densing.sensitivity.plan import Group, Planned


def arrays(group: Group, planned: Planned) -> Inputs:
    """Return a universe's data and facts in its group's shape."""
    facts, _ = group.arrays(planned)
    return jax.tree.map(jnp.asarray, Inputs(padded(planned.layout, group.sizes), facts))


def program(group: Group, *, settings: Settings, threads: int) -> Machine:
    """Return the programs of a group's shape: those that this process has, or new ones."""
    head = group.members[0]

    def make() -> Machine:
        priors = group.arrays(head)[1]
        return build_machine(
            group.shape, group.sizes, priors, arrays(group, head), settings, workers=threads
        )

    return _built(_Key((group.shape, group.sizes, settings.model_dump_json(), threads), make))


class _Key:
    """A program's key, hashed without what it is built from."""

    def __init__(self, key: tuple[Any, ...], make: Callable[[], Machine]) -> None:
        self.key, self.make = key, make

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.key == other.key


@lru_cache(maxsize=12)
def _built(key: _Key) -> Machine:
    return key.make()
