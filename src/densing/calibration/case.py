"""What simulation-based calibration needs of a model: to draw a world, and to look at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from densing.models.prior import Prior


@dataclass(frozen=True)
class World:
    """Data drawn from a model, and the truth they were drawn from."""

    data: Any
    """Arrays of the program, every world's of the same shape."""
    truth: Mapping[str, float]
    """True value of each quantity that is followed."""


@dataclass(frozen=True)
class Case:
    """A model whose calibration can be checked.

    Facts are held fixed: worlds are drawn from the priors as the fit will see them, so that
    ranks are uniform if sampler and densities are right (Cook, Gelman & Rubin 2006; Talts et al.
    2018). The converse holds for what is followed alone: a fit that overlooked data would pass on
    parameters (Modrak et al. 2023).
    """

    name: str
    about: str
    program: Callable[[Any, Any], None]
    priors: Mapping[str, Prior]
    sizes: Mapping[str, int]
    facts: Mapping[str, Any]
    draw: Callable[[np.random.Generator], World]
    """Draw a world from the priors."""
    estimate: Callable[..., dict[str, np.ndarray]]
    """Draws of each quantity, any one leading axis, from (values, data, seed): parameters and
    derived quantities with that leading axis, the world's data, and a seed for what is drawn
    afterwards."""
