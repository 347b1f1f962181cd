"""Why a model takes no part in a fit, in the words of the choice that leaves it out."""

from dataclasses import replace
from datetime import date

import pytest

from densing.models.choices import Choices
from densing.models.select import SelectionError, check_families, left_out, own_models

from .world import CODE, QUIZ, evidence

BASE = {"reference": "mine", "benchmarks": (QUIZ, CODE)}


def reasons(names=("Two-3B", "Two-9B", "One-5B-pruned"), **changes):
    return left_out(evidence(), Choices(**(BASE | changes)), names)


def test_models_that_take_part_have_no_reason():
    assert reasons(["Two-3B", "Two-9B"]) == {}


@pytest.mark.parametrize(
    ("changes", "model", "why"),
    [
        ({}, "One-5B-pruned", "it is derived from One-7B: pruned; --set derived=true lets it in"),
        ({"min_scores": 2}, "Two-9B",
         "it has scores on 1 of Quiz, Code, and min_scores asks for 2; "
         "--set min_scores=1 lets it in"),
        ({"benchmarks": (CODE,)}, "Two-9B", "it has no score on any of Code"),
        ({"tokens": "own"}, "Two-3B", "tokens=own asks for its training_tokens"),
        ({"released_until": date(2024, 3, 1)}, "Two-9B",
         "it was released on 2024-11-20, after released_until"),
        ({"released_from": date(2023, 4, 1)}, "One-7B",
         "it was released on 2023-03-01, before released_from"),
    ],
)  # fmt: skip
def test_the_choice_that_leaves_a_model_out_is_named(changes, model, why):
    if changes.get("tokens") == "own":
        changes = changes | {"derived": True}  # three models are left
    assert reasons([model], **changes) == {model: why}


def test_an_excluded_family_is_named():
    why = "exclude_families names its family, Two"
    rows = evidence()
    rows.catalog.loc[rows.catalog["model"] == "One-5B-pruned", "derived_from"] = None
    choices = Choices(**BASE, exclude_families=("Two",))
    assert left_out(rows, choices, ["Two-3B"]) == {"Two-3B": why}


def test_the_cure_for_too_few_scores_lets_the_model_in():
    assert reasons(["Two-9B"], min_scores=1) == {}


def test_unknown_models_are_refused_all_at_once():
    with pytest.raises(SelectionError) as error:
        reasons(["Two-8B", "Zzz"])
    first, second = str(error.value).splitlines()
    assert first.startswith("the catalog has no model 'Two-8B': did you mean Two-")
    assert second.startswith("the catalog has no model 'Zzz': `densing data catalog`")


def test_own_models_are_those_that_were_added():
    rows = replace(evidence(), added=("Two-3B", "One-5B-pruned"))
    names, told = own_models(rows, Choices(**BASE), change=lambda **choice: f"say {choice}")
    assert names == ["Two-3B"]
    assert told == [
        "One-5B-pruned takes no part in the fit: it is derived from One-7B: pruned; "
        "say {'derived': True} lets it in"
    ]
    assert own_models(evidence(), Choices(**BASE)) == ([], [])
    with pytest.raises(SelectionError, match=r"none of your own.*\nOne-5B-pruned takes no part"):
        own_models(replace(rows, added=("One-5B-pruned",)), Choices(**BASE))


def test_families_to_exclude_are_those_of_the_catalog():
    check_families(evidence(), Choices(**BASE, exclude_families=("Two",)))
    with pytest.raises(SelectionError) as error:
        check_families(evidence(), Choices(**BASE, exclude_families=("Tow", "Two", "Zzz")))
    first, second = str(error.value).splitlines()
    assert first.startswith("the catalog has no family 'Tow': did you mean Two")
    assert second.startswith("the catalog has no family 'Zzz'")
