"""What a run says of scores is its program, replayed: beside the program itself, and by hand."""

import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from densing.data import load_evidence
from densing.models.declaration import load_model
from densing.models.joint import curves, log_sizes
from densing.models.layout import lay_out
from densing.models.ops import numpy_ops
from densing.models.prior_draws import PriorProgram
from densing.models.program import Replay, last_axis
from densing.models.scores import score_moments
from densing.results.posterior import RunReplay, cells_of, evenly
from densing.results.predict import predict_new
from densing.results.score_grid import score_grids
from forecast.future_run import future_run

DRAWS = 6
EVERYTHING = {
    "contamination": True, "count": "experts", "link": "probit", "likelihood": "student-t",
    "shape": "changepoint",
}  # fmt: skip


@pytest.mark.parametrize("choices", [{}, {"irreducible": False, "free_ceiling": False}, EVERYTHING])
def test_a_replay_of_all_draws_is_the_program_at_each(choices):
    """The whole program, and the curves that a run's derived quantities give back."""
    model = load_model("ladder").choose(**choices)
    layout = lay_out(load_evidence(), model.choices)
    rng, switches = np.random.default_rng(3), layout.switches
    data = layout.data._replace(scores=layout.laid_scores.rows)
    passes, means = [], []
    for _ in range(DRAWS):
        m = PriorProgram(model.priors, layout.sizes, layout.facts, rng)
        cell, line = curves(m, data, switches)
        n = (line.mean + log_sizes(m, data, switches))[layout.scores["model_index"]][:, None]
        means.append(
            [x[:, 0] for x in score_moments(numpy_ops, cell, m.values["overdispersion"], n)]
        )
        passes.append(m.values)
    values = {
        name: np.stack([one[name] for one in passes], axis=-1)
        for name in passes[0] if name not in layout.facts
    }  # fmt: skip
    facts = {name: np.asarray(fact)[..., None] for name, fact in layout.facts.items()}
    flat = data._replace(
        runs=last_axis(data.runs), checkpoints=last_axis(data.checkpoints),
        scores=last_axis(data.scores), models=data.models._replace(time=data.models.time[:, None]),
        log_params=data.log_params[:, None],
        log_experts=None if data.log_experts is None else data.log_experts[:, None],
    )  # fmt: skip
    m = Replay(values | facts)
    cell, line = curves(m, flat, switches)
    n = (line.mean + log_sizes(m, flat, switches))[layout.scores["model_index"]][:, None]
    expected = np.moveaxis(np.asarray(means), 0, -1)
    found = score_moments(m.xp, cell, m.values["overdispersion"], n)
    np.testing.assert_allclose(np.asarray(found)[:, :, 0], expected, rtol=1e-11, atol=1e-14)
    restored = cells_of(
        Replay(values), flat.scores, link=switches.link, likelihood=switches.likelihood
    )
    found = score_moments(m.xp, restored, m.values["overdispersion"], n)
    np.testing.assert_allclose(np.asarray(found)[:, :, 0], expected, rtol=1e-9, atol=1e-12)


def test_draws_are_evenly_spaced():
    assert evenly(10, None).tolist() == list(range(10))
    assert evenly(10, 4).tolist() == [0, 3, 6, 9]
    assert evenly(3, 10).tolist() == [0, 1, 2]


@pytest.fixture(scope="module")
def run():
    return future_run(models=12, draws=150)


def altered(run, **variables):
    """Copy of a run with posterior variables in place of, or beside, its own."""
    other = run.copy()
    posterior = run["posterior"].to_dataset()
    for name, value in variables.items():
        dims = ("benchmark",) if np.ndim(value) else ()
        shape = tuple(posterior.sizes[d] for d in ("chain", "draw", *dims))
        posterior[name] = (("chain", "draw", *dims), np.broadcast_to(value, shape))
    other["posterior"] = type(run)(posterior)
    return other


ORIGIN = date(2023, 12, 1)


def predicted(run, full, **more):
    return predict_new(run, full, ORIGIN, months=60, **more)


def test_new_models_have_their_benchmarks_own_drift(run):
    """Drifts that are exchanged for a change of the offsets at one date change nothing there."""
    still, moving = altered(run, drift=(0.0, 0.0)), altered(run, drift=(0.8, -0.8))
    before, after = predicted(still, run), predicted(moving, run)
    difference = after.drawn.mean(axis=0) - before.drawn.mean(axis=0)
    time = RunReplay(run).rows().time[:, 0]
    later = np.isin(run["constant_data"]["score_model"].to_numpy(), before.model)
    assert (time[later] > 0).any()
    way = np.where(before.benchmark == before.benchmark[0], 1.0, -1.0) * np.sign(time[later])
    assert np.mean(way * difference > 0) > 0.9
    assert np.abs(difference).max() > 0.05


def test_a_new_protocol_has_an_effect_that_is_not_known(run):
    full = run.copy()
    data = run["constant_data"].to_dataset()
    names = data["score_protocol"].to_numpy().astype(object)
    first = data["score_benchmark"].to_numpy() == data["benchmark"].to_numpy()[0]
    names[first] = "QUIZ: a way of asking that nobody used"
    data["score_protocol"] = ("score_row", names)
    full["constant_data"] = type(run)(data)
    sure, unsure = (predicted(altered(run, protocol_spread=s), full) for s in (1e-6, 2.0))
    new = sure.benchmark == sure.benchmark[0]
    wide, narrow = (told.drawn.std(axis=0) for told in (unsure, sure))
    assert np.all(wide[new] > 1.2 * narrow[new])
    np.testing.assert_allclose(wide[~new], narrow[~new], rtol=0.3)
    # And one effect for all of its scores.
    about = np.corrcoef(unsure.drawn[:, new].T)
    assert about[~np.eye(new.sum(), dtype=bool)].mean() > 0.3


def test_a_grid_of_scores_has_the_bias_of_later_models(run):
    biased = altered(run, contamination=(1.5, 0.0))
    plain, moved = (next(score_grids(one, draws=1)) for one in (run, biased))
    data = run["constant_data"].to_dataset()
    day = pd.to_datetime(
        data["release_date"].to_numpy()[data["score_model"].to_numpy().astype(int)]
    )
    rows = RunReplay(run).rows()
    late = np.asarray(day >= "2023-11-01") & (rows.benchmark == 0)
    assert late.any()
    assert not late.all()
    up = moved.mean[:, len(plain.points) // 2] - plain.mean[:, len(plain.points) // 2]
    assert np.all(up[late] > 0.02)
    np.testing.assert_allclose(up[~late], 0.0, atol=1e-12)


def test_a_run_tells_its_own_switches(run):
    """What the program heeds is what is in the posterior, and what the model chose."""
    replay = RunReplay(run, draws=3)
    rows = replay.rows()
    assert replay.protocols == ["QUIZ: 0-shot"]
    assert set(rows.protocol) == {0, 1}
    assert rows.score is None
    normal = run.copy()
    model = json.loads(run.attrs["model"])
    model["choices"]["likelihood"] = "normal"
    normal.attrs = run.attrs | {"model": json.dumps(model)}
    np.testing.assert_array_equal(
        RunReplay(normal).rows().score[:, 0], run["constant_data"]["score"]
    )
    assert replay.cells(rows).shift.shape == (len(rows.benchmark), 1, 3)
