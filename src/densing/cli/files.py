"""Files that commands are given: a run to read, a folder to write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from densing.data import Evidence


def open_run(path: Path) -> "xr.DataTree":
    """Open a run of any kind; raises `RunError`."""
    from densing.results import run

    opened = run.open_run(path)
    opened.name = path.stem
    return opened


def open_joint(path: Path) -> "xr.DataTree":
    """Open a run, which must be one of the joint model; raises `RunError`."""
    run = open_run(path)
    from densing.results.run import RunError

    kind = run.attrs.get("kind", "joint")
    if kind != "joint":
        raise RunError(
            f"{path}: a run of `densing {kind}` has no models; give one of the joint model: "
            "make it with `densing fit --out RUN.nc`"
        )
    return run


def read_models(path: Path | None) -> "Evidence | Path | None":
    """Read and validate a table of models; `catalog` stays the name it is. Raises `TableError`."""
    from densing.answers.given import is_catalog
    from densing.cli.options import Tables

    return path if path is None or is_catalog(path) else Tables(models=path).load()


def read_size(text: str) -> float:
    """Read a number of parameters, 4B or 4e9; raises `RequestError` with the cure."""
    from densing.data.cells import CellError, size
    from densing.results.horizon import RequestError

    try:
        return size(text)
    except CellError as fault:
        raise RequestError(f"--params {text!r} {fault.problem}: {fault.cure}") from None


def open_named(paths: "Sequence[Path]") -> "dict[str, xr.DataTree]":
    """Open runs under the names of their files, or under their paths where names repeat.

    Raises
    ------
    RunError
        A file that is no run, or one that is given twice; names every fault.
    """
    from densing.results.run import RunError

    faults, opened = [], {}
    stems = [path.stem for path in paths]
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() in seen:
            faults.append(f"{path}: given twice; compare it with another run")
            continue
        seen.add(path.resolve())
        name = path.stem if stems.count(path.stem) == 1 else str(path)
        try:
            opened[name] = open_run(path)
        except RunError as fault:
            faults.append(str(fault))
    if faults:
        raise RunError("\n".join(faults))
    return opened


def check_file(path: Path | None) -> None:
    """Refuse a file that cannot be written, as `check_writable`; None is no file."""
    if path is None:
        return
    if path.is_dir():
        raise IsADirectoryError(21, "is a folder; give the name of a file", str(path))
    check_writable(path.parent)


def check_writable(folder: Path) -> None:
    """Refuse a place that cannot be written to before the work, not after it; raises `OSError`."""
    from tempfile import TemporaryFile

    place = folder
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise NotADirectoryError(20, "is a file, not a folder", str(place))
    try:
        with TemporaryFile(dir=place):
            pass
    except OSError as fault:
        fault.filename = str(folder)
        raise


@contextmanager
def continuing(folder: Path) -> Iterator[None]:
    """Have it told of work that was stopped that the same command goes on with it."""
    try:
        yield
    except (KeyboardInterrupt, OSError) as stop:
        stop.add_note(f"the same command continues from {folder}")
        raise
