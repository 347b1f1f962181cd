"""What a posterior is of: a program and all it is conditioned on, in one record.

Engines, prior draws and searches of modes take a `Problem`; the constructors here make one from
tables or layouts, for the joint model and for each of its parts alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from densing.data import Evidence
from densing.models.dates import EPOCH, trend_span, years
from densing.models.declaration import Model, declared, load_model
from densing.models.families import FamilySwitches, families
from densing.models.family_layout import FamilyLayout, lay_out_families, select_scores
from densing.models.joint import Switches, joint
from densing.models.layout import Layout, ReferenceLayout, lay_out
from densing.models.loss import RunData, loss_law
from densing.models.prior import Prior
from densing.models.program import Program
from densing.models.reference import reference
from densing.models.shapes import KNOT_NAMES
from densing.models.trend import DatedData, dated_trend


@dataclass(frozen=True)
class Problem:
    """A program, its data, and what its priors need."""

    program: Callable[[Program, Any], None]
    """The model: passes through a `Program` of any engine, given `data`."""
    data: Any
    """Arrays, in a named tuple of the program's own: what the program conditions on."""
    priors: Mapping[str, Prior]
    """Declared priors by name; those the program does not ask for are ignored."""
    coords: Mapping[str, list[str]]
    """Names along each dimension that priors run along."""
    facts: Mapping[str, Any]
    """Arrays of the evidence that priors refer to by name."""
    centre: Mapping[str, Any] = field(default_factory=dict)
    """Where the zero of the data's coordinates lies, as a run keeps it."""

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        return {dim: len(names) for dim, names in self.coords.items()}


def joint_problem(layout: Layout, model: Model) -> Problem:
    """Pose the joint model of the reference, its targets and their trend."""
    program = partial(_joint, layout.switches)
    return Problem(
        program, layout.data, model.priors, layout.coords, layout.facts, layout.centre
    )  # fmt: skip


def problem_of(evidence: Evidence, model: Model) -> Problem:
    """Pose a declared model of either form, given the tables.

    Raises
    ------
    SelectionError
        The choices leave nothing to fit.
    """
    if model.choices.form == "ladder":
        return joint_problem(lay_out(evidence, model.choices), model)
    scores = select_scores(evidence, model.choices)
    table = evidence.benchmarks.set_index("benchmark")
    return families_problem(lay_out_families(scores, table, model.choices), model)


def _joint(switches: Switches, m: Program, data: Any) -> None:
    joint(m, data, switches)


def families_problem(layout: FamilyLayout, model: Model) -> Problem:
    """Pose the model of families as yardsticks."""
    program = partial(_families, layout.switches)
    return Problem(
        program, layout.data, model.priors, layout.coords, layout.facts, layout.centre
    )  # fmt: skip


def _families(switches: FamilySwitches, m: Program, data: Any) -> None:
    families(m, data, switches)


def reference_problem(layout: ReferenceLayout, model: Model) -> Problem:
    """Pose the reference family alone: loss laws and performance maps."""
    choices = model.choices

    def program(m: Program, data: Any) -> None:
        reference(
            m, data.runs, data.checkpoints, irreducible=choices.irreducible,
            free_ceiling=choices.free_ceiling, link=choices.link,
        )  # fmt: skip

    return Problem(program, layout.data, model.priors, layout.coords, layout.facts, layout.centre)


def loss_problem(runs: pd.DataFrame, model: Model) -> Problem:
    """Pose the loss law of any runs: columns params, tokens, loss and, for several, benchmark."""
    benchmark = runs["benchmark"] if "benchmark" in runs else pd.Series("loss", runs.index)
    names = list(dict.fromkeys(benchmark))
    index = benchmark.map({name: i for i, name in enumerate(names)}).to_numpy()
    log_n, log_d, log_loss = (
        np.log(runs[column].to_numpy(float)) for column in ("params", "tokens", "loss")
    )
    centre = {"log_params": float(log_n.mean()), "log_tokens": float(log_d.mean())}
    irreducible = model.choices.irreducible

    def program(m: Program, data: Any) -> None:
        loss_law(m, data, irreducible=irreducible)

    return Problem(
        program,
        RunData(index, log_n - centre["log_params"], log_d - centre["log_tokens"], log_loss),
        model.priors,
        {"benchmark": names},
        {"mean_log_loss": np.asarray([log_loss[index == i].mean() for i in range(len(names))])},
        centre,
    )


def trend_problem(table: pd.DataFrame, model: Model) -> Problem:
    """Pose the trend of any dated positive values, by the model's shape and shortfall.

    Parameters
    ----------
    table
        In the order of its dates; columns as `inference.fit.fit_trend` takes them.

    Raises
    ------
    SelectionError
        The shape asks for a changepoint where there are no dates.
    """
    choices, dates = model.choices, pd.to_datetime(table["date"])
    log_value = np.log(table["value"].to_numpy(float))
    time, span = years(dates), trend_span(dates, choices)
    error = measurement_error(table)

    def program(m: Program, data: Any) -> None:
        dated_trend(
            m, data, shortfall=choices.shortfall, shape=choices.shape,
            form=choices.shortfall_form,
        )  # fmt: skip

    return Problem(
        program,
        DatedData(time - time.mean(), log_value, error, np.asarray(span)),
        model.priors,
        {"knot": KNOT_NAMES},
        {"usual_level": np.asarray(log_value.mean())},
        {"time": float(time.mean()), "epoch": str(EPOCH.date())} | span._asdict(),
    )


def in_own_units(model: Model, table: pd.DataFrame) -> Model:
    """Widen the declared prior of a trend's rate to what the values themselves span.

    A rate is judged by the year, and 2.5 a year is nothing to counts that double within days. One
    scale is then the whole change of the logarithm over the whole time. It is never narrowed, and a
    prior of one's own stands.
    """
    prior = model.priors["rate"]
    own = model.name not in declared("models") or prior != load_model(model.name).priors["rate"]
    dates = years(pd.to_datetime(table["date"]))
    steepest = float(
        np.ptp(np.log(table["value"].to_numpy(float))) / max(np.ptp(dates), 1 / 365.25)
    )
    scale = prior.args.get("scale")
    if own or not isinstance(scale, int | float) or steepest <= scale:
        return model
    about = "as wide as the values: their whole change over their whole time, either way"
    wide = prior.model_copy(update={"args": {"loc": 0.0, "scale": steepest}, "about": about})
    return model.with_priors(rate=wide)


def measurement_error(table: pd.DataFrame) -> np.ndarray:
    """Return the standard error of each log value, shape (value,); zero where none is given.

    A row's own standard error goes before its interval.
    """
    error = np.full(len(table), np.nan)
    if "lower" in table and "upper" in table:
        prob = table["prob"].fillna(0.9).to_numpy(float) if "prob" in table else 0.9
        ratio = (table["upper"] / table["lower"]).to_numpy(float)
        error = np.log(ratio) / (2.0 * norm.ppf(0.5 + prob / 2.0))
    if "se" in table:
        own = (table["se"] / table["value"]).to_numpy(float)
        error = np.where(np.isnan(own), error, own)
    return np.where(np.isnan(error), 0.0, error)
