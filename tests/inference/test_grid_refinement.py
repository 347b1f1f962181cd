"""A fit whose integration grid proves too coarse is made anew on a finer one."""

from types import SimpleNamespace

import numpy as np
import pytest

from densing.data import load_evidence
from densing.inference import fit as fitting
from densing.inference.draws import Draws
from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.models.layout import GRID_STEP


def sampled_where(monkeypatch, fine_enough):
    """Run the loop with engines that only count; the grid's error falls below the limit where
    its step is at most `fine_enough`."""
    tried = []

    def sample(program, data, **_):
        tried.append(data.grid.step)
        return Draws({"rate": np.zeros((2, 3))}, None, 1000, {"compile": 1.0, "sample": 2.0}, 0)

    def draw_targets(flat, data, *_, **__):
        return SimpleNamespace(typical_error=0.0 if data.grid.step <= fine_enough else 1.0)

    monkeypatch.setattr(fitting.engines, "sample", sample)
    monkeypatch.setattr(fitting, "draw_targets", draw_targets)
    found = fitting._sampled(load_evidence(), load_model(), load_settings(), seed=1, listen=None)
    return tried, *found


@pytest.mark.parametrize(("fine_enough", "tries"), [(1.0, 1), (0.11, 2), (0.07, 3)])
def test_the_grid_is_made_finer_until_it_is_fine_enough(monkeypatch, fine_enough, tries):
    tried, layout, draws, targets = sampled_where(monkeypatch, fine_enough)
    assert len(tried) == tries
    assert tried[0] == pytest.approx(GRID_STEP)
    assert layout.data.grid.step == pytest.approx(tried[-1])
    assert tried[-1] <= fine_enough
    assert targets.typical_error == 0.0
    assert draws.gradient_evaluations == 1000 * tries
    assert draws.seconds == {"compile": tries, "sample": 2.0 * tries}


def test_a_grid_that_never_suffices_ends_and_says_so(monkeypatch):
    tried, _, _, targets = sampled_where(monkeypatch, 0.0)
    assert tried[-1] > fitting.FINEST
    assert len(tried) < 6
    assert targets.typical_error == 1.0
