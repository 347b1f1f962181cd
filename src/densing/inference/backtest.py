"""Refits as of dates in the past: what a forecast would have been made from.

A refit sees only the models released by its origin. What it cannot unsee: scores of those models
that were reported later, and a reference family that was published later; the tables say when a
model was released, not when each of its scores was.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

import pandas as pd
import xarray as xr

from densing.data import Evidence
from densing.inference.fit import fit
from densing.inference.settings import Settings
from densing.models.declaration import Model
from densing.models.select import select
from densing.results.run import RunError, open_run, save_run

FEWEST_MODELS = 8
"""A refit with fewer models has no trend to speak of."""
Listener = Callable[[str, int], None]
"""Told the origin that is being fitted, and its number of models."""


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


def refits(
    evidence: Evidence,
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    days: Sequence[date],
    seed: int = 1,
    listen: Listener | None = None,
) -> Iterator[tuple[date, xr.DataTree]]:
    """Fit the models released by each of `days`; a run that `folder` holds is not fitted again.

    Yields
    ------
    date, xarray.DataTree
        The origin and its run.
    """
    for day in days:
        yield day, refit(evidence, model, settings, folder, day=day, seed=seed, listen=listen)


def refit(
    evidence: Evidence,
    model: Model,
    settings: Settings,
    folder: Path,
    *,
    day: date | None,
    seed: int = 1,
    listen: Listener | None = None,
) -> xr.DataTree:
    """One run, of all models where `day` is None; read from `folder` where it is there."""
    chosen = model if day is None else model.choose(released_until=day)
    name = "all" if day is None else day.isoformat()
    content = (
        chosen.model_dump_json(exclude={"name", "about"}), evidence.hash,
        settings.model_dump_json(), seed,
    )  # fmt: skip
    path = folder / f"{name}-{sha256(repr(content).encode()).hexdigest()[:12]}.nc"
    try:
        return open_run(path)
    except RunError:
        pass
    if listen:
        listen(name, len(select(evidence, chosen.choices).models))
    run = fit(evidence, model=chosen, settings=settings, seed=seed)
    save_run(run, path)
    return run
