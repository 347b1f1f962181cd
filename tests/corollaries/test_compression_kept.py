"""The kept answer on compression: quoted as not of the run, and not where the run has its own."""

import json

import pytest

from densing.data import load_evidence
from densing.report.corollaries import corollary_figures
from densing.results import corollaries
from densing.results.corollaries import contrasts as compression_kept
from densing.results.corollaries.contrasts import kept_compression, to_keep
from densing.results.corollaries.economics import price_trend
from densing.results.run import RunError
from forecast.future_run import future_run

from .test_corollaries import with_data


@pytest.fixture(scope="module")
def run():
    return future_run(models=12, draws=100)


@pytest.fixture(scope="module")
def derived(run):
    names = [str(name) for name in run["constant_data"]["model"].to_numpy()]
    said = [""] * 12
    said[5] = f"pruned and distilled from {names[2]}"
    return with_data(run, derived_from=said)


@pytest.mark.xfail(reason="kept before evidence 2026.12; `make compression`", strict=True)
def test_what_is_kept_is_of_the_bundled_evidence():
    told, about = kept_compression()
    assert about["evidence_hash"] == load_evidence().hash, "`make compression` makes it anew"
    assert "derived=true" in about["command"]
    assert {"pruned", "pruned and distilled"} <= set(told["methods"])
    assert told["share_less_dense"]["lower"] < told["share_less_dense"]["upper"]
    assert set(told) == {"pairs", "methods", "share_less_dense", "unpaired"}


def test_a_run_without_derived_models_quotes_what_is_kept(run):
    answer = corollaries.corollaries(run)
    told, about = kept_compression()
    assert answer["compression"] == told
    assert answer["compression_kept"] == about
    assert answer["compression_cure"] is None
    said = answer["sentences"]["compression"]
    assert said.startswith(f"Not of this run but of `{about['command']}`")
    assert about["date"] in said
    assert "90 % intervals" in said
    assert len(corollary_figures(answer, price_trend())) == 3


def test_a_runs_own_derived_models_come_first(run, derived):
    for answer in (corollaries.corollaries(derived), corollaries.corollaries(run, derived=derived)):
        assert answer["compression_kept"] is None
        (pair,) = answer["compression"]["pairs"]
        assert pair["method"] == "pruned and distilled"
        assert answer["sentences"]["compression"].startswith("Density of derived models")


def test_where_nothing_is_kept_the_cure_is_told(run, monkeypatch):
    monkeypatch.setattr(compression_kept, "kept_path", lambda _: None)
    answer = corollaries.corollaries(run)
    assert answer["compression"] is None
    assert "derived=true" in answer["sentences"]["compression"]
    assert answer["quantised"] is None  # its benchmarks have no such pairs
    assert "compression" not in corollary_figures(answer, price_trend())


def test_only_a_run_to_be_trusted_is_kept(derived):
    kept = to_keep(derived, command="densing fit")
    assert json.loads(json.dumps(kept))["pairs"][0]["method"] == "pruned and distilled"
    bad = derived.copy()
    health = json.loads(derived.attrs["health"]) | {"verdict": "not trustworthy", "reasons": ["x"]}
    bad.attrs = derived.attrs | {"health": json.dumps(health)}
    with pytest.raises(RunError, match="not trustworthy"):
        to_keep(bad, command="densing fit")
