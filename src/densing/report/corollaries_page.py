"""The page's section on what follows from a growing density."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from densing.report import words
from densing.report.compression_figure import plot_compression
from densing.report.corollaries_figure import plot_corollaries
from densing.report.size_bands_figure import plot_size_bands
from densing.report.style import figure_of
from densing.report.template import fill
from densing.results.corollary_words import TITLES
from densing.results.price_trend import price_trend


def corollary_pictures(answer: Mapping[str, Any]) -> dict[str, tuple[Figure, Figure]]:
    """Figures of the section by the stem of their files, each for a page and for a phone."""
    prices = price_trend()
    drawn = {
        "corollaries": [plot_corollaries(answer, prices, narrow=phone) for phone in (False, True)],
        "size_bands": [plot_size_bands(answer, narrow=phone) for phone in (False, True)],
    }
    if answer["compression"] is not None or answer["quantised"] is not None:
        drawn["compression"] = [plot_compression(answer, narrow=phone) for phone in (False, True)]
    return {name: (figure_of(wide), figure_of(narrow)) for name, (wide, narrow) in drawn.items()}


def section(answer: Mapping[str, Any], images: Mapping[str, Any]) -> Markup:
    """Return the section's HTML.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`.
    images
        `page.Image` of each of `corollary_pictures`, by name.
    """
    context = {"answer": answer, "images": images, "titles": TITLES}
    return Markup(
        fill("densing.report", "corollaries.html.j2", context=context,
             filters={"percent": words.percent})
    )  # fmt: skip
