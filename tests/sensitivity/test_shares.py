"""Which choice matters most: parts of the spread of growth rates."""

import numpy as np
import pytest

from densing.sensitivity.summary import variance_decomposition
from sensitivity.test_answers import AXES, universe

TOKENS = {"5T": 0.0, "1T": 0.8, "10T": -1.4}
LAW = {"with E": 0.0, "without E": -0.2}
ADDITIVE = [
    universe(t, law, rate=2.8 + TOKENS[t] + LAW[law])
    for law in LAW
    for t in TOKENS
]  # fmt: skip


def months(rate):
    return 12 * np.log(2) / rate


def test_additive_effects_are_found_exactly_and_told_in_months_around_the_default():
    found = variance_decomposition(ADDITIVE, AXES, "population")
    share = np.std(list(TOKENS.values()))
    tokens = found["axes"]["tokens"]
    assert tokens["rate_per_year"] == pytest.approx(share)
    assert tokens["months"] == pytest.approx([months(2.8 + share), months(2.8 - share)])
    assert found["axes"]["law"]["rate_per_year"] == pytest.approx(0.1)
    assert list(found["axes"]) == ["tokens", "law"]
    assert found["interactions"]["rate_per_year"] == pytest.approx(0.0, abs=1e-9)


def test_an_interaction_is_left_over():
    rows = [*ADDITIVE[:-1], universe("10T", "without E", rate=3.4)]
    assert variance_decomposition(rows, AXES, "population")["interactions"]["rate_per_year"] > 0.5


def test_a_universe_without_growth_makes_its_axis_matter_and_is_not_left_out():
    rows = [*ADDITIVE[:-2], universe("10T", rate=-0.5), universe("1T", "without E", rate=3.4)]
    rows = [r for r in rows if not (r["levels"]["tokens"] == "10T" and
                                    r["population"]["rate_per_year"]["median"] > 0)]  # fmt: skip
    found = variance_decomposition(rows, AXES, "population")
    assert found["universes"] == len(rows) == 5
    assert next(iter(found["axes"])) == "tokens"
    assert found["axes"]["tokens"]["rate_per_year"] > 1.4
    still = [universe(rate=1.0), universe("10T", rate=-2.0)]
    assert variance_decomposition(still, AXES, "population")["axes"]["tokens"]["months"][1] is None


def test_an_axis_of_which_no_level_was_drawn_has_no_part():
    found = variance_decomposition(ADDITIVE[:3], AXES, "population")
    assert found["axes"]["law"] is None
    assert variance_decomposition(ADDITIVE[:1], AXES, "population") is None
