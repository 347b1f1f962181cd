import jax
import numpy as np
import pandas as pd
import pytest

from densing.models.choices import Choices
from densing.models.layout import era_times, lay_out
from densing.models.prior import FACTS

from . import world
from .world import CODE, QUIZ


def test_centre_and_runs(layout, evidence):
    runs = evidence.reference_runs.query("not held_out")
    n0 = np.exp(np.log(runs["params"]).mean())
    assert layout.centre["log_params"] == pytest.approx(np.log(1e8))
    assert np.exp(layout.centre["log_params"]) == pytest.approx(n0)
    np.testing.assert_allclose(layout.data.runs.n.mean(), 0.0, atol=1e-12)
    np.testing.assert_allclose(layout.data.runs.d.mean(), 0.0, atol=1e-12)
    by_hand = [[QUIZ, CODE].index(name) for name in runs["benchmark"]]
    assert layout.data.runs.benchmark.tolist() == by_hand
    np.testing.assert_allclose(np.exp(layout.data.runs.log_loss), runs["loss"])


def test_checkpoints_are_whole_items(layout, evidence):
    points = evidence.calibration_points.query("not held_out")
    items = points["benchmark"].map({QUIZ: 1000, CODE: 164}).to_numpy(float)
    assert layout.data.checkpoints.items.tolist() == items.tolist()
    np.testing.assert_allclose(layout.data.checkpoints.correct, points["score"] * items, atol=1e-9)
    assert np.all(layout.data.checkpoints.correct == np.rint(layout.data.checkpoints.correct))


def test_models(layout):
    assert layout.coords["model"] == ["One-7B", "One-13B", "Two-3B", "Two-9B"]
    assert layout.coords["family"] == ["One", "Two"]
    assert layout.data.models.family.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(
        layout.data.log_params, np.log(np.array([6.7e9, 12.6e9, 3e9, 8.2e9]) / 1e8)
    )
    days = [(pd.Timestamp(row[2]) - pd.Timestamp("2023-02-24")).days for row in world.MODELS]
    years = np.array(days) / 365.25
    assert layout.centre["time"] == pytest.approx(years.mean())
    np.testing.assert_allclose(layout.data.models.time, years - years.mean(), atol=1e-12)


def test_protocols_are_numbered_after_the_baseline(layout):
    assert layout.coords["protocol"] == ["Quiz: letter"]
    number = layout.data.scores.protocol
    for row in layout.scores.itertuples():
        expected = 1 if row.protocol == "letter" else 0
        assert number[row.cell] == expected, row


def test_cells_say_what_their_scores_are(layout):
    data = layout.data.scores
    # Quiz at 1000 items in two quarters and at 200 in one, letters in two; Code in three.
    assert len(data.items) == 8
    for row in layout.scores.itertuples():
        assert [QUIZ, CODE][data.benchmark[row.cell]] == row.benchmark
        default = {QUIZ: 1000.0, CODE: 164.0}[row.benchmark]
        assert data.items[row.cell] == (200.0 if row.score == 0.33 else default)
        assert data.d[row.cell] == pytest.approx(np.log(5e12) - layout.centre["log_tokens"])


def brute(layout):
    """Sufficient statistics by a loop over the world's rows."""
    data = layout.data.scores
    sums = np.zeros((3, len(layout.models), len(data.items)))
    for row in layout.scores.itertuples():
        i = layout.coords["model"].index(row.model)
        y = row.score
        items = data.items[row.cell]
        if y == 0:
            y = 0.5 / items
        if y == 1:
            y = 1 - 0.5 / items
        sums[:, i, row.cell] += [np.log(y), np.log(1 - y), 1.0]
    return sums


def test_sufficient_statistics(layout):
    data = layout.data.scores
    for ours, plain in zip((data.log_score, data.log_miss, data.count), brute(layout), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-12)
    assert data.count.sum() == 8
    assert data.count.sum(axis=1).tolist() == [3, 2, 2, 1]


def test_a_score_of_nothing_or_everything_is_half_an_item_away(evidence):
    catalog = evidence.catalog.copy()
    catalog.loc[catalog["model"] == "Two-9B", "score"] = 1.0
    layout = lay_out(world.evidence(catalog=catalog), Choices(reference="mine",
                                                              benchmarks=(QUIZ, CODE)))  # fmt: skip
    data = layout.data.scores
    i, j = layout.coords["model"].index("One-13B"), layout.coords["model"].index("Two-9B")
    code = int(np.flatnonzero((data.benchmark == 1) & (data.count[i] > 0))[0])
    letter = int(np.flatnonzero((data.protocol == 1) & (data.count[j] > 0))[0])
    assert np.exp(data.log_score[i, code]) == pytest.approx(0.5 / 164)
    assert np.exp(data.log_miss[j, letter]) == pytest.approx(0.5 / 1000)
    for ours, plain in zip((data.log_score, data.log_miss, data.count), brute(layout), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-12)


def test_a_score_between_the_half_items_is_kept(evidence):
    # One wrong answer of 1000 is data, not a limit.
    catalog = evidence.catalog.copy()
    catalog.loc[catalog["model"] == "Two-9B", "score"] = 0.999
    layout = lay_out(world.evidence(catalog=catalog), Choices(reference="mine", benchmarks=(QUIZ,)))
    i = layout.coords["model"].index("Two-9B")
    assert np.exp(layout.data.scores.log_miss[i].sum()) == pytest.approx(0.001)


@pytest.mark.parametrize("tokens", ["own", "infinite", 1e12])
def test_reference_tokens(evidence, tokens):
    layout = lay_out(evidence, Choices(reference="mine", benchmarks=(QUIZ, CODE), tokens=tokens))
    at = layout.data.scores.d + layout.centre["log_tokens"]
    own = {row[0]: row[5] for row in world.MODELS}
    for row in layout.scores.itertuples():
        if tokens == "own":
            assert at[row.cell] == pytest.approx(np.log(own[row.model]))
        elif tokens == "infinite":
            # Even a slow exponent leaves nothing of the data term.
            assert np.exp(-0.05 * layout.data.scores.d[row.cell]) < 0.01
            assert np.isfinite(at[row.cell])
        else:
            assert at[row.cell] == pytest.approx(np.log(1e12))


def test_facts(layout, evidence):
    facts = layout.facts
    runs = evidence.reference_runs.query("not held_out")
    for k, name in enumerate([QUIZ, CODE]):
        losses = runs.loc[runs["benchmark"] == name, "loss"]
        assert facts["mean_log_loss"][k] == pytest.approx(np.log(losses).mean())
    floor = 1 / (1 + np.exp(-facts["chance_logit"]))
    np.testing.assert_allclose(floor, [0.25, 0.0], atol=0.01)
    # Worth 200 items: at chance level 1 / 4 that is 3 points.
    spread = facts["chance_spread"] * floor * (1 - floor)
    assert spread[0] == pytest.approx(np.sqrt(0.25 * 0.75 / 200), rel=0.02)
    points = evidence.calibration_points.query("not held_out")
    for k, name in enumerate([QUIZ, CODE]):
        assert facts["best_score"][k] >= points.loc[points["benchmark"] == name, "score"].max()
        assert facts["best_score"][k] < 1


def test_facts_are_those_that_priors_may_name(layout):
    assert set(layout.facts) == set(FACTS) - {"usual_ceiling"}  # of the families model alone
    for name in layout.facts:
        fact = FACTS[name]
        assert np.shape(layout.facts[name]) == tuple(layout.sizes[dim] for dim in fact.dims)
        if fact.support != "the whole line":
            assert np.all(np.asarray(layout.facts[name]) > 0)


@pytest.mark.parametrize("seed", [0, 1])
def test_order_of_rows_does_not_matter(evidence, choices, layout, seed):
    tables = {
        name: getattr(evidence, name).sample(frac=1.0, random_state=seed).reset_index(drop=True)
        for name in ("reference_runs", "calibration_points", "catalog", "benchmarks")
    }
    other = lay_out(world.evidence(**tables), choices)
    assert dict(other.coords) == dict(layout.coords)
    for name, value in layout.facts.items():
        np.testing.assert_allclose(other.facts[name], value, rtol=1e-13)
    np.testing.assert_allclose(other.data.log_params, layout.data.log_params)
    np.testing.assert_allclose(other.data.models.time, layout.data.models.time)

    def by_cell(layout):
        d = layout.data.scores
        order = np.lexsort((d.time, d.d, d.items, d.protocol, d.benchmark))
        head = np.stack([d.benchmark, d.protocol, d.items, d.d, d.time])[:, order]
        return head, np.stack([d.log_score, d.log_miss, d.count])[:, :, order]

    for ours, theirs in zip(by_cell(other), by_cell(layout), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_order_of_rows_gives_the_very_same_arrays(evidence, choices, layout):
    # Same evidence, same hash, same seed: the draws must be the same, so the arrays must be.
    tables = {
        name: getattr(evidence, name).sample(frac=1.0, random_state=3).reset_index(drop=True)
        for name in ("reference_runs", "calibration_points", "catalog", "benchmarks")
    }
    shuffled = world.evidence(**tables)
    assert shuffled.hash == evidence.hash
    other = lay_out(shuffled, choices)
    for ours, theirs in zip(jax.tree.leaves(other.data), jax.tree.leaves(layout.data), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for name, value in layout.facts.items():
        np.testing.assert_array_equal(other.facts[name], value)


@pytest.mark.parametrize("column", ["absent", "blank"])
def test_without_a_baseline_protocol_there_is_no_protocol_effect(evidence, choices, column):
    table = evidence.benchmarks.copy()
    catalog = evidence.catalog.drop(columns="protocol")
    if column == "absent":
        table = table.drop(columns="protocol")
    else:
        table["protocol"] = [None, "0-shot"]
    layout = lay_out(world.evidence(benchmarks=table, catalog=catalog), choices)
    assert layout.coords["protocol"] == []
    assert not np.any(layout.data.scores.protocol)


def test_grid_covers_every_model_and_is_even(layout):
    grid = np.asarray(layout.data.grid.points)
    assert np.ptp(np.diff(grid)) < 1e-9
    assert grid[0] < layout.data.log_params.min() - np.log(100)
    assert grid[-1] > layout.data.log_params.max() + np.log(100)


def test_a_layout_holds_arrays_only(layout):
    for leaf in jax.tree.leaves((layout.data, dict(layout.facts))):
        assert np.asarray(leaf).dtype.kind in "if"
        assert np.all(np.isfinite(leaf))


def test_quarters_are_dated_by_their_models():
    time = np.array([-1.0, -0.9, -0.76, -0.75, 0.3, 1.2])
    expected = [-0.88666667, -0.88666667, -0.88666667, -0.75, 0.3, 1.2]
    np.testing.assert_allclose(era_times(time), expected)
    np.testing.assert_allclose(era_times(time + 7.0), np.array(expected) + 7.0)


def test_one_benchmark_has_no_trend_of_its_own(evidence):
    layout = lay_out(evidence, Choices(reference="mine", benchmarks=(QUIZ,)))
    assert not layout.switches.benchmark_trends
    assert set(layout.data.scores.time) == {0.0}
    assert len(layout.data.scores.items) == 3


def test_rows_are_the_cells_of_their_scores(layout):
    rows, cells = layout.laid_scores.rows, layout.data.scores
    at = layout.scores["cell"].to_numpy()
    for name in ("benchmark", "protocol", "items", "d"):
        np.testing.assert_array_equal(getattr(rows, name), getattr(cells, name)[at])
    who, time = layout.scores["model_index"].to_numpy(), layout.data.models.time
    np.testing.assert_array_equal(rows.time, time[who])
    # From the quarter's date to its own, shared among the benchmarks that a model has.
    np.testing.assert_allclose((layout.data.since.sum(axis=1)[who] + cells.time[at]), rows.time)
    missing = layout.coords["model"].index("Two-9B")
    assert layout.data.since[missing, 1] == 0.0
