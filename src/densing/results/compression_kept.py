"""The kept answer on compression, for runs that keep no derived models.

Derived models need a run of their own: most have one score, and the default model wants three. So
what such a run of the default model says on the bundled evidence comes with the package
(`make compression`), and is quoted as what it is: not of the run at hand.
"""

from typing import Any

import xarray as xr

from densing.results.compression import compression
from densing.results.interval import PROB
from densing.results.kept import kept_path, read_kept
from densing.results.run import RunError, record, trustworthy

ABOUT = (
    "command", "date", "seed", "versions", "prob", "models", "scores", "evidence_hash",
)  # fmt: skip
"""How a kept answer was made."""


def to_keep(run: xr.DataTree, *, command: str) -> dict[str, Any]:
    """Return the record to keep: the answer, and how it was made; raises `RunError`.

    Parameters
    ----------
    command
        That made the run.
    """
    if not trustworthy(run):
        raise RunError("not trustworthy: a run to keep must pass its diagnostics")
    answer = compression(run)
    return {
        **answer, "command": command, "date": run.attrs["created"][:10],
        "seed": int(run.attrs["seed"]), "versions": record(run, "versions"),
        "prob": PROB, "models": int(run.attrs["models"]),
        "scores": int(run.attrs["scores"]), "evidence_hash": run.attrs["evidence_hash"],
    }  # fmt: skip


def kept_compression() -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the kept answer (as `compression`) and how it was made; None without one."""
    told = read_kept(kept_path("compression.json"))
    if told is None or any(key not in told for key in ABOUT):
        return None
    about = {key: told.pop(key) for key in ABOUT}
    return told, about
