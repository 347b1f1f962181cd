import json
from datetime import date

import pandas as pd

from densing.data import bundled
from densing.models.graph import model_graph
from densing.results.run import save_run
from report.synthetic import make_run


def test_the_graph_of_a_model(densing):
    result = densing("models", "--graph", "population")
    assert result.status == 0
    assert result.out.strip() == model_graph("population").mermaid()
    assert densing("models", "population", "--graph").out == result.out
    assert densing("models", "--graph").out.strip() == model_graph("default").mermaid()
    answer = densing("models", "default", "--graph", "--json").json
    edges = {(parent, node["name"]) for node in answer["nodes"] for parent in node["parents"]}
    assert edges == set(model_graph("default").edges)


def test_the_graph_of_an_unknown_model(densing):
    result = densing("models", "nope", "--graph")
    assert (result.status, result.out) == (2, "")
    assert "known are default" in result.err


def test_a_summary_tells_how_old_its_newest_model_is(densing, tmp_path):
    run = make_run()
    run.attrs["kind"] = "joint"
    path = save_run(run, tmp_path / "run.nc")
    newest = json.loads(densing("summary", path, "--json").out)["newest"]
    line = f"newest model: {newest['model']}, released {newest['release_date']}"
    assert (
        f"{line}, {newest['days_before_fit']} days before the fit" in densing("summary", path).out
    )


def test_the_bundled_data_tell_how_old_they_are(densing):
    last = bundled("catalog")["release_date"].max()
    days = (pd.Timestamp(date.today()) - last).days
    out = densing("data").out
    assert f"released {last:%Y-%m-%d}, {days} days ago" in out
    assert isinstance(densing("data", "--json").json, list)
