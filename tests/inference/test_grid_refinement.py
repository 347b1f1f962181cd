"""A fit whose integration grid proves too coarse or too short is made anew on a better one."""

from types import SimpleNamespace

import numpy as np
import pytest

from densing.data import load_evidence
from densing.inference import fit as fitting
from densing.inference.draws import Draws
from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.models.layout import GRID_STEP, lay_out


def sampled_where(monkeypatch, *, fine_enough=1.0, long_enough=0.0):
    """Run the loop with engines that only count: error and edge pass on a grid whose step is at
    most `fine_enough`, and whose ends reach `long_enough` further than the first grid's."""
    tried = []
    first = lay_out(load_evidence(), load_model("ladder").choices).data.grid.points[0]

    def good(grid):
        return grid.step <= fine_enough, first - grid.points[0] >= long_enough

    def sample(problem, **_):
        tried.append(problem.data.grid)
        return Draws({"rate": np.zeros((2, 3))}, None, 1000, {"compile": 1.0, "sample": 2.0}, 0)

    def draw_targets(flat, data, *_, **__):
        fine, long = good(data.grid)
        return SimpleNamespace(typical_error=0.0 if fine else 1.0, worst_edge=0.0 if long else 1.0)

    monkeypatch.setattr(fitting.engines, "sample", sample)
    monkeypatch.setattr(fitting, "draw_targets", draw_targets)
    found = fitting._sampled(
        load_evidence(), load_model("ladder"), load_settings(), seed=1, listen=None
    )
    return tried, *found


@pytest.mark.parametrize(
    ("wanted", "tries", "steps", "lengths"),
    [
        ({}, 1, 0, 0),
        ({"fine_enough": 0.11}, 2, 1, 0),
        ({"fine_enough": 0.07}, 3, 2, 0),
        ({"long_enough": 2.0}, 2, 0, 1),
        ({"long_enough": 5.0, "fine_enough": 0.11}, 3, 1, 2),
    ],
)
def test_the_grid_is_mended_until_it_suffices(monkeypatch, wanted, tries, steps, lengths):
    tried, layout, _, draws, targets = sampled_where(monkeypatch, **wanted)
    assert len(tried) == tries
    grid = layout.data.grid
    assert grid is tried[-1]
    assert grid.step == pytest.approx(GRID_STEP * fitting.FINER**steps)
    assert tried[0].points[0] - grid.points[0] == pytest.approx(fitting.LONGER * lengths)
    assert grid.points[-1] >= tried[0].points[-1] + fitting.LONGER * lengths - GRID_STEP
    assert (targets.typical_error, targets.worst_edge) == (0.0, 0.0)
    assert draws.gradient_evaluations == 1000 * tries
    assert draws.seconds == {"compile": tries, "sample": 2.0 * tries}


def test_a_grid_that_never_suffices_ends_and_says_so(monkeypatch):
    tried, *_, targets = sampled_where(monkeypatch, fine_enough=0.0)
    assert len(tried) == fitting.TRIES
    assert targets.typical_error == 1.0
