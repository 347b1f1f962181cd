import matplotlib.pyplot as plt
import pytest

import densing as dn
from densing.sensitivity.summary import summarise
from sensitivity.test_answers import ADDITIVE, AXES, universe

DECLARATION = """
about = "tiny"
[axes.tokens]
reason = "a convention"
default = "declared"
levels.less = { tokens = 1e12 }
"""


@pytest.fixture
def answer():
    doubtful = universe("1T", "without E", months=20.0, verdict="not trustworthy")
    record = {"universes": [*ADDITIVE[:4], doubtful], "skipped": [], "seconds": 1.0}
    return dn.Multiverse.from_record(summarise(record, AXES))


@pytest.fixture(autouse=True)
def _headless():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_it_prints_its_claims_and_how_many_may_be_trusted(answer):
    lines = repr(answer).splitlines()
    assert {claim["sentence"] for claim in answer["claims"]} < set(lines)
    assert any(line.startswith("4 of 5 universes are trustworthy; 0 comb") for line in lines)
    assert not answer.good
    assert len(answer.table()) == 5
    assert (answer.table()["verdict"] == "not trustworthy").sum() == 1


def test_its_figures_are_pyplots_to_show(answer):
    for plot in (dn.plot_tornado, dn.plot_specification, dn.plot_variance):
        before = len(plt.get_fignums())
        plot(answer)
        assert len(plt.get_fignums()) == before + 1


def test_bad_input_in_one_sentence(evidence, tmp_path):
    with pytest.raises(TypeError, match=r"axes=\['tokens'\]"):
        dn.multiverse(evidence, axes="tokens", folder=tmp_path)
    with pytest.raises(dn.DeclarationError, match="unknown axis 'tokns'; known"):
        dn.multiverse(evidence, axes=["tokns"], folder=tmp_path)
    with pytest.raises(dn.DeclarationError, match="needs the engine numpyro"):
        dn.multiverse(evidence, settings="pymc", folder=tmp_path)
    with pytest.raises(TypeError, match="expected evidence"):
        dn.multiverse([1], folder=tmp_path)
    with pytest.raises(ValueError, match="workers must be a whole number"):
        dn.multiverse(evidence, workers=0, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_cluster_is_asked_for_by_its_address(evidence, tmp_path, monkeypatch):
    asked = {}

    def run(*_, **given):
        asked.update(given)
        return {"universes": [*ADDITIVE[:4]], "skipped": [], "seconds": 1.0}

    monkeypatch.setattr("densing.sensitivity.multiverse.run", run)
    dn.multiverse(evidence, folder=tmp_path, dask="tcp://10.0.0.1:8786", progress=False)
    assert asked["dask"] == "tcp://10.0.0.1:8786"


@pytest.mark.slow
def test_a_multiverse_of_two_goes_on_where_it_was(evidence, model, tmp_path):
    (tmp_path / "axes.toml").write_text(DECLARATION)
    few = {"chains": 2, "pilot": 50, "warmup": 50, "draws": 50, "max_draws": 0}

    def go():
        return dn.multiverse(
            evidence, model=model, declaration=tmp_path / "axes.toml", universes=1,
            settings=dn.load_settings("universe").model_copy(update=few),
            folder=tmp_path / "kept", progress=False,
        )  # fmt: skip

    first = go()
    assert first.table()["tokens"].tolist() == ["declared", "less"]
    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "kept").rglob("*.json")}
    assert dict(go()) == dict(first)
    assert kept == {p: p.stat().st_mtime_ns for p in (tmp_path / "kept").rglob("*.json")}
