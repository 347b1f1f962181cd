"""Answers without a model or a family that were fitted anew, kept in the run they belong to."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from densing.results.interval import Interval, doubling_months
from densing.results.run import RunError
from densing.text import ESTIMANDS

GROUP = "refits"
"""Group of a run that holds them."""

Key = tuple[str, str]
"""What is left out: `model` or `family`, and its name."""


class Refit(NamedTuple):
    """The answer without a model or a family, from a fit of its own."""

    quantiles: Mapping[str, np.ndarray]
    """Of the rates, 1 / year, by estimand; shape of `levels`."""
    levels: np.ndarray
    """Probabilities of the quantiles, ascending."""
    p_not_growing: Mapping[str, float]
    how: str
    """How the draws came about."""
    verdict: str
    """`trustworthy` or `not trustworthy`."""
    reasons: list[str]
    max_rhat: float | None
    """Of the rates; None where draws of another fit were reweighted."""
    min_ess: float
    """Effective draws of the rates, of the one that has fewest."""

    @property
    def trustworthy(self) -> bool:
        """Whether its diagnostics passed."""
        return self.verdict == "trustworthy"

    def growth(self, estimand: str, *, prob: float) -> dict[str, Any]:
        """Growth record (`growth.growth`) of an estimand.

        Raises
        ------
        RunError
            An interval that reaches beyond the quantiles that are kept.
        """
        ends = np.asarray([(1.0 - prob) / 2.0, 0.5, (1.0 + prob) / 2.0])
        if ends[0] < self.levels[0] - 1e-9 or ends[2] > self.levels[-1] + 1e-9:
            widest = self.levels[-1] - self.levels[0]
            raise RunError(
                f"this run's refits keep quantiles for intervals of up to {100 * widest:g} %, not "
                f"of {100 * prob:g} %"
            )
        low, middle, high = np.interp(ends, self.levels, self.quantiles[estimand])
        rate = Interval(float(middle), float(low), float(high), prob)
        return {
            "rate_per_year": rate.as_dict(),
            "doubling_months": doubling_months(rate).as_dict(),
            "p_not_growing": self.p_not_growing[estimand],
        }

    def as_dict(self) -> dict[str, Any]:
        """Return how it was made and whether it may be trusted."""
        return {
            "how": self.how, "verdict": self.verdict, "reasons": self.reasons,
            "max_rhat": self.max_rhat, "min_ess": self.min_ess,
        }  # fmt: skip


def refits(run: xr.DataTree) -> dict[Key, Refit]:
    """Return those that a run holds, by what is left out."""
    if GROUP not in run.children:
        return {}
    kept = run[GROUP].to_dataset()
    levels = kept["level"].to_numpy()
    found: dict[Key, Refit] = {}
    for i in range(kept.sizes["left_out"]):
        row = kept.isel(left_out=i)
        rates = {e: row[e].to_numpy() for e in ESTIMANDS}
        there = [e for e, values in rates.items() if not np.isnan(values).any()]
        rhat = float(row["max_rhat"])
        found[str(row["kind"].item()), str(row["name"].item())] = Refit(
            quantiles={e: rates[e] for e in there}, levels=levels,
            p_not_growing={e: float(row[f"{e}_not_growing"]) for e in there},
            how=str(row["how"].item()), verdict=str(row["verdict"].item()),
            reasons=json.loads(str(row["reasons"].item())),
            max_rhat=None if np.isnan(rhat) else rhat, min_ess=float(row["min_ess"]),
        )  # fmt: skip
    return found


def with_refits(run: xr.DataTree, new: Mapping[Key, Refit]) -> xr.DataTree:
    """Return a run that holds `new` beside (or in place of) the refits that it holds."""
    kept = refits(run) | dict(new)
    out = run.copy()
    if kept:
        out[GROUP] = xr.DataTree(_dataset(kept))
    return out


def _dataset(kept: Mapping[Key, Refit]) -> xr.Dataset:
    rows = list(kept.values())
    levels = rows[0].levels
    none = np.full(len(levels), np.nan)
    variables: dict[str, Any] = {
        "kind": _words(kind for kind, _ in kept), "name": _words(name for _, name in kept),
        "how": _words(row.how for row in rows), "verdict": _words(row.verdict for row in rows),
        "reasons": _words(json.dumps(row.reasons) for row in rows),
        "max_rhat": [np.nan if row.max_rhat is None else row.max_rhat for row in rows],
        "min_ess": [row.min_ess for row in rows],
    }  # fmt: skip
    columns: dict[str, Any] = {name: ("left_out", values) for name, values in variables.items()}
    for e, title in ESTIMANDS.items():
        attrs = {"units": "ln density / year", "long_name": f"{title}, quantiles of the rate"}
        values = np.stack([row.quantiles.get(e, none) for row in rows])
        columns[e] = (("left_out", "level"), values, attrs)
        doubts = [row.p_not_growing.get(e, np.nan) for row in rows]
        columns[f"{e}_not_growing"] = ("left_out", doubts)
    return xr.Dataset(columns, {"level": levels})


def _words(values: Iterable[str]) -> np.ndarray:
    return np.asarray(list(values), dtype=object)
