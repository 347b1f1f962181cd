import io
import re
import xml.etree.ElementTree as ET

import pytest

from densing.report import write_report
from densing.report.growth import plot_rate
from densing.report.lean_svg import lean, relative
from densing.report.style import compact, figure_of

from .synthetic import make_run

LIMIT = 3_600_000
"""Bytes of a page: well below the five million that may be."""


@pytest.fixture(scope="module")
def drawn(run):
    out = io.StringIO()
    figure_of(plot_rate(run)).savefig(out, format="svg")
    return compact(out.getvalue())


def test_a_page_of_160_models_is_small(tmp_path):
    page = write_report(make_run(models=160, chains=4, draws=500), tmp_path, command="densing")
    assert page.stat().st_size < LIMIT


def test_half_of_the_bytes_go_and_nothing_that_is_drawn(drawn):
    thin = lean(drawn)
    assert len(thin) < 0.65 * len(drawn)
    before, after = ET.fromstring(drawn), ET.fromstring(thin)
    for shape in ("path", "use", "clipPath", "rect", "image"):
        assert count(after, shape) == count(before, shape), shape
    assert after.get("viewBox") == before.get("viewBox")


def count(root, shape):
    return sum(element.tag.rpartition("}")[2] == shape for element in root.iter())


def test_every_name_that_is_referred_to_is_there_once(drawn):
    thin = lean(drawn)
    names = re.findall(r' id="([^"]*)"', thin)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="|url\()#([^")]*)', thin)) == set(names)


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("M 1 2 L 3 5 L 3 4.5", "m1,2,2,3,0-.5"),
        ("M0 0L10 0L10 10zM20 20L21 20z", "m0,0,10,0,0,10zm20,20,1,0z"),
        ("M0 0Q1 2 3 4C1 1 2 2 0.25 -3", "m0,0q1,2,3,4c-2-3-1-2-2.75-7"),
        ("M0 0A1 1 0 0 1 2 2", "M0 0A1 1 0 0 1 2 2"),  # an arc stays as it was
        ("5 5", "5 5"),
        ("", ""),
    ],
)
def test_paths_are_relative(path, short):
    assert relative(path) == short


def test_errors_of_rounding_do_not_add_up():
    steps = relative("M0 0" + "".join(f"L{i * 0.004:.3f} 0" for i in range(1, 1001)))
    assert sum(float(x) for x, _ in re.findall(r"(-?[\d.]+),(-?[\d.]+)", steps)) == pytest.approx(4)


def test_a_closed_path_goes_on_from_where_it_began():
    assert relative("M1 1L2 1zL5 5") == "m1,1,1,0zl4,4"


def test_a_glyph_is_placed_where_it_was():
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'>"
        "<g id='a'><defs><path id='DejaVu-13' d='M0 0L1 1'/></defs><use x:href='#DejaVu-13' "
        "transform='translate(63.62 0)'/></g></svg>"
    )
    thin = lean(svg)
    assert '<use href="#a" x="63.62" />' in thin
    assert "<g" not in thin
