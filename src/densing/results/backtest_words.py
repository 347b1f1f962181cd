"""The back-test's verdict in sentences, from its numbers alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from densing.results.backtest import BASELINES, MONTHS, OURS

CANNOT_KNOW = (
    "Refits see the models released by their origin. They cannot unsee what the tables do not "
    "date: scores of those models that were reported later, and a reference family that was "
    "published later. A model counts once for each origin before it, and the forecasts of one "
    "origin share the error of its rate: standard errors, over batches (a family's release of one "
    "day), are too small for that, and the number of origins is the better measure of how much "
    "this back-test knows. A density is never observed: that it lay inside is a probability, given "
    "the fit of all models. What no model teaches about the reference is in that fit and in the "
    "fan alike, and there the fan is tested against itself; average and single scores are reported "
    "numbers, and the stricter tests."
)

ENOUGH = 0.85
"""Below this coverage of 90 % intervals, a forecast says that they were too narrow."""
WORDS = {
    "last half-year": "last half-year's mean", "line, all models": "least squares on all models",
    "line, records": "least squares on the records",
}  # fmt: skip


def verdict_sentence(
    table: Sequence[Mapping[str, Any]],
    origins: Sequence[Mapping[str, Any]],
    *,
    averaged: int = 1,
) -> str:
    """Say how forecasts of new models' densities did at the longest horizon, and who beat them.

    Parameters
    ----------
    averaged
        Number of models that the forecaster averages.
    """
    months = max(MONTHS)
    far = {row["forecaster"]: row for row in table if row["months"] == months}
    ours = far[OURS]
    told = ours["coverage"]["0.9"]
    rivals = {name: far[name] for name in BASELINES if name in far}
    by_origin = [row["coverage"]["0.9"]["share"] for row in origins if row["forecaster"] == OURS]
    better = [f"{WORDS[name]} ({row['crps']:.2f})" for name, row in rivals.items()
              if row["crps"] < ours["crps"]]  # fmt: skip
    worse = [f"{WORDS[name]} ({row['crps']:.2f})" for name, row in rivals.items()
             if row["crps"] >= ours["crps"]]  # fmt: skip
    against = []
    if worse:
        against.append(f"better than {_and(worse)}")
    if better:
        against.append(f"worse than {_and(better)}")
    refitted = f"refitted as of {ours['origins']} half-years"
    if averaged > 1:
        refitted = (
            f"{averaged} models refitted as of {ours['origins']} half-years, averaged by the "
            "weights of each,"
        )
    narrow = "; such fans are too narrow" if told["share"] < ENOUGH else ""
    return (
        f"Back-tested: {refitted} and asked up to {months} months ahead, the "
        "90 % fan of a new model holds the density that all later evidence gives it "
        f"with probability {100 * told['share']:.0f} % (standard error {100 * told['se']:.0f}; "
        f"mean of {ours['forecasts']} forecasts of {ours['models']} models in {ours['batches']} "
        f"batches; from {100 * min(by_origin):.0f} to {100 * max(by_origin):.0f} % by origin); "
        f"CRPS {ours['crps']:.2f}, {' and '.join(against)}{narrow}."
    )


def averages_sentence(told: Mapping[str, Any]) -> str:
    """Say how predictions of models' average scores did, which no later fit touches."""
    share = told["coverage"]["0.9"]
    years = [(day, own["year"]) for day, own in told["by_origin"].items()]
    above = [day for day, year in years if year["observed"] > year["upper"]]
    below = [day for day, year in years if year["observed"] < year["lower"]]
    sentence = (
        f"The stricter test, on reported scores alone: {100 * share['share']:.0f} % (standard "
        f"error {100 * share['se']:.0f}) of the models' average scores lay inside their 90 % "
        f"intervals (bias {told['bias']:+.2f}), and so did the average over all models of the year "
        f"after an origin in {len(years) - len(above) - len(below)} of {len(years)}"
    )
    for side, days in (("above", above), ("below", below)):
        if days:
            sentence += f"; it lay {side} as of {_and(days)}"
    if share["share"] < ENOUGH:
        sentence += ". Scores to come are less certain than such intervals say"
    return sentence + "."


def records_sentence(told: Mapping[str, Any]) -> str:
    """Say how forecasts of the record did."""
    return (
        f"The record: inside the 90 % interval with probability "
        f"{100 * told['coverage']['0.9']:.0f} % (mean of {told['forecasts']}), CRPS "
        f"{told['crps']:.2f} against {told['naive_crps']:.2f} for no new record."
    )


def scores_sentence(told: Mapping[str, Any]) -> str:
    """Say how predictions of single scores did; a benchmark can run ahead of density."""
    share = told["coverage"]["0.9"]["share"]
    sentence = (
        f"Single scores: 90 % intervals covered {100 * share:.0f} % of {told['predictions']} "
        f"predicted scores of {told['models']} models"
    )
    by_name = sorted(told["benchmarks"].items(), key=lambda item: item[1]["coverage"])
    parts = [f"{name} {100 * own['coverage']:.0f} % (bias {own['bias']:+.2f})"
             for name, own in by_name]  # fmt: skip
    sentence += f" ({', '.join(parts)})"
    by_origin = [
        f"{100 * own['coverage']:.0f} % as of {day}" for day, own in told["by_origin"].items()
    ]
    sentence += f"; {', '.join(by_origin)}"
    if share < ENOUGH:
        sentence += (
            "; one benchmark can run ahead of the rest before its data say so, and milestones on "
            "a single benchmark are less certain than they look"
        )
    return sentence + "."


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
