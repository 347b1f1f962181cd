"""All quantities together: false alarms and power, by simulation of dependent quantities."""

import numpy as np
import pytest
from scipy.stats import norm

from densing.calibration.ranks import POOLED_FALSE_ALARM, pooled, pooled_sentences

CI, QUANTITIES = 12, 35
"""Worlds and quantities of the joint model's short calibration."""


def ranks(rng, *, worlds, quantities=QUANTITIES, alike, narrow=1.0, aside=0.0):
    """Ranks where z of one world correlate by `alike`, of posteriors `narrow` times too narrow."""
    common = rng.standard_normal((1, worlds))
    own = rng.standard_normal((quantities, worlds))
    z = np.sqrt(alike) * common + np.sqrt(1.0 - alike) * own
    return dict(enumerate(norm.cdf(narrow * z + aside)))


def alarms(times, **design):
    rng = np.random.default_rng(1)
    return [pooled(ranks(rng, **design))["alarms"] for _ in range(times)]


@pytest.mark.parametrize("alike", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(("worlds", "quantities"), [(CI, QUANTITIES), (60, 3)])
def test_it_raises_no_more_false_alarms_than_it_says(worlds, quantities, alike):
    found = alarms(2000, worlds=worlds, quantities=quantities, alike=alike)
    # Binomial(2000, 0.01): 99.9 % of it lies below 35.
    assert sum(bool(one) for one in found) <= 35
    assert POOLED_FALSE_ALARM == 0.01


def share(name, found):
    return np.mean([name in one for one in found])


@pytest.mark.parametrize("alike", [0.0, 0.3])
def test_posteriors_half_or_twice_as_wide_are_found_in_a_dozen_worlds(alike):
    design = {"worlds": CI, "alike": alike}
    assert share("spread", alarms(200, narrow=2.0, **design)) >= 0.9
    assert share("spread", alarms(200, narrow=0.5, **design)) >= 0.9
    assert share("mean", alarms(200, aside=1.0, **design)) >= 0.9


def test_posteriors_a_third_too_narrow_are_found_in_sixty_worlds():
    for quantities, alike in [(3, 0.3), (QUANTITIES, 0.3)]:
        found = alarms(200, worlds=60, quantities=quantities, alike=alike, narrow=1.4)
        assert share("spread", found) >= 0.9


def test_it_says_what_it_found():
    rng = np.random.default_rng(2)
    told = pooled(ranks(rng, worlds=60, alike=0.3, narrow=2.0))
    assert told["spread"] == pytest.approx(2.0, rel=0.15)
    assert any("too narrow" in sentence for sentence in pooled_sentences(told))
    aside = pooled(ranks(rng, worlds=60, alike=0.0, aside=-1.0))
    assert "below their posteriors' middle" in pooled_sentences(aside)[0]
    assert pooled_sentences(pooled(ranks(rng, worlds=60, alike=0.3))) == []


def test_truths_beyond_every_draw_are_an_alarm_and_no_fault():
    told = pooled({"one": [0.0] * 12, "two": [1.0] * 12})
    assert "spread" in told["alarms"]
