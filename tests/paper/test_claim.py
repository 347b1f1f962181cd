from math import inf

import pytest

from densing.paper.claim import (
    NOT_JUDGED,
    NOT_SUPPORTED,
    SUPPORTED,
    UNCERTAIN,
    Claim,
    judge,
    rounded,
)
from densing.paper.growth import ratio
from densing.results.interval import Interval
from densing.results.line import least_squares


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("3.5", 3.45, 3.55), ("88", 87.5, 88.5), ("0.0065", 0.00645, 0.00655), ("-2.0", -2.05, -1.95)],
)
def test_a_printed_number_is_a_range(text, low, high):
    assert rounded(text) == pytest.approx((low, high))


def test_words_are_no_number():
    with pytest.raises(ArithmeticError):
        rounded("about three")
    with pytest.raises(ValueError, match="finite"):
        rounded("NaN")


@pytest.mark.parametrize(
    ("interval", "null", "verdict"),
    [
        ((3.0, 4.0), (inf, inf), SUPPORTED),
        ((3.0, 4.0), None, SUPPORTED),
        ((3.0, inf), (inf, inf), UNCERTAIN),  # no growth is not excluded
        ((3.0, 4.0), (3.9, 9.0), UNCERTAIN),  # the same is found without growth
        ((2.0, 4.1), (inf, inf), UNCERTAIN),  # wider than a factor of two
        ((2.0, 4.0), (inf, inf), SUPPORTED),
        ((-1.0, 4.0), None, UNCERTAIN),  # both signs
        ((3.6, 4.0), (inf, inf), NOT_SUPPORTED),
        ((2.5, 3.44), (inf, inf), NOT_SUPPORTED),
        ((2.5, 3.47), (inf, inf), UNCERTAIN),  # only a number that rounds to 3.5
        ((inf, inf), (inf, inf), NOT_SUPPORTED),  # no growth at all
    ],
)
def test_the_rule(interval, null, verdict):
    assert judge(rounded("3.5"), interval, null, trustworthy=True) == verdict


def test_what_did_not_converge_is_never_shown_as_good():
    for interval in ((3.0, 4.0), (7.0, 8.0)):
        assert judge(rounded("3.5"), interval, None, trustworthy=False) == UNCERTAIN


def test_agreement_is_to_the_digits_given():
    def agrees(value, **more):
        return Claim("s", "n", "u", "0.0065", value, **more).agrees

    assert agrees(0.006529)
    assert not agrees(0.00656)
    assert agrees(0.00656, drawn=True)  # one percent of a curve that was read off
    assert not agrees(0.00663, drawn=True)
    assert agrees(None) is None


def test_what_belongs_together_is_judged_together():
    found = Interval(3.6, 3.0, 4.0)
    assert Claim("s", "n", "u", "3.5", 3.5, found).verdict == SUPPORTED
    assert Claim("s", "n", "u", "3.5", 3.5, found, decided=False).verdict == UNCERTAIN
    assert Claim("s", "n", "u", "4.5", 4.5, found, decided=False).verdict == NOT_SUPPORTED


def test_nothing_to_judge():
    assert Claim("s", "n", "u", "9", 9).verdict == NOT_JUDGED


def test_a_fit_that_chance_gives_too_is_no_evidence():
    found = Interval(0.8, 0.5, 0.99)
    assert Claim("s", "R2", "1", "0.93", 0.93, found, chance=True).verdict == UNCERTAIN
    assert Claim("s", "R2", "1", "0.999", 0.999, found, chance=True).verdict == SUPPORTED


def test_an_exact_zero_is_no_rounding():
    found = Interval(0.06, 0.01, 0.1)
    assert Claim("s", "E", "nats", "0", None, found, exact=True).verdict == NOT_SUPPORTED


def test_a_ratio_over_a_slope_that_may_be_zero_has_no_upper_end():
    import numpy as np

    rng = np.random.default_rng(0)
    x = np.arange(4.0)
    flat = least_squares(x, np.array([0.0, 1.0, -1.0, 0.4]))
    steep = least_squares(x, np.array([0.0, 1.0, 2.1, 3.0]))
    open_ended = ratio(steep, flat, rng=rng, draws=20_000)
    assert open_ended.upper is None
    assert open_ended.lower is not None
    closed = ratio(steep, steep, rng=rng, draws=20_000)
    assert closed.lower < 1.0 < closed.upper
    assert closed.median == pytest.approx(1.0, abs=0.01)
