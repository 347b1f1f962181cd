"""Refits as of dates in the past: what a forecast would have been made from, and its scores.

A refit sees only the models released by its origin. What it cannot unsee: scores of those models
that were reported later, and a reference family that was published later; the tables say when a
model was released, not when each of its scores was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from densing.answers.forecast.mixture import mix
from densing.batch.fit_many import Group, fit_many, identity
from densing.data import Evidence
from densing.inference.fit import fit
from densing.inference.settings import Settings
from densing.models.declaration import Model
from densing.models.family_layout import select_scores
from densing.models.select import SelectionError, select
from densing.results import backtest as scores
from densing.results.backtested import identity as of_model
from densing.results.future import Future, future
from densing.results.run import RunError, open_run, record, save_run, trustworthy

FEWEST_MODELS = 8
"""A refit with fewer models has no trend to speak of."""
Listener = Callable[[str, int], None]
"""Told the origin that is being fitted, and its number of models."""


def backtest(
    evidence: Evidence,
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    others: Sequence[Model] = (),
    seed: int = 1,
    listen: Listener | None = None,
) -> dict[str, Any]:
    """Refit as of each half-year, and score what the refits say of the models that came.

    Parameters
    ----------
    others
        Models, of other shapes of the trend, to average with by stacking. The weights are those
        of each half-year's own refits: leave-one-out of the models known by then.

    Returns
    -------
    dict
        `table`, `by_origin` (see `results.backtest`), `averages`, `records`, `scores`, the
        sentences, one row for each of `origins` (an average's with its `weights`), every forecast
        by itself (`forecasts`, `average_forecasts`, ...), and what it was computed from.

    Raises
    ------
    SelectionError
        No half-year has enough models before it and one after.
    RunError
        Refits that cannot be averaged; names the half-year.
    """
    days = origins(evidence, model)
    if not days:
        raise SelectionError(
            f"no half-year's end has {FEWEST_MODELS} models before it and one after: nothing to "
            "test a forecast on"
        )

    wanted = [(one, day) for day in (None, *days) for one in (model, *others)]
    runs = refit_all(evidence, wanted, settings, folder, seed=seed, listen=listen)

    def as_of(day: date | None) -> tuple[xr.DataTree, Future, dict[str, float | None]]:
        own = {one.name: runs(one, day) for one in (model, *others)}
        if not others:
            return own[model.name], future(own[model.name]), {}
        try:
            run, ahead, weights = mix(own)
        except RunError as fault:
            raise RunError(f"as of {day or 'today'}: {fault}") from None
        return run, ahead, {name: weights.get(name) for name in own}

    full, _, weights = as_of(None)
    every: dict[str, list[dict[str, Any]]] = {
        "forecasts": [],
        "average_forecasts": [],
        "record_forecasts": [],
        "score_forecasts": [],
    }
    about = []
    for day in days:
        run, ahead, weighed = as_of(day)
        averages, single = scores.score_reported(run, full, day, seed=seed, ahead=ahead)
        every["forecasts"] += scores.score_origin(run, full, day, seed=seed, ahead=ahead)
        every["average_forecasts"] += averages
        every["record_forecasts"] += scores.score_records(run, full, day, seed=seed, ahead=ahead)
        every["score_forecasts"] += single
        health = record(run, "health")
        about.append(
            {"origin": day.isoformat(), "models": int(run.attrs["models"]),
             "verdict": health["verdict"], "reasons": health["reasons"]}
            | ({"weights": weighed} if others else {})
        )  # fmt: skip
    table, split = scores.table(every["forecasts"]), scores.by_origin(every["forecasts"])
    of_averages = scores.average_table(every["average_forecasts"])
    of_records = scores.record_table(every["record_forecasts"])
    of_scores = scores.score_table(every["score_forecasts"])
    return {
        "sentence": scores.verdict_sentence(table, split, averaged=len(others) + 1),
        "averages_sentence": scores.averages_sentence(of_averages),
        "records_sentence": scores.records_sentence(of_records),
        "scores_sentence": scores.scores_sentence(of_scores),
        "cannot_know": scores.CANNOT_KNOW,
        "table": table, "by_origin": split, "averages": of_averages, "records": of_records,
        "scores": of_scores,
        "origins": about,
        "trustworthy": trustworthy(full) and all(o["verdict"] == "trustworthy" for o in about),
        "weights": weights or None,
        "model": of_model(full), "evidence_hash": evidence.hash,
        "settings": settings.model_dump(), "seed": seed, "versions": record(full, "versions"),
        "date": datetime.now(UTC).date().isoformat(),
        **every,
    }  # fmt: skip


def origins(evidence: Evidence, model: Model) -> list[date]:
    """List the ends of half-years with enough models before them and at least one after."""
    released = select(evidence, model.choices).models["release_date"]
    return [
        day.date()
        for day in pd.date_range(released.min(), released.max(), freq="ME")
        if day.month in (6, 12)
        and (released <= day).sum() >= FEWEST_MODELS
        and (released > day).any()
    ]


@dataclass(frozen=True)
class Refit:
    """A model as of a day; of all models where it is None."""

    model: Model
    day: date | None
    key: str

    @property
    def chosen(self) -> Model:
        """The model with the choice of the day."""
        return self.model if self.day is None else self.model.choose(released_until=self.day)

    @property
    def name(self) -> str:
        """The day, or `all`."""
        return "all" if self.day is None else self.day.isoformat()


@dataclass(frozen=True, kw_only=True)
class Refits(Group):
    """Runs of one evidence, each fitted as a user's fit is."""

    evidence: Evidence
    settings: Settings
    seed: int
    listen: Listener | None

    def fit(
        self, wanted: Sequence[Refit], starts: Mapping[str, Any], *, threads: int
    ) -> Iterator[tuple[str, Any]]:
        """Fit runs; yield each key with its run."""
        for one in wanted:
            if self.listen:
                self.listen(one.name, _models(self.evidence, one.chosen))
            yield (
                one.key,
                fit(self.evidence, model=one.chosen, settings=self.settings, seed=self.seed),
            )


def _models(evidence: Evidence, model: Model) -> int:
    """Count the models that a fit sees."""
    if model.choices.form == "families":
        return select_scores(evidence, model.choices)["model"].nunique()
    return len(select(evidence, model.choices).models)


@dataclass(frozen=True)
class Runs:
    """A folder of run files."""

    folder: Path

    def read(self, key: str) -> xr.DataTree | None:
        """Open a run; None where there is none that can be read."""
        try:
            return open_run(self.folder / f"{key}.nc")
        except RunError:
            return None

    def write(self, key: str, record: xr.DataTree) -> None:
        """Keep a run."""
        save_run(record, self.folder / f"{key}.nc")


def refit_all(
    evidence: Evidence,
    wanted: Sequence[tuple[Model, date | None]],
    settings: Settings,
    folder: Path,
    *,
    seed: int = 1,
    listen: Listener | None = None,
) -> Callable[[Model, date | None], Any]:
    """Fit every model as of every day that `folder` does not hold; return what opens them."""

    def posed(model: Model, day: date | None) -> Refit:
        one = Refit(model, day, "")
        key = f"{one.name}-{identity(one.chosen, evidence, settings, seed)}"
        return Refit(model, day, key)

    keep, refits = Runs(folder), {one.key: one for one in (posed(*pair) for pair in wanted)}
    group = Refits(
        members=tuple(refits.values()), warm=False, evidence=evidence, settings=settings,
        seed=seed, listen=listen,
    )  # fmt: skip
    fit_many([group], keep=keep)
    return lambda model, day: keep.read(posed(model, day).key)
