import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from densing.models.ops import numpy_ops as xp
from densing.models.residual import (
    MEAN_OVER_DEVIATION,
    draw_shortfall,
    half_normal_density,
    log_ndtr,
    normal_density,
    shortfall_density,
)

CASES = [(0.5, 0.5), (0.1, 1.0), (1.0, 0.1), (0.02, 0.7), (0.6, 2.0)]


def normal_log_density(xp, x, scale):
    return normal_density(xp, x, scale).log(xp)


def shortfall_log_density(xp, x, noise, shortfall):
    return shortfall_density(xp, x, noise, shortfall).log(xp)


def moment(noise, shortfall, power):
    width = 12 * (noise + shortfall)
    value, _ = integrate.quad(
        lambda x: x**power * np.exp(shortfall_log_density(xp, x, noise, shortfall)),
        -40 * shortfall - width, shortfall + width,
        points=[0.0, shortfall, shortfall - 3 * noise, shortfall + 3 * noise], limit=500,
    )  # fmt: skip
    return value


@pytest.mark.parametrize(("noise", "shortfall"), CASES)
def test_moments(noise, shortfall):
    assert moment(noise, shortfall, 0) == pytest.approx(1.0, abs=1e-9)
    assert moment(noise, shortfall, 1) == pytest.approx(0.0, abs=1e-8)
    variance = noise**2 + shortfall**2
    assert moment(noise, shortfall, 2) == pytest.approx(variance, rel=1e-8)
    # An exponential has third central moment 2 theta^3; it is subtracted.
    assert moment(noise, shortfall, 3) == pytest.approx(-2 * shortfall**3, rel=1e-7)


@pytest.mark.parametrize(("noise", "shortfall"), CASES)
def test_is_the_convolution_of_normal_and_exponential(noise, shortfall):
    for x in np.linspace(-3 * shortfall - 2 * noise, shortfall + 3 * noise, 9):
        # x = v - u + theta, so u = v + theta - x for each v; and u >= 0.
        value, _ = integrate.quad(
            lambda v, x=x: (
                stats.norm.pdf(v, scale=noise) * stats.expon.pdf(v + shortfall - x, scale=shortfall)
            ),
            max(-12 * noise, x - shortfall), 12 * noise, limit=500, epsabs=0, epsrel=1e-11,
        )  # fmt: skip
        ours = np.exp(shortfall_log_density(xp, x, noise, shortfall))
        assert ours == pytest.approx(value, rel=1e-7, abs=1e-12)


def test_agrees_with_scipy():
    x = np.linspace(-4, 3, 50)
    ours = shortfall_log_density(xp, x, 0.4, 0.8)
    # SciPy's exponentially modified normal is normal plus exponential: reflected here.
    theirs = stats.exponnorm.logpdf(-x, K=0.8 / 0.4, loc=-0.8, scale=0.4)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("share", [1e-4, 1e-6])
def test_tends_to_the_normal_as_the_share_vanishes(share):
    x = np.linspace(-3, 3, 25)
    noise, shortfall = np.sqrt(1 - share), np.sqrt(share)
    ours = shortfall_log_density(xp, x, noise, shortfall)
    # The leading term left over is the third cumulant, of order share^1.5.
    np.testing.assert_allclose(ours, stats.norm.logpdf(x), atol=10 * share**1.5 + 1e-8)


def test_tends_to_the_exponential_as_the_noise_vanishes():
    x = np.array([-5.0, -1.0, 0.0, 0.9])
    np.testing.assert_allclose(
        shortfall_log_density(xp, x, 1e-5, 1.0), stats.expon.logpdf(1.0 - x), atol=1e-9
    )
    assert shortfall_log_density(xp, 1.1, 1e-3, 1.0) < -1000


@given(
    x=st.floats(-60, 20), noise=st.floats(0.01, 5), shortfall=st.floats(0.01, 5)
)  # fmt: skip
@settings(max_examples=200)
def test_finite_and_falling_to_both_sides(x, noise, shortfall):
    def at(value):
        return shortfall_log_density(xp, value, noise, shortfall)

    assert np.isfinite(at(x))
    # Log-concave: the middle lies above the chord.
    assert at(x) >= 0.5 * (at(x - 0.5) + at(x + 0.5)) - 1e-6 * abs(at(x))


def test_normal_is_scipys():
    x = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(
        normal_log_density(xp, x, 0.7), stats.norm.logpdf(x, scale=0.7), rtol=1e-14
    )


def test_log_of_the_normal_distribution_function():
    x = np.linspace(-38.0, 8.0, 201)
    np.testing.assert_allclose(log_ndtr(xp, x), special.log_ndtr(x), rtol=1e-13, atol=1e-15)


def test_tail_of_the_shortfall_is_of_order_one():
    """What is integrated never underflows by its tail: only its exponent can."""
    x = np.linspace(-50.0, 50.0, 1001)
    tail = shortfall_density(xp, x, 0.3, 0.4).tail
    assert np.all((tail > 1e-4) & (tail <= 1.0))


@pytest.mark.parametrize("shape", [(), (2, 1)])
def test_log_integral_against_a_normal_likelihood(shape):
    """Two normals convolve; a shortfall's integral is that of its density. Scale of any shape."""
    x = np.linspace(-12.0, 8.0, 4001)[None, :]
    centre = np.array([[0.3], [-0.5]])
    likelihood = stats.norm.logpdf(x, loc=centre, scale=0.6)
    scale, step = np.full(shape, 0.7), x[0, 1] - x[0, 0]
    ours = normal_density(xp, x, scale).log_integral(xp, likelihood, step)
    theirs = stats.norm.logpdf(centre[:, 0], scale=np.hypot(0.6, 0.7))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)
    density = shortfall_density(xp, x, scale, np.full(shape, 0.4))
    by_hand = np.log(np.sum(np.exp(likelihood + density.log(xp)), axis=1) * step)
    np.testing.assert_allclose(density.log_integral(xp, likelihood, step), by_hand, rtol=1e-10)


# ---- half-normal shortfall --------------------------------------------------------------------


def half_normal_log_density(x, noise, shortfall):
    return half_normal_density(xp, x, noise, shortfall).log(xp)


@pytest.mark.parametrize(("noise", "shortfall"), CASES)
def test_a_half_normal_shortfall_makes_scipys_skew_normal(noise, shortfall):
    # v - u is skew normal: Azzalini's shape is minus the scale of u over that of v.
    s = shortfall * np.sqrt(np.pi / 2)
    x = np.linspace(-8 * shortfall - 5 * noise, shortfall + 6 * noise, 60)
    theirs = stats.skewnorm.logpdf(x, -s / noise, loc=shortfall, scale=np.hypot(s, noise))
    there = theirs > -200
    np.testing.assert_allclose(
        half_normal_log_density(x, noise, shortfall)[there], theirs[there], rtol=1e-6, atol=1e-6
    )


def test_a_half_normal_shortfall_by_hand():
    # noise 1, scale of u 1, so theta = sqrt(2/pi), at e = 0: 2 / sqrt(2) phi(0) Phi(0).
    theta = np.sqrt(2 / np.pi)
    ours = np.exp(half_normal_log_density(theta, 1.0, theta))
    assert ours == pytest.approx(np.sqrt(2) * 0.3989422804 * 0.5, rel=1e-9)


@pytest.mark.parametrize("share", [1e-6])
def test_a_half_normal_shortfall_vanishes_into_the_normal(share):
    x = np.linspace(-3, 3, 25)
    noise, deviation = np.sqrt(1 - share), np.sqrt(share)
    ours = half_normal_log_density(x, noise, deviation * MEAN_OVER_DEVIATION["half-normal"])
    np.testing.assert_allclose(ours, stats.norm.logpdf(x), atol=1e-7)


@pytest.mark.parametrize("form", MEAN_OVER_DEVIATION)
def test_shortfalls_drawn_have_mean_one_and_the_forms_deviation(form):
    drawn = draw_shortfall(np.random.default_rng(4), form, 200_000)
    assert drawn.min() >= 0
    assert drawn.mean() == pytest.approx(1.0, abs=0.01)
    assert drawn.std() == pytest.approx(1 / MEAN_OVER_DEVIATION[form], rel=0.01)


def test_the_tail_of_a_half_normal_shortfall_is_of_order_one():
    tail = half_normal_density(xp, np.linspace(-50.0, 50.0, 1001), 0.3, 0.4).tail
    assert np.all((tail > 1e-4) & (tail <= 1.0))
