"""Corollaries in a folder: figures and the answer, each file whole or not there."""

from pathlib import Path
from typing import Any

from densing.report.compression_figure import plot_compression
from densing.report.corollaries_figure import plot_corollaries
from densing.report.folder import write_json, written_whole
from densing.report.size_bands_figure import plot_size_bands
from densing.report.style import figure_of, save
from densing.results.price_trend import price_trend


def write_corollaries(answer: dict[str, Any], out: str | Path, *, seed: int = 1) -> Path:
    """Write the figures (.png, .svg) and corollaries.json; return the folder.

    Figures: corollaries, size_bands and, where something is known of it, compression.
    """
    out = Path(out)
    with written_whole(out, last="corollaries.json") as folder:
        figure = figure_of(plot_corollaries(answer, price_trend(seed=seed)))
        save(figure, folder / "corollaries")
        save(figure_of(plot_size_bands(answer)), folder / "size_bands")
        if answer["compression"] is not None or answer["quantised"] is not None:
            save(figure_of(plot_compression(answer)), folder / "compression")
        write_json(folder / "corollaries.json", answer)
    return out
