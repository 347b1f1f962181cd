"""The page in headless Chromium. Screenshots: in the folder named by DENSING_SCREENSHOTS."""

import os
from pathlib import Path

import numpy as np
import pytest

from densing.answers.density import density_table
from densing.report.figures import PICTURES
from densing.report.page import Image, render

from .chromium import Visit, executable
from .synthetic import make_run

pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium on PATH")
POPULATION = {"light": "#0072b2", "dark": "#56b4e9"}
FRONTIER = "#c24e00"
STATIC = "data:image/svg+xml,<svg/xmlns='http://www.w3.org/2000/svg'/viewBox='0,0,9,6'/>"


@pytest.fixture(scope="module")
def many():
    """Twenty-four models of three families, two architectures and many sizes."""
    run = make_run(models=24)
    run["constant_data"]["architecture"][::4] = "moe"
    return run


def write(run, folder):
    """Page whose only picture is in place of the static figure."""
    images = {picture.name: Image("data:,") for picture in PICTURES}
    page = folder / "index.html"
    page.write_text(
        render(run, images | {PICTURES[0].name: Image(STATIC)}, command="densing report"),
        encoding="utf-8",
    )
    return page.as_uri()


@pytest.fixture(scope="module")
def address(many, tmp_path_factory):
    return write(many, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory):
    named = os.environ.get("DENSING_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, address):
    visits = []

    def start(where=address, **options):
        visits.append(Visit(browser, where, **options))
        return visits[-1]

    yield start
    for one in visits:
        one.context.close()


@pytest.fixture(scope="module")
def loaded(browser, address):
    return Visit(browser, address).ready()


@pytest.fixture
def page(loaded):
    """Page as it was when it had just loaded: loading it anew takes a second a test."""
    loaded.tab.emulate_media(color_scheme="light", media="screen")
    loaded.tab.mouse.move(2, 2)
    loaded.tab.get_by_role("button", name="Show all").click()
    loaded.settle()
    loaded.faults.clear()
    return loaded


def test_it_loads_without_an_error_and_asks_for_nothing(loaded, address):
    page = loaded
    page.tab.mouse.wheel(0, 30_000)
    page.tab.get_by_role("combobox", name="Model", exact=True).select_option(label="$$x^2$$-9B")
    page.settle()
    assert page.faults == []
    assert page.requests == [address]


def test_it_takes_the_static_figures_place(page):
    assert page.tab.locator("#interactive-plot canvas").first.is_visible()
    assert not page.tab.locator("#density_by_release picture").is_visible()
    assert page.pixels(POPULATION["light"]) > 200
    assert page.pixels(FRONTIER) > 200


def test_pointing_at_a_model_tells_about_it(page, many):
    assert not page.card.is_visible()
    for row in density_table(many)[::5]:
        page.tab.mouse.move(*page.place(row["model"]))
        page.settle()
        text = page.card.inner_text()
        assert text.startswith(row["model"])
        assert row["release_date"] in text
        assert f"{row['density']['median']:.2g}" in text.replace(",", "")
        assert "QUIZ" in text
        assert "CODE & <b>MATH</b>" in text
    box = page.tab.locator("#interactive-plot").bounding_box()
    page.tab.mouse.move(box["x"] + box["width"] - 60, box["y"] + box["height"] - 80)
    page.settle()
    assert not page.card.is_visible(), "no model is there"
    page.tab.mouse.move(*page.place("plain-3B"))
    page.settle()
    assert page.card.is_visible()
    page.tab.mouse.move(2, 2)
    page.settle()
    assert not page.card.is_visible()
    assert page.faults == []


def test_the_card_never_covers_its_model(visit, tmp_path):
    """Density falls here: the first models lie where the card would be, the last opposite."""
    run = make_run(rate=-2.5)
    page = visit(write(run, tmp_path)).ready()
    places = set()
    for name in run["derived"]["model"].values:
        page.tab.get_by_role("combobox", name="Model", exact=True).select_option(label=str(name))
        page.settle()
        x, y = page.place(str(name))
        box = page.card.bounding_box()
        beside = not box["x"] < x < box["x"] + box["width"]
        assert beside or not box["y"] < y < box["y"] + box["height"], name
        places.add((box["x"], box["y"]))
    assert len(places) > 1


def test_a_family_is_filtered_and_the_others_are_silent(page, many):
    data = many["constant_data"].to_dataset()
    family, names = data["model_family"].values, data["model"].values
    page.tab.locator("#interactive summary").click()
    page.tab.get_by_label("family-1").check()
    assert page.tab.locator(".shown").inner_text() == f"{(family == 'family-1').sum()} of 24 models"
    kept, silent = names[family == "family-1"][3], names[family == "family-0"][-1]
    page.tab.mouse.move(*page.place(kept))
    page.settle()
    assert page.card.inner_text().startswith(kept)
    page.tab.mouse.move(*page.place(silent))
    page.settle()
    assert not page.card.is_visible() or not page.card.inner_text().startswith(silent)
    page.tab.get_by_role("button", name="Show all").click()
    page.settle()
    assert page.tab.locator(".shown").inner_text() == "24 of 24 models"


def test_filters_of_size_and_architecture_count_rightly(page, many):
    data = many["constant_data"].to_dataset()
    params, kinds = data["counted_params"].values, data["architecture"].values
    page.tab.get_by_label("Architecture").select_option("moe")
    assert page.tab.locator(".shown").inner_text() == f"{(kinds == 'moe').sum()} of 24 models"
    page.tab.get_by_label("Parameters from").select_option(label="3B")
    page.tab.get_by_label("Parameters to").select_option(label="100B")
    kept = (kinds == "moe") & (params >= 3e9) & (params <= 1e11)
    assert 0 < kept.sum() < (kinds == "moe").sum()
    assert page.tab.locator(".shown").inner_text() == f"{kept.sum()} of 24 models"
    page.tab.get_by_label("Parameters from").select_option(label="100B")
    page.tab.get_by_label("Parameters to").select_option(label="1B")
    assert page.tab.locator(".shown").inner_text() == "None of 24 models is of that kind."
    assert page.faults == []


@pytest.mark.parametrize(
    ("label", "colour"), [("Typical new model", POPULATION["light"]), ("Frontier", FRONTIER)]
)
def test_each_line_is_switched(page, label, colour):
    assert page.pixels(colour) > 200
    page.tab.get_by_role("checkbox", name=label).uncheck()
    assert page.pixels(colour) == 0
    page.tab.get_by_role("checkbox", name=label).check()
    assert page.pixels(colour) > 200


def test_the_record_is_switched(page):
    with_it = page.pixels("#00805d")
    page.tab.get_by_label("Expected record").uncheck()
    assert page.pixels("#00805d") < with_it


def test_the_axis_is_switched_by_keyboard_and_back(page, many):
    table = {row["model"]: row["density"]["median"] for row in density_table(many)}
    names = sorted(table, key=table.get)[::4]
    density = np.asarray([table[name] for name in names])

    def straightness(values):
        height = [page.place(name)[1] for name in names]
        return abs(np.corrcoef(values, height)[0, 1])

    assert straightness(np.log(density)) == pytest.approx(1, abs=1e-9)
    page.tab.get_by_role("radio", name="logarithmic").focus()
    page.tab.keyboard.press("ArrowRight")
    page.settle()
    assert page.tab.get_by_role("radio", name="linear").is_checked()
    assert straightness(density) == pytest.approx(1, abs=1e-9)
    assert straightness(np.log(density)) < 0.99
    page.tab.keyboard.press("ArrowLeft")
    page.settle()
    assert straightness(np.log(density)) == pytest.approx(1, abs=1e-9)
    assert page.faults == []


def test_a_part_is_enlarged_by_dragging_and_all_is_shown_again(page):
    before = page.place("A&B-7B"), page.place("model-23")
    (x0, y0), (x1, y1) = before
    page.tab.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.tab.mouse.down()
    page.tab.mouse.move(x1 - 20, y1 - 20, steps=5)
    page.tab.mouse.up()
    page.settle()
    assert page.place("model-23")[0] - page.place("A&B-7B")[0] > 1.5 * (x1 - x0)
    page.tab.get_by_role("button", name="Show all").click()
    page.settle()
    after = page.place("A&B-7B"), page.place("model-23")
    assert np.allclose(after, before)
    assert page.faults == []


def test_every_control_has_a_label_and_takes_the_focus(page):
    nameless = page.tab.evaluate(
        "() => [...document.querySelectorAll('#interactive :is(input, select)')]"
        ".filter(e => !e.labels.length).length"
    )
    assert nameless == 0
    page.tab.locator("#interactive [name=line]").first.focus()
    page.tab.keyboard.press("Space")
    assert not page.tab.get_by_role("checkbox", name="Typical new model").is_checked()
    for _ in range(40):
        page.tab.keyboard.press("Tab")
        if page.tab.evaluate("document.activeElement.name") == "model":
            break
    page.tab.keyboard.type("plain-3")
    page.settle()
    assert page.card.inner_text().startswith("plain-3B")


def test_dark_and_light_follow_the_reader_at_once(page):
    assert page.pixels(POPULATION["dark"]) == 0
    page.tab.emulate_media(color_scheme="dark")
    assert page.pixels(POPULATION["dark"]) > 200
    assert page.pixels(POPULATION["light"]) == 0


def test_paper_gets_the_static_figure(page):
    page.tab.emulate_media(media="print")
    assert page.tab.locator("#density_by_release picture").is_visible()
    assert not page.tab.locator("#interactive").is_visible()


@pytest.mark.parametrize("options", [
    {"java_script_enabled": False},
    {"before": "Object.defineProperty(window, 'Bokeh', { value: { set_log_level() {} } })"},
])  # fmt: skip
def test_without_scripts_or_the_library_the_static_figure_stays(visit, options):
    page = visit(**options)
    assert page.tab.locator("#density_by_release picture").is_visible()
    assert not page.tab.locator("#interactive").is_visible()


def test_a_doubtful_run_is_marked_across_the_figure(visit, page, tmp_path, doubtful):
    marked = visit(write(doubtful, tmp_path)).ready()
    assert marked.tab.locator("#interactive .stamp").inner_text() == "NOT TRUSTWORTHY"
    assert page.tab.locator("#interactive .stamp").count() == 0


def look(page, width, screenshots):
    """Keep what it looks like, light and dark; nothing stands out of the window."""
    page.tab.get_by_role("combobox", name="Model", exact=True).select_option(label="plain-1B")
    figure = page.tab.locator("#density_by_release")
    for scheme in ("light", "dark"):
        page.tab.emulate_media(color_scheme=scheme)
        page.settle()
        figure.screenshot(path=screenshots / f"interactive-{width}-{scheme}.png")
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert page.card.evaluate("card => card.scrollWidth <= card.clientWidth")
    inside, card = figure.bounding_box(), page.card.bounding_box()
    assert inside["x"] <= card["x"]
    assert card["x"] + card["width"] <= inside["x"] + inside["width"]


def test_it_fits_a_wide_window(page, screenshots):
    look(page, 1400, screenshots)


def test_it_fits_a_phone_where_a_tap_keeps_the_card(visit, screenshots):
    size = {"width": 390, "height": 844}
    page = visit(viewport=size, is_mobile=True, has_touch=True).ready()
    look(page, 390, screenshots)
    page.tab.touchscreen.tap(*page.place("plain-2B"))
    page.settle()
    assert page.card.inner_text().startswith("plain-2B")
    chosen = page.tab.get_by_role("combobox", name="Model", exact=True).locator("option:checked")
    assert chosen.inner_text() == "plain-2B"
    assert page.faults == []
