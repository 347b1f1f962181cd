"""OLMo-2's own 7B and 13B against its ladder, which stops at 3B: density 1 by construction."""

import pytest

from densing.data import load_evidence
from densing.inference.fit import fit_reference
from densing.models.declaration import load_model
from densing.models.select import SelectionError, hold_out_above, on_all
from densing.results.run import trustworthy
from densing.results.selfcheck import selfcheck

ENOUGH = 13
"""Of 16 answers whose intervals are to cover with probability 0.9."""


@pytest.mark.slow
def test_intervals_cover_the_reference_s_own_largest_models():
    evidence = load_evidence()
    run = fit_reference(evidence, model=on_all(load_model("olmo2"), evidence))
    assert trustworthy(run)
    assert run.attrs["runs"] == 25
    answer = selfcheck(run)
    counts = answer["counts"]
    assert all(count["of"] == 16 for count in counts.values())
    assert counts["density"]["covered"] >= ENOUGH
    assert counts["loss"]["covered"] >= ENOUGH
    assert counts["score_of_model"]["covered"] >= ENOUGH
    # Not reached, and so not asserted: the score of one more run of the family, without the
    # discrepancy of a target (docs/selfcheck.md).
    beyond = [row["p_beyond_reference"] for row in answer["rows"]]
    assert all(0.05 < p < 0.95 for p in beyond), "in no row is the reach certain either way"
    tasks = {row["benchmark"]: row["p_beyond_reference"] for row in answer["rows"]}
    assert tasks["PIQA"] > tasks["MMLU-cloze"]


def test_nothing_held_out_is_an_error_with_a_cure():
    with pytest.raises(SelectionError, match=r"no held-out run.*--above PARAMS"):
        fit_reference(load_evidence(), model=load_model("ladder"))


def test_held_out_above_a_size():
    evidence = load_evidence()
    held_out = hold_out_above(evidence, "olmo2", 1e9).reference_runs
    ours = held_out["reference"] == "olmo2"
    assert (held_out.loc[ours, "held_out"] == (held_out.loc[ours, "params"] > 1e9)).all()
    before = evidence.reference_runs
    assert (held_out.loc[~ours, "held_out"] == before.loc[~ours, "held_out"]).all()
    assert before.loc[before["reference"] == "olmo2", "held_out"].sum() == 16
