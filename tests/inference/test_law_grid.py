"""Minima of the profile over a law's exponents: where its modes are searched from."""

import numpy as np
import pytest

from densing.data import bundled
from densing.inference.loss_modes import as_vector, grid_minima
from densing.models.laws import shares_to_curve
from densing.models.ops import numpy_ops


def panel(name):
    runs = bundled("reference_runs")
    runs = runs[(runs["reference"] == "minicpm") & (runs["benchmark"] == name)]
    n, d, log_loss = (np.log(runs[c].to_numpy(float)) for c in ("params", "tokens", "loss"))
    return n - n.mean(), d - d.mean(), log_loss


def near(minima, alpha, beta):
    return any(
        abs(np.log(m.alpha / alpha)) < 0.15 and abs(np.log(m.beta / beta)) < 0.15 for m in minima
    )


@pytest.mark.parametrize(
    ("name", "laws"),
    [
        ("AVERAGE", [(0.365, 0.168), (0.115, 0.277)]),
        ("MMLU", [(0.347, 0.139)]),
        ("MATH", [(0.499, 0.138)]),
    ],
)
def test_the_optima_of_the_paper_s_panels_are_among_them(name, laws):
    """Those of plain least squares, by many starts; the paper drew the second of AVERAGE."""
    minima = grid_minima(*panel(name))
    assert all(near(minima, *law) for law in laws)
    assert near(minima[:1], *laws[0])


def test_a_law_without_noise_is_found():
    rng = np.random.default_rng(0)
    n, d = rng.normal(size=30), rng.normal(size=30)
    log_loss = 0.4 + np.log(0.3 * np.exp(-0.3 * n) + 0.7 * np.exp(-0.2 * d))
    best = grid_minima(n, d, log_loss)[0]
    assert best.alpha == pytest.approx(0.3, rel=0.08)
    assert best.beta == pytest.approx(0.2, rel=0.08)
    assert best.log_level == pytest.approx(0.4, abs=0.01)
    assert 1 / (1 + np.exp(-best.split)) == pytest.approx(0.3, abs=0.05)
    assert best.noise < 0.01


def test_a_point_in_the_sampler_s_coordinates_is_the_same_law():
    point = grid_minima(*panel("AVERAGE"))[0]
    labels = [
        "log_level[0]", "split_logit[0]", "log_alpha_coordinate[0]", "log_beta_coordinate[0]",
        "loss_noise[0]", "loss_tail",
    ]  # fmt: skip
    level, split, size, data, noise, other = as_vector(point, labels)
    share = 1 / (1 + np.exp(-split))
    curve = shares_to_curve(
        numpy_ops, log_level=level, irreducible=None, split=split,
        alpha=np.exp(size) / share, beta=np.exp(data) / (1 - share),
    )  # fmt: skip
    assert curve.alpha == pytest.approx(point.alpha)
    assert curve.beta == pytest.approx(point.beta)
    assert np.exp(noise) == pytest.approx(point.noise)
    assert other == 0.0
