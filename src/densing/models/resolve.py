"""A prior's arguments where they are needed: names looked up, lists checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from densing.models.declaration import DeclarationError
from densing.models.prior import FAMILIES, Prior


def resolve(
    name: str, prior: Prior, *, sizes: Mapping[str, int], values: Mapping[str, Any]
) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Shape of the parameter `name` and its prior's arguments, names looked up in `values`.

    Raises
    ------
    DeclarationError
        A name that nothing bears when this parameter is sampled, or a list of another length
        than the dimension it runs along.
    """
    shape = tuple(sizes[dim] for dim in prior.dims)
    args = {}
    for key in FAMILIES[prior.family]:  # in the family's order, however they were written
        value = prior.args[key]
        if isinstance(value, str) and value not in values:
            raise DeclarationError(
                f"prior {name!r}: {key} = {value!r} is not at hand when {name!r} is sampled; "
                f"at hand are: {', '.join(sorted(values)) or 'none'}"
            )
        if isinstance(value, tuple) and (len(value),) != shape:
            raise DeclarationError(
                f"prior {name!r}: {key} lists {len(value)} values for {' x '.join(prior.dims)}, "
                f"which has {' x '.join(map(str, shape))}"
            )
        # As float64 whatever the engine's default, lists included.
        args[key] = values[value] if isinstance(value, str) else np.asarray(value, np.float64)
    return shape, args
