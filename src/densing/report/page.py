"""The page: one self-contained HTML file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr

from densing.answers.density import density_table
from densing.answers.influence import left_one_out as influence
from densing.answers.priors import prior_sensitivity
from densing.answers.summary import summarise as summary
from densing.report import words
from densing.report.choices import choice_rows, prior_rows
from densing.report.figures import pictures
from densing.report.interactive import interactive
from densing.report.provenance import sources
from densing.report.template import asset, fill
from densing.results.predict import coverage
from densing.results.run import record, trustworthy

REFIT = "densing influence run.nc --refit"
"""In the report's folder, which has the run."""


@dataclass(frozen=True)
class Image:
    """A figure as data addresses: for a page and, where that differs, for a phone."""

    wide: str
    narrow: str | None = None


def render(
    run: xr.DataTree,
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
        A run.
    images
        Data addresses of each of `figures.pictures`, by name.
    command
        The command line that made the report.
    sensitivity
        HTML of the section on reference choices (`sensitivity_page.section`), if there is one.
    highlight
        Models that stand out.
    corollaries
        HTML of the section on what follows (`corollaries_page.section`).
    """
    filters = {
        "months": words.months, "months_range": words.months_range, "percent": words.percent,
        "size": words.size, "digits": words.digits, "span": words.span,
    }  # fmt: skip
    told = context(run, images, command=command, highlight=highlight)
    told |= {"sensitivity": sensitivity, "corollaries": corollaries}
    return fill("densing.report", "template.html.j2", context=told, filters=filters)


def context(
    run: xr.DataTree, images: Mapping[str, Image], *, command: str, highlight: Sequence[str] = ()
) -> dict[str, Any]:
    """Everything the template refers to."""
    answer = summary(run)
    figures = {
        picture.name: {
            "name": picture.name, "title": picture.title, "caption": picture.caption,
            "alt": picture.alt(run), "image": images[picture.name],
            "own": highlight if picture.of_models else (),
        }
        for picture in pictures(run)
    }  # fmt: skip
    return {
        "style": asset("page.css"),
        "script": asset("page.js"),
        "answer": answer,
        "trustworthy": trustworthy(run),
        "headline": words.headline(answer),
        "shape": [line.text for line in answer.told_shape(subject="That of a typical new model")],
        "figures": figures,
        "interactive": interactive(run, highlight=highlight) | {"of": "density_by_release"},
        "densities": density_table(run),
        "own": highlight,
        "coverage": coverage(run),
        "choices": choice_rows(run),
        "priors": prior_rows(run),
        "hangs_on": influence(run).left(REFIT),
        "moved": prior_sensitivity(run) if "log_prior" in run.children else None,
        "sources": sources(run),
        "settings": record(run, "settings"),
        "model": record(run, "model"),
        "created": run.attrs["created"].replace("T", " ").replace("+00:00", " UTC"),
        "command": command,
    }
