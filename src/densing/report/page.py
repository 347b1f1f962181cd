"""The report of a run in a folder: one self-contained HTML file, figures and tables."""

import base64
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import xarray as xr
from matplotlib.figure import Figure

from densing.report import words
from densing.report.answers import Answered, RunAnswers
from densing.report.corollaries import corollary_figures
from densing.report.corollaries import section as corollary_section
from densing.report.families import plot_shared
from densing.report.figures import pictures
from densing.report.folder import asset, fill, write_csv, write_json, written_whole
from densing.report.interactive import interactive
from densing.report.provenance import choice_rows, prior_rows, sources, value_text
from densing.report.sensitivity import choice_pictures, section
from densing.report.style import figure_of, save
from densing.results.corollaries.economics import price_trend
from densing.results.run import record

REFIT = "densing influence run.nc --refit"
"""In the report's folder, which has the run."""


@dataclass(frozen=True)
class Image:
    """A figure as data addresses: for a page and, where that differs, for a phone."""

    wide: str
    narrow: str | None = None


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
        A multiverse around the run's model (`sensitivity.read_sensitivity`), for a section.
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
    answers, figures, tables = RunAnswers(run), folder / "figures", folder / "tables"
    figures.mkdir()
    tables.mkdir()
    images = {}
    for picture in pictures(run):
        wide, phone = picture.draw(answers, highlight=highlight), None
        if picture.for_phones:
            phone = picture.draw(answers, narrow=True, highlight=highlight)
        images[picture.name] = _image(wide, phone, figures / picture.name)
    choices = ""
    if sensitivity is not None:
        drawn = choice_pictures(sensitivity).items()
        choices = section(sensitivity, {k: _image(*pair, figures / k) for k, pair in drawn})
    follows = ""
    if answers.families:
        save(figure_of(plot_shared(answers, highlight=highlight)), figures / "headline")
    else:
        follows = _corollaries(answers, figures, tables)
    write_json(tables / "summary.json", answers.summary)
    _write_densities(answers, tables / "densities.csv")
    page = render(
        answers, images, command=command, sensitivity=choices, highlight=highlight,
        corollaries=follows,
    )  # fmt: skip
    (folder / "index.html").write_text(page, encoding="utf-8")


def _corollaries(answers: RunAnswers, figures: Path, tables: Path) -> str:
    """Write figures and table of what follows from a ladder run, and return the section."""
    follows, prices = answers.corollaries, price_trend()
    wide, phone = (corollary_figures(follows, prices, narrow=n) for n in (False, True))
    shown = {name: _image(wide[name], phone[name], figures / name) for name in wide}
    write_json(tables / "corollaries.json", follows)
    return corollary_section(follows, shown)


def _image(wide: Figure, narrow: Figure | None, stem: Path) -> Image:
    """Write a figure and return it as data addresses."""
    shown = data_uri(*save(wide, stem))
    if narrow is None:
        return Image(shown)
    with tempfile.TemporaryDirectory() as phone:
        return Image(shown, data_uri(*save(narrow, Path(phone) / stem.name)))


def data_uri(svg: Path, png: Path) -> str:
    """Return whichever of the two files is smaller as a data address: no quotes, no spaces."""
    text = svg.read_text(encoding="utf-8").replace('"', "'")
    drawn = "data:image/svg+xml," + quote(text, safe="/:;=,.'()!*-_+?@$<>")
    encoded = base64.b64encode(png.read_bytes()).decode("ascii")
    return min(drawn, f"data:image/png;base64,{encoded}", key=len)


def _write_densities(answers: RunAnswers, path: Path) -> None:
    """Write one row a model, densest first; intervals with their probability and kind."""
    data = answers.run["constant_data"].to_dataset()
    order = {str(name): i for i, name in enumerate(data["model"].to_numpy())}
    rows = []
    for row in answers.densities:
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


def render(
    run: Answered,
    images: Mapping[str, Image],
    *,
    command: str,
    sensitivity: str = "",
    highlight: Sequence[str] = (),
    corollaries: str = "",
) -> str:
    """Return the report's HTML.

    Parameters
    ----------
    run
        A run, or its answers.
    images
        Data addresses of each of `figures.pictures`, by name.
    command
        The command line that made the report.
    sensitivity, corollaries
        HTML of the sections on reference choices, if there is one, and on what follows.
    highlight
        Models that stand out.
    """
    answers = RunAnswers.of(run)
    run, answer = answers.run, answers.summary
    figures = {
        picture.name: {
            "name": picture.name, "title": picture.title, "caption": picture.caption,
            "alt": picture.alt(answers), "image": images[picture.name],
            "own": highlight if picture.of_models else (),
        }
        for picture in pictures(run)
    }  # fmt: skip
    context = {
        "style": asset("page.css"),
        "script": asset("page.js"),
        "answer": answer,
        "trustworthy": answers.trustworthy,
        "figures": figures,
        "interactive": interactive(answers, highlight=highlight) | {"of": "density_by_release"},
        "densities": answers.densities,
        "own": highlight,
        "choices": choice_rows(run),
        "priors": prior_rows(run),
        "sources": sources(run),
        "settings": record(run, "settings"),
        "model": record(run, "model"),
        "created": run.attrs["created"].replace("T", " ").replace("+00:00", " UTC"),
        "command": command,
        "sensitivity": sensitivity,
        "corollaries": corollaries,
        "families": answers.families,
        "version": run.attrs.get("evidence_version"),
    } | (_of_families(answers) if answers.families else _of_ladder(answers))
    names = ("months", "months_range", "percent", "size", "digits", "span")
    filters = {name: getattr(words, name) for name in names}
    name = "families.html.j2" if answers.families else "template.html.j2"
    return fill("densing.report", name, context=context, filters=filters)


def _of_ladder(answers: RunAnswers) -> dict[str, Any]:
    """Collect what the page of a run through one reference says beyond what every page does."""
    answer = answers.summary
    return {
        "headline": words.headline(answer),
        "shape": [line.text for line in answer.shape_parts(subject="That of a typical new model")],
        "coverage": answers.coverage, "hangs_on": answers.influence.left(REFIT),
        "moved": answers.priors,
    }  # fmt: skip


def _of_families(answers: RunAnswers) -> dict[str, Any]:
    """Collect what the page of a families run says beyond what every page does."""
    told, answer = answers.windows, answers.summary
    shown = [picture.name for picture in pictures(answers.run)]
    shape = [f"P(a typical release grows more slowly now than since {told.since}) = "
             f"{told.p_slower:.2f}."]  # fmt: skip
    if answer.acceleration:
        shape += [f"The bend of the trend: {answer.acceleration.changepoint.words()}."]
    return {
        "headline": words.windowed(told.since, told.now, told.population),
        "shape": shape, "told_of": told,
        "siblings": answers.siblings if "siblings" in shown else None,
        "tokens": value_text("tokens", answer["choices"]["tokens"]).removesuffix(" tokens"),
    }  # fmt: skip
