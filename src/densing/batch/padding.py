"""Universes of one shape: laid out for themselves, then padded to common dimensions.

A compiled program fits every universe whose arrays have its shape. Models, losses and checkpoints
that only other universes have are padding, which the program masks (`machine.Masked`); a family or
protocol that no model has keeps its prior. The posterior of everything else is unchanged.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from densing.models.declaration import Model
from densing.models.grid import MARGIN, POINTS_PER_NODE, Grid, build_grid
from densing.models.joint import JointData, Switches
from densing.models.layout import FINER, GRID_STEP, LONGER, Layout
from densing.models.prior import Prior

FEW_CELLS = 30
"""Up to so many cells a finer and longer grid costs next to nothing; and it is needed, since few
benchmarks make integrands sharp and leave models near floor or ceiling with long tails."""
FEW_STEP, FEW_MORE = 0.1, 4.0
"""Distance of that grid's points, and how much longer it is at either end, ln parameters."""
FAR = 10.0
"""A padding checkpoint's loss, in multiples of the largest."""


class Shape(NamedTuple):
    """What universes must share to run in one program."""

    switches: Switches
    benchmarks: int
    reference: str
    own_tokens: bool
    """Reference tokens of each model's own: many more cells."""
    priors: str
    """Digest of the families and named arguments of all priors; numbers are data."""


def shape_of(layout: Layout, model: Model) -> Shape:
    """Shape of a universe; protocols never differ, since none is a special case of some."""
    form = {
        name: (prior.family, {k: v if isinstance(v, str) else "" for k, v in prior.args.items()})
        for name, prior in model.priors.items()
    }
    choices = model.choices
    return Shape(
        layout.switches._replace(protocols=True), len(layout.coords["benchmark"]),
        choices.reference, choices.tokens == "own",
        sha256(repr(form).encode()).hexdigest()[:12],
    )  # fmt: skip


class Sizes(NamedTuple):
    """Common dimensions of the universes of one shape."""

    family: int
    protocol: int
    model: int
    cell: int
    loss: int
    checkpoint: int
    low: float
    """First point of the grid, centred log parameters."""
    points: int
    step: float
    """Distance of the points."""


def common(layouts: Sequence[Layout]) -> Sizes:
    """Smallest dimensions that hold every layout."""
    few = max(len(layout.data.scores.items) for layout in layouts) <= FEW_CELLS
    step, more = (FEW_STEP, FEW_MORE) if few else (GRID_STEP, 0.0)
    low = min(float(layout.data.grid.points[0]) for layout in layouts) - more
    high = max(float(layout.data.grid.points[-1]) for layout in layouts) + more

    def largest(dim: str) -> int:
        return max(layout.sizes[dim] for layout in layouts)

    return Sizes(
        family=max(1, largest("family")), protocol=max(1, largest("protocol")),
        model=largest("model"),
        cell=max(len(layout.data.scores.items) for layout in layouts),
        loss=max(len(layout.data.runs.n) for layout in layouts),
        checkpoint=max(len(layout.data.checkpoints.loss) for layout in layouts),
        low=low, points=_points(low, high, step), step=step,
    )  # fmt: skip


def better(sizes: Sizes, *, coarse: bool, short: bool) -> Sizes:
    """Return the same with a grid that is finer, or longer, as a fit's grid is mended."""
    step = sizes.step * (FINER if coarse else 1.0)
    more = LONGER if short else 0.0
    low = sizes.low - more
    high = sizes.low + (sizes.points - 1) * sizes.step + more
    return sizes._replace(low=low, points=_points(low, high, step), step=step)


def _points(low: float, high: float, step: float) -> int:
    """Points that a grid from `low` to at least `high` has."""
    return int(np.ceil((high - low) / (step * POINTS_PER_NODE))) * POINTS_PER_NODE + 1


def padded(layout: Layout, sizes: Sizes) -> JointData:
    """Arrays of `layout` padded to `sizes`."""
    data, points = layout.data, layout.data.checkpoints
    models, cells = len(data.log_params), len(data.scores.items)

    def longer(values: Any, length: int, fill: float) -> Any:
        if values is None:  # an array that the choices do not ask for
            return None
        values = np.asarray(values)
        return np.concatenate([values, np.full(length - len(values), fill, values.dtype)])

    def lengthened(part: Any, length: int, **fills: float) -> Any:
        """Pad the arrays named of a record."""
        made = {name: longer(getattr(part, name), length, v) for name, v in fills.items()}
        return part._replace(**made)

    def table(values: Any) -> np.ndarray:
        return np.pad(values, ((0, sizes.model - models), (0, sizes.cell - cells)))

    scores = lengthened(
        data.scores, sizes.cell, benchmark=0, protocol=0, items=100.0, time=0.0, score=0.5,
        late=0.0, d=float(np.median(data.scores.d)),
    )._replace(
        log_score=table(data.scores.log_score), log_miss=table(data.scores.log_miss),
        count=table(data.scores.count),
    )  # fmt: skip
    return data._replace(
        scores=scores, models=lengthened(data.models, sizes.model, time=0.0, family=0),
        runs=lengthened(data.runs, sizes.loss, benchmark=0, n=0.0, d=0.0, log_loss=np.nan),
        # Losses far above any irreducible one: nothing to learn from their lying there.
        checkpoints=lengthened(
            points, sizes.checkpoint, benchmark=0, correct=np.nan, items=100.0,
            loss=FAR * float(points.loss.max()),
        ),
        since=np.pad(data.since, ((0, sizes.model - models), (0, 0))), grid=_grid(sizes),
        log_experts=longer(data.log_experts, sizes.model, 0.0),
        log_params=longer(data.log_params, sizes.model, float(np.median(data.log_params))),
    )  # fmt: skip


def _grid(sizes: Sizes) -> Grid:
    high = sizes.low + (sizes.points - 1 - 1e-6) * sizes.step
    grid = build_grid(sizes.low, high, sizes.step)
    assert len(grid.points) == sizes.points
    assert len(grid.nodes) == (sizes.points - 1) // POINTS_PER_NODE + 2 * MARGIN + 1
    return grid


def numbers_as_data(priors: Mapping[str, Prior]) -> tuple[dict[str, Prior], dict[str, Any]]:
    """Priors whose numbers are facts by name, and these facts: priors of one form, one program."""
    named, facts = {}, {}
    for name, prior in priors.items():
        args: dict[str, Any] = {}
        for key, value in prior.args.items():
            if isinstance(value, str):
                args[key] = value
            else:
                args[key] = f"prior.{name}.{key}"
                facts[args[key]] = np.asarray(value, np.float64)
        named[name] = prior.model_copy(update={"args": args})
    return named, facts
