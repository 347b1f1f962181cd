from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from densing.inference.settings import load_settings
from densing.models.choices import Choices
from densing.models.declaration import DeclarationError, declared, load_model
from densing.models.prior import FAMILIES, Prior
from densing.models.prior_draws import PriorProgram
from densing.models.resolve import resolve

NORMAL = Prior(family="normal", args={"loc": 2.5, "scale": 0.5}, unit="1 / year", about="test")


@pytest.fixture
def write(tmp_path):
    def _write(text, name="own.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


# ---- what is bundled -------------------------------------------------------------------------


@pytest.mark.parametrize("name", declared("models"))
def test_every_declared_model_loads(name):
    model = load_model(name)
    assert model.name == name
    assert model.about
    assert all(prior.about and prior.unit for prior in model.priors.values())


@pytest.mark.parametrize("name", declared("inference"))
def test_every_declared_recipe_loads(name):
    assert load_settings(name).name == name


def test_default_comes_first():
    assert next(iter(declared("models"))) == "default"
    assert next(iter(declared("inference"))) == "default"


# ---- priors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_wrong_argument_lists_the_known(family):
    with pytest.raises(ValidationError, match=", ".join(FAMILIES[family]) or "none"):
        Prior(family=family, args={"location": 1.0}, unit="1", about="test")


def test_unknown_family_lists_the_known():
    with pytest.raises(ValidationError) as fault:
        Prior(family="cauchy", args={"loc": 0.0, "scale": 1.0}, unit="1", about="test")
    assert all(name in str(fault.value) for name in FAMILIES)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_scale_must_be_positive(value):
    with pytest.raises(ValidationError, match="'scale' must be positive"):
        Prior(family="normal", args={"loc": 0.0, "scale": value}, unit="1", about="test")


def test_every_scale_of_a_list_must_be_positive():
    with pytest.raises(ValidationError, match="'scale' must be positive"):
        Prior(
            family="normal", args={"loc": 0.0, "scale": [1.0, -1.0]}, dims=("benchmark",),
            unit="1", about="test",
        )  # fmt: skip


def test_a_list_needs_dims():
    with pytest.raises(ValidationError, match=r"'loc' is a list of 2 values .* no dims"):
        Prior(family="normal", args={"loc": [0.0, 1.0], "scale": 1.0}, unit="1", about="test")


def test_arguments_must_be_finite():
    with pytest.raises(ValidationError, match="'loc' must be finite"):
        Prior(family="normal", args={"loc": float("inf"), "scale": 1.0}, unit="1", about="test")


def test_prior_is_frozen():
    with pytest.raises(TypeError, match="frozen"):
        NORMAL.family = "beta"


# ---- models ----------------------------------------------------------------------------------


def test_overriding_a_prior_leaves_the_model_alone():
    model = load_model("ladder")
    before = model.model_dump_json()
    other = model.with_priors(rate=NORMAL)
    assert other.priors["rate"] == NORMAL
    assert other.choices == model.choices
    assert model.model_dump_json() == before


def test_unknown_prior_lists_the_known():
    with pytest.raises(DeclarationError, match=r"unknown prior 'growth'.*rate"):
        load_model("ladder").with_priors(growth=NORMAL)


def test_a_prior_must_keep_the_dims_of_the_one_it_replaces():
    # `level` is one number: a prior over benchmarks would not be the same parameter.
    own = NORMAL.model_copy(update={"dims": ("benchmark",)})
    with pytest.raises(DeclarationError, match="level"):
        load_model("ladder").with_priors(level=own)


def test_a_prior_in_shifted_coordinates_must_be_on_the_whole_line():
    own = Prior(family="gamma", args={"shape": 2.0, "rate": 2.0}, dims=("benchmark",),
                unit="ln", about="test")  # fmt: skip
    with pytest.raises(DeclarationError, match="log_alpha"):
        load_model("ladder").with_priors(log_alpha=own)


def test_a_name_that_nothing_bears_is_an_error():
    own = NORMAL.model_copy(update={"args": {"loc": "nothing_of_the_kind", "scale": 1.0}})
    with pytest.raises(DeclarationError, match="nothing_of_the_kind"):
        load_model("ladder").with_priors(rate=own)


@pytest.mark.parametrize(
    ("name", "family", "args", "said"),
    [
        ("loss_noise", "normal", {"loc": 0.0, "scale": 1.0}, "on the positive half line.*gamma"),
        ("shortfall_share", "gamma", {"shape": 2.0, "rate": 2.0}, "on the unit interval.*beta"),
        ("rate", "normal", {"loc": "rate", "scale": 1.0}, "'rate', which nothing bears"),
        ("rate", "normal", {"loc": 0.0, "scale": "level"}, "'level' may be negative"),
        ("rate", "normal", {"loc": "log_alpha", "scale": 1.0}, "differs by benchmark"),
    ],
)
def test_a_prior_that_cannot_stand_for_its_parameter(name, family, args, said):
    model = load_model("ladder")
    own = Prior(family=family, args=args, dims=model.priors[name].dims, unit="1", about="test")
    with pytest.raises(
        DeclarationError, match=rf"ladder: does not fit\n  priors.{name}: .*{said}"
    ):
        model.with_priors(**{name: own})


def test_priors_may_change_their_family_within_the_support():
    own = Prior(family="gamma", args={"shape": 2.0, "rate": 2.0}, unit="ln density", about="test")
    assert load_model("ladder").with_priors(scatter=own).priors["scatter"] == own


def test_choosing_leaves_the_model_alone():
    model = load_model("ladder")
    other = model.choose(irreducible=False, tokens="own")
    assert (other.choices.irreducible, other.choices.tokens) == (False, "own")
    assert model.choices.irreducible
    assert other.choices.switches.irreducible is False


def test_unknown_choice_lists_the_known():
    with pytest.raises(DeclarationError, match=r"unknown choice 'token'.*tokens"):
        load_model("ladder").choose(token=1e12)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tokens", -1.0), ("tokens", "all"), ("tokens", float("inf")), ("tokens", float("nan")),
        ("count", "dense"), ("benchmarks", ()), ("benchmarks", ("MMLU", "MMLU")),
        ("benchmarks", "MMLU"), ("min_scores", 0), ("released_from", "yesterday"),
    ],
)  # fmt: skip
def test_an_impossible_choice_is_named(key, value):
    with pytest.raises(DeclarationError, match=key):
        load_model("ladder").choose(**{key: value})


@pytest.mark.parametrize("value", [float("inf"), "inf", float("nan")])
def test_no_limit_on_tokens_has_a_word(value):
    with pytest.raises(DeclarationError, match=r"tokens: .*write the word \"infinite\""):
        load_model("ladder").choose(tokens=value)
    assert load_model("ladder").choose(tokens="infinite").choices.tokens == "infinite"


def test_literal_choice_lists_the_allowed():
    with pytest.raises(DeclarationError, match=r"'non-embedding'.*'total'.*'active'"):
        load_model("ladder").choose(count="dense")


def test_choices_are_frozen():
    with pytest.raises(TypeError, match="frozen"):
        load_model("ladder").choices.tokens = 1e12
    with pytest.raises(TypeError, match="frozen"):
        load_model("ladder").name = "other"


def test_choices_name_every_extra_key():
    with pytest.raises(ValidationError, match="benchmark"):
        Choices(benchmarks=("MMLU",), benchmark="MMLU")


# ---- files -----------------------------------------------------------------------------------


def test_a_file_extends_another(write):
    own = write(
        'about = "mine"\nextends = "ladder"\n[choices]\ntokens = 1e12\n'
        '[priors.rate]\nfamily = "normal"\nargs = { loc = 2, scale = 0.5 }\n'
        'unit = "1 / year"\nabout = "mine"\n'
    )
    model, base = load_model(own), load_model("ladder")
    assert (model.name, model.about) == ("own", "mine")
    assert model.choices == base.choices.model_copy(update={"tokens": 1e12})
    assert model.priors["rate"].args == {"loc": 2.0, "scale": 0.5}
    assert {k: v for k, v in model.priors.items() if k != "rate"} == {
        k: v for k, v in base.priors.items() if k != "rate"
    }


def test_extends_is_taken_from_beside_the_file(write):
    write('about = "base"\nextends = "default"\n[choices]\ntokens = 2e12\n', "base.toml")
    own = write('about = "mine"\nextends = "base.toml"\n', "own.toml")
    assert load_model(own).choices.tokens == 2e12


def test_a_file_that_extends_itself_is_an_error(write):
    own = write('about = "mine"\n')
    own.write_text(f'about = "mine"\nextends = "{own}"\n', encoding="utf-8")
    with pytest.raises(DeclarationError, match="extends"):
        load_model(own)


def test_files_that_extend_each_other_are_an_error(write):
    write('about = "one"\nextends = "two.toml"\n', "one.toml")
    two = write('about = "two"\nextends = "one.toml"\n', "two.toml")
    with pytest.raises(DeclarationError, match=r"one\.toml: extends = 'two\.toml' .* circle"):
        load_model(two)


@pytest.mark.parametrize("base", ['"nowhere"', "3", '""'])
def test_extending_nothing_names_the_file_that_does(write, base):
    own = write(f'about = "mine"\nextends = {base}\n')
    with pytest.raises(DeclarationError, match=r"own\.toml: extends = .* known are default"):
        load_model(own)


@pytest.mark.parametrize("table", ["", "[priors]\n"])
def test_missing_priors_are_named(write, table):
    own = write(f'about = "mine"\n[choices]\nbenchmarks = ["MMLU"]\n{table}')
    with pytest.raises(
        DeclarationError, match=r'own\.toml: no prior for .*rate.*extends = "ladder"'
    ):
        load_model(own)


def test_unknown_prior_in_a_file_lists_the_known(write):
    own = write(
        'about = "mine"\nextends = "default"\n[priors.growth]\nfamily = "normal"\n'
        'args = { loc = 2.0, scale = 0.5 }\nunit = "1"\nabout = "mine"\n'
    )
    with pytest.raises(DeclarationError, match=r"unknown prior growth; known: .*rate"):
        load_model(own)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[choices]\ntoken = 1e12\n", "choices.token"),
        ("[choice]\ntokens = 1e12\n", "choice"),
        ("[choices]\ntokens = -1.0\n", "choices.tokens"),
        ("[priors.rate]\nfamily = 'normal'\nargs = { loc = 0.0 }\nunit = '1'\nabout = 'a'\n",
         "priors.rate"),
        ("[priors.rate]\nfamily = 'normal'\nargs = { loc = 0.0, scale = 1.0 }\nabout = 'a'\n",
         "priors.rate.unit"),
    ],
)  # fmt: skip
def test_a_fault_in_a_file_names_file_and_key(write, text, named):
    own = write(f'about = "mine"\nextends = "default"\n{text}')
    with pytest.raises(DeclarationError) as fault:
        load_model(own)
    assert named in str(fault.value)
    assert str(own) in str(fault.value)


def test_no_such_declaration_lists_the_known():
    with pytest.raises(DeclarationError, match=r"'defualt': known are default"):
        load_model("defualt")
    with pytest.raises(DeclarationError, match=r"quick"):
        load_settings("fast")


def test_not_toml(write):
    with pytest.raises(DeclarationError, match=r"own\.toml: not valid TOML"):
        load_model(write("about = mine"))
    path = write("")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DeclarationError, match="not valid TOML"):
        load_model(path)


def test_a_folder_is_no_declaration(tmp_path):
    with pytest.raises(DeclarationError, match="no declared model"):
        load_model(Path(tmp_path))


@pytest.mark.parametrize("text", ["chains = 0", "target_accept = 1.5", "chain = 2"])
def test_an_impossible_recipe_names_the_key(write, text):
    own = write(f'about = "mine"\nextends = "default"\n{text}\n')
    with pytest.raises(DeclarationError, match=text.split(maxsplit=1)[0]):
        load_settings(own)


def test_arguments_may_be_written_in_any_order():
    """Engines take them by position: the order written must not decide which is which."""
    swapped = Prior(family="normal", args={"scale": 0.5, "loc": 3.0}, unit="1", about="a test")
    _, args = resolve("x", swapped, sizes={}, values={})
    assert list(args) == ["loc", "scale"]
    m = PriorProgram({"x": swapped}, {}, {}, np.random.default_rng(1))
    draws = [m.sample("x") for _ in range(400)]
    assert abs(np.mean(draws) - 3.0) < 0.15
