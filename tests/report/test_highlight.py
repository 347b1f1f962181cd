"""Models that stand out: in the figures, in the table and in the interactive figure's data."""

import json

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from densing.answers.density import density_table
from densing.report import plot_headline, plot_ranking
from densing.report.figures import PICTURES
from densing.report.page import Image, render
from densing.report.style import HIGHLIGHT

from .page_parts import Page
from .synthetic import make_run


@pytest.fixture(scope="module")
def names(run):
    """The least dense model and the densest."""
    ranked = [row["model"] for row in density_table(run)]
    return [ranked[-1], ranked[0]]


def tones(ax):
    return {text.get_text(): to_rgb(text.get_color()) for text in ax.get_yticklabels()}


def test_a_model_far_down_is_there_with_its_place(run, names):
    ax = plot_ranking(run, models=3, highlight=names)
    shown = tones(ax)
    assert len(shown) == 4
    own = [text for text, tone in shown.items() if tone == to_rgb(HIGHLIGHT)]
    assert len(own) == 2
    assert own[1].startswith(f"{len(density_table(run))}.  ")
    assert len(plot_ranking(run, models=3).get_yticklabels()) == 3


def test_without_names_nothing_stands_out(run):
    assert to_rgb(HIGHLIGHT) not in tones(plot_ranking(run)).values()
    dots = plot_headline(run).collections
    assert not any(np.all(c.get_facecolor()[:, :3] == to_rgb(HIGHLIGHT), axis=1).any()
                   for c in dots if len(c.get_facecolor()))  # fmt: skip


def page_of(run, **options):
    images = {picture.name: Image("data:,") for picture in PICTURES}
    return render(run, images, command="densing report", **options)


def models_of(page):
    (source,) = (
        columns for columns in walk(json.loads(Page(page).scripts[0])) if "record" in columns
    )
    return source


def walk(value):
    """Every mapping from texts in a nested record, Bokeh's lists of pairs among them."""
    if isinstance(value, dict):
        if value.get("type") == "map":
            yield {k: v for k, v in value["entries"] if isinstance(k, str)}
        for part in value.values():
            yield from walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part)


def test_the_page_carries_them(names):
    run = make_run()
    page = page_of(run, highlight=names)
    columns = models_of(page)
    own = [name for name, mine in zip(columns["name"], columns["own"], strict=True) if mine]
    assert sorted(own) == sorted(names)
    assert page.count('<tr class="own">') == 2
    assert page.count('<strong class="own">') == 2  # below the two figures of single models
    plain = page_of(run)
    assert 'class="own"' not in plain
    assert not any(models_of(plain)["own"])
