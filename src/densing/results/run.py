"""The run file: one netCDF DataTree with everything a fit knows, written whole or not at all."""

import gc
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from densing.files import write_whole

FORMAT = 1
"""Version of the layout of a run file."""

VARIABLES = {
    "joint": {
        "posterior": ("rate", "log_density"),
        "derived": ("density", "effective_params", "beyond_reference", "population_rate"),
        "sample_stats": ("diverging",),
        "constant_data": ("release_date", "params", "counted_params", "score", "score_model"),
    },
    "loss": {"posterior": ("alpha", "beta"), "derived": ("size_coefficient",)},
    "trend": {"posterior": ("rate",), "derived": ("population_rate",)},
}
"""By kind of run and group: what a part of a run, or a run of another making, would lack."""

RECORDS = {
    "model": ("name", "choices", "priors"), "health": ("verdict", "reasons"), "versions": (),
    "settings": (), "centre": (),
}  # fmt: skip
"""Attributes that are kept as JSON objects, and the keys they must have."""


class RunError(ValueError):
    """A file that is not a usable run; one line that says what to do."""


def save_run(run: xr.DataTree, path: str | Path) -> Path:
    """Write `run` to `path` atomically: a reader sees the old file or the new, never a part.

    Raises
    ------
    TypeError
        What comes first is no run.
    OSError
        The folder cannot be written to, or the disk is full; nothing is left behind.
    """
    if not isinstance(run, xr.DataTree):
        raise TypeError(
            f"expected a run first, then its file, got {run!r}: save_run(run, 'run.nc')"
        )
    path = Path(path)
    # In memory first: where a disk is full, HDF5 fails again, and loudly, each time it closes.
    content = run.to_netcdf(engine="h5netcdf", encoding=_compression(run))
    write_whole(path, content)
    return path


def open_run(path: str | Path) -> xr.DataTree:
    """Read a run file into memory.

    Raises
    ------
    RunError
        Missing, truncated, spoilt or foreign file, or a format this version does not read.
    """
    path = Path(path)
    if path.is_dir():
        inside = next(iter(sorted(path.glob("*.nc"))), path / "run.nc")
        raise RunError(f"{path}: a folder; give a run file, such as {inside}")
    if not path.is_file():
        raise RunError(f"{path}: no such run file; make one with `densing fit --out {path}`")
    run = _read(path)
    if run is None:
        raise RunError(
            f"{path}: not a readable run file; it is cut short, spoilt or of another program: "
            "make one with `densing fit --out RUN.nc`"
        )
    version = run.attrs.get("densing_format")
    if version is None or "posterior" not in run.children:
        raise RunError(f"{path}: netCDF, but not a densing run; make one with `densing fit`")
    if str(version) != str(FORMAT):
        raise RunError(
            f"{path}: run file format {version}, this version reads {FORMAT}: "
            "fit again, or use the version of densing that wrote it "
            f"({run.attrs.get('densing_version', 'unknown')})"
        )
    if missing := lacks(run):
        raise RunError(
            f"{path}: part of a run is missing or spoilt ({', '.join(missing[:4])}"
            f"{' ...' if len(missing) > 4 else ''}); make it again with `densing fit`"
        )
    return run


def _read(path: Path) -> xr.DataTree | None:
    """Read a netCDF file; None where it is spoilt, whatever its reader says to that."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        with suppress(Exception), xr.open_datatree(path, engine="h5netcdf") as opened:
            return opened.load()
        gc.collect()  # h5netcdf fails once more as it lets go of what it could not open
        return None
    finally:
        sys.unraisablehook = hook


def record(run: xr.DataTree, name: str) -> Any:
    """Return a root attribute that is kept as JSON (model, health, centre, versions, ...)."""
    return json.loads(run.attrs[name])


def trustworthy(run: xr.DataTree) -> bool:
    """Whether the run's diagnostics passed."""
    return record(run, "health")["verdict"] == "trustworthy"


def log_densities(run: xr.DataTree) -> np.ndarray:
    """Draws of the natural log densities of a run's models, shape (sample, model)."""
    draws = run["posterior"]["log_density"].transpose("chain", "draw", "model").to_numpy()
    return draws.reshape(-1, draws.shape[-1])


def chosen(run: xr.DataTree, name: str, default: Any) -> Any:
    """Return a choice of a run's model; `default` where the run is older than the choice."""
    return record(run, "model")["choices"].get(name, default)


def of_ladder(run: xr.DataTree, what: str) -> xr.DataTree:
    """Return a run of a ladder model, whose curves and parts `what` needs.

    Raises
    ------
    RunError
        A run of the families model.
    """
    if chosen(run, "form", "ladder") == "families":
        raise RunError(
            f"{what}: this needs a run of a ladder model, `densing fit --model ladder --out RUN.nc`"
        )
    return run


def _compression(run: xr.DataTree) -> dict[str, dict[str, dict[str, Any]]]:
    return {
        node.path: {
            # A checksum of each block: what was spoilt on the way is refused, not read.
            str(name): {"zlib": True, "complevel": 4, "fletcher32": True}
            for name, variable in node.data_vars.items()
            if variable.dtype.kind == "f" and variable.ndim > 1
        }
        for node in run.subtree
    }


def lacks(run: xr.DataTree) -> list[str]:
    """Name what is missing in a run or cannot be read; empty for a run that is whole.

    A run that does not say its kind, or one that is not known here, passes.
    """
    kind = run.attrs.get("kind")
    if kind not in VARIABLES:
        return []
    found = []
    for group, names in VARIABLES[kind].items():
        if group not in run.children:
            found.append(f"group {group}")
            continue
        found += [f"{group}/{name}" for name in names if name not in run[group]]
    found += [
        f"attribute {name}" for name, keys in RECORDS.items() if not _holds(run.attrs, name, keys)
    ]
    if not str(run.attrs.get("seed", "")).isdigit():
        found.append("attribute seed")
    if pd.isna(pd.to_datetime(str(run.attrs.get("created")), format="ISO8601", errors="coerce")):
        found.append("attribute created")
    if kind == "joint" and not run.attrs.get("evidence_hash"):
        found.append("attribute evidence_hash")
    return found


def _holds(attributes: Any, name: str, keys: tuple[str, ...]) -> bool:
    """Whether an attribute is a JSON object with these keys."""
    try:
        content = json.loads(attributes[name])
    except (KeyError, TypeError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and all(key in content for key in keys)
