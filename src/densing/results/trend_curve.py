"""The line of a run's trend, whatever its shape: height and slope at any date, draw by draw."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from densing.models.ops import numpy_ops
from densing.models.shapes import SHAPES, Span, bend, slope
from densing.results.run import record

NOWHERE = Span(0.0, 1.0, 0.0)
"""A span for the shape that needs none."""


@dataclass(frozen=True)
class Curve:
    """A shape and the span of dates it bends over (`models.shapes`)."""

    shape: str = "linear"
    span: Span = NOWHERE

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of the posterior that the line is made of."""
        return ("level", "rate", *SHAPES[self.shape].parameters)

    def height(
        self, posterior: xr.Dataset, time: np.ndarray, *, own_times: bool = False
    ) -> np.ndarray:
        """Log density of a typical new model, shape (chain, draw, *axes).

        Parameters
        ----------
        posterior
            With `parameters`, dims (chain, draw) first.
        time
            Years since the mean release date, shape (*axes): the same in all draws.
        own_times
            Each draw has times of its own, shape (chain, draw, *axes).
        """
        values = self._values(posterior, time.ndim - 2 if own_times else time.ndim)
        line = values["level"] + values["rate"] * time
        if self.shape == "linear":
            return line
        return line + bend(numpy_ops, self.shape, values, self.span, time)

    def slope(self, posterior: xr.Dataset, time: np.ndarray) -> np.ndarray:
        """Growth of a typical new model, 1 / year; as `height`."""
        values = self._values(posterior, time.ndim)
        return slope(numpy_ops, self.shape, values, self.span, time) + 0.0 * time

    def _values(self, posterior: xr.Dataset, axes: int) -> dict[str, np.ndarray]:
        """Parameters, knots first, with `axes` axes of length one for those of time."""
        values = {}
        for name in self.parameters:
            array = posterior[name].to_numpy()
            array = np.moveaxis(array, -1, 0) if "knot" in posterior[name].dims else array
            values[name] = array.reshape(*array.shape, *(1,) * axes)
        return values


LINEAR = Curve()


def curve_of(run: xr.DataTree) -> Curve:
    """Curve of a joint run or one of `densing trend`; runs that know no shapes are linear."""
    shape = record(run, "model")["choices"].get("shape", "linear")
    centre: dict[str, Any] = record(run, "centre") if "centre" in run.attrs else {}
    if not set(Span._fields) <= set(centre):
        return LINEAR
    return Curve(shape, Span(*(float(centre[name]) for name in Span._fields)))
