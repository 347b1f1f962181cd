"""Back-tests where the truth is known, and what is said of them."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from compare.test_mixture import run_of
from densing.answers.forecast.mixture import mix
from densing.calibration import backtest as refitting
from densing.data import load_evidence
from densing.inference.settings import load_settings
from densing.models.declaration import load_model
from densing.results import backtested
from densing.results.backtest import (
    BASELINES,
    OURS,
    average_table,
    averages_sentence,
    later_models,
    record_table,
    score_origin,
    score_records,
    score_reported,
    score_table,
    scores_sentence,
    table,
    verdict_sentence,
)
from densing.results.horizon import released
from densing.results.predict import predict_new

from .future_run import RATE, future_run

ORIGIN = date(2024, 3, 31)


def cut(run, origin):
    """The run as of `origin`: the same parameters, and the models released by then."""
    early = np.flatnonzero(released(run) <= pd.Timestamp(origin))
    who = run["constant_data"]["score_model"].to_numpy().astype(int)
    rows = np.flatnonzero(np.isin(who, early))

    def part(node):
        data = node.to_dataset()
        data = data.isel(model=early) if "model" in data.dims else data
        return data.isel(score_row=rows) if "score_row" in data.dims else data

    out = run.copy()
    for name in ("posterior", "derived", "constant_data", "log_likelihood"):
        out[name] = type(run)(part(run[name]))
    return out


@pytest.fixture(scope="module")
def full():
    return future_run(models=40, spread=0.05, draws=500)


@pytest.fixture(scope="module")
def early(full):
    return cut(full, ORIGIN)


def test_later_models_are_those_of_the_next_year(full):
    later = later_models(full, ORIGIN)
    assert later["day"].min() > pd.Timestamp(ORIGIN)
    assert later["day"].max() <= pd.Timestamp("2025-03-31")
    expected = (released(full) > pd.Timestamp(ORIGIN)).sum()
    assert len(later) == expected


def test_a_forecast_that_knows_the_truth_covers_it(full, early):
    rows = score_origin(early, full, ORIGIN)
    told = {(row["months"], row["forecaster"]): row for row in table(rows)}
    ours = told[12, OURS]
    assert ours["forecasts"] == ours["models"] == len(later_models(full, ORIGIN))
    # Models scatter by 0.3 about the line, and a new one is forecast to scatter by 0.54.
    assert ours["coverage"]["0.95"]["share"] > 0.9
    assert abs(ours["bias"]) < 0.3
    assert ours["crps"] < told[12, "last half-year"]["crps"]
    assert ours["log_score"] > told[12, "last half-year"]["log_score"]
    assert told[3, OURS]["forecasts"] < told[6, OURS]["forecasts"] < ours["forecasts"]
    assert {name for months, name in told if months == 12} == {OURS, *BASELINES}


def test_a_forecast_with_the_wrong_rate_is_found_out(full, early):
    wrong = early.copy()
    posterior = early["posterior"].to_dataset()
    posterior["rate"] = posterior["rate"] - 2 * RATE
    wrong["posterior"] = type(early)(posterior)
    good, bad = (
        next(r for r in table(score_origin(run, full, ORIGIN)) if r["forecaster"] == OURS)
        for run in (early, wrong)
    )
    assert bad["crps"] > 2 * good["crps"]
    assert bad["log_score"] < good["log_score"]
    assert bad["bias"] < -0.5


def test_models_of_one_day_and_family_are_one_batch(full, early):
    together = full.copy()
    data = full["constant_data"].to_dataset()
    data["model_family"] = ("model", np.full(40, "one", object))
    together["constant_data"] = type(full)(data)
    (row,) = (
        r for r in table(score_origin(early, together, ORIGIN))
        if r["forecaster"] == OURS and r["months"] == 12
    )  # fmt: skip
    assert row["batches"] == len(set(released(full)[released(full) > pd.Timestamp(ORIGIN)]))


def test_records_count_within_the_data_alone(full, early):
    rows = score_records(early, full, ORIGIN)
    assert [row["months"] for row in rows] == [3, 6]  # the data end 2024-12-31
    assert score_records(early, full, date(2024, 12, 30)) == []
    told = record_table(rows)
    assert told["forecasts"] == 2
    assert told["crps"] < told["naive_crps"]


def test_scores_are_predicted_from_the_density_of_a_new_model(full, early):
    rows = score_reported(early, full, ORIGIN)[1]
    later = later_models(full, ORIGIN)
    assert len(rows) == 2 * len(later)
    told = score_table(rows)
    assert told["models"] == len(later)
    assert sum(own["predictions"] for own in told["benchmarks"].values()) == len(rows)
    assert told["by_origin"][ORIGIN.isoformat()]["predictions"] == len(rows)
    assert told["coverage"]["0.95"]["share"] > 0.8
    assert told["coverage"]["0.5"]["share"] < told["coverage"]["0.95"]["share"]


def test_average_scores_are_predicted_and_observed(full, early):
    rows = score_reported(early, full, ORIGIN)[0]
    *single, year = rows
    later = later_models(full, ORIGIN)
    assert [row["model"] for row in single] == later["model"].tolist()
    data = full["constant_data"].to_dataset()
    own = data["score"].to_numpy()[data["score_model"].to_numpy() == later["index"].iloc[0]]
    assert single[0]["observed"] == pytest.approx(own.mean())
    assert year["model"] is None
    assert year["observed"] == pytest.approx(np.mean([row["observed"] for row in single]))
    assert year["lower"] < year["observed"] < year["upper"]
    told = average_table(rows)
    assert told["forecasts"] == told["models"] == len(later)
    assert told["coverage"]["0.95"]["share"] > 0.8
    assert told["by_origin"][ORIGIN.isoformat()]["year"]["models"] == len(later)
    assert "in 1 of 1" in averages_sentence(told)


def test_average_scores_find_a_wrong_rate_out_whatever_the_densities(full, early):
    """The later densities themselves have no part in it; the forecast's rate has."""
    moved, wrong = full.copy(), early.copy()
    posterior = full["posterior"].to_dataset()
    posterior["log_density"] = posterior["log_density"] + 5.0
    moved["posterior"] = type(full)(posterior)
    good = average_table(score_reported(early, full, ORIGIN)[0])
    assert average_table(score_reported(early, moved, ORIGIN)[0]) == good
    posterior = early["posterior"].to_dataset()
    posterior["rate"] = posterior["rate"] - 2 * RATE
    wrong["posterior"] = type(early)(posterior)
    bad = average_table(score_reported(wrong, full, ORIGIN)[0])
    assert bad["coverage"]["0.9"]["share"] < good["coverage"]["0.9"]["share"] - 0.2
    assert bad["bias"] < -0.05
    assert f"it lay above as of {ORIGIN}" in averages_sentence(bad)


def test_models_of_one_family_share_its_effect(full, early):
    wide = early.copy()
    posterior = early["posterior"].to_dataset()
    posterior["family_spread"] = posterior["family_spread"] * 0 + 3.0
    wide["posterior"] = type(early)(posterior)
    told = predict_new(wide, full, ORIGIN, months=12)
    data = full["constant_data"].to_dataset()
    family = data["model_family"].to_numpy()[told.model]
    about = np.corrcoef(told.drawn[:, told.benchmark == told.benchmark[0]].T)
    family = family[told.benchmark == told.benchmark[0]]
    same = (family[:, None] == family) & ~np.eye(len(family), dtype=bool)
    assert about[same].mean() > 0.5
    assert abs(about[family[:, None] != family].mean()) < 0.2


def row(name, crps, share=0.9):
    return {
        "months": 12, "forecaster": name, "crps": crps, "forecasts": 9, "models": 8, "batches": 7,
        "origins": 3, "coverage": {"0.9": {"share": share, "se": 0.05}},
    }  # fmt: skip


def test_the_verdict_names_who_did_better():
    rows = [row(OURS, 0.5), row(BASELINES[0], 0.9), row(BASELINES[2], 0.3)]
    said = verdict_sentence(rows, [row(OURS, 0.5, 0.8), row(OURS, 0.5, 1.0)])
    assert "better than last half-year's mean (0.90)" in said
    assert "worse than least squares on the records (0.30)" in said
    assert "from 80 to 100 % by origin" in said
    assert "9 forecasts of 8 models in 7 batches" in said


def test_scores_that_cover_too_little_are_called_so():
    told = {
        "predictions": 10, "models": 5, "coverage": {"0.9": {"share": 0.7, "se": 0.1}},
        "benchmarks": {"A": {"coverage": 0.8, "bias": 0.0}, "B": {"coverage": 0.6, "bias": -0.1}},
        "by_origin": {"2024-06-30": {"coverage": 0.7, "bias": 0.0}},
    }  # fmt: skip
    assert "(B 60 % (bias -0.10), A 80 % (bias +0.00))" in scores_sentence(told)
    assert "; 70 % as of 2024-06-30" in scores_sentence(told)
    assert "less certain" in scores_sentence(told)
    told["coverage"]["0.9"]["share"] = 0.9
    assert "less certain" not in scores_sentence(told)


def test_origins_are_the_ends_of_half_years():
    days = refitting.origins(load_evidence(), load_model("ladder"))
    assert days[0] == date(2023, 6, 30)
    assert all((day.month, day.day) in ((6, 30), (12, 31)) for day in days)
    assert days == sorted(days)


def test_a_stopped_back_test_goes_on(tmp_path, monkeypatch):
    fitted = []

    def fit(evidence, *, model, settings, seed):
        fitted.append(model.choices.released_until)
        return future_run()

    monkeypatch.setattr(refitting, "fit", fit)
    evidence, settings = load_evidence(), load_settings("quick")

    def again(day, seed=1):
        model = load_model("ladder")
        runs = refitting.refit_all(evidence, [(model, day)], settings, tmp_path, seed=seed)
        assert runs(model, day).attrs["models"]

    again(date(2024, 6, 30))
    again(date(2024, 6, 30))
    again(None)
    again(date(2024, 6, 30), seed=2)
    assert fitted == [date(2024, 6, 30), None, date(2024, 6, 30)]


SHAPES = ("ladder", "changepoint", "local", "saturating")


def test_the_kept_back_tests_are_of_the_declared_shapes():
    """It fails where a model has changed since: `make backtest` makes new ones."""
    kept = backtested.kept()
    assert set(kept) == {*SHAPES, "shapes", "default"}
    models = [backtested.same_model(json.loads(load_model(name).model_dump_json()))
              for name in SHAPES]  # fmt: skip
    for name, model in zip(SHAPES, models, strict=True):
        assert kept[name]["model"] == model
    averaged = kept["shapes"]["model"]["averaged"]
    assert all(model in averaged for model in models)
    assert len(averaged) == len(models)
    for told in kept.values():
        assert len(told["origins"]) >= 4
        assert told["trustworthy"] == all(o["verdict"] == "trustworthy" for o in told["origins"])
    assert kept["ladder"]["trustworthy"]
    for origin in kept["shapes"]["origins"]:
        assert sum(origin["weights"].values()) == pytest.approx(1.0)


@pytest.mark.xfail(reason="kept before evidence 2026.12; `make backtest`", strict=True)
def test_the_kept_back_tests_are_of_the_bundled_evidence():
    assert {told["evidence_hash"] for told in backtested.kept().values()} == {load_evidence().hash}


def kept_of(run, *, crps=0.5, trustworthy=True):
    return {
        "model": backtested.identity(run), "sentence": "A.", "averages_sentence": "B.",
        "records_sentence": "C.", "scores_sentence": "D.", "trustworthy": trustworthy,
        "table": [{"months": 12, "forecaster": OURS, "crps": crps}],
        "origins": [{"origin": "2024-06-30", "verdict": "trustworthy"},
                    {"origin": "2024-12-31", "verdict": "trustworthy" if trustworthy else "no"}],
        "evidence_hash": run.attrs["evidence_hash"],
    }  # fmt: skip


def test_only_the_same_model_was_back_tested(monkeypatch):
    run = future_run()
    assert not backtested.verdict(run)["same"]
    kept = kept_of(run)
    monkeypatch.setattr(backtested, "kept", lambda: {"mine": kept})
    assert backtested.verdict(run) == {
        "same": True, "sentence": "A. B. C.", "scores_sentence": "D.",
    }  # fmt: skip
    assert "24 months beyond its data" in backtested.verdict(run, days_beyond=730)["sentence"]
    monkeypatch.setitem(kept, "evidence_hash", "another")
    assert "other evidence" in backtested.verdict(run)["sentence"]
    monkeypatch.setattr(backtested, "kept", dict)
    assert "Not back-tested" in backtested.verdict(run)["sentence"]


def test_each_forecaster_quotes_its_own_back_test(monkeypatch):
    straight, bent = run_of(), run_of("saturating")
    both = mix({"straight": straight, "bent": bent})[0]
    kept = {"straight": kept_of(straight), "bent": kept_of(bent, crps=0.8),
            "both": kept_of(both, crps=0.6) | {"sentence": "Both."}}  # fmt: skip
    monkeypatch.setattr(backtested, "kept", lambda: kept)
    assert "did best" not in backtested.verdict(straight)["sentence"]
    assert "straight did best: CRPS 0.50" in backtested.verdict(bent)["sentence"]
    # The order of an average does not matter; its parts do.
    again = mix({"bent": bent, "straight": straight})[0]
    assert backtested.verdict(again)["sentence"].startswith("Both. B. C.")
    moved = run_of("saturating")
    model = json.loads(moved.attrs["model"])
    model["choices"]["tokens"] = 1e12
    moved.attrs["model"] = json.dumps(model)
    other = mix({"straight": straight, "moved": moved})[0]
    told = backtested.verdict(other)
    assert not told["same"]
    assert "`densing backtest --with`" in told["sentence"]


def test_a_back_test_that_is_not_trustworthy_says_so(monkeypatch):
    run = future_run()
    bad = kept_of(run, crps=0.1, trustworthy=False)
    good = kept_of(run_of("saturating"), crps=0.4)
    monkeypatch.setattr(backtested, "kept", lambda: {"bad": bad, "good": good})
    assert not backtested.verdict(run)["same"]  # so figures are stamped
    said = backtested.verdict(run)["sentence"]
    assert said.startswith("NOT TRUSTWORTHY: the refits of 2024-12-31 did not pass")
    # Nor is it what others are held against.
    assert "did best" not in backtested.verdict(run_of("saturating"))["sentence"]


def test_fans_that_hold_too_little_are_called_narrow():
    rows = [row(OURS, 0.5, 0.7), row(BASELINES[0], 0.9)]
    said = verdict_sentence(rows, [row(OURS, 0.5, 0.7)], averaged=4)
    assert "too narrow" in said
    assert "4 models refitted as of 3 half-years, averaged by the weights of each" in said


def test_an_average_is_scored_by_the_weights_of_each_origin(tmp_path, monkeypatch):
    """Of two shapes that say other things, the scores are those of their own mixture."""

    def fit(evidence, *, model, settings, seed):
        day = model.choices.released_until
        run = run_of(model.choices.shape, models=40, spread=0.05, draws=100)
        if day is None:
            return run
        run = cut(run, day)
        if model.choices.shape == "linear":  # as of every origin, it has all the weight
            scores = run["log_likelihood"]["scores"]
            run["log_likelihood"]["scores"] = scores + 5.0
        return run

    monkeypatch.setattr(refitting, "fit", fit)
    monkeypatch.setattr(refitting, "origins", lambda *_: [ORIGIN])
    evidence, settings, listed = load_evidence(), load_settings("quick"), []

    def test(*others, folder=tmp_path):
        return refitting.backtest(
            evidence, load_model("ladder"), settings, folder,
            others=[load_model(o) for o in others], listen=lambda *told: listed.append(told),
        )  # fmt: skip

    alone, both = test(), test("saturating")
    assert [day for day, _ in listed] == ["all", ORIGIN.isoformat()] * 2  # refits are shared
    (origin,) = both["origins"]
    assert origin["weights"]["ladder"] > 0.99
    assert min(both["weights"].values()) > 0.2
    ours = [next(r for r in told["table"] if (r["months"], r["forecaster"]) == (12, OURS))
            for told in (alone, both)]  # fmt: skip
    assert ours[1]["bias"] != ours[0]["bias"]  # the later fit is an average, too
    record = [told["record_forecasts"][0]["median"] for told in (alone, both)]
    assert record[1] == pytest.approx(record[0], abs=0.05)
    assert both["sentence"].startswith("Back-tested: 2 models refitted as of 1 half-years")
    assert "averaged" in both["model"]
