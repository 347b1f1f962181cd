"""What a model may ask of an engine, and the pass that replays a model at known parameters."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from densing.models.coordinates import Coordinate
from densing.models.ops import draws_ops


class Program(Protocol):
    """One pass through a model in the hands of an engine.

    The model is written once, as a function of a `Program`; NumPyro, PyMC and the NumPy
    simulator each pass through it with their own.
    """

    xp: Any
    """Array namespace (see `densing.models.ops`)."""

    values: dict[str, Any]
    """Everything sampled or derived so far, by name: where priors find named arguments."""

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """Draw the parameter `name` from its declared prior.

        With a `coordinate` the sampler walks in its z (see `coordinates`); the prior, and so
        the posterior, is unchanged. Only for priors on the whole line.
        """
        ...

    def derive(self, name: str, value: Any, dims: tuple[str, ...] = ()) -> Any:
        """Record a function of the parameters under `name` and return it."""
        ...

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """Condition on `value` under the observation `family` (elementwise)."""
        ...

    def factor(self, name: str, log_density: Any) -> None:
        """Add the sum of `log_density` to the joint log-density."""
        ...


class Replay:
    """A `Program` at known parameters, on NumPy: all draws of a posterior in one pass.

    Draws run along the *last* axis of everything: a parameter of shape (benchmark,) has values of
    shape (benchmark, draw), a scalar one (draw,). Data that a program adds to or multiplies with
    parameters need a last axis of length one (`last_axis`); index arrays stay as they are.
    """

    xp: Any = draws_ops

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values: dict[str, Any] = dict(values)

    def sample(self, name: str, *, coordinate: Coordinate | None = None) -> Any:
        """Return the known value.

        None where there is none, as of a scale that only a sampler's coordinate asks for.
        """
        return self.values.get(name)

    def derive(self, name: str, value: Any, dims: tuple[str, ...] = ()) -> Any:
        """Return the known value, or keep this one where none is known."""
        return self.values.setdefault(name, value)

    def observe(self, name: str, family: str, args: Mapping[str, Any], value: Any) -> None:
        """Condition on nothing: the parameters are known."""

    def factor(self, name: str, log_density: Any) -> None:
        """Condition on nothing."""


def last_axis[Record: tuple](record: Record) -> Record:
    """Give every floating-point array of a named tuple of data a last axis of length one."""
    fields = (
        field[..., None] if isinstance(field, np.ndarray) and field.dtype.kind == "f" else field
        for field in record
    )
    return type(record)(*fields)
