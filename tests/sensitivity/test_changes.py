import pandas as pd
import pytest

from densing.models.declaration import DeclarationError, load_model
from densing.models.select import SelectionError
from densing.sensitivity.changes import apply_changes
from models import world


@pytest.fixture
def model():
    return load_model("ladder").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )


def test_scales_of_chosen_priors_move_and_pooling_stays(model):
    wide, _ = apply_changes(model, world.evidence(), {"prior_scale": 2.0})
    assert wide.priors["rate"].args["scale"] == 2 * model.priors["rate"].args["scale"]
    assert wide.priors["family_effect"] == model.priors["family_effect"]
    assert wide.priors["log_discrepancy"] == model.priors["log_discrepancy"]
    assert wide.priors["floor_logit"] == model.priors["floor_logit"]


def test_one_argument_of_a_prior(model):
    changed, _ = apply_changes(model, world.evidence(), {"prior.rate.scale": 1.0})
    assert changed.priors["rate"].args == {"loc": 0.0, "scale": 1.0}


@pytest.mark.parametrize(("subset", "gone"), [("without smallest", 1e7), ("without largest", 1e9)])
def test_an_end_of_the_runs_goes_and_held_out_runs_stay(model, subset, gone):
    # Two sizes are left: too few, and the message counts them.
    with pytest.raises(SelectionError, match=r"6 runs of 2 sizes on Quiz; .* 8 runs of 3 sizes"):
        apply_changes(model, world.evidence(), {"runs": subset})
    more = world.runs()
    extra = more[more["params"] == 1e8].assign(params=3e8)
    runs = pd.concat([more, extra])
    _, evidence = apply_changes(model, world.evidence(reference_runs=runs), {"runs": subset})
    sizes = set(evidence.reference_runs["params"])
    assert gone not in sizes
    assert sizes == {1e7, 1e8, 3e8, 1e9, 5e9} - {gone}


def test_protocols_ignored_or_uniform(model):
    _, blank = apply_changes(model, world.evidence(), {"protocols": "ignored"})
    assert set(blank.catalog["protocol"]) == {""}
    _, uniform = apply_changes(model, world.evidence(), {"protocols": "uniform only"})
    assert "letter" not in set(uniform.catalog["protocol"])
    assert len(uniform.catalog) < len(blank.catalog)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runs": "some"}, "runs must be one of"),
        ({"protocols": "some"}, "protocols must be one of"),
        ({"prior_scale": -1}, "positive factor"),
        ({"prior.rat.scale": 1.0}, "unknown prior 'rat'"),
    ],
)
def test_a_value_that_does_not_fit(model, changes, words):
    with pytest.raises(DeclarationError, match=words):
        apply_changes(model, world.evidence(), changes)
