"""When draws suffice: the verdict's thresholds, passed with a margin."""

from collections.abc import Mapping

import numpy as np

from densing.results.health import MAX_RHAT, MIN_ESS, convergence

MARGIN = 1.1
"""By how much the draws must pass the thresholds of the verdict before sampling stops."""


def converged(
    values: Mapping[str, np.ndarray], *, max_rhat: float = MAX_RHAT, min_ess: float = MIN_ESS
) -> bool:
    """Whether draws of all quantities, (chain, draw, ...), pass the verdict with a margin.

    The margin is for what is only computed afterwards, and for the luck of stopping early.
    """
    for value in values.values():
        for scalar in np.moveaxis(value.reshape(*value.shape[:2], -1), -1, 0):
            rhat, bulk, tail = convergence(scalar)
            if not min(bulk, tail) >= MARGIN * min_ess:
                return False
            if len(scalar) > 1 and not rhat - 1.0 <= (max_rhat - 1.0) / MARGIN:
                return False
    return True
