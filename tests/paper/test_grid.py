import numpy as np
import pytest

from densing.paper.grid import loss_law_draws, refined, score_map_draws
from densing.paper.laws import Sigmoid


def runs(rng, *, irreducible, noise=0.002):
    n, d = np.meshgrid(np.linspace(-3, 3, 7), np.linspace(-3, 3, 7))
    n, d = n.ravel(), d.ravel()
    loss = irreducible + 0.3 * np.exp(-0.3 * n) + 0.2 * np.exp(-0.4 * d)
    return n, d, loss + noise * rng.standard_normal(len(n))


@pytest.mark.parametrize("noise", [0.002, 0.01])
def test_intervals_of_a_loss_law_cover_the_truth(noise):
    """Of 60 worlds, 90 % intervals cover 46 or more: less has a probability of 0.0014."""
    truth, inside = np.array([0.3, 0.4, 0.1]), np.zeros(3)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n, d, loss = runs(rng, irreducible=truth[2], noise=noise)
        draws = loss_law_draws(n, d, loss, rng=rng, irreducible=True, points=40, draws=800)
        low, high = np.quantile(draws[:, [0, 1, 4]], [0.05, 0.95], axis=0)
        inside += (low < truth) & (truth < high)
    assert np.all(inside >= 46)
    assert np.mean(inside) < 59


def test_a_narrow_posterior_between_the_first_cells_is_found():
    """Against plain quadrature of a density a hundredth of a cell wide, with a second mode."""

    def log_weight(x, y):
        one = -0.5 * ((x - 0.3137) ** 2 + (y - 0.7071) ** 2) / 0.002**2
        other = -0.5 * ((x - 0.81) ** 2 + (y - 0.22) ** 2) / 0.004**2 - np.log(4.0)
        return np.logaddexp(np.maximum(one, -50 + one / 1e4), np.maximum(other, -50 + other / 1e4))

    x, y, weight, steps = refined(log_weight, (0.0, 1.0), (0.0, 1.0), points=40)
    first = x < 0.5
    assert weight[first].sum() == pytest.approx(0.5, abs=0.01)  # equal volumes
    assert (x[first] @ weight[first]) / weight[first].sum() == pytest.approx(0.3137, abs=1e-4)
    assert (y[first] @ weight[first]) / weight[first].sum() == pytest.approx(0.7071, abs=1e-4)
    assert steps == pytest.approx((1 / 40 / 27, 1 / 40 / 27))


def test_without_irreducible_loss_its_column_is_zero():
    rng = np.random.default_rng(0)
    n, d, loss = runs(rng, irreducible=0.0)
    draws = loss_law_draws(n, d, loss, rng=rng, points=60, draws=500)
    assert draws.shape == (500, 5)
    assert np.all(draws[:, 4] == 0)
    assert np.all(draws[:, 2:4] >= 0)
    assert draws[:, 0].mean() == pytest.approx(0.3, abs=0.02)


def test_both_optima_are_seen():
    """The average panel: one search stops in one optimum, the posterior has mass at both."""
    from densing.data import bundled

    table = bundled("reference_runs")
    table = table[(table["reference"] == "minicpm") & (table["benchmark"] == "AVERAGE")]
    n, d = np.log(table["params"].to_numpy(float)), np.log(table["tokens"].to_numpy(float))
    draws = loss_law_draws(n, d, table["loss"].to_numpy(), rng=np.random.default_rng(1), draws=4000)
    low = np.mean(draws[:, 0] < 0.22)
    assert 0.05 < low < 0.4
    assert np.mean((draws[:, 0] > 0.18) & (draws[:, 0] < 0.24)) < 0.1  # a gap between them


def test_intervals_of_a_score_map_cover_the_truth():
    """Of 12 worlds, 99 % intervals miss at most one: more has a probability of 0.006."""
    truth, missed = np.array(Sigmoid(65.0, -25.0, 0.2, 25.0)), np.zeros(4)
    loss = np.linspace(0.03, 0.4, 15)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        noisy = Sigmoid(*truth).score(loss) + 2.0 * rng.normal(size=15)
        draws = score_map_draws(loss, noisy, rng=rng, draws=2000, points=20)
        low, high = np.quantile(draws, [0.005, 0.995], axis=0)
        missed += (truth < low) | (high < truth)
        assert np.all(draws[:, 3] >= 0)
        assert np.all(draws[:, 0] + draws[:, 3] <= 100)
    assert np.all(missed <= 1)
