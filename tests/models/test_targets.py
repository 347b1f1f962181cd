"""What scores say of a model, against a plain computation that shares no code with it."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from densing.models.laws import LossCurve, ScoreMap, score_variance
from densing.models.ops import numpy_ops as xp
from densing.models.scores import (
    NODES,
    WEIGHTS,
    Cells,
    ScoreData,
    reach,
    score_log_likelihood,
    score_moments,
)

# Two benchmarks and, on the first, a second protocol: three cells.
E, A, ALPHA = [0.2, 0.05], [0.25, 0.1], [0.30, 0.28]
B, BETA = [0.3, 0.12], [0.37, 0.36]
FLOOR, CEILING, STEEP, MID = [0.25, 0.004], [0.92, 0.95], [4.0, 4.5], [0.5, 0.25]
TAU, RHO = [0.08, 0.12], 0.004
SHIFT, ITEMS, D = [0.0, 0.0, 0.4], [1000.0, 164.0, 500.0], [7.0, 7.0, 7.0]
OF = [0, 1, 0]
SCORES = [(0, 0.52), (1, 0.31), (2, 0.56)]
"""(cell, score) of one model."""


def column(values):
    return np.asarray([values[k] for k in OF])[:, None]


@pytest.fixture
def cell():
    return Cells(
        loss=LossCurve(
            np.log(column(E)), np.log(column(A)), column(ALPHA), np.log(column(B)), column(BETA)
        ),
        map=ScoreMap(column(FLOOR), column(CEILING), column(STEEP), column(MID)),
        discrepancy=column(TAU),
        shift=np.asarray(SHIFT)[:, None],
        items=np.asarray(ITEMS)[:, None],
        d=np.asarray(D)[:, None],
    )


def plain_score(k, j, n, delta):
    loss = E[k] + A[k] * np.exp(-ALPHA[k] * n) + B[k] * np.exp(-BETA[k] * D[j])
    logit = STEEP[k] * (1 - loss * np.exp(delta) / MID[k]) + SHIFT[j]
    return FLOOR[k] + (CEILING[k] - FLOOR[k]) * special.expit(logit)


def plain_moments(k, j, n):
    """Mean and variance by three values of the discrepancy, written out."""
    low, middle, high = (plain_score(k, j, n, z * TAU[k]) for z in (-np.sqrt(3), 0, np.sqrt(3)))
    mean = low / 6 + 2 * middle / 3 + high / 6
    between = low**2 / 6 + 2 * middle**2 / 3 + high**2 / 6 - mean**2
    # Law of total variance: the items add what a score of that mean has left, E[s (1 - s)].
    left = (low * (1 - low) + high * (1 - high)) / 6 + 2 * middle * (1 - middle) / 3
    return mean, between, left * (1 / ITEMS[j] + (1 - 1 / ITEMS[j]) * RHO)


def plain_likelihood(n):
    """Density of all scores at log size n, by SciPy's Beta."""
    out = 0.0
    for j, y in SCORES:
        mean, between, items = plain_moments(OF[j], j, n)
        total = mean * (1 - mean) / (between + items) - 1
        out += stats.beta.logpdf(y, mean * total, (1 - mean) * total)
    return out


def data():
    shape = (1, 3)
    out = {"log_score": np.zeros(shape), "log_miss": np.zeros(shape), "count": np.zeros(shape)}
    for j, y in SCORES:
        out["log_score"][0, j] += np.log(y)
        out["log_miss"][0, j] += np.log(1 - y)
        out["count"][0, j] += 1
    return ScoreData(
        **out, benchmark=np.asarray(OF), protocol=np.asarray([0, 0, 1]), items=np.asarray(ITEMS),
        d=np.asarray(D), time=np.zeros(3),
    )  # fmt: skip


def test_likelihood_is_the_plain_one(cell):
    grid = np.linspace(-15, 20, 41)
    ours = score_log_likelihood(xp, data(), cell, RHO, grid[None, :])
    plain = [plain_likelihood(n) for n in grid]
    np.testing.assert_allclose(ours[0], plain, rtol=1e-9)


def test_integral_over_the_grid_is_quads(cell):
    step = 0.15
    grid = np.arange(-20, 25, step)
    ours = score_log_likelihood(xp, data(), cell, RHO, grid[None, :])[0]
    prior = stats.norm.logpdf(grid, 4.0, 1.5)
    by_grid = special.logsumexp(ours + prior) + np.log(step)

    def exact(n):
        at = score_log_likelihood(xp, data(), cell, RHO, np.array([[n]]))[0, 0]
        return np.exp(at + stats.norm.logpdf(n, 4.0, 1.5))

    value, _ = integrate.quad(exact, -20, 25, points=[0, 2, 4, 6, 8], limit=400, epsrel=1e-10)
    assert by_grid == pytest.approx(np.log(value), abs=1e-7)
    plain, _ = integrate.quad(
        lambda n: np.exp(plain_likelihood(n) + stats.norm.logpdf(n, 4.0, 1.5)), -20, 25,
        points=[0, 2, 4, 6, 8], limit=400,
    )  # fmt: skip
    assert by_grid == pytest.approx(np.log(plain), abs=1e-7)


def test_two_scores_in_one_cell_count_twice(cell):
    grid = np.linspace(-5, 10, 7)[None, :]
    once = data()
    twice = once._replace(
        log_score=2 * once.log_score, log_miss=2 * once.log_miss, count=2 * once.count
    )
    np.testing.assert_allclose(
        score_log_likelihood(xp, twice, cell, RHO, grid),
        2 * score_log_likelihood(xp, once, cell, RHO, grid),
    )


def test_a_cell_without_scores_says_nothing(cell):
    grid = np.linspace(-5, 10, 7)[None, :]
    none = data()._replace(
        log_score=np.zeros((2, 3)), log_miss=np.zeros((2, 3)), count=np.zeros((2, 3))
    )
    assert np.all(score_log_likelihood(xp, none, cell, RHO, grid) == 0)


# ---- moments ---------------------------------------------------------------------------------


@pytest.mark.parametrize("power", range(6))
def test_the_rule_has_the_normals_moments(power):
    ours = sum(w * z**power for w, z in zip(WEIGHTS, NODES, strict=True))
    assert ours == pytest.approx([1, 0, 1, 0, 3, 0][power], abs=1e-12)


@pytest.mark.parametrize("n", [-3.0, 2.0, 5.0, 9.0])
def test_moments_are_those_of_a_simulation(cell, n):
    # What the docstring says: a discrepancy per score, then a Beta-Binomial over the items.
    rng = np.random.default_rng(3)
    mean, variance = score_moments(xp, cell, RHO, np.array([[n]]))
    for j, k in enumerate(OF):
        s = plain_score(k, j, n, TAU[k] * rng.standard_normal(400_000))
        precision = 1 / RHO - 1
        p = rng.beta(s * precision, (1 - s) * precision)
        y = rng.binomial(int(ITEMS[j]), p) / ITEMS[j]
        assert mean[j, 0] == pytest.approx(y.mean(), abs=5 * y.std() / np.sqrt(len(y)) + 0.002)
        assert variance[j, 0] == pytest.approx(y.var(), rel=0.03)


@given(
    n=st.floats(-20, 30), tau=st.floats(0.001, 1.5), steepness=st.floats(0.5, 60),
    midpoint=st.floats(0.05, 1), floor=st.floats(0.001, 0.5), rho=st.floats(1e-6, 0.2),
    items=st.floats(20, 20000),
)  # fmt: skip
@example(n=3.0, tau=1.0, steepness=60.0, midpoint=0.15, floor=0.001, rho=0.2, items=20.0)
def test_a_beta_with_these_moments_exists(n, tau, steepness, midpoint, floor, rho, items):
    # A proportion of mean m has a variance below m (1 - m): whatever the parameters, or the
    # Beta's are negative and its density is no number.
    one = np.ones((1, 1))
    cell = Cells(
        loss=LossCurve(-3 * one, -2 * one, 0.3 * one, -2 * one, 0.3 * one),
        map=ScoreMap(floor * one, 0.999 * one, steepness * one, midpoint * one),
        discrepancy=tau * one, shift=0 * one, items=items * one, d=5 * one,
    )  # fmt: skip
    mean, variance = score_moments(xp, cell, rho, np.array([[n]]))
    assume(mean[0, 0] < 1 - 1e-9)
    assert 0 < mean[0, 0] < 1
    assert 0 < variance[0, 0] < mean[0, 0] * (1 - mean[0, 0])


def test_without_discrepancy_the_variance_is_the_items(cell):
    exact = cell._replace(discrepancy=0 * cell.discrepancy)
    n = np.linspace(-5, 10, 5)[None, :]
    mean, variance = score_moments(xp, exact, RHO, n)
    np.testing.assert_allclose(variance, score_variance(mean, cell.items, RHO))


# ---- reach -----------------------------------------------------------------------------------


def test_reach_by_hand(cell):
    at = reach(xp, cell)
    assert at.shape == (3, 1)
    for j, k in enumerate(OF):
        limit = E[k] + B[k] * np.exp(-BETA[k] * D[j])
        left = A[k] * np.exp(-ALPHA[k] * at[j, 0])
        assert left == pytest.approx(TAU[k] * limit)


def test_reach_is_nearer_for_a_noisier_benchmark(cell):
    noisier = cell._replace(discrepancy=2 * cell.discrepancy)
    assert np.all(reach(xp, noisier) < reach(xp, cell))
