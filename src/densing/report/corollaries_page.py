"""The page's section on what follows from a growing density."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from densing.report import words
from densing.report.corollaries_figure import plot_corollaries
from densing.report.style import figure_of
from densing.report.template import fill
from densing.results.corollary_words import TITLES
from densing.results.price_trend import price_trend


def corollary_pictures(answer: Mapping[str, Any]) -> tuple[Figure, Figure]:
    """Figure of the section, for a page and for a phone."""
    prices = price_trend()
    wide, narrow = (plot_corollaries(answer, prices, narrow=phone) for phone in (False, True))
    return figure_of(wide), figure_of(narrow)


def section(answer: Mapping[str, Any], image: Any) -> Markup:
    """Return the section's HTML.

    Parameters
    ----------
    answer
        `results.corollaries.corollaries(run)`.
    image
        `page.Image` of `corollary_pictures`.
    """
    context = {"answer": answer, "image": image, "titles": TITLES}
    return Markup(
        fill("densing.report", "corollaries.html.j2", context=context,
             filters={"percent": words.percent})
    )  # fmt: skip
