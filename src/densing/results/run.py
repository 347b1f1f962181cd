"""The run file: one netCDF DataTree with everything a fit knows, written whole or not at all."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from densing.results.complete import lacks
from densing.results.whole import write_whole

FORMAT = 1
"""Version of the layout of a run file."""


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
    try:
        with xr.open_datatree(path, engine="h5netcdf") as opened:
            run = opened.load()
    except Exception:
        raise RunError(
            f"{path}: not a readable run file; it is cut short, spoilt or of another program: "
            "make one with `densing fit --out RUN.nc`"
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
    if missing := lacks(run):
        raise RunError(
            f"{path}: part of a run is missing or spoilt ({', '.join(missing[:4])}"
            f"{' ...' if len(missing) > 4 else ''}); make it again with `densing fit`"
        )
    return run


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
