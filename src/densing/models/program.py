"""What a model may ask of an engine: the narrow interface each engine realises."""

from collections.abc import Mapping
from typing import Any, Protocol

from densing.models.coordinates import Coordinate


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
