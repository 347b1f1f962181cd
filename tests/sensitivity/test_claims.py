"""What a multiverse says must not hang on how often the design drew a level."""

import numpy as np
import pytest

from densing.sensitivity.axes import Axes
from densing.sensitivity.summary import claim, equal_weights, fails_at, mixture, summarise
from sensitivity.test_answers import AXES, universe

TITLED = Axes.model_validate(
    {
        "name": "toy", "about": "one title",
        "axes": {
            "tokens": {"title": "training tokens", "reason": "a", "default": "5T",
                       "levels": {"1T": {}, "10T": {}}},
            "law": AXES.axes["law"].model_dump(),
        },
    }
)  # fmt: skip
FAST = [universe(months=3.0), *(universe("1T", months=2.5 + 0.001 * i) for i in range(40)),
        universe(law="without E", months=3.2)]  # fmt: skip
SLOW = universe("10T", months=12.0)


def test_the_claim_names_the_level_at_which_it_always_fails():
    told = claim([*FAST, SLOW], TITLED, "population")
    assert (told["supported"], told["of"]) == (42, 43)
    assert told["fails_at"] == [
        {"axis": "tokens", "title": "training tokens", "level": "10T", "supported": 0, "of": 1}
    ]
    assert told["sentence"].endswith(
        "in 42 of 43 universes, <= 0.1 in 1; it fails in all with training tokens = 10T (1)"
    )
    assert "fails" not in claim(FAST, TITLED, "population")["sentence"]


def test_a_level_at_which_it_mostly_fails_is_told_apart():
    rows = [*FAST, SLOW, universe("10T", "without E", months=3.0), universe("10T", months=13.0)]
    text = claim(rows, TITLED, "population")["sentence"]
    assert text.endswith("; it fails in most with training tokens = 10T (3)")


def test_what_is_not_trustworthy_makes_no_level_fail():
    doubtful = universe("10T", months=40.0, verdict="not trustworthy")
    told = claim([*FAST, doubtful], TITLED, "population")
    assert told["fails_at"] == []
    assert told["not_trustworthy"] == 1


def test_where_it_fails_by_and_large_no_level_is_singled_out():
    assert fails_at([SLOW, universe(months=14.0), FAST[0]], TITLED, "population") == []


def test_a_rare_level_vanishes_among_all_universes_and_not_where_levels_count_alike():
    rows = [*FAST, SLOW]
    answer = summarise({"universes": rows, "skipped": []}, TITLED)
    assert answer["multiverse"]["population"]["doubling_months"]["upper"] < 4.0
    widest = answer["widest"]["population"]
    assert (widest["axis"], widest["title"]) == ("tokens", "training tokens")
    assert widest["doubling_months"]["upper"] > 11.0
    assert answer["widest"]["frontier"] is None


def test_levels_that_count_alike_are_those_alone_off_the_default_and_trustworthy():
    rows = [
        universe(months=3.0), universe("1T", months=2.0), universe("10T", "without E", months=30.0),
        universe("10T", months=20.0, verdict="not trustworthy"),
    ]  # fmt: skip
    told = equal_weights(rows, "tokens", "population")
    assert told["levels"] == ["5T", "1T"]
    assert told["rate_per_year"] == mixture(rows[:2], "population")["rate_per_year"]
    middle = 12 * np.log(2) * (1 / 3 + 1 / 2) / 2
    assert told["rate_per_year"]["median"] == pytest.approx(middle, abs=0.3)
    assert equal_weights(rows, "law", "population") is None
