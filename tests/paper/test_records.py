import numpy as np
import pytest

from densing.paper.growth import chance_lines
from densing.results.line import least_squares, record_setters


@pytest.mark.parametrize(
    ("day", "value", "records"),
    [
        ([0, 1, 2, 3], [1.0, 0.5, 2.0, 1.5], [0, 2]),
        ([3, 0, 2, 1], [1.5, 1.0, 2.0, 0.5], [1, 2]),  # in order of time, whatever the rows' order
        ([0, 1, 2], [1.0, 1.0, 1.0], [0]),  # a tie is no record
        ([0, 0, 0], [1.0, 3.0, 2.0], [1]),  # one day, one record
        ([0, 1, 1], [1.0, 2.0, 2.0], [0, 1]),  # equal on one day: the first row
        ([0, 1, 2], [3.0, 2.0, 1.0], [0]),  # nothing after the first
        ([5], [-1.0], [0]),
        ([], [], []),
    ],
)
def test_strict_record_setters(day, value, records):
    found = record_setters(np.array(day, float), np.array(value, float))
    assert found.tolist() == records


def test_chance_lines_are_the_record_rule_on_shuffled_deviations():
    rng = np.random.default_rng(2)
    day = np.sort(rng.integers(0, 30, 25)).astype(float)  # several models a day
    value = 0.1 * day + rng.normal(size=25)
    fast = chance_lines(day, value, rng=np.random.default_rng(9), shuffles=60)
    deviation = value - least_squares(day, value)(day)
    dealt = np.random.default_rng(9).permuted(np.tile(deviation, (60, 1)), axis=1)
    slow = []
    for row in dealt:
        kept = record_setters(day, row)
        if len(kept) >= 3:
            slow.append(least_squares(day[kept], row[kept]))
    assert fast.slope == pytest.approx([line.slope for line in slow])
    assert fast.r2 == pytest.approx([line.r2 for line in slow])
    assert len(fast.slope) < fast.tried == 60


def test_records_of_data_without_growth_grow():
    """Why a line through records needs another null than zero."""
    rng = np.random.default_rng(3)
    day = np.arange(60.0)
    chance = chance_lines(day, rng.normal(size=60), rng=rng, shuffles=500)
    assert np.all(chance.slope > 0)
    assert np.median(chance.r2) > 0.6
    low, high = chance.band()
    assert np.mean((chance.slope >= low) & (chance.slope <= high)) == pytest.approx(0.9, abs=0.01)
