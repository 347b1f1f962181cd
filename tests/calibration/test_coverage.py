import json

import numpy as np
import pytest

from densing.calibration import coverage
from densing.calibration.coverage import (
    allowed,
    allowed_mean,
    cover,
    draw_kind,
    kinds,
    record_line,
    summarise_kinds,
    verdict,
    where,
)
from densing.cli.app import run
from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.models.world import load_world, simulate


def test_every_kind_says_what_it_is():
    assert next(iter(kinds())) == "ordinary"
    for name, path in kinds().items():
        assert load_world(path).about, name


def beyond_gamma(drawn):
    """Share of models whose true effective size lies beyond what shows on Gamma."""
    truth, centre = load_world(kinds()["saturated"]), drawn.layout.centre
    gamma = truth.benchmarks["Gamma"]
    d = np.log(truth.tokens) - centre["log_tokens"]
    limit = gamma.irreducible_loss + gamma.data_term * np.exp(-gamma.beta * d)
    reach = np.log(gamma.size_term / gamma.discrepancy / limit) / gamma.alpha
    density = [drawn.truth["density"][name] for name in drawn.layout.models["model"]]
    return np.mean(drawn.layout.data.log_params + np.log(density) > reach)


def test_kinds_are_what_they_say():
    model = load_model("ladder")
    (five,) = draw_kind("five_models", model, worlds=1, seed=1)
    assert len(five.layout.models) == 5
    (none,) = draw_kind("no_growth", model, worlds=1, seed=1)
    assert none.truth["population_rate"] == none.truth["frontier_rate"] == 0.0
    (wrong,) = draw_kind("wrong_floor", model, worlds=1, seed=1)
    assert wrong.layout.selection.benchmarks.loc["Alpha", "chance"] == 0.25
    saturated = draw_kind("saturated", model, worlds=10, seed=1)
    assert 0.2 < np.mean([beyond_gamma(one) for one in saturated]) < 0.5
    (gaps,) = draw_kind("gaps", model, worlds=1, seed=1)
    (whole,) = draw_kind("ordinary", model, worlds=1, seed=1)
    assert len(gaps.layout.scores) < 0.6 * len(whole.layout.scores)
    (late,) = draw_kind("laggards_catch_up", model, worlds=1, seed=1)
    assert late.truth["frontier_rate"] < late.truth["population_rate"] - 0.4


def test_whole_blocks_are_missing_where_families_leave_gaps():
    truth = load_world(kinds()["family_gaps"])
    tables, _ = simulate(truth)
    scores, models = tables["catalog"], truth.model_copy(update={"missing_blocks": 0.0})
    every, _ = simulate(models)
    blocks = len(truth.benchmarks) * truth.families
    assert blocks >= 100
    there = scores.groupby(["benchmark", "family"]).ngroups
    assert 0.5 < there / every["catalog"].groupby(["benchmark", "family"]).ngroups < 0.75
    assert set(scores["model"]) == set(every["catalog"]["model"])
    # What is reported is what would have been: blocks are dropped, no other number moves.
    both = scores.merge(every["catalog"], on=["benchmark", "model"], how="left")
    kept = both.dropna(subset="score_y")
    np.testing.assert_array_equal(kept["score_x"], kept["score_y"])
    assert len(kept) > 0.95 * len(scores)


def test_worlds_of_a_kind_differ_and_a_seed_repeats_them():
    model = load_model("ladder")
    one, two = draw_kind("ordinary", model, worlds=2, seed=1)
    again, _ = draw_kind("ordinary", model, worlds=2, seed=1)
    assert one.truth["density"] == again.truth["density"]
    assert one.truth["density"] != two.truth["density"]


def test_the_record_line_of_a_standing_field_grows():
    """What the literature's method does where nothing grows: it hardly ever covers zero."""
    rng = np.random.default_rng(1)
    time = np.sort(rng.uniform(0, 2, (400, 200)), axis=1)
    lines = [record_line(t, rng.standard_normal(200), 0.0) for t in time]
    covered = np.mean([line for line in lines if line is not None])
    assert covered < 0.4


def test_too_few_records_have_no_line():
    assert record_line(np.arange(4.0), -np.arange(4.0), 0.0) is None


@pytest.mark.slow
def test_a_kind_is_fitted_and_kept(tmp_path):
    model, settings = load_model("ladder"), load_settings("quick")
    first = cover("five_models", model, settings, tmp_path, worlds=2)
    kept = sorted((tmp_path / "hard").rglob("*.json"))
    assert len(kept) == 2
    record = json.loads(kept[0].read_text())
    assert record == first[0]
    assert set(record["covered"]) == {"population_rate", "frontier_rate", "density"}
    assert cover("five_models", model, settings, tmp_path, worlds=2) == first
    table = summarise_kinds({"five_models": first})["five_models"]
    assert table["worlds"] == 2
    # Ten densities, of which nine are expected inside (those of one world are alike).
    assert table["density"]["coverage"] >= 0.6
    for own in first:
        low, high = own["interval"]["population_rate"]
        assert own["covered"]["population_rate"] == (low < load_world().rate < high)
        # The prior alone says -4 to 6 a year: five models tell less than that, but they tell.
        assert 0.0 < high - low < 10.0


def record(lower, upper, *, truth=0.6, density=0.9, verdict="trustworthy", p=0.1):
    """A world's record whose rates have this interval."""
    keys = ("population_rate", "frontier_rate")
    return {
        "covered": {**dict.fromkeys(keys, lower < truth < upper), "density": density},
        "interval": {key: [lower, upper] for key in keys}, "p_not_growing": dict.fromkeys(keys, p),
        "record_line": None, "diagnostics": {"verdict": verdict},
    }  # fmt: skip


def test_a_kind_in_numbers():
    records = [record(-0.1, 1.0, p=0.2), record(0.1, 1.0, p=0.0), record(0.7, 1.0, density=0.7),
               record(0.0, 2.0, p=0.1)]  # fmt: skip
    row = summarise_kinds({"slow": records})["slow"]
    assert row["frontier_rate"]["coverage"] == 0.75
    assert row["frontier_rate"]["not_bounded"] == 0.5
    assert row["population_rate"]["p_not_growing"] == pytest.approx(0.1)
    assert row["density"]["coverage"] == pytest.approx(0.85)
    assert row["record_line"] == {"coverage": None, "worlds": 0}


@pytest.mark.parametrize(
    ("inside", "expected"), [(83, "under"), (84, "within"), (95, "within"), (96, "over")]
)
def test_what_chance_allows_in_a_hundred_worlds(inside, expected):
    """Binomial(100, 0.9): 2.1 % of it lies below 84, 2.4 % above 95."""
    assert where(inside / 100, allowed(100)) == expected
    records = [record(0.0, 1.0 if i < inside else 0.5) for i in range(100)]
    rows = summarise_kinds({"slow": records})
    told = verdict(rows)
    assert rows["slow"]["population_rate"]["verdict"] == expected
    assert told["verdict"] == ("covers too little" if expected == "under" else "covers")
    assert told["over"] == (["slow"] if expected == "over" else [])
    if expected == "under":
        assert "slow: 90 % intervals hold too few truths in 100 worlds" in told["reasons"][0]
        assert "frontier's rate 83 % (chance allows 84 %)" in told["reasons"][0]


def test_densities_are_held_against_how_worlds_differ():
    shares = np.tile([0.6, 0.9], 20)
    few, many = [np.tile([0.6, 1.0], n) for n in (3, 60)]
    assert where(float(shares.mean()), allowed_mean(shares)) == "under"
    assert where(float(few.mean()), allowed_mean(few)) == "within"
    assert where(float(many.mean()), allowed_mean(many)) == "under"


@pytest.mark.parametrize(
    ("rate_ends", "good", "status", "told"),
    [
        ((0.5, 0.7), 40, 0, "Covered more than promised (no failure): slow"),
        ((0.7, 0.8), 40, 3, "hold too few truths in 40 worlds"),
        ((0.5, 0.7), 30, 3, "30 of 40 fits are trustworthy"),
    ],
)
def test_the_command_gives_a_verdict(rate_ends, good, status, told, tmp_path, capsys, monkeypatch):
    found = [
        record(*rate_ends, verdict="trustworthy" if i < good else "not trustworthy")
        for i in range(40)
    ]
    monkeypatch.setattr(coverage, "cover", lambda *_, **__: found)
    out = tmp_path / "out"
    words = ["coverage", "--kinds", "slow", "--worlds", "40", "--out", str(out), "--quiet"]
    assert run(words) == status
    assert told in " ".join(capsys.readouterr().out.split())
    assert run([*words, "--json"]) == status
    assert bool(json.loads(capsys.readouterr().out)["reasons"]) == bool(status)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["coverage", "--kinds", "slow,fast"], "unknown kind 'fast'"),
        (["coverage", "--worlds", "1"], "--worlds must be at least 2"),
        (["calibrate", "--cases", "trend"], "unknown case 'trend'"),
        (["calibrate", "--worlds", "1"], "--worlds must be at least 2"),
        (["calibrate", "--every", "0"], "--every"),
        (["calibrate", "--inference", "nutpie"], "one compiled program"),
        (["coverage", "--inference", "pymc"], "one compiled program"),
        (["coverage", "--model", "population"], "no frontier"),
    ],
)
def test_bad_input(words, told, tmp_path, capsys):
    assert run([*words, "--out", str(tmp_path / "out"), "--quiet"]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_command_answers_in_json(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["calibrate", "--cases", "population", "--worlds", "6", "--inference", "quick"]
    status = run([*words, "--out", str(out), "--quiet", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert status == (0 if answer["verdict"] == "calibrated" else 3)
    case = answer["cases"]["population"]
    assert case["worlds"] == 6
    assert set(case["coverage"]) == {"0.5", "0.8", "0.9", "0.95"}
    assert json.loads((out / "calibration.json").read_text()) == answer
    assert (out / "figures" / "ranks.svg").exists()
