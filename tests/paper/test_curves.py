import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from densing.paper.laws import (
    PowerLaws,
    Sigmoid,
    effective_params,
    fit_loss_curve,
    fit_sigmoid,
    published_curves,
)


def test_inversion_by_hand():
    # Score 50 of a curve from 0 to 100 lies at its midpoint, loss 0.3. The data term at 10^4
    # tokens is 10 * 10^-2 = 0.1, so the size term is 0.2 = 2 * N^-0.5: N = 100.
    law, curve = PowerLaws(2.0, 0.5, 10.0, 0.5), Sigmoid(100.0, -20.0, 0.3, 0.0)
    assert effective_params(law, curve, np.array(50.0), tokens=1e4) == pytest.approx(100.0)
    # Odds of 1 to 3 for score 25: loss 0.3 + ln(3) / 20.
    assert curve.loss(25.0) == pytest.approx(0.3 + np.log(3.0) / 20.0)


def test_what_cannot_be_reached():
    law, curve = PowerLaws(2.0, 0.5, 10.0, 0.5), Sigmoid(60.0, -20.0, 0.3, 20.0)
    scores = np.array([10.0, 20.0, 50.0, 80.0, 90.0])
    assert np.isnan(curve.loss(scores)).tolist() == [True, True, False, True, True]
    # At 10^4 tokens the data term alone is 0.1: no size has a smaller loss.
    found = law.params(np.array([0.05, 0.0999, 0.2]), 1e4)
    assert found == pytest.approx([np.inf, np.inf, 400.0])


@given(st.floats(1e7, 1e12), st.floats(1e11, 1e14))
def test_inversion_undoes_the_curves(params, tokens):
    law, curve = published_curves("AVERAGE")
    score = curve.score(law.loss(params, tokens))
    assert effective_params(law, curve, score, tokens=tokens) == pytest.approx(params, rel=1e-6)


def test_more_score_needs_more_parameters():
    law, curve = published_curves("MMLU")
    found = effective_params(law, curve, np.linspace(30, 90, 40), tokens=5e12)
    assert np.all(np.diff(found) > 0)


def test_fits_recover_noiseless_curves():
    n, d = (g.ravel() for g in np.meshgrid(np.geomspace(1e7, 1e9, 5), np.geomspace(1e9, 1e11, 5)))
    law = PowerLaws(5.0, 0.2, 300.0, 0.3)
    found, squares = fit_loss_curve(n, d, law.loss(n, d), start=(0.15, 0.4))
    assert found == pytest.approx(law, rel=1e-3)
    assert squares < 1e-10
    loss = np.linspace(0.05, 0.5, 15)
    curve = Sigmoid(70.0, -25.0, 0.25, 20.0)
    start = Sigmoid(60.0, -15.0, 0.3, 10.0)
    assert fit_sigmoid(loss, curve.score(loss), start=start)[0] == pytest.approx(curve, rel=1e-4)
    kept, _ = fit_sigmoid(loss, curve.score(loss), start=start._replace(c=70.0, d=20.0), ends=False)
    assert kept == pytest.approx(curve, rel=1e-4)
