"""`densing reproduce`: what is refused before anything is sampled."""

import pytest

from densing.results.run import save_run
from report.synthetic import make_run


def test_a_run_without_derived_models_is_refused_at_once(densing, tmp_path, monkeypatch):
    path = save_run(make_run(), tmp_path / "run.nc")
    monkeypatch.setattr(
        "densing.paper.reproduce.reproduce", lambda **_: pytest.fail("sampled before the refusal")
    )
    result = densing("reproduce", "--derived", path, "--out", tmp_path / "out")
    assert result.status == 2
    assert "keeps no derived models" in result.err
    assert "--set derived=true" in result.err
    assert not (tmp_path / "out").exists()
