"""A comparison in a folder: the figure and the answer, each file whole or not there."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from densing.report.compare_figure import plot_compare
from densing.report.style import figure_of, save
from densing.results.plain_json import to_json


def write_comparison(
    runs: Mapping[str, xr.DataTree], answer: dict[str, Any], out: str | Path
) -> Path:
    """Write compare.png, compare.svg and compare.json; return the folder."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".compare-") as name:
        folder = Path(name)
        save(figure_of(plot_compare(runs, answer)), folder / "compare")
        (folder / "compare.json").write_text(to_json(answer), encoding="utf-8")
        for path in sorted(folder.iterdir()):
            shutil.move(path, out / path.name)
    return out
