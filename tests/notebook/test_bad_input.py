"""One sentence that says what to do, for what a notebook's user may well hand over."""

import pandas as pd
import pytest
import xarray as xr

import densing as dn


def said(kind, call, *words):
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "ask", [dn.density, dn.doubling_time, dn.summary, dn.plot_density, dn.plot_influence]
)
def test_what_is_no_run(ask, run):
    said(TypeError, lambda: ask([1, 2]), "got a list", "dn.fit(", "dn.open_run(")
    said(TypeError, lambda: ask("run.nc"), "is a path", "dn.open_run(")
    said(TypeError, lambda: ask(dn.load_model("ladder")), "not a run yet", "dn.fit(", "model=model")
    said(TypeError, lambda: ask(run["posterior"].to_dataset()), "a Dataset")
    said(dn.RunError, lambda: ask(xr.DataTree()), "not a run of densing")


def test_a_run_of_another_version(run):
    other = run.copy()
    other.attrs = run.attrs | {"densing_format": 99, "densing_version": "9.1"}
    said(dn.RunError, lambda: dn.density(other), "format 99", "9.1", "fit again")


def test_a_run_of_another_kind(run):
    other = run.copy()
    other.attrs = run.attrs | {"kind": "loss"}
    said(dn.RunError, lambda: dn.density(other), "`densing loss`")


def test_a_run_without_its_groups(run):
    other = run.copy()
    del other["derived"]
    said(dn.RunError, lambda: dn.density(other), "lost its group 'derived'")


@pytest.mark.parametrize("prob", [0, 1, 90, "0.9", True, float("nan")])
def test_impossible_probabilities(run, prob):
    said(ValueError, lambda: dn.density(run, prob=prob), "between 0 and 1", "0.9")


def test_what_is_no_evidence():
    frame = pd.DataFrame({"model": ["a"]})
    for given in (frame, [{"model": "a"}], "models.csv"):
        said(TypeError, lambda given=given: dn.fit(given), "dn.load_evidence(models=...)")
    said(TypeError, lambda: dn.fit(None), "evidence = dn.load_evidence()")
    said(TypeError, lambda: dn.to_pymc(frame), "dn.load_evidence(models=...)")


def test_what_is_no_model_and_no_recipe(evidence):
    said(TypeError, lambda: dn.fit(evidence, model=3), "dn.load_model('default')")
    said(TypeError, lambda: dn.fit(evidence, settings={}), "dn.load_settings('default')")
    said(dn.DeclarationError, lambda: dn.fit(evidence, model="defualt"), "known are default")


def test_what_is_no_table():
    records = [{"model": "a", "score": 0.5}]
    said(TypeError, lambda: dn.load_evidence(models=records), "models must be", "pandas.DataFrame")
    said(TypeError, lambda: dn.load_evidence(catalog=3), "catalog must be", "pandas.DataFrame")
    said(TypeError, lambda: dn.validate(records), "pandas.DataFrame")


def test_a_missing_column_is_named_with_its_cure():
    frame = pd.DataFrame(
        {"model": ["a"], "release_date": ["2025-06-01"], "size": [7e9], "benchmark": ["MMLU"],
         "score": [0.7]}
    )  # fmt: skip
    with pytest.raises(dn.TableError, match="add a column 'params'"):
        dn.load_evidence(models=frame)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "one", True])
def test_impossible_seeds_are_refused_before_the_work(evidence, seed):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        dn.fit(evidence, seed=seed)


def test_records_are_not_made_by_hand():
    for call in (lambda: dn.Model("default"), lambda: dn.Model(choices={"tokens": 1e12})):
        said(TypeError, call, "dn.load_model('default').choose(")
    for call in (lambda: dn.Settings("quick"), lambda: dn.Settings(draws=5)):
        said(TypeError, call, "dn.load_settings(")
    said(TypeError, lambda: dn.Prior("normal"), "args={'loc': 0, 'scale': 1}")
    said(TypeError, lambda: dn.Prior(family="normal", loc=0), "args={'loc': 0, 'scale': 1}")


def test_a_model_is_changed_by_name():
    model = dn.load_model("ladder")
    said(TypeError, lambda: model.choose("tokens=1e12"), "model.choose(tokens=1e12)")
    said(TypeError, lambda: setattr(model.choices, "tokens", 1e12), "model.choose(tokens=1e12)")
    said(TypeError, lambda: setattr(model, "name", "mine"), "is frozen")
    said(TypeError, lambda: model.with_priors(rate=(0, 1)), "rate", "dn.Prior(")
    assert model.choose(tokens=1e12).choices.tokens == 1e12


def test_a_run_is_saved_before_its_file(tmp_path, run):
    said(TypeError, lambda: dn.save_run(tmp_path / "run.nc", run), "save_run(run, 'run.nc')")
