"""Fit from a notebook: a run, and its refits without single models and families."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import xarray as xr

from densing.answers.given import (
    as_count,
    as_evidence,
    as_model,
    as_run,
    as_seed,
    as_settings,
)  # fmt: skip
from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.declaration import DeclarationError, Model
from densing.models.select import own_models


@contextmanager
def without_widgets() -> Iterator[None]:
    """Import engines without their advice to install widgets, for bars that are not shown."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IProgress not found")
        yield


def fit(
    evidence: Evidence,
    *,
    model: Model | str | Path | None = None,
    settings: Settings | str | Path | None = None,
    seed: int = 1,
    progress: bool = True,
) -> xr.DataTree:
    """Sample the joint posterior of a model given evidence.

    Models of your own (`load_evidence(models=...)`) that take no part are named by a warning.

    Parameters
    ----------
    evidence
        Validated tables (`load_evidence`).
    model
        Declared model, its name or a .toml file; the default where None.
    settings
        Sampler recipe, its name or a .toml file; the default where None.
    seed
        Same seed, same machine: same draws.
    progress
        Tell on standard error how far it is.

    Returns
    -------
    xarray.DataTree
        A run: ArviZ's groups, and `derived` with the densities and both trends. Whether it may be
        trusted is said by `summary`.

    Raises
    ------
    TypeError
        An argument of another kind; the message says what to give.
    DeclarationError
        A model or recipe that is not declared, or does not fit.
    SelectionError
        The model's choices leave nothing to fit, or none of your own models.
    """
    evidence, model = as_evidence(evidence), as_model(model)
    settings, seed = as_settings(settings), as_seed(seed)
    told = own_models(evidence, model.choices, change=partial(_by_choosing, model.name))[1]
    if told:
        warnings.warn("\n".join(told), stacklevel=2)
    from densing.cli.progress import showing

    with without_widgets():
        from densing.inference.fit import fit as sample

    with showing(quiet=not progress) as listener:
        return sample(evidence, model=model, settings=settings, seed=seed, listen=listener)


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


def _by_choosing(name: str, /, **choice: Any) -> str:
    """Write the change of a choice of a model as a notebook does."""
    given = ", ".join(f"{name}={value!r}" for name, value in choice.items())
    return f"model=dn.load_model({name!r}).choose({given})"
