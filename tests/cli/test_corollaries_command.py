"""`densing corollaries`: contract, figures, refusals and statuses."""

import numpy as np
import pytest

from densing.results.run import save_run
from forecast.future_run import future_run


@pytest.fixture
def paths(tmp_path):
    derived = future_run()
    data = derived["constant_data"].to_dataset()
    names = [str(name) for name in data["model"].to_numpy()]
    said = [""] * len(names)
    said[3], said[4] = f"pruned from {names[1]}", f"distilled from {names[1]}"
    data["derived_from"] = ("model", np.asarray(said, object))
    derived["constant_data"] = type(derived)(data)
    made = {"run": future_run(), "derived": derived, "bad": future_run(trustworthy=False)}
    return {name: save_run(run, tmp_path / f"{name}.nc") for name, run in made.items()}


def test_the_answer(densing, paths, tmp_path):
    out = tmp_path / "out"
    given = ("corollaries", paths["run"], "--derived", paths["derived"])
    told = densing(*given, "--out", out, "--json")
    assert told.status == 0
    assert {path.name for path in out.iterdir()} == {
        "corollaries.json", "corollaries.png", "corollaries.svg", "compression.png",
        "compression.svg", "size_bands.png", "size_bands.svg",
    }  # fmt: skip
    answer = told.json
    assert len(answer["compression"]["pairs"]) == 2
    assert set(answer["sentences"]) == {
        "acceleration", "budget", "prices", "half_size", "sizes", "compression", "size_bands",
    }  # fmt: skip
    words = densing(*given)
    for text in answer["sentences"].values():
        assert text.split(" (")[0] in words.out


def test_refusals_and_statuses(densing, paths):
    assert densing("corollaries", paths["bad"]).status == 3
    for args in (
        ("--hardware-years", "-1"),
        ("--derived", paths["run"]),
        ("--bent", paths["run"]),
        ("--prob", "2"),
    ):
        told = densing("corollaries", paths["run"], *args)
        assert told.status == 2
        assert "Traceback" not in told.err
