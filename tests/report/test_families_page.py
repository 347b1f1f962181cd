"""The page and the figures of a families run."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from densing.report import families
from densing.report.answers import RunAnswers
from densing.report.density import plot_headline
from densing.report.figures import FAMILY_PICTURES, pictures
from densing.report.page import Image, render, write_report
from densing.report.provenance import choice_rows
from densing.report.style import figure_of
from densing.report.words import windowed
from densing.results.family_run import layout_of
from densing.results.isoperformance import expected_sizes, isoperformance, levels

from .page_parts import Page

LIMIT = 3_600_000
"""Bytes of a page: well below the five million that may be."""


@pytest.fixture(scope="module")
def answers(families_run):
    return RunAnswers(families_run)


@pytest.fixture(scope="module")
def folder(families_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("families") / "page"
    named = str(families_run["derived"]["model"].values[-1])
    write_report(families_run, out, command="densing report", highlight=[named])
    return out


def test_the_page_stands_alone_and_is_small(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(text.encode()) < LIMIT
    assert len(page.images) == len(FAMILY_PICTURES)
    assert all(image["alt"] for image in page.images)
    assert all(reference.startswith("data:") for reference in page.references)
    assert not page.links
    drawn = {p.name for p in FAMILY_PICTURES} | {"headline"}
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"{name}.{kind}" for name in drawn for kind in ("png", "svg")
    }
    assert {path.name for path in (folder / "tables").iterdir()} == {
        "densities.csv", "summary.json",
    }  # fmt: skip


def test_no_growth_is_told_without_its_window(folder, answers):
    text = (folder / "index.html").read_text(encoding="utf-8")
    told = answers.windows
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", text)[1]
    assert heading == windowed(told.since, told.now, told.population)
    assert told.since in heading
    assert told.now in heading
    assert told.now == str(max(answers.run["constant_data"]["release_date"].values))
    for name in (*told.types, *told.benchmarks):
        assert name.casefold() in text.casefold()
    order = [text.index(f'id="{name}"') for name in (
        "density_by_release", "growth_by_type", "benchmark_rates", "densities", "siblings",
        "isoperformance", "choices", "sources", "diagnostics_of_the_run", "limits",
    )]  # fmt: skip
    assert order == sorted(order)
    assert f"tables of {answers.run.attrs['evidence_version']}" in text


def test_what_needs_a_ladder_is_left_out(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    for name in ("loss_law", "performance_map", "influence", "corollaries", "predictive_check"):
        assert f'id="{name}"' not in text
        assert f"#{name}" not in text
    assert "P(beyond reference)" not in text


def test_links_within_the_page_lead_somewhere(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert all(f'id="{name}"' in text for name in re.findall(r'href="#([^"]*)"', text))
    for name in re.findall(r'href="((?:tables|figures)/[^"]+)"', text):
        assert (folder / name).exists()


def test_windows_are_those_of_the_draws(answers):
    told, derived = answers.windows, answers.run["derived"]
    rate = derived["population_rate"].to_numpy()
    assert told.population.since["rate_per_year"]["median"] == pytest.approx(np.median(rate))
    for kind, (since, now) in told.types.items():
        own = derived["type_rate_at_end"].sel(type=kind).to_numpy()
        assert now["rate_per_year"]["median"] == pytest.approx(np.median(own))
        assert since["rate_per_year"]["lower"] < since["rate_per_year"]["upper"]
    assert set(told.benchmarks) == set(told.type_of)
    kinds = [told.type_of[name] for name in told.benchmarks]
    assert list(dict.fromkeys(kinds)) == list(told.types)  # types stand together
    assert told.lead.lower > 1.0
    assert 1.0 <= told.effective_families <= told.families <= told.releases


def test_the_smallest_model_to_reach_a_score_needs_no_model(families_run):
    found = isoperformance(families_run)
    data = families_run["constant_data"].to_dataset()
    table = pd.DataFrame(
        {
            "model": data["model"].values[data["score_model"].values.astype(int)],
            "benchmark": data["score_benchmark"].values, "score": data["score"].values,
        }
    ).set_index("model")  # fmt: skip
    size = data["counted_params"].to_series()
    for name, rows in found.items():
        for row in rows:
            assert (np.diff(row.params) < 0).all()
            assert row.dates.is_monotonic_increasing
            reach = table[(table["benchmark"] == name) & (table["score"] >= row.score)].index
            assert row.params[-1] == size[reach].min()
            assert set(row.models) <= set(reach)


def test_the_expected_size_has_the_expected_score(families_run):
    """Put in again, the size at which a typical release reaches a score gives that score."""
    from scipy.special import expit

    from densing.models.families import SIZE, expected_logits
    from densing.models.family_predict import replay
    from densing.results.family_run import draws_of

    one = families_run.isel(chain=[0], draw=[0])
    one.attrs = families_run.attrs
    layout = layout_of(one)
    names = layout.coords["benchmark"]
    dates = pd.DatetimeIndex(["2022-01-01", "2023-01-01"])
    scores = {name: [0.6] for name in names}
    found = expected_sizes(one, scores, dates)
    values = {**layout.facts, **{k: v[0] for k, v in draws_of(one, None).items()}}
    for k, name in enumerate(names):
        for at, day in enumerate(dates):
            x = np.log(found[name][0, 1, at : at + 1] / SIZE)
            time = (day - pd.Timestamp("2023-02-24")).days / 365.25 - layout.centre["time"]
            data = layout.data._replace(
                time=np.array([time]), log_active=x, log_total=x, since_mean=np.zeros(1),
                log_tokens=np.zeros(1), protocol=np.zeros((1, len(names)), int),
            )  # fmt: skip
            mean, of, _ = expected_logits(replay(values), data, layout.switches)
            score = of.floor[k] + (of.ceiling[k] - of.floor[k]) * expit(mean[0, k])
            assert score == pytest.approx(0.6, abs=1e-6)


def test_levels_are_round_and_above_chance():
    score = np.linspace(0.2, 0.93, 50)
    assert levels(score, 0.25) == [0.55, 0.7, 0.85]
    assert levels(np.full(5, 0.25), 0.25) == []


@pytest.mark.parametrize("picture", FAMILY_PICTURES, ids=lambda picture: picture.name)
def test_a_phone_gets_the_same_figures(picture, answers):
    if picture.for_phones:
        picture.draw(answers, narrow=True).draw_without_rendering()
    assert len(picture.alt(answers)) > 40


def test_the_shared_picture_names_both_windows(answers):
    upper, lower = families.plot_shared(answers)
    words = "\n".join(t.get_text() for ax in (upper, lower) for t in ax.texts)
    words += lower.get_title() + lower.get_title(loc="left") + lower.get_title(loc="right")
    assert "typical release since 2023" in words
    assert f"now, {answers.windows.now}" in words
    assert "the best of 20" in words
    assert figure_of(upper) is figure_of(lower)


def test_labels_of_one_panel_stand_apart():
    heights = families.apart([1.0, 1.05, 3.0], 1.3)
    assert heights == [1.0, 1.3, 3.0]


def test_a_ladder_run_has_no_windows(run):
    with pytest.raises(ValueError, match="no run of families"):
        families.plot_type_growth(run)
    assert {p.name for p in pictures(run)} >= {"loss_law", "influence"}
    plot_headline(run)


def test_choices_say_what_they_mean(families_run):
    rows = {row["name"]: row for row in choice_rows(families_run)}
    assert "Families as yardsticks" in rows["form"]["about"]
    assert rows["best of"]["about"]


def test_a_run_without_siblings_has_no_such_section(families_run, monkeypatch):
    monkeypatch.setattr("densing.report.figures.SIZES", 99)
    images = {picture.name: Image("data:,") for picture in FAMILY_PICTURES}
    text = render(families_run, images, command="densing report")
    assert 'id="siblings"' not in text
    assert "#siblings" not in text


@pytest.mark.parametrize(
    ("since", "now", "words"),
    [
        ((5.0, 4.0, 7.0), (8.0, 5.0, 20.0), "doubled every 5.0 months since 2023-01-01"),
        ((30.0, 9.0, None), (None, None, None), "not known to have grown since 2023-01-01"),
        ((None, None, None), (9.0, 5.0, None), "has not grown since 2023-01-01"),
    ],
)
def test_doubt_that_it_grows_is_said(since, now, words):
    def told(ends):
        keys = ("median", "lower", "upper")
        return {"doubling_months": dict(zip(keys, ends, strict=True)) | {"prob": 0.9}}

    text = windowed("2023-01-01", "2026-10-01", [told(since), told(now)])
    assert words in text
    assert "2026-10-01" in text
    assert json.dumps(text).isascii()
