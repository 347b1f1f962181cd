"""What a caller handed over, judged before any work: one sentence that says what to do."""

import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from densing.data import Evidence, bundled, load_evidence
from densing.inference.settings import Settings, load_settings
from densing.models.declaration import Model, load_model
from densing.results.family_run import is_families
from densing.results.horizon import RequestError
from densing.results.run import FORMAT, RunError, record, trustworthy
from densing.text import unknown

FIT = "run = dn.fit(dn.load_evidence())"
OPEN = 'run = dn.open_run("run.nc")'


CATALOG = "catalog"
"""Name under which the bundled models are given as a table."""


class NotTrustworthyWarning(UserWarning):
    """The run behind an answer did not pass its diagnostics."""


def as_run(given: Any, *, kinds: Collection[str] = ("joint",), warn: bool = True) -> xr.DataTree:
    """Return `given` where it is a run of one of the `kinds` that this version reads.

    A run that did not pass its diagnostics is warned of (`NotTrustworthyWarning`), unless not
    to `warn` is asked for.

    Raises
    ------
    TypeError
        No run at all.
    RunError
        A DataTree of another program, of another version, or of another kind of run.
    """
    if isinstance(given, Model):
        raise TypeError(f"a model is not a run yet: fit it, {FIT[:-1]}, model=model)")
    if isinstance(given, str | Path):
        raise TypeError(f"{str(given)!r} is a path: open the run first, {OPEN}")
    if not isinstance(given, xr.DataTree):
        raise TypeError(f"expected a run (xarray.DataTree), got {_a(given)}: {FIT}, or {OPEN}")
    version = given.attrs.get("densing_format")
    if version is None:
        raise RunError(
            "a DataTree, but not a run of densing (the root has no attribute 'densing_format'): "
            f"{FIT}, or {OPEN}"
        )
    if str(version) != str(FORMAT):
        raise RunError(
            f"a run of format {version}, and this version of densing reads {FORMAT}: fit again, or "
            f"use densing {given.attrs.get('densing_version', '(unknown)')}, which made it"
        )
    kind = given.attrs.get("kind", "joint")
    if kind not in kinds:
        raise RunError(f"a run of `densing {kind}` has no answer to this: {FIT}")
    missing = [name for name in ("posterior", "derived") if name not in given.children]
    if missing:
        raise RunError(f"the run has lost its group {missing[0]!r}: open the file again, {OPEN}")
    if warn and not trustworthy(given):
        reasons = "; ".join(record(given, "health")["reasons"])
        warnings.warn(
            f"this run is not trustworthy ({reasons}); see dn.summary(run)",
            NotTrustworthyWarning,
            stacklevel=3,
        )
    return given


def as_families(run: xr.DataTree) -> xr.DataTree:
    """Return a run of the joint model whose yardstick are families.

    Raises
    ------
    RunError
        A run of another model; the message names one that can be asked.
    """
    if not is_families(run):
        raise RunError(
            f"a run of the model {record(run, 'model')['name']!r}, whose yardstick is one ladder, "
            "does not answer this: fit the default model, whose yardstick are families (densing "
            "fit --model default)"
        )
    return run


def is_catalog(given: Any) -> bool:
    """Whether a table is the bundled catalogue, by its name."""
    return str(given) == CATALOG and not Path(CATALOG).exists()


def as_model_rows(given: Any) -> pd.DataFrame:
    """Return models and scores in the catalogue's form, one row a score.

    Parameters
    ----------
    given
        A file or a frame as for `load_evidence(models=...)`, evidence (the models added to it, or
        all), or `catalog` for the bundled models.

    Raises
    ------
    TableError, TypeError
        Every fault of the table; neither a table nor evidence.
    """
    if is_catalog(given):
        return bundled(CATALOG)
    evidence = given if isinstance(given, Evidence) else load_evidence(models=given)
    rows = evidence.catalog
    if evidence.added:
        rows = rows[rows["model"].isin(evidence.added)]
    return rows.reset_index(drop=True)


def as_evidence(given: Any) -> Evidence:
    """Return `given` where it is evidence.

    Raises
    ------
    TypeError
        Anything else; a table is told where to go.
    """
    if isinstance(given, Evidence):
        return given
    if hasattr(given, "columns") or isinstance(given, str | Path | list | dict):
        raise TypeError(
            f"expected evidence, got {_a(given)}: a table of your own models goes through "
            "dn.load_evidence(models=...), with a file name or a pandas.DataFrame"
        )
    raise TypeError(f"expected evidence, got {_a(given)}: evidence = dn.load_evidence()")


def as_model(given: Model | str | Path | None) -> Model:
    """Return a declared model from itself, its name or file; the default from None."""
    return _declared(given, Model, load_model, "a model", "model = dn.load_model('default')")


def as_settings(given: Settings | str | Path | None) -> Settings:
    """Return a sampler recipe from itself, its name or file; the default from None."""
    cure = "settings = dn.load_settings('default')"
    return _declared(given, Settings, load_settings, "a sampler recipe", cure)


def _declared[T](
    given: Any, kind: type[T], load: Callable[[str | Path], T], what: str, cure: str
) -> T:
    if given is None or isinstance(given, str | Path):
        return load(given or "default")
    if isinstance(given, kind):
        return given
    raise TypeError(f"expected {what}, got {_a(given)}: give its name, or {cure}")


def as_models(given: Collection[str], run: xr.DataTree) -> list[str]:
    """Return names of models that a run has.

    Raises
    ------
    TypeError
        A single name.
    RequestError
        Models that the run lacks; the message says which come close.
    """
    if isinstance(given, str):
        raise TypeError(f"expected a list of names, got a string: [{given!r}]")
    known = [str(name) for name in run["derived"].to_dataset()["model"].values]
    if faults := [unknown("model", str(name), known) for name in given if name not in known]:
        raise RequestError("\n".join(faults))
    return list(given)


def as_prob(given: float) -> float:
    """Return `given` where it is a probability an interval can have."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0.0 < given < 1.0:
        raise RequestError(f"prob must lie between 0 and 1, got {given!r}; 0.9 is usual")
    return float(given)


def as_seed(given: int) -> int:
    """Return `given` where every generator of random numbers takes it as a seed."""
    if not _whole(given, 0, 2**32 - 1):
        raise RequestError(f"seed must be a whole number from 0 to 4294967295, got {given!r}")
    return given


def as_count(given: int, name: str) -> int:
    """Return `given` where it is a whole number of at least one."""
    if not _whole(given, 1):
        raise RequestError(f"{name} must be a whole number of at least 1, got {given!r}")
    return given


def _whole(given: Any, least: int, most: float = float("inf")) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and least <= given <= most


def _a(given: Any) -> str:
    """Name the type of what was given."""
    name = type(given).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
