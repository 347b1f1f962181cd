import json

import numpy as np
import pandas as pd
import pytest

from densing.report.interactive import (
    counts,
    inside_script,
    interactive,
    line_columns,
    lines_of,
    milliseconds,
    model_columns,
    size_steps,
)

from .synthetic import make_run


@pytest.fixture(scope="module")
def models(run):
    return model_columns(run)


def test_every_model_is_there_once_in_order_of_name(run, models):
    assert sorted(models["name"]) == sorted(run["derived"]["model"].values)
    assert models["name"] == sorted(models["name"], key=str.casefold)


def test_a_point_is_its_models_own(run, models):
    derived, data = run["derived"], run["constant_data"]
    for at, name in enumerate(models["name"]):
        draws = derived["density"].sel(model=name).values
        assert models["density"][at] == pytest.approx(np.median(draws))
        assert models["lower"][at] == pytest.approx(np.quantile(draws, 0.05))
        assert models["upper"][at] == pytest.approx(np.quantile(draws, 0.95))
        assert models["params"][at] == data["counted_params"].sel(model=name).item()
        released = data["release_date"].sel(model=name).item()
        assert pd.Timestamp(models["x"][at], unit="ms").strftime("%Y-%m-%d") == released


def test_the_facts_are_the_tables_own(run, models):
    data = run["constant_data"].to_dataset()
    at = models["name"].index("A&B-7B")
    told, scores = dict(models["facts"][at]), dict(models["scores"][at])
    i = list(data["model"].values).index("A&B-7B")
    assert told["Released"] == data["release_date"].values[i]
    assert told["By"] == f"<org> & sons, {data['model_family'].values[i]}, dense"
    assert told["Trained on"] == "2T tokens"
    assert "(90 %: " in told["Density"]
    own = data["score"].values[data["score_model"].values == i]
    assert list(scores) == list(data["benchmark"].values)
    assert list(scores.values()) == [f"{100 * v:.1f} %" for v in own]


def test_what_is_not_known_is_not_told():
    run = make_run()
    run["constant_data"]["training_tokens"][:] = np.nan
    run["constant_data"]["organization"][:] = ""
    told = dict(model_columns(run)["facts"][0])
    assert "Trained on" not in told
    assert told["By"].startswith("family-")


def test_active_parameters_are_told_where_they_are_fewer():
    run = make_run()
    run["constant_data"]["active_params"][:] = 3e7
    assert all("30M active" in dict(f)["Actual size"] for f in model_columns(run)["facts"])


def test_records_are_the_highest_of_their_day(models):
    best = -np.inf
    for i in np.argsort(models["x"]):
        assert models["record"][i] == (models["density"][i] > best)
        best = max(best, models["density"][i])


def test_lines_are_medians_and_bands(run):
    line = line_columns(run, "population")
    draws = run["derived"]["population"].values
    assert np.log(line["median"]) == pytest.approx(np.median(draws, axis=(0, 1)))
    assert np.log(line["upper"]) == pytest.approx(np.quantile(draws, 0.95, axis=(0, 1)))
    assert line["x"] == milliseconds(pd.DatetimeIndex(run["derived"]["date"].values)).tolist()


def test_without_a_frontier_there_is_no_switch_for_it(without_frontier):
    assert [name for name, _ in lines_of(without_frontier)] == ["population", "record"]


def test_the_plot_is_plain_json_that_cannot_end_its_script(run):
    told = interactive(run)
    assert "<" not in told["plot"]
    assert "<script>alert(1)</script>" in json.dumps(json.loads(told["plot"]))
    assert "</script" not in told["library"]


def test_json_without_a_number_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        inside_script({"x": float("nan")})


def test_frequent_families_come_first():
    assert counts(["b", "a", "c", "b", "", "A"]) == [("b", 2), ("a", 1), ("A", 1), ("c", 1)]


def test_sizes_to_choose_from_lie_among_the_models():
    assert size_steps(np.asarray([5e8, 2e10])) == [1e9, 3e9, 1e10]
    assert size_steps(np.asarray([7e9])) == []
