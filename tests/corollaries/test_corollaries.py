"""Corollaries where the truth is known: closed forms, recovery, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from densing.results.corollaries import corollaries
from densing.results.corollaries.contrasts import (
    architectures,
    compression,
    method_of,
    parent_of,
    share_below,
)
from densing.results.corollaries.economics import (
    budget,
    half_size,
    hardware_rate,
    price_answer,
    price_trend,
    target_sizes,
)
from densing.results.horizon import released
from densing.results.run import RunError
from forecast.future_run import RATE, SHORTFALL, future_run, line


def with_data(run, **columns):
    """The run with columns of the models' table replaced."""
    out = run.copy()
    data = run["constant_data"].to_dataset()
    for name, values in columns.items():
        data[name] = ("model", np.asarray(values, object))
    out["constant_data"] = type(run)(data)
    return out


@pytest.fixture(scope="module")
def run():
    return future_run(models=12, draws=100)


def test_rates_add_up(run):
    told = budget(run, years=2.0)
    hardware = np.log(2) / 2.0
    density = 12 * np.log(2) / RATE
    assert told["density"]["population"]["median"] == pytest.approx(density)
    assert told["together"]["population"]["median"] == pytest.approx(
        12 * np.log(2) / (RATE + hardware), rel=0.01
    )
    assert told["factor_per_year"]["population"]["median"] == pytest.approx(
        np.exp(RATE) * np.sqrt(2), rel=0.02
    )
    drawn = 12 * np.log(2) / hardware_rate(200_000)
    np.testing.assert_allclose(
        np.quantile(drawn, [0.05, 0.5, 0.95]) / 12, [1.6, 2.1, 2.8], rtol=0.02
    )


def prices(fall, *, models=60, seed=0):
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 1100, models), "D")
    skill, offer = rng.normal(0, 1, models), 0.5 * rng.standard_normal(models)
    rows = []
    for k, name in enumerate(("A", "B")):
        logit = skill + 0.3 * rng.standard_normal(models) - k
        years = np.asarray((day - day.min()).days) / 365.25
        price = 1.0 + k + 0.8 * logit - fall * years + offer
        rows.append(pd.DataFrame({
            "model": [f"m{i}" for i in range(models)], "date": day, "benchmark": name,
            "score": 1 / (1 + np.exp(-logit)), "usd_per_million_tokens": np.exp(price),
        }))  # fmt: skip
    return pd.concat(rows)


def test_the_fall_of_prices_is_found_at_an_equal_score():
    found = price_trend(prices(1.5))
    low, high = np.quantile(found.fall, [0.005, 0.995])
    assert low < 1.5 < high
    assert high - low < 1.0
    answer = price_answer(found, {"population": np.full(500, 9.0)}, np.zeros(500))
    assert answer["p_faster_than_density"]["population"] == 0.0
    assert answer["models"] == 60
    assert answer["prices"] == 120
    flat = price_answer(price_trend(prices(0.0)), {}, np.zeros(500))
    assert flat["halving_months"]["upper"] is None


def test_rows_of_one_model_do_not_count_twice():
    """Listing every price on four more benchmarks teaches nothing more."""
    once = prices(1.5)
    copies = [once.assign(benchmark=once["benchmark"] + str(i)) for i in range(5)]
    widths = [np.ptp(np.quantile(price_trend(table).fall, [0.05, 0.95]))
              for table in (once, pd.concat(copies))]  # fmt: skip
    assert widths[1] == pytest.approx(widths[0], rel=0.15)


def test_half_size_takes_a_doubling_at_the_frontier(run):
    rows = {row["model"]: row for row in half_size(run, count=3)}
    assert len(rows) == 3
    names = [str(name) for name in run["constant_data"]["model"].to_numpy()]
    density = run["posterior"]["log_density"].median(("chain", "draw")).to_numpy()
    for name, told in rows.items():
        i = names.index(name)
        behind = line(run, released(run)[i]) + SHORTFALL - density[i]
        months = max(12 * (np.log(2) - behind) / RATE, 0.0)
        assert told["months"]["median"] == pytest.approx(months, abs=0.25)


def test_sizes_shrink_by_the_years_growth(run):
    (row,) = (r for r in target_sizes(run) if r["benchmark"] == "QUIZ")
    sizes = [told["median"] for told in row["params"]]
    drift = 0.5  # QUIZ runs ahead of the common trend by so much a year
    assert np.log(sizes[0] / sizes[1]) == pytest.approx(RATE + drift, rel=0.05)
    assert row["dates"][1] == f"{released(run).max():%Y-%m-%d}"


def test_compression_is_paired_draw_by_draw(run):
    names = [str(name) for name in run["constant_data"]["model"].to_numpy()]
    said = [""] * len(names)
    said[5] = f"pruned and distilled from {names[2]} + more"
    said[6] = f"distilled from {names[2].upper()}"
    said[7] = "distilled from an undisclosed teacher"
    told = compression(with_data(run, derived_from=said))
    density = run["posterior"]["log_density"].median(("chain", "draw")).to_numpy()
    assert [(p["model"], p["parent"], p["method"]) for p in told["pairs"]] == [
        (names[5], names[2], "pruned and distilled"), (names[6], names[2], "distilled"),
    ]  # fmt: skip
    ratio = told["pairs"][0]["ratio"]["median"]
    assert ratio == pytest.approx(np.exp(density[5] - density[2]))
    days = released(run)
    apart = line(run, days[5]) - line(run, days[2])
    assert told["pairs"][0]["against_trend"]["median"] == pytest.approx(
        ratio * np.exp(-apart), rel=0.01
    )
    assert told["unpaired"] == [{"model": names[7], "derived_from": said[7]}]
    assert told["methods"]["distilled"]["pairs"] == 1
    assert told["share_less_dense"]["upper"] < 1.0
    said[5], said[6] = f"depth up-scaled from {names[2]}", f"continued from {names[2]}"
    assert compression(with_data(run, derived_from=said))["share_less_dense"] is None


def test_shared_error_cancels_in_a_pair(run):
    moved = run.copy()
    posterior = run["posterior"].to_dataset()
    shift = np.random.default_rng(1).normal(0, 3, posterior["rate"].shape)[..., None]
    posterior["log_density"] = posterior["log_density"] + shift
    moved["posterior"] = type(run)(posterior)
    said = [""] * 12
    said[3] = f"pruned from {run['constant_data']['model'].to_numpy()[1]}"
    one, other = (compression(with_data(r, derived_from=said))["pairs"][0] for r in (run, moved))
    assert other["ratio"]["upper"] == pytest.approx(one["ratio"]["upper"])


def test_share_of_pairs_below_is_a_binomial_posterior():
    told = share_below(np.tile([-1.0, -2.0, 0.5], (50_000, 1)))
    exact = stats.beta(3, 2)
    for level, end in ((0.05, told.lower), (0.5, told.median), (0.95, told.upper)):
        assert end == pytest.approx(exact.ppf(level), abs=0.01)


def test_originals_are_read_off_the_evidence():
    names = ["Llama-2-7B", "Gemma-2-27B"]
    assert parent_of("pruned from Llama-2-7b + continued pre-training", names) == 0
    assert parent_of("distilled from a larger Gemma 2 teacher", names) is None
    assert parent_of("supervised fine-tuning mixed in", names) is None
    assert method_of("depth up-scaled + continued from Yi-6B") == "depth up-scaled"
    assert method_of("co-distilled from Llama 4 Behemoth") == "other"


def test_architectures_stand_about_the_trend(run):
    kind = ["dense"] * 6 + ["moe"] * 6
    told = architectures(with_data(run, architecture=kind))
    density = run["posterior"]["log_density"].median(("chain", "draw")).to_numpy()
    above = density - np.array([line(run, day) for day in released(run)])
    expected = np.exp(above[6:].mean() - above[:6].mean())
    assert told["contrasts"]["moe"]["ratio"]["median"] == pytest.approx(expected, rel=1e-3)
    assert told["dense"] == 6


def test_the_other_way_of_counting_moves_a_mixture_by_its_experts(run):
    kind = ["dense"] * 6 + ["moe"] * 6
    mixed = with_data(run, architecture=kind)
    data = mixed["constant_data"].to_dataset()
    data["expert_ratio"] = ("model", np.full(12, 4.0))  # a dense model has no experts all the same
    mixed["constant_data"] = type(run)(data)
    row = architectures(mixed)["contrasts"]["moe"]
    assert row["total"] == row["ratio"]
    assert row["active"]["median"] == pytest.approx(4.0 * row["ratio"]["median"])
    active = counting(mixed, "active")
    row = architectures(active)["contrasts"]["moe"]
    assert row["active"] == row["ratio"]
    assert row["total"]["median"] == pytest.approx(row["ratio"]["median"] / 4.0)
    data["expert_ratio"] = ("model", np.ones(12))
    mixed["constant_data"] = type(run)(data)
    assert architectures(mixed)["contrasts"]["moe"]["active"] is None


def counting(run, count):
    out = run.copy()
    model = json.loads(run.attrs["model"])
    model["choices"]["count"] = count
    out.attrs = run.attrs | {"model": json.dumps(model)}
    return out


def test_well_known_dense_models_are_told_apart(run):
    kind, said = ["dense"] * 9 + ["moe"] * 3, [""] * 12
    told = architectures(with_data(run, architecture=kind, derived_from=said))
    assert told["well_known"] == 0  # two scores each
    assert told["contrasts"]["moe"]["over_well_known"] is None
    more = with_data(run, architecture=kind, derived_from=said)
    data = more["constant_data"].to_dataset()
    who = data["score_model"].to_numpy()
    data["score_model"] = ("score_row", np.where(who >= 9, who, who % 4).astype(float))
    more["constant_data"] = type(run)(data)
    told = architectures(more)
    assert told["well_known"] == 4
    density = run["posterior"]["log_density"].median(("chain", "draw")).to_numpy()
    above = density - np.array([line(run, day) for day in released(run)])
    expected = np.exp(above[9:].mean() - above[:4].mean())
    beside = told["contrasts"]["moe"]["over_well_known"]["median"]
    assert beside == pytest.approx(expected, rel=1e-3)


def test_what_cannot_follow_is_told(run):
    with pytest.raises(RunError, match="derived=true"):
        corollaries(run, derived=run)
    with pytest.raises(RunError, match="hardware-years"):
        corollaries(run, hardware_years=0.0)
    trend = run.copy()
    trend.attrs = run.attrs | {"kind": "trend"}
    with pytest.raises(RunError, match="no densities"):
        corollaries(trend)
