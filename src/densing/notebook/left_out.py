"""What the answer hangs on, from a notebook: each model and each family left out."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.answers.given import (
    as_count,
    as_evidence,
    as_prob,
    as_run,
    as_seed,
    as_settings,
)
from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.declaration import DeclarationError
from densing.notebook.fitting import without_widgets
from densing.results.estimands import ESTIMANDS
from densing.results.influence import influence as left_one_out
from densing.results.influence_words import KINDS, doubtful, untold
from densing.results.interval import KIND, PROB
from densing.results.run import record


def influence(run: xr.DataTree, *, prob: float = PROB) -> pd.DataFrame:
    """Doubling time in months without each model and each family, the most influential first.

    Parameters
    ----------
    run
        Of `fit` or `open_run`; one of `refit` has answers where weights cannot tell.
    prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    DataFrame
        Indexed by what (`model`, `family`) and name. Columns: models (how many are left out);
        population, population_lower, population_upper and the same of frontier (months; missing
        where it needs a refit, or does not grow); shift (the larger change of the two median
        rates in standard deviations of the whole posterior's); pareto_k; how (`reweighted`,
        `refit`, `refit, not trustworthy` or `needs a refit`).
        `attrs` has the interval's prob and kind and the run's verdict.

    Raises
    ------
    TypeError, RunError
        No run of a joint model; the message says what to do.
    """
    run, prob = as_run(run), as_prob(prob)
    answer = left_one_out(run, prob=prob)
    rows = [
        {"what": words[0], "name": row["name"], "models": row["models"], **_months(row),
         "shift": row["shift"], "pareto_k": row["pareto_k"], "how": _how(row)}
        for key, words in KINDS.items()
        for row in answer[key]
    ]  # fmt: skip
    frame = pd.DataFrame(rows).set_index(["what", "name"])
    frame.attrs = {"prob": prob, "kind": KIND, "verdict": record(run, "health")["verdict"]}
    return frame


def refit(
    run: xr.DataTree,
    evidence: Evidence,
    *,
    folder: str | Path,
    only: Iterable[str] | None = None,
    settings: Settings | str | Path = "universe",
    seed: int = 1,
    workers: int = 1,
    progress: bool = True,
) -> xr.DataTree:
    """Fit anew without each model and family that `influence` cannot tell by weights.

    Parameters
    ----------
    run
        Of `fit` or `open_run`.
    evidence
        What it was fitted to.
    folder
        Where refits are kept: the same call again goes on where it was stopped.
    only
        Names of models and families to refit; all that need it where None.
    settings
        Sampler recipe of the refits, its name or a .toml file; of the engine numpyro.
    seed
        Seed of all random numbers.
    workers
        Processes to fit in.
    progress
        Tell on standard error how many refits are done.

    Returns
    -------
    xarray.DataTree
        The run with its refits, for `influence`, `plot_influence` and `save_run`.

    Raises
    ------
    TypeError, RunError, DeclarationError
        What was given does not fit, other evidence than the run's among it.
    """
    run, evidence, settings = as_run(run), as_evidence(evidence), as_settings(settings)
    seed, workers = as_seed(seed), as_count(workers, "workers")
    if isinstance(only, str):
        raise TypeError(f"only must be a list of names, got a string: only=[{only!r}]")
    if settings.engine != "numpyro":
        raise DeclarationError(
            f"settings {settings.name!r}: refits need the engine numpyro; take settings='universe'"
        )
    from densing.cli.progress import counting

    with without_widgets():
        from densing.sensitivity.refits import refit as fit_anew

    with counting("refits", quiet=not progress) as listen:
        return fit_anew(
            run, evidence, settings, Path(folder), only=only, seed=seed, workers=workers,
            listen=listen,
        ).run  # fmt: skip


def _months(row: dict[str, Any]) -> dict[str, float]:
    told = {}
    for estimand in ESTIMANDS:
        months = (row[estimand] or {}).get("doubling_months", {})
        grows = months.get("lower") is not None
        told[estimand] = months.get("median")
        told[f"{estimand}_lower"] = months.get("lower")
        told[f"{estimand}_upper"] = months.get("upper") or (np.inf if grows else None)
    return {key: float("nan") if value is None else value for key, value in told.items()}


def _how(row: dict[str, Any]) -> str:
    if untold(row):
        return "needs a refit"
    if row["refit"] is None:
        return "reweighted"
    return "refit, not trustworthy" if doubtful(row) else "refit"
