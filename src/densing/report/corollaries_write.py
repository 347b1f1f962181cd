"""Corollaries in a folder: figures and the answer, each file whole or not there."""

from pathlib import Path
from typing import Any

from densing.report.compression_figure import plot_compression
from densing.report.corollaries_figure import plot_corollaries
from densing.report.folder import write_json, written_whole
from densing.report.style import figure_of, save
from densing.results.price_trend import price_trend


def write_corollaries(answer: dict[str, Any], out: str | Path, *, seed: int = 1) -> Path:
    """Write corollaries.png, compression.png (and .svg) and corollaries.json; return the folder."""
    out = Path(out)
    with written_whole(out, last="corollaries.json") as folder:
        figure = figure_of(plot_corollaries(answer, price_trend(seed=seed)))
        save(figure, folder / "corollaries")
        if answer["compression"] is not None:
            save(figure_of(plot_compression(answer)), folder / "compression")
        write_json(folder / "corollaries.json", answer)
    return out
