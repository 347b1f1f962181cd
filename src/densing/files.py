"""Files: written whole or not at all, as JSON that every parser reads, and those of the package."""

import json
import math
import os
import tempfile
import time
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent

STALE = 3600.0
"""Seconds after which a part of a file is nobody's: its writer was killed."""

finished: list[Path] = []
"""What this process has written whole, in order: an interrupted command says what is there."""


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file atomically: a reader sees the old file or the new, never a part.

    Its folder is made. Any number of processes may write the same file: the last one wins, whole.

    Raises
    ------
    OSError
        The folder cannot be written to, or the disk is full; the old file stays, nothing else is
        left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, f".{path.name}.*.part")
    try:
        _replace(path, content)
    except OSError as fault:
        fault.filename = str(path)  # which the user knows, and not its part
        raise
    finished.append(path)


def _replace(path: Path, content: bytes | memoryview) -> None:
    """Write a part beside the file, and give it the file's name once it is on disk."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        partial.chmod(0o666 & ~umask)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def sweep(folder: Path, pattern: str) -> None:
    """Remove what writers that were killed have left in `folder`, an hour and more ago."""
    import shutil

    for left in folder.glob(pattern):
        try:
            if time.time() - left.stat().st_mtime < STALE:
                continue
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        except OSError:
            continue  # another process was faster, or it is not ours to remove


def read_json(path: Path) -> Any:
    """Read a record back; None where there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def to_json(value: Any, *, ascii_only: bool = False) -> str:
    """Encode records, indented, numbers that JSON does not know as null.

    Parameters
    ----------
    ascii_only
        For what cannot show any other character.
    """
    # By the standard library, since names of files need not be UTF-8.
    return json.dumps(_plain(value), indent=2, ensure_ascii=ascii_only, allow_nan=False)


def _plain(value: Any) -> Any:
    """Turn records into what JSON knows; numbers that it does not know into None."""
    from pydantic_core import to_jsonable_python

    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else next(iter(to_jsonable_python({key: None}))): _plain(
                part
            )
            for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return _plain(to_jsonable_python(value))


def kept_path(name: str) -> Path | None:
    """File or folder of kept results, from a wheel or a checkout; None where there is none."""
    for folder in (PACKAGE / "_declarations", PACKAGE.parents[1] / "benchmarks" / "results"):
        if (folder / name).exists():
            return folder / name
    return None


def read_kept(path: Path | None) -> Any:
    """Read a result that comes with the package; None without one, or where it cannot be read."""
    return None if path is None else read_json(path)
