from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from densing.paper.figures import draw_growth
from densing.paper.page import PICTURES
from densing.report.style import figure_of


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_every_figure_has_words(picture, result):
    assert isinstance(picture.draw(result), Figure)
    assert len(picture.alt(result)) > 40
    assert picture.caption.endswith(".")


def test_a_doubtful_frontier_is_stamped(result):
    trend = result.growth.trend.copy()
    trend.attrs["health"] = trend.attrs["health"].replace('"trustworthy"', '"not trustworthy"')
    doubtful = replace(result, growth=replace(result.growth, trend=trend))
    ax = draw_growth(doubtful)
    assert "NOT TRUSTWORTHY" in [text.get_text() for text in ax.texts]
    assert "NOT TRUSTWORTHY" not in [text.get_text() for text in draw_growth(result).texts]
    labels = [text.get_text() for text in figure_of(ax).legends[0].get_texts()]
    assert labels[0] == "printed: 3.5 months"
    assert "3.49 months" in labels[1]
