"""When something is reached: probability over time, and the parameters it takes until then.

Three answers to each milestone. *Population*: a typical new model does it. *Frontier*: the day's
best practice does it. *Record*: some model that was released does it, the models of the data
counted as they were measured and new ones at the release rate of the data's last year (see
`releases`); where a size is asked for, models of at most that size count. The date of an event is
the first day of a draw on which it holds; a draw in which it never does stays in the interval,
which is then not bounded above.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import model_serializer

from densing.answers._answer import Record
from densing.answers.growth import DateInterval
from densing.models.dates import DAYS_PER_YEAR
from densing.results.future import Future
from densing.results.horizon import Horizon, RequestError, released
from densing.results.interval import Interval, open_interval
from densing.results.needed import Yardstick
from densing.results.posterior import run_log_sizes
from densing.results.releases import Releases
from densing.results.run import chosen, log_densities
from densing.text import listed, sized, unknown

USUAL_FACTOR = 10.0
USUAL_MODEL, USUAL_BENCHMARK, USUAL_PARAMS = "DeepSeek-V3", "MMLU", 4e9
"""The milestones told where none is asked for."""
FEWEST_PARAMS = 1e6


# ---- what is asked -----------------------------------------------------------------------------


class Request(Record):
    """One milestone: a multiple of today's density, or a model or score to reach."""

    name: str
    factor: float | None = None
    """Multiple of today's frontier (of the typical new model where there is no frontier)."""
    model: str | None = None
    """Model to match, all benchmarks together unless one is named."""
    benchmark: str | None = None
    score: float | None = None
    """Score to reach on the benchmark, a proportion; a matched model's own where one is named."""
    protocol: str = ""
    """What the score was measured under, where that is not the benchmark's baseline."""
    params: float | None = None
    """Size of the model that is to do it, in parameters that count."""


def requests(
    run: xr.DataTree,
    *,
    density: Sequence[float] = (),
    match: str | None = None,
    score: float | None = None,
    benchmark: str | None = None,
    params: float | None = None,
) -> list[Request]:
    """Milestones asked for; the usual ones where none is.

    Raises
    ------
    RequestError
        Every fault: a name that the run does not know (with the nearest), a score that is no
        proportion, options that contradict each other.
    """
    data = run["constant_data"].to_dataset()
    models = [str(name) for name in data["model"].to_numpy()]
    benchmarks = [str(name) for name in data["benchmark"].to_numpy()]
    faults = [
        f"--density must be a multiple above 1, got {factor:g}: 10 asks for ten times today's"
        for factor in density
        if not (1.0 < factor < np.inf)
    ]
    if match is not None and match not in models:
        faults.append(unknown("model", match, models))
    if benchmark is not None and benchmark not in benchmarks:
        faults.append(unknown("benchmark", benchmark, benchmarks))
    if match is not None and score is not None:
        faults.append("--match and --score both name what to reach: give one of them")
    if score is not None and benchmark is None:
        faults.append(f"--score needs --benchmark; this run has {', '.join(benchmarks)}")
    if score is not None and not 0.0 < score < 1.0:
        cure = f": write {score / 100:g}?" if 1.0 < score < 100.0 else ""
        faults.append(f"--score must be a proportion between 0 and 1, got {score:g}{cure}")
    for option, value in (("--benchmark", benchmark), ("--params", params)):
        if value is not None and match is None and score is None:
            faults.append(f"{option} needs --match MODEL or --score S: what is to be reached?")
    if params is not None and not (FEWEST_PARAMS <= params < 1e18):
        faults.append(
            f"--params must be a number of parameters, {sized(FEWEST_PARAMS)} at the least, "
            f"such as 4B or 4e9; got {params:g}"
        )
    if not faults and match is not None and benchmark is not None:
        row = _row(data, match, benchmark)
        if row is None:
            known = [name for name in benchmarks if _row(data, match, name) is not None]
            has = listed(known, last="or")
            faults.append(f"{match} has no score on {benchmark} in this run, but on {has}")
    if faults:
        raise RequestError("\n".join(faults))
    of = "frontier" if "shortfall" in run["posterior"] else "typical model"
    asked = [_multiple(factor, of) for factor in density]
    if match is not None:
        asked.append(_match(data, match, benchmark, params))
    elif score is not None:
        assert benchmark is not None
        asked.append(_score(score, benchmark, params))
    if not asked and chosen(run, "form", "ladder") == "families":  # sizes for scores need a ladder
        match = [_match(data, USUAL_MODEL, None, USUAL_PARAMS)] if USUAL_MODEL in models else []
        return [_multiple(USUAL_FACTOR, of), *match]
    return asked or _usual(data, models, benchmarks, of)


def _usual(data: xr.Dataset, models: list[str], benchmarks: list[str], of: str) -> list[Request]:
    usual = [_multiple(USUAL_FACTOR, of)]
    known = USUAL_MODEL in models and USUAL_BENCHMARK in benchmarks
    if known and _row(data, USUAL_MODEL, USUAL_BENCHMARK) is not None:
        usual.append(_match(data, USUAL_MODEL, USUAL_BENCHMARK, USUAL_PARAMS))
    return usual


def _multiple(factor: float, of: str) -> Request:
    return Request(name=f"density {factor:g} times that of today's {of}", factor=factor)


def _match(data: xr.Dataset, model: str, benchmark: str | None, params: float | None) -> Request:
    who = "a model" if params is None else f"a {sized(params)} model"
    if benchmark is None:
        return Request(name=f"{who} matches {model}", model=model, params=params)
    row = _row(data, model, benchmark)
    assert row is not None
    score, protocol = float(data["score"][row]), str(data["score_protocol"].to_numpy()[row])
    name = f"{who} reaches {model}'s {benchmark} score ({score:.3f})"
    return Request(
        name=name, model=model, benchmark=benchmark, score=score, protocol=protocol, params=params
    )


def _score(score: float, benchmark: str, params: float | None) -> Request:
    who = "a model" if params is None else f"a {sized(params)} model"
    return Request(
        name=f"{who} reaches {score:g} on {benchmark}", benchmark=benchmark, score=score,
        params=params,
    )  # fmt: skip


def _row(data: xr.Dataset, model: str, benchmark: str) -> int | None:
    """Row of a model's best score on a benchmark; None where it has none."""
    names = data["model"].to_numpy()[data["score_model"].to_numpy().astype(int)].astype(str)
    own = np.flatnonzero((names == model) & (data["score_benchmark"].to_numpy() == benchmark))
    return int(own[np.argmax(data["score"].to_numpy()[own])]) if len(own) else None


# ---- what is answered --------------------------------------------------------------------------


class Reach(DateInterval):
    """When something is reached; an end that does not come before the horizon is None."""

    def when(self, until: str) -> str:
        """Say the date: `2026-03-01 (2025-11-02 to later)`."""
        if self.lower is None:
            return f"not by {until}"
        return f"{self.median or f'after {until}'} ({self.lower} to {self.upper or 'later'})"


class Reached(Record):
    """When a milestone is reached."""

    date: Reach
    probability: list[float]
    """That it is reached by each of the forecast's dates."""


class Milestone(Record):
    """A milestone; what was not asked of it is absent from its keys and from its JSON."""

    name: str
    request: Request
    of: str = ""
    """Whose density today is multiplied."""
    population: Reached | None = None
    frontier: Reached | None = None
    record: Reached | None = None
    """None where no new model is small enough."""
    p_above_ceiling: float = 0.0
    p_below_floor: float = 0.0
    p_out_of_reach: float = 0.0
    why: str = ""
    """Why no size, or any size, does it."""
    params_needed: dict[str, list[Interval] | None] | None = None
    """Parameters that a model of each line's density takes, one interval a date."""
    unseen: str | None = None
    """Where the size is smaller than any model of the run."""
    smallest_seen: float = 0.0

    def keys(self) -> list[str]:
        """Names of what was asked, in the order of their JSON."""
        return [name for name in type(self).model_fields if name in self.model_fields_set]

    @model_serializer
    def _asked(self) -> dict[str, Any]:
        return dict(self)


Lead = Callable[..., Any]
"""Of times and of samples: how far ahead of the common trend a benchmark stands."""
SAMPLES_AT_ONCE = 500
"""Draws whose daily lines are held at once."""


def level(time: Any, part: slice = slice(None)) -> float:
    """No benchmark is asked about: nowhere ahead."""
    return 0.0


class Milestones:
    """What all milestones of one forecast share."""

    def __init__(
        self, run: xr.DataTree, ahead: Future, span: Horizon, new: Releases, *, seed: int
    ) -> None:
        self.run, self.ahead, self.span, self.new, self.seed = run, ahead, span, new, seed
        self.data = run["constant_data"].to_dataset()
        self.released = (released(run) - span.first).days.to_numpy()
        self.log_params = run_log_sizes(run, draws=ahead.size)
        self.log_density = log_densities(run)
        self.months = (span.months - span.first).days.to_numpy()

    def answer(self, request: Request, *, prob: float) -> Milestone:
        """Return when each estimand reaches a milestone, and at what size."""
        rng = np.random.default_rng(self.seed)
        out: dict[str, Any] = {"name": request.name, "request": request}
        if request.factor is not None:
            today = self.ahead.lines(self.ahead.time([self.span.today]))
            base = today.get("frontier", today["population"])[:, 0]
            threshold = base + np.log(request.factor)
            out |= {"of": "frontier" if "frontier" in today else "population"}
            first = self._crossings(threshold)
            first["record"] = self._first(
                self.log_density >= threshold[:, None],
                self.new.log_density >= threshold[:, None],
            )
            return Milestone(**out, **self._told(first, prob))
        effective, of_new, reached, lead = self._needed(request, rng)
        out |= self._reach(request, effective)
        if request.params is not None:
            limit = np.log(request.params) + 1e-9
            first = self._crossings(effective - np.log(request.params), lead)
            recent = np.isfinite(self.new.log_params) & (self.new.log_params <= limit)
            there = np.where(np.isfinite(self.new.day), self.new.day, 0.0)
            time = there / DAYS_PER_YEAR + self.ahead.time([self.span.first])[0]
            able = self.new.log_density + self.new.log_params + lead(time) >= of_new
            first["record"] = self._first(reached & (self.log_params <= limit), recent & able)
            if not recent.any() and not np.isfinite(first["record"]).any():
                first["record"] = None
            out |= self._told(first, prob)
        sizes = self._sizes(effective, lead, prob)
        return Milestone(
            **out, params_needed=sizes, unseen=self._unseen(request, sizes["population"]),
            smallest_seen=float(self.data["counted_params"].min()),
        )  # fmt: skip

    def _unseen(self, request: Request, sizes: list[Interval]) -> str | None:
        """Say where the size asked for, or found, is smaller than any model of the run."""
        least = float(self.data["counted_params"].min())
        lack = f"below the smallest model of the run ({sized(least)}): density there is unseen"
        if request.params is not None:
            return f"{sized(request.params)} lies {lack}" if request.params < least else None
        for day, size in zip(self.span.months, sizes, strict=True):
            if size.median is not None and size.median < least:
                return f"from {day:%Y-%m-%d} the median size lies {lack}"
        return None

    def _needed(
        self, request: Request, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, Lead]:
        """Log effective parameters to reach, for lines and new models; models that have.

        And the lead in log effective parameters that the benchmark gives at a time.
        """
        if request.score is None:
            names = self.data["model"].to_numpy().astype(str).tolist()
            every = self.log_density + self.log_params
            target = every[:, names.index(str(request.model))]
            return target, target[:, None], every >= target[:, None], level
        assert request.benchmark is not None
        yardstick = Yardstick(self.run, request.benchmark, protocol=request.protocol)
        rows = (self.data["score_benchmark"].to_numpy() == request.benchmark) & (
            self.data["score"].to_numpy() >= request.score
        )
        who = self.data["score_model"].to_numpy().astype(int)[rows]
        reached = np.isin(np.arange(self.log_params.shape[1]), who)[None, :]
        slots = self.new.log_density.shape[1]
        return (
            yardstick.needed(request.score, rng),
            yardstick.needed(request.score, rng, slots=slots),
            reached,
            yardstick.lead,
        )

    def _reach(self, request: Request, effective: np.ndarray) -> dict[str, Any]:
        """Probabilities that no size, or any size, of the reference reaches the score."""
        if request.score is None or request.benchmark is None:
            return {}
        yardstick = Yardstick(self.run, request.benchmark, protocol=request.protocol)
        above, below = yardstick.outside(request.score)
        out: dict[str, Any] = {
            "p_above_ceiling": above, "p_below_floor": below,
            "p_out_of_reach": float(np.mean(np.isposinf(effective))),
        }  # fmt: skip
        if out["p_out_of_reach"] >= 0.01 or below >= 0.01:
            out["why"] = _why(request, out)
        return out

    def _crossings(self, threshold: np.ndarray, lead: Lead = level) -> dict[str, np.ndarray | None]:
        """First day since the first release on which each line is at the threshold, (sample,)."""
        days = self.span.days
        time = self.ahead.time(days)
        found: dict[str, list[np.ndarray]] = {}
        for start in range(0, self.ahead.size, SAMPLES_AT_ONCE):
            part = slice(start, start + SAMPLES_AT_ONCE)
            for name, line in self.ahead.part(part).lines(time).items():
                above = line + lead(time, part) >= threshold[part, None]
                first = np.where(above.any(axis=1), above.argmax(axis=1), np.inf)
                found.setdefault(name, []).append(first)
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def _first(self, own: np.ndarray, new: np.ndarray) -> np.ndarray:
        """First day on which a model of the data, or a new one, does it; shape (sample,)."""
        before = np.where(own, self.released, np.inf).min(axis=1)
        after = np.where(new, self.new.day, np.inf).min(axis=1)
        return np.minimum(before, np.ceil(after))

    def _told(self, first: dict[str, np.ndarray | None], prob: float) -> dict[str, Any]:
        out: dict[str, Any] = {"frontier": None}
        for name, day in first.items():
            out[name] = day if day is None else {
                "date": self._date(day, prob),
                "probability": [float(np.mean(day <= month)) for month in self.months],
            }  # fmt: skip
        return out

    def _date(self, day: np.ndarray, prob: float) -> dict[str, Any]:
        """Interval of a date; None for an end that does not come before the horizon."""
        told = open_interval(day, prob=prob).as_dict()
        for key in ("median", "lower", "upper"):
            if (days := told[key]) is not None:
                told[key] = f"{self.span.first + pd.Timedelta(days=int(days)):%Y-%m-%d}"
        return told

    def _sizes(self, effective: np.ndarray, lead: Lead, prob: float) -> dict[str, Any]:
        """Parameters that a model of each line's density takes, by month."""
        time = self.ahead.time(self.span.months)
        lines, further = self.ahead.lines(time), lead(time)
        out: dict[str, Any] = {"frontier": None}
        for name, line in lines.items():
            with np.errstate(over="ignore"):
                sizes = np.exp(effective[:, None] - line - further)
            out[name] = [open_interval(size, prob=prob) for size in sizes.T]
        return out


def _why(request: Request, reach: dict[str, Any]) -> str:
    """Explain a score that lies outside what the benchmark or the reference can show."""
    said = []
    score, name = request.score, request.benchmark
    if reach["p_above_ceiling"] >= 0.01:
        said.append(
            f"{score:g} on {name} lies above the benchmark's ceiling with probability "
            f"{reach['p_above_ceiling']:.2f}: no model reaches it, however large"
        )
    rest = reach["p_out_of_reach"] - reach["p_above_ceiling"]
    if rest >= 0.01:
        said.append(
            f"with probability {rest:.2f} it lies beyond what the reference family reaches at any "
            "size on its tokens: density cannot say how far"
        )
    if reach["p_below_floor"] >= 0.01:
        said.append(
            f"{score:g} on {name} lies below its floor with probability "
            f"{reach['p_below_floor']:.2f}: a model that knows nothing reaches it"
        )
    return "; ".join(said)
