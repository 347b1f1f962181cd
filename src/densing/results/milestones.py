"""When something is reached: probability over time, and the parameters it takes until then.

Three answers to each milestone. *Population*: a typical new model does it. *Frontier*: the day's
best practice does it. *Record*: some model that was released does it, the models of the data
counted as they were measured and new ones at the release rate of the data's last year (see
`releases`); where a size is asked for, models of at most that size count. The date of an event is
the first day of a draw on which it holds; a draw in which it never does stays in the interval,
which is then not bounded above.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr

from densing.models.dates import DAYS_PER_YEAR
from densing.results.future import Future
from densing.results.horizon import Horizon, released
from densing.results.interval import KIND
from densing.results.needed import Yardstick
from densing.results.posterior import run_log_sizes
from densing.results.releases import Releases
from densing.results.request import Request, sized
from densing.results.run import log_densities

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

    def answer(self, request: Request, *, prob: float) -> dict[str, Any]:
        """Return one milestone of the contract: when each estimand reaches it, and at what size."""
        rng = np.random.default_rng(self.seed)
        out: dict[str, Any] = {"name": request.name, "request": asdict(request)}
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
            return out | self._told(first, prob)
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
        return out | {
            "params_needed": sizes, "unseen": self._unseen(request, sizes["population"]),
            "smallest_seen": float(self.data["counted_params"].min()),
        }  # fmt: skip

    def _unseen(self, request: Request, sizes: list[dict[str, Any]]) -> str | None:
        """Say where the size asked for, or found, is smaller than any model of the run."""
        least = float(self.data["counted_params"].min())
        lack = f"below the smallest model of the run ({sized(least)}): density there is unseen"
        if request.params is not None:
            return f"{sized(request.params)} lies {lack}" if request.params < least else None
        for day, size in zip(self.span.months, sizes, strict=True):
            if size["median"] is not None and size["median"] < least:
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
        ends = {}
        for key, q in (("median", 0.5), ("lower", (1 - prob) / 2), ("upper", (1 + prob) / 2)):
            value = float(np.quantile(day, q, method="inverted_cdf"))
            when = self.span.first + np.timedelta64(int(value), "D") if np.isfinite(value) else None
            ends[key] = None if when is None else f"{when:%Y-%m-%d}"
        return ends | {"prob": prob, "kind": KIND}

    def _sizes(self, effective: np.ndarray, lead: Lead, prob: float) -> dict[str, Any]:
        """Parameters that a model of each line's density takes, by month."""
        time = self.ahead.time(self.span.months)
        lines, further = self.ahead.lines(time), lead(time)
        out: dict[str, Any] = {"frontier": None}
        for name, line in lines.items():
            with np.errstate(over="ignore"):
                sizes = np.exp(effective[:, None] - line - further)
            out[name] = [extended(size, prob=prob) for size in sizes.T]
        return out


def extended(draws: np.ndarray, *, prob: float) -> dict[str, Any]:
    """Interval of draws of which some may be infinite: such an end is None, not bounded."""
    levels = {"median": 0.5, "lower": (1 - prob) / 2, "upper": (1 + prob) / 2}
    ends = {k: float(np.quantile(draws, q, method="inverted_cdf")) for k, q in levels.items()}
    return {k: v if np.isfinite(v) else None for k, v in ends.items()} | {
        "prob": prob, "kind": KIND,
    }  # fmt: skip


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
