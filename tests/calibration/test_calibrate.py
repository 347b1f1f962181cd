"""A short calibration with real fits: `make calibrate` is the long one."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from densing.calibration import cases, coverage
from densing.calibration.cases import build_cases, calibrate
from densing.calibration.ranks import summarise
from densing.inference.settings import load_settings
from densing.models.declaration import DeclarationError, load_model
from models import world

WORLDS = 60


@pytest.fixture(scope="module", autouse=True)
def _double_precision():
    with jax.enable_x64(True):  # noqa: FBT003
        yield


@pytest.fixture(scope="module")
def model():
    """Narrow priors on the small world's own benchmarks."""
    return load_model("calibration").choose(
        reference="mine", benchmarks=(world.QUIZ, world.CODE), min_scores=1
    )


def case_of(name, model):
    return build_cases([name], world.evidence(), model, every=1)[0]


def found(case, folder, worlds=WORLDS, workers=2):
    records = calibrate(case, load_settings(), folder, worlds=worlds, workers=workers)
    return summarise({case.name: (case.about, records)})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["population", "frontier"])
def test_trends_are_calibrated(name, model, tmp_path):
    answer = found(case_of(name, model), tmp_path)
    assert answer["verdict"] == "calibrated", answer["reasons"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "worlds"), [("loss", 24), ("performance", 12)])
def test_what_the_reference_tells_is_calibrated(name, worlds, model, tmp_path):
    """One process: compiling costs more than the worlds."""
    answer = found(case_of(name, model), tmp_path, worlds=worlds, workers=1)
    assert answer["verdict"] == "calibrated", answer["reasons"]


@pytest.mark.slow
def test_the_joint_model_is_calibrated(model, tmp_path):
    answer = found(case_of("joint", model), tmp_path, worlds=12)
    assert answer["verdict"] == "calibrated", answer["reasons"]


@pytest.mark.slow
def test_data_of_another_model_are_not_covered(model, tmp_path):
    """Values shifted by what no parameter of the model knows: a true alarm."""
    case = case_of("population", model)

    def shifted(rng):
        drawn = case.draw(rng)
        shift = 3.0 * np.exp(rng.standard_normal())
        return dataclasses.replace(
            drawn, data=drawn.data._replace(log_value=drawn.data.log_value + shift)
        )

    answer = found(dataclasses.replace(case, draw=shifted), tmp_path)
    assert "population level" in answer["cases"]["population"]["alarms"]


def test_worlds_are_kept_and_taken_up_again(model, tmp_path):
    case = case_of("population", model)
    settings = load_settings("quick")
    first = calibrate(case, settings, tmp_path, worlds=3)
    files = sorted(tmp_path.rglob("*.json"))
    assert len(files) == 3
    files[1].unlink()
    kept = json.loads(files[0].read_text())
    files[0].write_text(json.dumps(kept | {"seconds": -1.0}))
    again = calibrate(case, settings, tmp_path, worlds=3)
    assert again[0]["seconds"] == -1.0
    assert again[1]["rank"] == first[1]["rank"]


def test_another_seed_or_prior_is_another_calibration(model, tmp_path):
    settings = load_settings("quick")
    case = case_of("population", model)
    rate = case.problem.priors["rate"].model_copy(update={"args": {"loc": 0.0, "scale": 1.0}})
    problem = dataclasses.replace(case.problem, priors=case.problem.priors | {"rate": rate})
    other = dataclasses.replace(case, problem=problem)
    calibrate(case, settings, tmp_path, worlds=2)
    calibrate(case, settings, tmp_path, worlds=2, seed=2)
    calibrate(other, settings, tmp_path, worlds=2)
    assert len(list((tmp_path / "worlds").iterdir())) == 3


def test_worlds_fitted_in_other_coordinates_are_not_mixed_in(model, monkeypatch):
    """A sampler that walks elsewhere is another sampler: a stopped run does not go on with it."""
    case, settings = case_of("population", model), load_settings("quick")

    def keys():
        return cases.key_of(case, settings, 1), coverage.key_of("slow", model, settings, 1)

    before = keys()
    assert before == keys()
    for module in (cases, coverage):
        monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    assert not set(keys()) & set(before)


def test_an_unknown_case_lists_the_known(model):
    with pytest.raises(DeclarationError, match="unknown case 'jint'; known: loss, performance"):
        build_cases(["jint"], world.evidence(), model)


def test_a_design_without_models_is_refused(model):
    with pytest.raises(DeclarationError, match="leaves 1 of 4 models"):
        build_cases(["joint"], world.evidence(), model, every=4)
