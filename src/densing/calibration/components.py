"""Cases: what calibration needs of a model; the components alone as such, on given designs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from densing.models.declaration import Model
from densing.models.laws import SCORE_MAPS, LossCurve, ScoreMap, log_loss, score
from densing.models.layout import Layout
from densing.models.loss import loss_law
from densing.models.ops import numpy_ops
from densing.models.performance import performance_map
from densing.models.prior_draws import PriorProgram, draw_log_density
from densing.models.problem import Problem
from densing.models.program import Program
from densing.models.shapes import SHAPES, Span, bend, slope
from densing.models.trend import DatedData, TrendData, dated_trend, trend
from densing.results.derive import frontier_growth
from densing.results.shortfall import shortfall_at

FAR_PARAMS, FAR_TOKENS = 7e9, 5e12
"""Where a loss is extrapolated to: a usual target at the default reference tokens."""


@dataclass(frozen=True)
class World:
    """Data drawn from a model, and the truth they were drawn from."""

    data: Any
    """Arrays of the program, every world's of the same shape."""
    truth: Mapping[str, float]
    """True value of each quantity that is followed."""


@dataclass(frozen=True)
class Case:
    """A model whose calibration can be checked: how to draw a world, and to look at it."""

    name: str
    about: str
    problem: Problem
    """With any data of the shape; facts are held fixed over worlds."""
    draw: Callable[[np.random.Generator], World]
    """Draw a world from the priors."""
    estimate: Callable[..., dict[str, np.ndarray]]
    """Draws of each quantity, any one leading axis, from (values, data, seed): parameters and
    derived quantities with that leading axis, the world's data, and a seed for what is drawn
    afterwards."""


def prior_program(problem: Problem, rng: np.random.Generator) -> PriorProgram:
    """Return a program that draws the problem's parameters from their priors."""
    return PriorProgram(problem.priors, problem.sizes, problem.facts, rng)


def _observing(
    name: str, about: str, layout: Layout, problem: Problem, observed: str,
    quantities: Callable[..., dict[str, Any]],
) -> Case:  # fmt: skip
    """Build a case whose worlds are the problem's data with another `observed` field, drawn."""

    def draw(rng: np.random.Generator) -> World:
        m = prior_program(problem, rng)
        problem.program(m, problem.data)
        drawn = problem.data._replace(**{observed: np.asarray(m.observed[observed], float)})
        return World(drawn, quantities(layout, m.values))

    return Case(name, about, problem, draw, lambda values, *_: quantities(layout, values))


def loss_case(layout: Layout, model: Model) -> Case:
    """Build the case of the loss laws of the layout's benchmarks, on its reference runs."""

    def program(m: Program, data: Any) -> None:
        loss_law(m, data, irreducible=layout.switches.irreducible)

    problem = Problem(program, layout.data.runs, model.priors, layout.coords, layout.facts)
    about = "loss law, partially pooled over benchmarks"
    return _observing("loss", about, layout, problem, "log_loss", loss_quantities)


def performance_case(layout: Layout, model: Model) -> Case:
    """Build the case of the performance maps of the layout's benchmarks, on its checkpoints."""
    points, switches = layout.data.checkpoints, layout.switches

    def program(m: Program, data: Any) -> None:
        performance_map(m, data, free_ceiling=switches.free_ceiling, link=switches.link)

    problem = Problem(program, points, model.priors, layout.coords, layout.facts)
    about = "sigmoid from loss to score"
    return _observing("performance", about, layout, problem, "correct", performance_quantities)


def trend_case(layout: Layout, model: Model, *, shortfall: bool) -> Case:
    """Build the case of a trend on values observed directly, at the layout's release dates."""
    time, span, shape = layout.data.models.time, layout.data.models.span, layout.switches.shape
    form = layout.switches.shortfall_form
    data = DatedData(time, np.zeros_like(time), np.full_like(time, 0.2), span)

    def program(m: Program, data: Any) -> None:
        dated_trend(m, data, shortfall=shortfall, shape=shape, form=form)

    problem = Problem(
        program, data, model.priors, {"knot": layout.coords["knot"]},
        {"usual_level": layout.facts["usual_level"]},
    )  # fmt: skip

    def quantities(values: Mapping[str, Any]) -> dict[str, Any]:
        return trend_quantities(time, values) | shape_quantities(shape, Span(*span), values)

    def draw(rng: np.random.Generator) -> World:
        m = prior_program(problem, rng)
        dates = TrendData(time, None, span)
        line = trend(m, dates, shortfall=shortfall, families=False, shape=shape, form=form)
        eta = draw_log_density(line, rng) + data.error * rng.standard_normal(len(time))
        return World(data._replace(log_value=eta), quantities(m.values))

    kind = "frontier" if shortfall else "population"
    about = "trend with a skewed residual" if shortfall else "trend with a normal residual"
    if shape != "linear":
        about = f"{shape.replace('_', ' ')} {about}"
    return Case(kind, about, problem, draw, lambda values, *_: quantities(values))


def shape_quantities(shape: str, span: Span, values: Mapping[str, Any]) -> dict[str, Any]:
    """Slope at the last date and parameters of a shape of the trend; none of a straight line."""
    if shape == "linear":
        return {}
    own = {name: np.moveaxis(np.asarray(values[name]), -1, 0) if name == "slope_walk"
           else values[name] for name in ("rate", *SHAPES[shape].parameters)}  # fmt: skip
    scalars = {name.replace("_", " "): values[name] for name in SHAPES[shape].parameters
               if name != "slope_walk"}  # fmt: skip
    middle = 0.5 * (span.first + span.last)
    return scalars | {
        "rate at the end": slope(numpy_ops, shape, own, span, span.last),
        "rate in the middle": slope(numpy_ops, shape, own, span, middle),
        "bend in the middle": bend(numpy_ops, shape, own, span, middle),
    }


def loss_quantities(layout: Layout, values: Mapping[str, Any]) -> dict[str, Any]:
    """Exponents, irreducible loss and an extrapolated loss of each benchmark."""
    n = np.log(FAR_PARAMS) - layout.centre["log_params"]
    d = np.log(FAR_TOKENS) - layout.centre["log_tokens"]
    with np.errstate(divide="ignore"):
        curve = LossCurve(
            np.log(values["irreducible_loss"]), np.log(values["size_term"]), values["alpha"],
            np.log(values["data_term"]), values["beta"],
        )  # fmt: skip
        far = log_loss(numpy_ops, curve, n, d)
    out: dict[str, Any] = {}
    for i, name in enumerate(layout.coords["benchmark"]):
        out[f"size exponent, {name}"] = values["alpha"][..., i]
        out[f"data exponent, {name}"] = values["beta"][..., i]
        if layout.switches.irreducible:
            out[f"irreducible loss, {name}"] = values["irreducible_loss"][..., i]
        out[f"loss at 7B and 5T, {name}"] = far[..., i]
        out[f"loss noise, {name}"] = values["loss_noise"][..., i]
    return out


def performance_quantities(layout: Layout, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of each benchmark's map, and its score at the lowest loss of a checkpoint."""
    points, switches = layout.data.checkpoints, layout.switches
    out: dict[str, Any] = {}
    for i, name in enumerate(layout.coords["benchmark"]):
        curve = SCORE_MAPS[switches.link](*(values[k][..., i] for k in ScoreMap._fields))
        for key in ScoreMap._fields:
            if key == "ceiling" and not switches.free_ceiling:
                continue
            out[f"{key}, {name}"] = values[key][..., i]
        best = points.loss[points.benchmark == i].min()
        out[f"score at the lowest loss, {name}"] = score(numpy_ops, curve, best)
    out["overdispersion"] = values["overdispersion"]
    return out


def trend_quantities(time: np.ndarray, values: Mapping[str, Any]) -> dict[str, Any]:
    """Rates and levels of both estimands; the frontier's level at the last date."""
    out = {"population rate": values["rate"], "population level": values["level"]}
    if "shortfall" in values:
        drift, shortfall = values["shortfall_drift"], values["shortfall"]
        last = time.max()
        out["frontier rate"] = frontier_growth(
            values["rate"], shortfall, drift, np.asarray([time.min(), last])
        )
        out["frontier level, last date"] = (
            values["level"] + values["rate"] * last + shortfall_at(shortfall, drift, last)
        )
        out["shortfall"], out["noise"] = shortfall, values["noise"]
    else:
        out["scatter"] = values["scatter"]
    return out
