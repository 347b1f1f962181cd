r"""Trend of log density over release dates: population and frontier from one posterior.

``eta_i = level + rate (t_i - tbar) + bend(t_i) + family_f(i) + residual_i`` with t in years.
*Population* is the line itself, the density of a typical new model; `rate` is its mean slope over
the span of the dates, and ``bend``, zero at both ends, its shape (see `shapes`). The residual
is a non-negative shortfall below the *frontier* plus symmetric noise (see `residual`); the
shortfall's mean may widen or narrow with time, ``theta(t) = theta exp(drift (t - tbar))``, so that

``frontier(t) = level + rate (t - tbar) + bend(t) + theta(t)``

has its own slope. Were the shortfall constant, both slopes would be the same number by
construction, and reporting both would be theatre.
"""

from typing import Any, NamedTuple

from densing.models.coordinates import scaled, shifted
from densing.models.program import Program
from densing.models.residual import (
    MEAN_OVER_DEVIATION,
    Density,
    half_normal_density,
    normal_density,
    shortfall_density,
)
from densing.models.shapes import SHAPES, Span, bend


class TrendData(NamedTuple):
    """Dates and families of the models."""

    time: Any
    """Years since the models' mean release date, shape (model,)."""
    family: Any
    """Family of each model, shape (model,)."""
    span: Any = None
    """First date, last date and declared changepoint (`shapes.Span`), years since the mean release
    date, shape (3,); None where the trend is linear."""


class Trend(NamedTuple):
    """The trend at each model's date."""

    mean: Any
    """Log density of a typical model of that date and family, shape (model,)."""
    noise: Any
    """Standard deviation of the symmetric part, scalar or shape (model,)."""
    shortfall: Any
    """Mean shortfall at each date, shape (model,); None for the normal residual."""
    form: str = "exponential"
    """Distribution of the shortfall (`residual.ShortfallForm`)."""


def trend(
    m: Program,
    data: TrendData,
    *,
    shortfall: bool,
    families: bool,
    shape: str = "linear",
    form: str = "exponential",
    beside: tuple[Any, Any] | None = None,
) -> Trend:
    """Sample the trend's parameters; see the module for the symbols.

    `beside` are a level and a rate that the data see only added to the trend's own: the sampler
    walks in the sums.
    """
    xp = m.xp
    ways = (None, None) if beside is None else (shifted(-beside[0]), shifted(-beside[1]))
    level, rate = m.sample("level", coordinate=ways[0]), m.sample("rate", coordinate=ways[1])
    mean = level + rate * data.time
    if shape != "linear":
        own = {"rate": rate} | {name: m.sample(name) for name in SHAPES[shape].parameters}
        span = Span(data.span[0], data.span[1], data.span[2])
        mean = mean + bend(xp, shape, own, span, data.time)
    if families:
        spread = m.sample("family_spread")
        mean = mean + xp.take(m.sample("family_effect", coordinate=scaled(xp, spread)), data.family)
    scatter = m.sample("scatter")
    if not shortfall:
        return Trend(mean, scatter, None)
    share = m.sample("shortfall_share")
    drift = m.sample("shortfall_drift")
    m.derive("noise", scatter * xp.sqrt(1.0 - share))
    deviation = scatter * xp.sqrt(share)
    if form != "exponential":
        deviation = deviation * MEAN_OVER_DEVIATION[form]
    m.derive("shortfall", deviation)
    theta = m.values["shortfall"] * xp.exp(drift * data.time)
    return Trend(mean, m.values["noise"], theta, form)


def residual_density(xp: Any, t: Trend, eta: Any) -> Density:
    """Density of log densities `eta`, shape (model, anything)."""
    x = eta - t.mean[:, None]
    if t.shortfall is None:
        return normal_density(xp, x, t.noise)
    return DENSITIES[t.form](xp, x, t.noise, t.shortfall[:, None])


DENSITIES = {"exponential": shortfall_density, "half-normal": half_normal_density}


class DatedData(NamedTuple):
    """Any dated positive values; every array has shape (value,)."""

    time: Any
    """Years since the mean date."""
    log_value: Any
    error: Any
    """Standard error of the log value; zero where none is known."""
    span: Any = None
    """As `TrendData.span`."""


def dated_trend(
    m: Program,
    data: DatedData,
    *,
    shortfall: bool,
    shape: str = "linear",
    form: str = "exponential",
) -> None:
    """Condition a trend on values that are observed directly, each with its own error."""
    xp = m.xp
    dates = TrendData(data.time, None, data.span)
    line = trend(m, dates, shortfall=shortfall, families=False, shape=shape, form=form)
    noise = xp.sqrt(line.noise**2 + data.error**2)
    x = data.log_value - line.mean
    if line.shortfall is None:
        density = normal_density(xp, x, noise)
    else:
        density = DENSITIES[line.form](xp, x, noise, line.shortfall)
    m.factor("values", density.log(xp))
