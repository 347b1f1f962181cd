"""The answer over many reference choices, and its figures, from a notebook."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from densing.answers.given import as_count, as_evidence, as_model, as_seed, as_settings
from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.declaration import DeclarationError, Model, of_ladder
from densing.notebook.fitting import without_widgets
from densing.notebook.plots import shown
from densing.report import sensitivity_figures as figures
from densing.sensitivity.axes import load_axes
from densing.sensitivity.design import design, more_than_asked
from densing.sensitivity.summary import Multiverse, summarise


def multiverse(
    evidence: Evidence,
    *,
    folder: str | Path,
    axes: Iterable[str] | None = None,
    declaration: str | Path = "default",
    factorial: bool = False,
    universes: int | None = None,
    model: Model | str | Path | None = None,
    settings: Settings | str | Path = "universe",
    seed: int = 1,
    workers: int = 1,
    dask: str | None = None,
    progress: bool = True,
) -> Multiverse:
    """Fit the answer over declared reference choices (`densing sensitivity`).

    Parameters
    ----------
    evidence
        Validated tables (`load_evidence`).
    folder
        Where universes are kept: the same call again goes on where it was stopped.
    axes
        Names of the axes to vary; all declared ones where None.
    declaration
        Declared axes or a .toml file.
    factorial
        Every combination of the axes, instead of one at a time and a sample.
    universes
        How many in all, a sample filling up what one axis at a time leaves (110).
    model, settings
        As in `fit`, of the form ladder, and `ladder` where None; settings must be of the engine
        numpyro.
    workers
        Processes to fit in.
    dask
        Address of a Dask scheduler, such as tcp://10.0.0.1:8786: its workers fit in their place.
    progress
        Tell on standard error how many universes are done, and where they are more than asked for.

    Returns
    -------
    Multiverse
        A mapping (universes, axes, variance, claims, ...); `table()` is a frame. Draw it with
        `plot_tornado`, `plot_specification` and `plot_variance`.

    Raises
    ------
    TypeError, DeclarationError
        What was given does not fit; the message says what to do.
    """
    evidence, model = as_evidence(evidence), of_ladder(as_model(model or "ladder"), "multiverse")
    settings, declared = as_settings(settings), load_axes(declaration)
    seed = as_seed(seed)
    if isinstance(axes, str):
        raise TypeError(f"axes must be a list of names, got a string: axes=[{axes!r}]")
    if axes is not None:
        declared = declared.pick(axes)
    workers = as_count(workers, "workers")
    universes = None if universes is None else as_count(universes, "universes")
    if settings.engine != "numpyro":
        raise DeclarationError(
            f"settings {settings.name!r}: a multiverse needs the engine numpyro; "
            "take settings='universe'"
        )
    from densing.cli.progress import counting

    with without_widgets():
        from densing.sensitivity.multiverse import run

    laid_out = design(declared, full=factorial, universes=universes, seed=seed)
    if progress and (told := more_than_asked(laid_out, universes)):
        print(told, file=sys.stderr)
    with counting("universes", quiet=not progress) as listen:
        result = run(
            laid_out, model, evidence, settings, Path(folder), seed=seed, workers=workers,
            dask=dask, listen=listen,
        )  # fmt: skip
    return Multiverse.from_record(summarise(result, declared))


def plot_tornado(answer: Mapping[str, Any]) -> list[Axes]:
    """Draw how far each reference choice alone moves the doubling time (of `multiverse`)."""
    return shown(figures.plot_tornado(answer), new=True)


def plot_specification(answer: Mapping[str, Any], *, estimand: str = "population") -> list[Axes]:
    """Draw every universe's doubling time, sorted, above its choices (of `multiverse`).

    `estimand` is `population` or `frontier`.
    """
    return shown(figures.plot_specification(answer, estimand=estimand), new=True)


def plot_variance(answer: Mapping[str, Any]) -> Axes:
    """Draw which reference choice spreads the doubling time most (of `multiverse`)."""
    return shown(figures.plot_variance(answer), new=True)
