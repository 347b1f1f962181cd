"""A forecast of a families run: what there is, and one error for what needs a ladder."""

import pytest

import densing as dn

pytestmark = pytest.mark.filterwarnings("ignore::densing.NotTrustworthyWarning")
WHEN = {"until": "2024-12-31", "today": "2023-07-31"}


def test_lines_and_milestones(families_run):
    told = dn.forecast(families_run, **WHEN)
    assert told.milestones
    assert all(row.request.score is None for row in told.milestones)
    model = str(families_run["derived"]["model"].to_numpy()[-1])
    (row,) = dn.milestones(families_run, match=model, params=2e9, **WHEN)
    assert row.params_needed


def test_scores_of_a_reference_need_a_ladder(families_run):
    with pytest.raises(dn.RunError, match="densing fit --model ladder"):
        dn.forecast(families_run, score=0.6, benchmark="MMLU", **WHEN)
