r"""Shapes of the trend: how its slope may change between the first and the last release.

``line(t) = level + rate (t - tbar) + bend(t)``, t in years, with ``bend = 0`` at the first and at
the last date. So `rate` is the *mean slope over the span of the data* whatever the shape: one
estimand, one prior, and the linear trend is every shape's special case.

A shape is a curve ``rise(t)`` whose chord between both dates is taken off:

=================  ===================================================================
linear             rise = 0
fixed_changepoint  change * hinge(t - c), c declared
changepoint        the same, c free between both dates
local              slope a random walk, piecewise linear between `KNOTS` + 1 knots
saturating         slope falling exponentially: rate k T exp(-k (t - first)) / (1 - exp(-k T))
=================  ===================================================================

with the smooth hinge ``w softplus(x / w)``, w = `WIDTH` of the span T, so that a sampler can walk
in c. Beyond the last date each shape goes on by its own formula: all but the saturating one in a
straight line.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

ShapeName = Literal["linear", "fixed_changepoint", "changepoint", "local", "saturating"]
KNOTS = 6
"""Stretches of equal length between which the local slope's walk takes its steps."""
KNOT_NAMES = [str(knot + 1) for knot in range(KNOTS)]
WIDTH = 0.02
"""Width of the hinge as a share of the span: the slope changes by 76 % within twice this width
on either side."""

Values = Mapping[str, Any]
"""Parameters by name, broadcasting against time; `slope_walk` with its knots on the first axis."""


class Span(NamedTuple):
    """Where a shape bends: years from the mean release date, scalars."""

    first: Any
    last: Any
    changepoint: Any
    """The declared one (`Choices.changepoint`)."""


class Shape(NamedTuple):
    """One shape: its parameters and its curve."""

    about: str
    parameters: tuple[str, ...]
    """Names of its parameters, in the order they are sampled."""
    rise: Callable[[Any, Values, Span, Any], Any]
    """``rise(xp, values, span, time)``, ln units, shape of `time` (any)."""
    slope: Callable[[Any, Values, Span, Any], Any]
    """Its derivative, 1 / year."""
    corner: Callable[[Values, Span], Any] | None = None
    """Years from the mean release date to where the slope changes, if it does at one date."""


def _positive(xp: Any, x: Any) -> Any:
    return -xp.minimum(-x, 0.0)


def hinge(xp: Any, x: Any, width: Any) -> Any:
    """``width softplus(x / width)``: 0 far below 0, x far above, shape of `x`."""
    return width * xp.logaddexp(0.0, x / width)


def _hinged(corner: Callable[[Values, Span], Any], about: str, *names: str) -> Shape:
    def rise(xp: Any, v: Values, span: Span, time: Any) -> Any:
        width = WIDTH * (span.last - span.first)
        return v["slope_change"] * hinge(xp, time - corner(v, span), width)

    def slope(xp: Any, v: Values, span: Span, time: Any) -> Any:
        width = WIDTH * (span.last - span.first)
        return v["slope_change"] * xp.expit((time - corner(v, span)) / width)

    return Shape(about, ("slope_change", *names), rise, slope, corner)


def _local_rise(xp: Any, v: Values, span: Span, time: Any) -> Any:
    """Integral of `_local_slope`: each step's ramp, half its square, then a straight line."""
    length = span.last - span.first
    share = (time - span.first) / length
    total = 0.0
    for k in range(KNOTS):
        past = _positive(xp, KNOTS * share - k)
        within = xp.minimum(past, 1.0)
        total = total + v["slope_walk"][k] * (0.5 * within * within + past - within)
    return v["slope_spread"] * KNOTS**-1.5 * length * total


def _local_slope(xp: Any, v: Values, span: Span, time: Any) -> Any:
    share = (time - span.first) / (span.last - span.first)
    total = 0.0
    for k in range(KNOTS):
        ramp = xp.minimum(_positive(xp, KNOTS * share - k), 1.0)
        total = total + v["slope_walk"][k] * ramp
    return v["slope_spread"] * KNOTS**-0.5 * total


def _saturating_rise(xp: Any, v: Values, span: Span, time: Any) -> Any:
    length, k = span.last - span.first, v["slowdown"]
    return v["rate"] * length * xp.expm1(-k * (time - span.first)) / xp.expm1(-k * length)


def _saturating_slope(xp: Any, v: Values, span: Span, time: Any) -> Any:
    length, k = span.last - span.first, v["slowdown"]
    return v["rate"] * k * length * xp.exp(-k * (time - span.first)) / -xp.expm1(-k * length)


def _nothing(xp: Any, v: Values, span: Span, time: Any) -> Any:
    return 0.0 * time


SHAPES: dict[str, Shape] = {
    "linear": Shape("one slope", (), _nothing, _nothing),
    "fixed_changepoint": _hinged(
        lambda _, span: span.changepoint, "one slope before a declared date, another after it"
    ),
    "changepoint": _hinged(
        lambda v, span: span.first + v["changepoint_share"] * (span.last - span.first),
        "one slope before an unknown date, another after it", "changepoint_share",
    ),
    "local": Shape(
        "a slope that wanders", ("slope_spread", "slope_walk"), _local_rise, _local_slope
    ),
    "saturating": Shape(
        "a slope that falls exponentially", ("slowdown",), _saturating_rise, _saturating_slope
    ),
}  # fmt: skip
"""Every shape there is; `Choices.shape` names one."""


def parameters_of_others(name: str) -> set[str]:
    """Parameters that only shapes other than `name` have: declared, and no part of its model."""
    every = {parameter for shape in SHAPES.values() for parameter in shape.parameters}
    return every - set(SHAPES[name].parameters)


def bend(xp: Any, name: str, values: Values, span: Span, time: Any) -> Any:
    """Departure from the straight line, zero at both ends of the span; ln units, as `time`."""
    rise = SHAPES[name].rise
    start = rise(xp, values, span, span.first)
    return (
        rise(xp, values, span, time) - start - chord(xp, name, values, span) * (time - span.first)
    )


def chord(xp: Any, name: str, values: Values, span: Span) -> Any:
    """Mean slope of the rise over the span, 1 / year: what `bend` takes off."""
    rise = SHAPES[name].rise
    ends = rise(xp, values, span, span.last) - rise(xp, values, span, span.first)
    return ends / (span.last - span.first)


def slope(xp: Any, name: str, values: Values, span: Span, time: Any) -> Any:
    """Slope of the whole line at `time`, 1 / year, shape of `time`."""
    own = SHAPES[name].slope(xp, values, span, time)
    return values["rate"] + own - chord(xp, name, values, span)
