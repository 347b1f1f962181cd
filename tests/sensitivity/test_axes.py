import pytest

from densing.models.choices import Choices
from densing.models.declaration import DeclarationError
from densing.models.joint import Switches
from densing.sensitivity.axes import STRUCTURAL, load_axes
from densing.sensitivity.design import Skipped, combine, design, more_than_asked

TINY = """
about = "two axes"
[axes.tokens]
reason = "a convention"
default = "5T"
levels.1T = { tokens = 1e12 }
levels.10T = { tokens = 1e13 }
[axes.law]
reason = "the paper has none"
default = "with E"
levels."without E" = { irreducible = false }
levels."and 1T" = { irreducible = false, tokens = 1e12 }
"""


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return load_axes(path)


def test_the_bundled_axes_have_reasons_and_make_a_hundred_universes():
    axes = load_axes()
    assert all(axis.reason and axis.title for axis in axes.axes.values())
    found = design(axes)
    assert len(found.universes) >= 100
    assert found.universes[0].left == ()


def test_a_title_is_optional_and_falls_back_to_the_name(tiny):
    assert tiny.axes["law"].called("benchmark_trends") == "benchmark trends"
    assert load_axes().axes["tokens"].called("tokens") == "reference's training tokens"


def test_an_unknown_axis_or_level_lists_the_known_ones(tiny):
    with pytest.raises(DeclarationError, match="unknown axis 'tokns'; known: tokens, law"):
        tiny.pick(["tokns"])
    with pytest.raises(DeclarationError, match=r"no level '2T'; known: 5T, 1T, 10T"):
        tiny.changes("tokens", "2T")


def test_a_change_that_nothing_knows_is_named(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(TINY.replace("irreducible = false }", "ireducible = false }", 1))
    with pytest.raises(DeclarationError, match="unknown change 'ireducible'; known: reference"):
        load_axes(path)


def test_a_combination_that_sets_one_choice_twice_is_impossible(tiny):
    skipped = combine(tiny, {"tokens": "10T", "law": "and 1T"}, "factorial")
    assert isinstance(skipped, Skipped)
    assert "both set tokens" in skipped.reason
    # The same value twice is no conflict.
    assert combine(tiny, {"tokens": "1T", "law": "and 1T"}, "factorial").changes["tokens"] == 1e12


def test_factorial_has_every_combination_once(tiny):
    found = design(tiny, full=True)
    assert len(found.universes) + len(found.skipped) == 9
    assert len(found.skipped) == 1


def test_every_choice_that_switches_the_program_is_hard_to_change():
    # `protocols` follows from the catalog; it is no choice.
    assert set(Switches._fields) & set(Choices.model_fields) <= STRUCTURAL


def test_a_sample_takes_at_most_one_hard_level_and_follows_its_seed():
    axes = load_axes()
    one, two, other = (design(axes, universes=90, seed=s) for s in (1, 1, 2))
    assert one == two != other
    hard = {name: set(axis.of_shape(changed=True)) for name, axis in axes.axes.items()}
    for universe in one.universes:
        assert sum(universe.levels[name] in levels for name, levels in hard.items()) <= 1


def test_a_small_budget_still_takes_each_level_once_and_it_is_said(tiny):
    found = design(tiny, universes=1)
    assert len(found.universes) == 5
    assert "takes 5 universes, more than the 1 asked for" in more_than_asked(found, 1)
    assert more_than_asked(found, 5) is None
    assert more_than_asked(found, None) is None


def test_all_combinations_are_not_a_number_of_them(tiny):
    with pytest.raises(DeclarationError, match="leave the number of universes out"):
        design(tiny, full=True, universes=3)
