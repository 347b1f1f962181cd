"""Changes of growth in one sentence each: over time, and from older to newer benchmarks."""

from collections.abc import Mapping
from typing import Any

from densing.results.change_of_growth import CURE


def change_words(told: Mapping[str, Any]) -> str:
    """Say whether growth changed at an unknown date, where from, and what of ChatGPT."""
    return f"{_change(told)} {_chatgpt(told['chatgpt'])}"


def _change(told: Mapping[str, Any]) -> str:
    cure = f"`{CURE}`, then --bent changepoint.nc"
    if told["source"] is None:
        why = (
            f"this run's trend has the shape {told['shape']!r}, without a date of change"
            if told["pareto_k"] is None else
            f"this run's draws do not stand for a bent trend (Pareto k {told['pareto_k']:.2f}, "
            f"above {told['limit']:.2f})"
        )  # fmt: skip
        return f"Whether growth changed takes a fit of its own, since {why}: {cure}."
    date, key = told["changepoint"], "frontier" if told["frontier"] else "population"
    when = (
        f"on {date['median']}" if date["lower"] == date["upper"] else
        f"at an unknown date ({date['median']}, {date['lower']} to {date['upper']})"
    )  # fmt: skip
    typical = told["population"]
    text = (
        f"Growth of a typical new model after a change {when} is {ratio(typical['ratio'])} times "
        f"growth before it; it is faster with probability {typical['p_acceleration']:.2f}"
    )
    if key == "frontier":
        text += f" (frontier: {ratio(told[key]['ratio'])}, {told[key]['p_acceleration']:.2f})"
    text += (
        f". The scores are {told['bayes_factor']:.2g} times as likely under a bend as under a "
        "straight line."
    )
    if told["source"] == "reweighted":
        text += (
            f" So say the straight run's draws, reweighted (Pareto k {told['pareto_k']:.2f}); a "
            f"fit of its own: {cure}."
        )
    return text


def _chatgpt(told: Mapping[str, Any]) -> str:
    older = told["older"]
    has = f"{older} models are" if older > 1 else "One model is" if older else "No model is"
    return (
        f"{has} older than ChatGPT ({told['date']}): what changed then is asked of the paper's "
        "densities on MMLU by `densing reproduce`."
    )


def age_words(told: Mapping[str, Any] | None) -> str:
    """Say how growth on newer benchmarks compares; nothing without such a comparison."""
    if told is None:
        return ""
    names = {
        key: ", ".join(row["name"] for row in told[key]["benchmarks"]) for key in ("newer", "older")
    }
    return (
        f"On the newer benchmarks ({names['newer']}) density grew {ratio(told['ratio'])} times as "
        f"fast as on the older ones ({names['older']}). As samples of newer and older benchmarks "
        f"they say {ratio(told['in_general'])}, faster with probability "
        f"{told['p_newer_faster_in_general']:.2f}: {told['count']} benchmarks of {told['from']} to "
        f"{told['until']}, which differ in more than age, hardly answer the question, and of "
        "contamination they say nothing."
    )


def ratio(told: Mapping[str, Any]) -> str:
    """`1.24 (0.57 to 2.45)`; an end that is not bounded is said to be so."""
    low, middle, high = (
        none if told[key] is None else f"{told[key]:.2f}"
        for key, none in (("lower", "not bounded"), ("median", "no number of"),
                          ("upper", "not bounded"))
    )  # fmt: skip
    return f"{middle} ({low} to {high})"
