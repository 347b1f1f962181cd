"""A table of one's own models, as a frame or a file, beside the bundled catalog."""

import datetime

import numpy as np
import pandas as pd
import pytest

import densing as dn

SCORES = {"MMLU": 0.712, "MATH": 0.431, "HumanEval": 0.52}


def frame(date="2025-06-01", **more):
    rows = [
        {"model": "mine-7B", "release_date": date, "params": 6.9e9, "benchmark": k, "score": v}
        for k, v in SCORES.items()
    ]
    return pd.DataFrame(rows).assign(**more)


@pytest.mark.parametrize(
    "date",
    ["2025-06-01", datetime.date(2025, 6, 1), pd.Timestamp("2025-06-01"),
     np.datetime64("2025-06-01")],
)  # fmt: skip
def test_a_frame_is_the_file_it_would_be_saved_as(date, tmp_path):
    frame().to_csv(tmp_path / "mine.csv", index=False)
    from_file = dn.load_evidence(models=tmp_path / "mine.csv")
    assert dn.load_evidence(models=frame(date)).hash == from_file.hash
    assert dn.load_evidence(models=str(tmp_path / "mine.csv")).hash == from_file.hash


def test_the_models_join_the_catalog_and_can_be_fitted():
    bundled, own = dn.load_evidence(), dn.load_evidence(models=frame(family="mine"))
    added = own.catalog[own.catalog["model"] == "mine-7B"]
    assert len(own.catalog) == len(bundled.catalog) + len(SCORES)
    assert dict(zip(added["benchmark"], added["score"], strict=True)) == SCORES
    from densing.models.layout import lay_out

    laid_out = lay_out(own, dn.load_model("ladder").choices)
    assert "mine-7B" in laid_out.coords["model"]
    assert "mine" in laid_out.coords["family"]


def test_a_frame_is_left_as_it_was():
    given = frame()
    before = given.copy(deep=True)
    dn.load_evidence(models=given)
    pd.testing.assert_frame_equal(given, before)


def test_evidence_and_model_show_themselves():
    page = dn.load_evidence()._repr_html_()
    assert "<table>" in page
    assert "catalog" in page
    model = dn.load_model("ladder")
    assert repr(model).startswith("Model('ladder'")
    assert len(repr(model)) < 200
    for name, prior in model.priors.items():
        assert f"<td>{name}</td>" in model._repr_html_()
        assert prior.unit in model._repr_html_()


def test_own_models_that_take_no_part_are_named_before_the_fit(monkeypatch):
    two = pd.concat([frame(), frame(model="half-3B").head(1)])
    evidence = dn.load_evidence(models=two)
    assert evidence.added == ("mine-7B", "half-3B")
    assert "half-3B" in evidence._repr_html_()
    monkeypatch.setattr("densing.inference.fit.fit", lambda *_, **__: "run")
    with pytest.warns(UserWarning, match=r"half-3B takes no part .*choose\(min_scores=1\)"):
        assert dn.fit(evidence, progress=False) == "run"
    with pytest.raises(dn.SelectionError, match="none of your own models"):
        dn.fit(dn.load_evidence(models=frame().head(1)), progress=False)
