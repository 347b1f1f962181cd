"""What a potential is evaluated with, and in which coordinates."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Inputs(NamedTuple):
    """What a potential is evaluated with: arrays only."""

    data: Any
    facts: Mapping[str, Any]


class Whitening(NamedTuple):
    """Affine map from the sampler's vector y to the unconstrained vector: centre + scale @ y."""

    centre: Any
    scale: Any
