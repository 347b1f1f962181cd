"""The report of a run in a folder: page, figures and tables, each file whole or not there."""

import base64
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import xarray as xr
from matplotlib.figure import Figure

from densing.answers.density import density_table
from densing.answers.summary import summarise as summary
from densing.report.corollaries_page import corollary_pictures
from densing.report.corollaries_page import section as corollary_section
from densing.report.figures import pictures
from densing.report.folder import write_csv, write_json, written_whole
from densing.report.lean_svg import lean
from densing.report.page import Image, render
from densing.report.sensitivity_page import choice_pictures, section
from densing.report.style import save
from densing.results.corollaries import corollaries


def write_report(
    run: xr.DataTree,
    out: str | Path,
    *,
    command: str,
    sensitivity: Mapping[str, Any] | None = None,
    highlight: Sequence[str] = (),
) -> Path:
    """Write index.html, figures/*.png and *.svg, and tables/ (densities, summary, corollaries).

    Each file is whole or not there (`folder.written_whole`). Other files in `out` stay.

    Parameters
    ----------
    run
        A run, fresh or opened (`results.run.open_run`).
    out
        Folder of the report; made where it does not exist.
    command
        The command line that made it, for the page.
    sensitivity
        A multiverse around the run's model (`sensitivity_page.read_sensitivity`), for a section.
    highlight
        Models that stand out.

    Returns
    -------
    Path
        The page.
    """
    out = Path(out)
    with written_whole(out, last="index.html") as folder:
        _make(run, folder, command=command, sensitivity=sensitivity, highlight=highlight)
    return out / "index.html"


def _make(
    run: xr.DataTree,
    folder: Path,
    *,
    command: str,
    sensitivity: Mapping[str, Any] | None,
    highlight: Sequence[str],
) -> None:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    figures = folder / "figures"
    images = {}
    for picture in pictures(run):
        wide, narrow = picture.draw(run, highlight=highlight), None
        if picture.for_phones:
            narrow = picture.draw(run, narrow=True, highlight=highlight)
        images[picture.name] = _image(wide, narrow, figures / picture.name)
    told = ""
    if sensitivity is not None:
        drawn = choice_pictures(sensitivity).items()
        told = section(sensitivity, {k: _image(*pair, figures / k) for k, pair in drawn})
    follows = corollaries(run)
    drawn = corollary_pictures(follows).items()
    shown = {name: _image(*pair, figures / name) for name, pair in drawn}
    write_json(folder / "tables" / "corollaries.json", follows)
    write_densities(run, folder / "tables" / "densities.csv")
    write_json(folder / "tables" / "summary.json", summary(run))
    page = render(
        run, images, command=command, sensitivity=told, highlight=highlight,
        corollaries=corollary_section(follows, shown),
    )  # fmt: skip
    (folder / "index.html").write_text(page, encoding="utf-8")


def _image(wide: Figure, narrow: Figure | None, stem: Path) -> Image:
    """Write a figure and return it as data addresses."""
    shown = data_uri(*save(wide, stem))
    if narrow is None:
        return Image(shown)
    with tempfile.TemporaryDirectory() as phone:
        return Image(shown, data_uri(*save(narrow, Path(phone) / stem.name)))


def data_uri(svg: Path, png: Path) -> str:
    """Return whichever of the two files is smaller as a data address: no quotes, no spaces."""
    text = lean(svg.read_text(encoding="utf-8")).replace('"', "'")
    drawn = "data:image/svg+xml," + quote(text, safe="/:;=,.'()!*-_+?@$<>")
    encoded = base64.b64encode(png.read_bytes()).decode("ascii")
    return min(drawn, f"data:image/png;base64,{encoded}", key=len)


def write_densities(run: xr.DataTree, path: Path) -> None:
    """Write one row a model, densest first; intervals with their probability and kind."""
    data = run["constant_data"].to_dataset()
    order = {str(name): i for i, name in enumerate(data["model"].to_numpy())}
    rows = []
    for row in density_table(run):
        at = order[row["model"]]
        density, effective = row["density"], row["effective_params"]
        rows.append(
            {
                "model": row["model"],
                "organization": str(data["organization"].values[at]),
                "family": str(data["model_family"].values[at]),
                "release_date": row["release_date"],
                "params": float(data["params"].values[at]),
                "counted_params": row["params"],
                **{f"density_{end}": density[end] for end in ("median", "lower", "upper")},
                **{f"effective_params_{e}": effective[e] for e in ("median", "lower", "upper")},
                "prob": density["prob"],
                "kind": density["kind"],
                "p_beyond_reference": row["p_beyond_reference"],
            }
        )
    write_csv(path, list(rows[0]), rows)
