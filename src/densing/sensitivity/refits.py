"""Refit without each model and family that a run's own draws cannot be reweighted for.

All are universes of one shape: one program, and one warm start (nothing left out) for the others.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from densing.answers.influence import doubtful, untold
from densing.answers.influence import left_one_out as influence
from densing.batch.fit_many import Counter
from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.declaration import Model, check_names, validated
from densing.results.refits import Key, Refit, with_refits
from densing.results.run import RunError, of_ladder, record
from densing.sensitivity.design import Design, Universe
from densing.sensitivity.multiverse import run as fit_all
from densing.sensitivity.record import LEVELS

AXIS = "without"
NOTHING = "nothing"


class Refitted(NamedTuple):
    """A run that holds its refits."""

    run: xr.DataTree
    failed: dict[str, str]
    """What could not be refitted (`family Qwen`), and why."""


def refit(
    run: xr.DataTree,
    evidence: Evidence,
    settings: Settings,
    folder: Path,
    *,
    only: Iterable[str] | None = None,
    seed: int = 1,
    workers: int = 1,
    listen: Counter | None = None,
) -> Refitted:
    """Refit what `influence(run)` cannot tell, or tells by a refit that is not trustworthy.

    Parameters
    ----------
    run
        Of the joint model.
    evidence
        What it was fitted to.
    settings
        Sampler recipe of the refits, of the engine numpyro.
    folder
        Where refits are kept until all are done: a call that was stopped goes on.
    only
        Names of models and families to refit; all that need it where None.
    workers
        Processes to fit in.

    Raises
    ------
    RunError
        Other evidence than the run's, or a name in `only` that the run does not have.
    """
    of_ladder(run, "refits")
    if evidence.hash != run.attrs["evidence_hash"]:
        raise RunError(
            "the run was fitted to other evidence than that at hand: give the tables that it was "
            "fitted to, or fit it again"
        )
    wanted = needed(run)
    if only is not None:
        wanted = _picked(run, wanted, list(only))
    model = _model(run)
    levels: dict[frozenset[str], str] = {}
    for key, names in wanted.items():  # a family of one model is that model
        levels.setdefault(frozenset(names), " ".join(key))
    if not levels:
        return Refitted(run, {})
    universes = [
        Universe({AXIS: NOTHING}, {}, "default"),
        *(
            Universe({AXIS: level}, {"without": sorted(names)}, "one at a time", (AXIS,))
            for names, level in levels.items()
        ),
    ]
    result = fit_all(
        Design(tuple(universes), ()), model, evidence, settings, folder, seed=seed,
        workers=workers, listen=listen,
    )  # fmt: skip
    found = {r["levels"][AXIS]: r for r in result["universes"]}
    new = {
        key: kept(found[level])
        for key, names in wanted.items()
        if (level := levels[frozenset(names)]) in found
    }
    failed = {s["levels"][AXIS]: s["reason"] for s in result["skipped"]}
    return Refitted(with_refits(run, new), failed)


def needed(run: xr.DataTree) -> dict[Key, list[str]]:
    """Models by what is left out, for all that weights cannot tell and no good refit does."""
    answer = influence(run)
    names = np.asarray([str(name) for name in run["constant_data"]["model"].to_numpy()])
    families = np.asarray([str(f) for f in run["constant_data"]["model_family"].to_numpy()])
    found: dict[Key, list[str]] = {}
    for kind, rows in (("model", answer["models"]), ("family", answer["families"])):
        of = names if kind == "model" else families
        for row in rows:
            if untold(row) or doubtful(row):
                found[kind, row["name"]] = names[of == row["name"]].tolist()
    return found


def cleared(folder: Path) -> None:
    """Remove what a finished `refit` left in its folder; anything else there stays."""
    for part in ("universes", "starts"):
        rmtree(folder / part, ignore_errors=True)
    with suppress(OSError):
        folder.rmdir()


def kept(universe: Mapping[str, Any]) -> Refit:
    """Return a universe's record as a refit."""
    told = universe["diagnostics"]
    return Refit(
        quantiles={e: np.asarray(q) for e, q in universe["quantiles"].items()}, levels=LEVELS,
        p_not_growing={e: universe[e]["p_not_growing"] for e in universe["quantiles"]},
        how=told["how"], verdict=told["verdict"], reasons=list(told["reasons"]),
        max_rhat=told["rate_rhat"], min_ess=float(told["min_ess_bulk"]),
    )  # fmt: skip


def _picked(
    run: xr.DataTree, wanted: Mapping[Key, list[str]], names: list[str]
) -> dict[Key, list[str]]:
    known = {str(n) for field in ("model", "model_family")
             for n in run["constant_data"][field].to_numpy()}  # fmt: skip
    if unknown := [name for name in names if name not in known]:
        raise RunError(f"the run has no model or family {', '.join(map(repr, unknown))}")
    return {key: models for key, models in wanted.items() if key[1] in names}


def _model(run: xr.DataTree) -> Model:
    """Return the run's model, which must have every parameter that this version knows."""
    source = "the run's model"
    model = validated(Model, record(run, "model"), source)
    check_names(model.priors, source)
    return model
