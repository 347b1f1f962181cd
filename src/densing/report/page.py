"""The page: one self-contained HTML file."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import xarray as xr
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from densing.report import words
from densing.report.choices import choice_rows, prior_rows
from densing.report.figures import PICTURES
from densing.report.provenance import sources
from densing.results.density import density_table
from densing.results.headline import summary, trustworthy
from densing.results.predict import coverage
from densing.results.run import record


@dataclass(frozen=True)
class Image:
    """A figure as data addresses: for a page and, where that differs, for a phone."""

    wide: str
    narrow: str | None = None


def render(run: xr.DataTree, images: Mapping[str, Image], *, command: str) -> str:
    """Return the report's HTML.

    Parameters
    ----------
    run
        A run.
    images
        Data addresses of each of `figures.PICTURES`, by name.
    command
        The command line that made the report.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "months": words.months, "months_range": words.months_range, "percent": words.percent,
        "size": words.size, "digits": words.digits, "span": words.span,
    }  # fmt: skip
    template = resources.files("densing.report").joinpath("template.html.j2")
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        context(run, images, command=command)
    )


def context(run: xr.DataTree, images: Mapping[str, Image], *, command: str) -> dict[str, Any]:
    """Everything the template refers to."""
    answer = summary(run)
    style = resources.files("densing.report").joinpath("page.css").read_text(encoding="utf-8")
    script = resources.files("densing.report").joinpath("page.js").read_text(encoding="utf-8")
    figures = {
        picture.name: {
            "name": picture.name, "title": picture.title, "caption": picture.caption,
            "alt": picture.alt(run), "image": images[picture.name],
        }
        for picture in PICTURES
    }  # fmt: skip
    return {
        "style": Markup(style),
        "script": Markup(script),
        "answer": answer,
        "trustworthy": trustworthy(run),
        "headline": words.headline(answer),
        "figures": figures,
        "densities": density_table(run),
        "coverage": coverage(run),
        "choices": choice_rows(run),
        "priors": prior_rows(run),
        "sources": sources(run),
        "settings": record(run, "settings"),
        "model": record(run, "model"),
        "created": run.attrs["created"].replace("T", " ").replace("+00:00", " UTC"),
        "command": command,
    }
