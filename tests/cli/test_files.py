"""Runs that a command cannot answer from, and files it could not write."""

import pytest

from densing.results.run import save_run
from report.synthetic import make_run


@pytest.mark.parametrize("command", ["density", "influence", "priors"])
def test_a_run_of_a_component_has_no_models(densing, tmp_path, command):
    run = make_run()
    run.attrs["kind"] = "trend"
    result = densing(command, save_run(run, tmp_path / "trend.nc"))
    assert result.status == 2
    assert "has no models" in result.err
    assert result.out == ""


@pytest.mark.parametrize("good", [True, False])
def test_densities_say_whether_their_run_is_to_be_trusted(densing, tmp_path, good):
    path = save_run(make_run(trustworthy=good), tmp_path / "run.nc")
    shown = densing("density", path)
    assert shown.status == (0 if good else 3)
    assert ("not trustworthy" in shown.out) != good
    assert isinstance(densing("density", path, "--json").json, list)


@pytest.mark.parametrize("command", ["loss", "trend"])
def test_a_component_refuses_an_unwritable_place_before_the_work(densing, tmp_path, command):
    (tmp_path / "file").write_text("")
    for out in (tmp_path, tmp_path / "file" / "run.nc"):
        result = densing(command, tmp_path / "no-such-table.csv", "--out", out)
        assert result.status == 2
        assert "folder" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
