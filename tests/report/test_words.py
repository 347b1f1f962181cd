import pytest

from densing.report import words
from densing.report.provenance import distribution, link, value_text
from densing.results.interval import growth


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.00831, "0.00831"), (0.58, "0.580"), (24.23, "24.2"), (1840.4, "1,840"),
     (-2.5, "-2.50")],
)  # fmt: skip
def test_digits(value, text):
    assert words.digits(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(440e6, "440M"), (6.95e9, "7B"), (6.9e9, "6.9B"), (5e12, "5T"), (999.9e6, "1B"), (12, "12"),
     (1e60, "infinite"), (None, "unknown"), (float("nan"), "unknown")],
)  # fmt: skip
def test_size(count, text):
    assert words.size(count) == text


def test_a_bounded_doubling_time_in_words():
    answer = growth([2.0, 2.5, 3.0])
    assert words.doubling(answer) == "doubles every 3.3 months (90 %: 2.8 to 4.1)"


@pytest.mark.parametrize(
    ("draws", "text"),
    [([-0.1, 0.5, 1.0], "growth not established (90 %: 8.8 to not bounded above)"),
     ([-1.0, -0.5, 0.5], "growth not established (90 %: 20.8 to not bounded above)"),
     ([-3.0, -2.0, -1.0], "does not grow")],
)  # fmt: skip
def test_an_unbounded_doubling_time_in_words(draws, text):
    assert words.doubling(growth(draws)) == text


def test_the_headline_names_both_estimands_with_their_intervals():
    good, bad = growth([2.0, 2.5, 3.0]), growth([-3.0, -2.0, -1.0])
    text = words.headline({"population": good, "frontier": good})
    assert text.count("90 % interval 2.8 to 4.1") == 2
    assert "frontier" not in words.headline({"population": good, "frontier": None})
    assert "does not grow" in words.headline({"population": bad, "frontier": None})


def test_choices_in_words():
    assert value_text("tokens", 5e12) == "5T tokens"
    assert value_text("tokens", "own") == "own"
    assert value_text("released_from", None) == "no limit"
    assert value_text("exclude_families", []) == "none"
    assert value_text("irreducible", value=True) == "yes"
    assert value_text("benchmarks", ["A", "B"]) == "A, B"


def test_priors_in_words():
    assert (
        distribution({"family": "normal", "args": {"loc": -1.0, "scale": 2.5}}) == "Normal(−1, 2.5)"
    )
    listed = {"family": "beta", "args": {"a": [1.0, 2.0], "b": "floor_b"}}
    assert distribution(listed) == "Beta([1, 2], floor_b)"
    assert distribution({"family": "odd", "args": {"k": 1.0}}) == "odd(k = 1)"


@pytest.mark.parametrize(
    ("address", "url"),
    [("doi:10.1038/s42256-025-01137-0", "https://doi.org/10.1038/s42256-025-01137-0"),
     ("github: org/name 1b79a65a; arXiv:1", "https://github.com/org/name"),
     ("arXiv:2412.04315", "https://arxiv.org/abs/2412.04315"), ("a shelf", ""), ("", ""),
     ("javascript:alert(1)", "")],
)  # fmt: skip
def test_links(address, url):
    assert link(address) == url
