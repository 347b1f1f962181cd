"""Results that come with the package: long runs, each with its command, date and versions."""

import json
from pathlib import Path
from typing import Any

from densing.models.declaration import PACKAGE


def kept_path(name: str) -> Path | None:
    """File or folder of kept results, from a wheel or a checkout; None where there is none."""
    for folder in (PACKAGE / "_declarations", PACKAGE.parents[1] / "benchmarks" / "results"):
        if (folder / name).exists():
            return folder / name
    return None


def read_kept(path: Path | None) -> dict[str, Any] | None:
    """Read a kept result; None without one, or where it cannot be read."""
    try:
        return None if path is None else json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
