"""Within releases density must not depend on size."""

import numpy as np
import pytest

import densing as dn
from densing.cli.app import run as command
from densing.results.family_run import draws_of, layout_of
from densing.results.run import save_run
from densing.results.siblings import from_siblings
from densing.results.siblings import siblings as found_siblings

pytestmark = pytest.mark.filterwarnings("ignore::densing.NotTrustworthyWarning")


def test_releases_of_three_sizes_are_told(families_run):
    told = dn.siblings(families_run)
    assert {"OPT: OPT", "Pythia: Pythia"} <= {row.release for row in told.releases}
    assert all(row.models >= 3 and row.smallest < row.largest for row in told.releases)
    assert told.slope.lower < told.slope.median < told.slope.upper
    assert told.coverage == np.mean([row.inside for row in told.siblings])
    assert told.coverage > 0.6
    assert len(told.siblings) == sum(row.models for row in told.releases)
    assert set(told.as_json().model_dump()) >= {"slope", "releases", "coverage"}
    assert list(told.table()["slope"]) == sorted(told.table()["slope"])


def test_the_slope_of_a_release_is_its_densities(families_run):
    found = found_siblings(families_run, draws=5)
    own = found.models[found.models["release"] == "OPT: OPT"]
    layout = layout_of(families_run)
    at = [layout.coords["model"].index(name) for name in own["model"]]
    log = families_run["posterior"]["log_density"].to_numpy().reshape(-1, len(layout.models))
    x = layout.data.log_total[at]
    assert found.slopes["OPT: OPT"][0] == pytest.approx(np.polyfit(x, log[0, at], 1)[0], rel=1e-6)


def test_a_models_own_scores_do_not_enter_its_prediction(families_run):
    """Its scores are taken out of the messages exactly: other values change nothing."""
    layout = layout_of(families_run)
    draws = draws_of(families_run, 1)
    values = {**layout.facts, **{name: value[0] for name, value in draws.items()}}
    at = np.array([layout.coords["model"].index("Pythia-6.9B")])
    data = layout.data

    def predicted(score):
        rng = np.random.default_rng(1)
        return from_siblings(rng, values, data._replace(score=score), layout.switches, at)

    changed = data.score.copy()
    changed[at] = np.where(data.measured[at] > 0, 0.5 * (changed[at] + 0.6), changed[at])
    assert not np.array_equal(changed, data.score)
    # Normal approximation: its precision moves with the score, so that only rounding is left.
    assert predicted(changed) == pytest.approx(predicted(data.score), abs=1e-8)
    sibling = data.score.copy()
    other = layout.coords["model"].index("Pythia-2.8B")
    sibling[other] = np.where(data.measured[other] > 0, sibling[other] + 0.1, sibling[other])
    assert np.abs(predicted(sibling) - predicted(data.score)).max() > 1e-3


def test_the_command_writes_its_figure(families_run, tmp_path, capfd):
    path = save_run(families_run, tmp_path / "run.nc")
    assert command(["siblings", str(path), "--out", str(tmp_path / "out")]) == 3
    assert (tmp_path / "out" / "siblings.svg").exists()
    assert "of 3 sizes or more" in capfd.readouterr().out
