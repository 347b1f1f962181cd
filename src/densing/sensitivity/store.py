"""Universes on disk: one JSON file each, whole or not at all, so that a killed run continues."""

import pickle
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from densing.data import Evidence
from densing.inference.settings import Settings
from densing.models.declaration import Model
from densing.results.plain_json import to_json
from densing.results.whole import read_json, write_whole

FORMAT = 5
"""Raised where the same evidence, model and recipe get another answer or record."""


def identity(
    model: Model,
    evidence: Evidence,
    settings: Settings,
    seed: int,
    *,
    left_out: Sequence[str] = (),
) -> str:
    """Digest of everything that a universe's answer follows from.

    Parameters
    ----------
    left_out
        Models whose scores are (`left_out.without`).
    """
    content = (
        FORMAT, model.model_dump_json(exclude={"name", "about"}), evidence.hash,
        settings.model_dump_json(), seed, *(("without", *sorted(left_out)) if left_out else ()),
    )  # fmt: skip
    return sha256(repr(content).encode()).hexdigest()[:16]


def write_universe(folder: Path, name: str, record: dict[str, Any]) -> None:
    """Keep a universe's record under its identity."""
    write_whole(folder / "universes" / f"{name}.json", to_json(record).encode())


def read_universe(folder: Path, name: str) -> dict[str, Any] | None:
    """Record of a universe; None where there is none that can be read."""
    record = read_json(folder / "universes" / f"{name}.json")
    return record if isinstance(record, dict) and "levels" in record else None


def leader_file(name: str) -> str:
    """Path of a leader from the folder."""
    return f"leaders/{name}.pickle"


def write_leader(folder: Path, name: str, leader: Any) -> None:
    """Keep what the universes of a shape start from."""
    write_whole(folder / leader_file(name), pickle.dumps(leader))


def read_leader(folder: Path, name: str) -> Any:
    """Return what the universes of a shape start from; None where nothing can be read."""
    try:
        return pickle.loads((folder / leader_file(name)).read_bytes())
    except Exception:  # bytes that are no pickle raise whatever they spell
        return None
