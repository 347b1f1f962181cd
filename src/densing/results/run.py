"""The run file: one netCDF DataTree with everything a fit knows, written whole or not at all."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import xarray as xr

FORMAT = 1
"""Version of the layout of a run file."""


class RunError(ValueError):
    """A file that is not a usable run; one line that says what to do."""


def save_run(run: xr.DataTree, path: str | Path) -> Path:
    """Write `run` to `path` atomically: a reader sees the old file or the new, never a part.

    Raises
    ------
    OSError
        The folder cannot be written to, or the disk is full; nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    partial = Path(name)
    umask = os.umask(0)
    os.umask(umask)
    try:
        partial.chmod(0o666 & ~umask)
        run.to_netcdf(partial, engine="h5netcdf", encoding=_compression(run))
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def open_run(path: str | Path) -> xr.DataTree:
    """Read a run file into memory.

    Raises
    ------
    RunError
        Missing, truncated or foreign file, or a format this version does not read.
    """
    path = Path(path)
    if not path.is_file():
        raise RunError(f"{path}: no such run file; make one with `densing fit --out {path}`")
    try:
        with xr.open_datatree(path, engine="h5netcdf") as opened:
            run = opened.load()
    except Exception as fault:
        raise RunError(
            f"{path}: not a readable run file ({type(fault).__name__}); it may be truncated or "
            "of another program: make it again with `densing fit`"
        ) from None
    version = run.attrs.get("densing_format")
    if version is None or "posterior" not in run.children:
        raise RunError(f"{path}: netCDF, but not a densing run; make one with `densing fit`")
    if str(version) != str(FORMAT):
        raise RunError(
            f"{path}: run file format {version}, this version reads {FORMAT}: "
            "fit again, or use the version of densing that wrote it "
            f"({run.attrs.get('densing_version', 'unknown')})"
        )
    return run


def record(run: xr.DataTree, name: str) -> Any:
    """Return a root attribute that is kept as JSON (model, health, centre, versions, ...)."""
    return json.loads(run.attrs[name])


def chosen(run: xr.DataTree, name: str, default: Any) -> Any:
    """Return a choice of a run's model; `default` where the run is older than the choice."""
    return record(run, "model")["choices"].get(name, default)


def _compression(run: xr.DataTree) -> dict[str, dict[str, dict[str, Any]]]:
    return {
        node.path: {
            str(name): {"zlib": True, "complevel": 4}
            for name, variable in node.data_vars.items()
            if variable.dtype.kind == "f" and variable.ndim > 1
        }
        for node in run.subtree
    }
