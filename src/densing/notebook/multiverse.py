"""The answer over many reference choices, from a notebook."""

import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

import pandas as pd

from densing.answers.given import as_count, as_evidence, as_model, as_seed, as_settings
from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.declaration import DeclarationError, Model
from densing.notebook.fitting import without_widgets
from densing.notebook.told import Told
from densing.report.sensitivity import table
from densing.sensitivity.axes import load_axes
from densing.sensitivity.design import design, more_than_asked


class Multiverse(Told):
    """The record that `densing sensitivity --json` prints, as a mapping with a readable face."""

    @property
    def table(self) -> pd.DataFrame:
        """One row a universe: levels, doubling times in months, verdict."""
        return table(self)

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in self._lines())

    def _lines(self) -> list[str]:
        told = self["diagnostics"]
        count = f"{told['trustworthy']} of {told['universes']} universes are trustworthy"
        return [*(claim["sentence"] for claim in self["claims"]), count]


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
        As in `fit`; settings must be of the engine numpyro.
    workers
        Processes to fit in.
    dask
        Address of a Dask scheduler, such as tcp://10.0.0.1:8786: its workers fit in their place.
    progress
        Tell on standard error how many universes are done, and where they are more than asked for.

    Returns
    -------
    Multiverse
        A mapping (universes, axes, variance, claims, ...); `table` is a frame. Draw it with
        `plot_tornado`, `plot_specification` and `plot_variance`.

    Raises
    ------
    TypeError, DeclarationError
        What was given does not fit; the message says what to do.
    """
    evidence, model = as_evidence(evidence), as_model(model)
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
        from densing.sensitivity.answers import summarise
        from densing.sensitivity.run import run

    laid_out = design(declared, full=factorial, universes=universes, seed=seed)
    if progress and (told := more_than_asked(laid_out, universes)):
        print(told, file=sys.stderr)
    with counting("universes", quiet=not progress) as listen:
        result = run(
            laid_out, model, evidence, settings, Path(folder), seed=seed, workers=workers,
            dask=dask, listen=listen,
        )  # fmt: skip
    return Multiverse(summarise(result, declared))
