import numpy as np
import pytest
from scipy import stats

from densing.models.laws import LINKS, SCORE_MAPS, score
from densing.models.ops import numpy_ops as xp


@pytest.mark.parametrize("name", LINKS)
def test_every_link_is_half_way_at_zero_with_the_logistics_slope(name):
    low, middle, high = (float(LINKS[name].inverse(xp, z)) for z in (-1e-5, 0.0, 1e-5))
    assert middle == pytest.approx(0.5, abs=1e-12)
    assert (high - low) / 2e-5 == pytest.approx(0.25, rel=1e-6)


@pytest.mark.parametrize("name", LINKS)
def test_links_rise_from_nothing_to_everything(name):
    share = LINKS[name].inverse(xp, np.linspace(-40, 60, 400))
    assert np.all(np.diff(share) >= 0)
    assert share[0] < 1e-12
    assert share[-1] == pytest.approx(1.0, abs=1e-12)
    assert np.all((share >= 0) & (share <= 1))


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_undone(name):
    z = np.linspace(-4.0, 2.5, 23)
    np.testing.assert_allclose(
        LINKS[name].forward(LINKS[name].inverse(xp, z)), z, rtol=1e-7, atol=1e-8
    )


def test_by_hand():
    z = np.linspace(-12, 8, 41)
    probit = LINKS["probit"].inverse(xp, z)
    np.testing.assert_allclose(probit, stats.norm.cdf(z * 0.6266570686577501), rtol=1e-12)
    # 1 - exp(-exp(w)), w = z / (2 ln 2) + ln ln 2, at z = 2: w = 1.0762.
    w = 2 / (2 * np.log(2)) + np.log(np.log(2))
    assert LINKS["cloglog"].inverse(xp, 2.0) == pytest.approx(1 - np.exp(-np.exp(w)), rel=1e-12)


@pytest.mark.parametrize("name", LINKS)
def test_a_map_keeps_its_midpoint_floor_and_ceiling(name):
    curve = SCORE_MAPS[name](0.25, 0.95, 4.0, 0.5)
    assert score(xp, curve, 0.5) == pytest.approx(0.6, abs=1e-12)
    assert score(xp, curve, 50.0) == pytest.approx(0.25, abs=1e-9)
    # Where one record becomes another of its kind, the link goes along.
    again = type(curve)(*(np.asarray(field)[None] for field in curve))
    assert score(xp, again, 0.3) == score(xp, curve, 0.3)
    assert (
        score(xp, curve._replace(floor=0.0), 0.3)
        != pytest.approx(score(xp, SCORE_MAPS["logit"](0.0, 0.95, 4.0, 0.5), 0.3), abs=1e-4)
        or name == "logit"
    )
