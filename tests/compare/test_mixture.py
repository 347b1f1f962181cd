"""A forecast from several shapes: each draw keeps its own line, weights add up, doubts stay."""

import json
from dataclasses import replace

import numpy as np
import pytest

from densing.answers.forecast import shapes_apart
from densing.answers.forecast import tell as forecast
from densing.answers.forecast.mixture import mix, shares
from densing.answers.forecast.outlook import look_ahead
from densing.models.shapes import Span
from densing.results.future import future
from densing.results.run import RunError, save_run
from forecast.future_run import RATE, future_run, line

UNTIL, SLOWDOWN = "2026-01-01", 0.7
ENDS = (-1.0, 1.0)  # the synthetic models' dates, years from their mean


def run_of(shape="linear", **options):
    run = future_run(**options)
    model, centre = json.loads(run.attrs["model"]), json.loads(run.attrs["centre"])
    model["choices"]["shape"] = shape
    centre |= Span(*ENDS, 0.0)._asdict()
    run.attrs |= {"model": json.dumps(model), "centre": json.dumps(centre)}
    scores = run["log_likelihood"]["scores"]
    noise = 0.1 * np.random.default_rng(len(shape)).normal(size=scores.shape)
    # One shape is better for every second model, the other for the rest: both have weight.
    better = 0.5 * (-1.0) ** np.arange(scores.shape[-1]) * (1 if shape == "linear" else -1)
    run["log_likelihood"]["scores"] = scores.copy(data=noise + better)
    if shape == "saturating":
        posterior = run["posterior"].to_dataset()
        run["posterior"]["slowdown"] = 0.0 * posterior["rate"] + SLOWDOWN
    return run


def saturated(day):
    """Height of the saturating line: the straight one at both ends, less growth beyond them."""
    at = (line(future_run(), day) + 1.0) / RATE  # years from the mean date
    rise = 2.0 * RATE * np.expm1(-SLOWDOWN * (at + 1.0)) / np.expm1(-SLOWDOWN * 2.0)
    return -1.0 - RATE + rise


@pytest.mark.parametrize(
    ("weights", "size", "counts"),
    [((0.5, 0.5), 10, (5, 5)), ((0.9, 0.1), 15, (14, 1)), ((1.0, 0.0), 7, (7, 0)),
     ((0.2, 0.3, 0.5), 11, (2, 3, 6))],
)  # fmt: skip
def test_shares_by_hand(weights, size, counts):
    found = shares(np.asarray(weights), size)
    assert found.sum() == size
    np.testing.assert_allclose(found, counts, atol=1)


def test_each_draw_keeps_its_line():
    straight, bent = future(run_of()), future(run_of("saturating"))
    mixed = replace(straight, pieces=(*straight.pieces, *bent.pieces))
    assert mixed.size == straight.size + bent.size
    assert mixed.shapes == ("linear", "saturating")
    time = mixed.time(np.asarray([UNTIL], "datetime64[ns]"))
    population = mixed.lines(time)["population"][:, 0]
    np.testing.assert_allclose(population[: straight.size], line(future_run(), UNTIL), rtol=1e-9)
    np.testing.assert_allclose(population[straight.size :], saturated(UNTIL), rtol=1e-9)
    own = np.repeat(time[None], mixed.size, axis=0)
    np.testing.assert_allclose(mixed.line_at(own)[:, 0], population)
    middle = slice(straight.size - 3, straight.size + 4)
    np.testing.assert_allclose(mixed.part(middle).lines(time)["population"][:, 0],
                               population[middle])  # fmt: skip
    assert len(mixed.draws("noise")) == mixed.size
    assert mixed.draws("slowdown") is None


def test_the_forecast_of_a_mixture_lies_between_its_parts():
    runs = {"straight": run_of(), "bent": run_of("saturating")}
    mixed, ahead, weights = mix(runs)
    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) > 0.2
    outlook = look_ahead(mixed, until=UNTIL, today="2025-06-01", ahead=ahead)
    told = forecast(outlook)
    low, high = np.exp(saturated(UNTIL)), np.exp(line(future_run(), UNTIL))
    last = told["population"][-1]
    assert last["lower"] == pytest.approx(low)
    assert last["upper"] == pytest.approx(high)
    assert "contain no further than these go: " in told["extrapolation"]["sentence"]
    parts = shapes_apart(runs, weights, outlook.span, prob=0.9)
    assert [part["shape"] for part in parts] == ["linear", "saturating"]
    assert [part["population"]["median"] for part in parts] == pytest.approx([high, low])


def test_milestones_of_a_mixture_weigh_those_of_its_parts():
    from densing.answers.forecast.milestones import Request

    runs = {"straight": run_of(), "bent": run_of("saturating")}
    mixed, ahead, weights = mix(runs)
    outlook = look_ahead(mixed, until=UNTIL, today="2025-06-01", ahead=ahead)
    factor = np.exp(0.5 * (line(future_run(), UNTIL) - line(future_run(), "2025-06-01")))
    asked = [Request(name="half way", factor=float(factor))]
    (told,) = forecast(outlook, milestones=asked)["milestones"]
    # The straight line gets there, the saturating one does not.
    got = shares(np.asarray(list(weights.values())), ahead.size)[list(weights).index("straight")]
    assert told["population"]["probability"][-1] == pytest.approx(got / ahead.size)


def test_a_run_mixed_with_itself_is_itself():
    runs = {"one": run_of(spread=0.2), "two": run_of(spread=0.2)}
    mixed, ahead, _ = mix(runs)
    told = forecast(look_ahead(mixed, until=UNTIL, today="2025-06-01", ahead=ahead))
    alone = forecast(look_ahead(runs["one"], until=UNTIL, today="2025-06-01"))
    for ours, theirs in zip(told["population"], alone["population"], strict=True):
        assert ours["median"] == pytest.approx(theirs["median"], rel=0.1)


def test_doubts_stay():
    runs = {"good": run_of(), "bad": run_of("saturating", trustworthy=False)}
    mixed, ahead, weights = mix(runs)
    assert weights == {"good": 1.0}
    told = forecast(look_ahead(mixed, until=UNTIL, today="2025-06-01", ahead=ahead))
    assert not told["trustworthy"]
    assert told["diagnostics"]["reasons"][0].startswith("bad: chains disagree")
    with pytest.raises(RunError, match="none of these runs can be weighed"):
        mix({name: run_of(trustworthy=False) for name in ("one", "two")})


def test_runs_with_and_without_a_frontier_do_not_mix():
    one, two = run_of(), run_of(frontier=False)
    two["constant_data"] = one["constant_data"]
    with pytest.raises(RunError, match="mix one kind"):
        mix({"one": one, "two": two})


def test_runs_of_other_conventions_do_not_mix():
    one, two = run_of(), run_of("saturating")
    model = json.loads(two.attrs["model"])
    model["choices"] |= {"link": "probit", "shortfall_form": "half-normal"}
    two.attrs["model"] = json.dumps(model)
    with pytest.raises(RunError, match="differ in link, shortfall_form, which an average has but"):
        mix({"one": one, "two": two})


def test_the_command(tmp_path, capfd):
    from densing.cli.app import run as densing

    paths = [save_run(run_of(shape), tmp_path / f"{shape}.nc")
             for shape in ("linear", "saturating")]  # fmt: skip
    arguments = ["forecast", paths[0], "--with", paths[1], "--until", UNTIL,
                 "--today", "2025-06-01", "--density", "3"]  # fmt: skip
    assert densing([str(a) for a in [*arguments, "--json"]]) == 0
    told = json.loads(capfd.readouterr().out)
    assert [part["name"] for part in told["mixture"]] == ["linear", "saturating"]
    assert told["backtest"] is None
    assert "is of this average of runs" in told["not_backtested"]
    assert densing([str(a) for a in arguments]) == 0
    assert "the average of these" in capfd.readouterr().out
    assert densing([str(a) for a in ["forecast", paths[0], "--with", paths[0], "--until", UNTIL]])
    assert "given twice" in capfd.readouterr().err
