import numpy as np
import pytest

from densing.report.axes import MONTHS, month_ticks, rate_of


@pytest.mark.parametrize(("low", "high"), [(1.9, 4.6), (-0.2, 5.2), (-0.5, 2.0), (-3.0, -1.0)])
def test_month_ticks_keep_their_distance(low, high):
    rates, labels = month_ticks(low, high, apart=0.05, from_zero=0.1)
    assert ("no growth" in labels) == (low < 0.0 < high)
    assert all(low < rate < high for rate in rates)
    for i, rate in enumerate(rates):
        for other in rates[:i]:
            least = 0.05 if other else 0.1
            assert abs(rate - other) > least * (high - low)
    months = [label for label in labels if label != "no growth"]
    assert {float(label) for label in months} <= set(MONTHS)
    np.testing.assert_allclose(
        [rate_of(float(label)) for label in months], [rate for rate in rates if rate]
    )
