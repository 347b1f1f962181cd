import numpy as np
import pytest

from densing.calibration.ranks import FALSE_ALARM, assess, band, covered, ecdf, place, summarise

WORLDS = 100


def records(ranks):
    """Worlds whose truth has these ranks for quantities a, b, ..."""
    return [
        {
            "world": i, "share": dict(enumerate(row)), "rank": dict(enumerate(row)),
            "verdict": "trustworthy", "reasons": [], "gradient_evaluations": 10,
        }
        for i, row in enumerate(ranks)
    ]  # fmt: skip


def test_place_by_hand():
    draws = np.arange(1000.0).reshape(4, 250)
    found = place(draws, 249.5, np.random.default_rng(1))
    assert found.share == pytest.approx(0.25)
    assert 25 / 101 <= found.rank <= 26 / 101


@pytest.mark.parametrize(("truth", "low", "high"), [(-1.0, 0.0, 1 / 101), (1e4, 100 / 101, 1.0)])
def test_a_truth_beyond_all_draws(truth, low, high):
    found = place(np.arange(400.0), truth, np.random.default_rng(1))
    assert low <= found.rank <= high
    assert not covered(np.asarray([found.share]), 0.95)[0]


def test_ties_are_broken_at_random():
    rng = np.random.default_rng(1)
    ranks = [place(np.zeros(500), 0.0, rng).rank for _ in range(400)]
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.06)
    assert np.std(ranks) == pytest.approx(12**-0.5, abs=0.03)


def test_coverage_by_hand():
    shares = np.asarray([0.01, 0.04, 0.06, 0.5, 0.94, 0.96])
    np.testing.assert_array_equal(covered(shares, 0.9), [False, False, True, True, True, False])


def test_the_band_raises_as_many_false_alarms_as_it_says():
    """Over-strict or slack, it would not hold: 20 quantities, 400 calibrations."""
    rng = np.random.default_rng(3)
    limits = band(WORLDS, quantities=20)
    alarms = 0
    for _ in range(400):
        found = np.stack([ecdf(rng.random(WORLDS), limits.at) for _ in range(20)])
        alarms += bool(np.any((found < limits.lower) | (found > limits.upper)))
    # Binomial(400, 0.01): 99.9 % of it lies below 12.
    assert alarms <= 12
    assert FALSE_ALARM == 0.01


@pytest.mark.parametrize(
    ("name", "twist"),
    [
        ("shifted", lambda u: u**2.5),
        ("too narrow", lambda u: beta(u)),
        ("too wide", lambda u: 0.5 + 0.5 * (2 * u - 1) ** 3),
    ],
)
def test_ranks_of_a_wrong_posterior_raise_the_alarm(name, twist):
    ranks = np.random.default_rng(4).random((WORLDS, 3))
    ranks[:, 1] = twist(ranks[:, 1])
    found = assess(records(ranks))
    assert [found[k]["uniform"] for k in range(3)] == [True, False, True]


def beta(u):
    """Ranks of posteriors half as wide as they should be: heaped at both ends."""
    from scipy.stats import norm

    return norm.cdf(2.0 * norm.ppf(u))


def test_the_answer_counts_what_may_not_be_trusted():
    ranks = np.random.default_rng(5).random((WORLDS, 2))
    worlds = records(ranks)
    for world in worlds[:10]:
        world["verdict"] = "not trustworthy"
        world["reasons"] = ["3 divergent transitions: part of the posterior is missed"]
    answer = summarise({"one": ("a case", worlds)})
    case = answer["cases"]["one"]
    assert (case["worlds"], case["trustworthy"]) == (WORLDS, 90)
    assert case["not_trustworthy_because"] == {"divergent transitions": 10}
    assert answer["verdict"] == "not calibrated"
    assert "90 of 100 fits are trustworthy" in answer["reasons"][0]
    assert case["coverage"]["0.9"]["mean"] == pytest.approx(
        np.mean([covered(ranks[:, k], 0.9).mean() for k in range(2)])
    )
